import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.texts import (
    digits_of,
    fault_of_line,
    fault_of_lines,
    folded,
    tidy_line,
    tidy_lines,
)


@pytest.mark.parametrize("text", ["a\0b", "a\x1b[1m", "a\x7f", "a\x85b", "\ud800", "a\nb", "a\tb"])
def test_control_characters_are_a_fault_in_a_line(text: str):
    assert fault_of_line(text)


def test_breaks_and_tabs_are_none_in_notes():
    assert not fault_of_lines("one\n\ttwo")


@given(st.text(max_size=50))
def test_what_is_kept_stays_as_it_is_when_kept_again(text: str):
    assert tidy_line(tidy_line(text)) == tidy_line(text)
    assert tidy_lines(tidy_lines(text)) == tidy_lines(text)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Ámos", "amos"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("  Li   Na ", "li na")],
)
def test_names_are_compared_without_case_and_accents(name: str, plain: str):
    assert folded(name) == plain


def test_phones_are_compared_by_their_digits():
    assert digits_of("+49 (0)30 / 12-34") == "490301234"
