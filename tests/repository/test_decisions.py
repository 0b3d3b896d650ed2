"""What `run.py` decides without touching anything."""

import pytest
from tools.checks import left_out, pytest_command
from tools.environment import PYTHON, larger, uv_environment
from tools.machine import install_command, lacking, unsupported


@pytest.mark.parametrize(
    ("platform", "runs"),
    [("linux", True), ("darwin", True), ("win32", False), ("freebsd14", False)],
)
def test_a_platform_is_refused_in_one_sentence_or_not_at_all(platform, runs):
    sentence = unsupported(platform)

    assert (sentence is None) == runs
    assert runs or (platform in sentence and sentence.endswith("."))


def test_a_package_is_missing_unless_it_is_installed():
    listing = "installed git\nconfig-files chromium\nnot-installed libatomic1\n"

    assert lacking(["git", "chromium", "libatomic1", "curl"], listing) == [
        "chromium",
        "libatomic1",
        "curl",
    ]


def test_a_person_is_given_one_command():
    assert install_command(["a", "b"]) == "apt-get update && apt-get install -y a b"


@pytest.mark.parametrize(
    ("asked", "stamp", "set_up"),
    [
        ("demo", "", "demo"),
        ("demo", "demo 123", "demo"),
        ("demo", "dev 123", "dev"),
        ("dev", "demo 123", "dev"),
        ("demo", "unfinished", "demo"),
    ],
)
def test_what_stands_in_the_clone_never_shrinks(asked, stamp, set_up):
    assert larger(asked, stamp) == set_up


def test_uv_asks_where_pip_is_told_to_ask():
    settings = (
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='file:///a/simple\\nfile:///b/simple'\n"
        ":env:.find-links='/wheels /more'\n"
        "install.trusted-host='mirror.example'\n"
        "list.format='columns'\n"
    )

    variables = uv_environment(settings, {})

    assert variables["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert variables["UV_INDEX"] == "file:///a/simple file:///b/simple"
    assert variables["UV_FIND_LINKS"] == "/wheels,/more"
    assert variables["UV_INSECURE_HOST"] == "mirror.example"


def test_the_environment_has_the_last_word_about_pip_and_uv():
    settings = ":env:.index-url='https://here.example'\nglobal.index-url='https://there.example'\n"

    variables = uv_environment(settings, {"UV_SYSTEM_CERTS": "0"})

    assert variables["UV_DEFAULT_INDEX"] == "https://here.example"
    assert "UV_SYSTEM_CERTS" not in variables


def test_without_settings_uv_is_told_no_address():
    variables = uv_environment("", {})

    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE"} & variables.keys()


def test_arguments_for_pytest_are_handed_on_as_they_are():
    assert pytest_command(fast=False, arguments=["-k", "x"])[-2:] == ["-k", "x"]


def test_the_fast_half_leaves_out_what_is_slow_and_says_so():
    command = pytest_command(fast=True, arguments=[])

    assert command[:5] == [str(PYTHON), "-m", "pytest", "-m", "not slow and not browser"]
    assert "--fast" in left_out(fast=True)[0]
