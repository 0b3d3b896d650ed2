from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from appointed_standins.phone.mails import KEPT, keep, read, read_all, version_of
from demo.conftest import SOURCE

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def letter(subject: str = "Cancelled") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "us@harbour.example", "ann@x.example", subject
    mail.set_content("Dear Ann")
    mail.add_alternative("<p>Dear Ann</p>", subtype="html")
    mail.add_attachment(b"BEGIN:VCALENDAR", "application", "ics", filename="appointment.ics")
    return mail


def test_a_mail_is_read_with_all_its_parts(tmp_path: Path) -> None:
    path = keep(tmp_path, letter().as_bytes(), now=NOW)

    mail = read(tmp_path, path.stem)

    assert mail is not None
    assert (mail.subject, mail.recipient, mail.arrived) == ("Cancelled", "ann@x.example", NOW)
    assert (mail.text.strip(), mail.page.strip()) == ("Dear Ann", "<p>Dear Ann</p>")
    assert [(each.name, each.text) for each in mail.enclosed] == [
        ("appointment.ics", "BEGIN:VCALENDAR")
    ]


def test_the_newest_mail_stands_first(tmp_path: Path) -> None:
    keep(tmp_path, letter("First").as_bytes(), now=NOW)
    before = version_of(tmp_path)
    keep(tmp_path, letter("Second").as_bytes(), now=NOW + timedelta(seconds=1))

    subjects = [mail.subject for mail in read_all(tmp_path)]

    assert subjects == ["Second", "First"]
    assert version_of(tmp_path) != before


def test_too_many_mails_let_the_oldest_go(tmp_path: Path) -> None:
    for second in range(KEPT + 1):
        keep(tmp_path, letter(f"{second}").as_bytes(), now=NOW + timedelta(seconds=second))

    subjects = [mail.subject for mail in read_all(tmp_path)]

    assert len(subjects) == KEPT
    assert "0" not in subjects


def test_a_name_that_is_no_mail_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.eml").write_text("Subject: secret")

    assert read(tmp_path / "mails", "../secret") is None
    assert read(tmp_path, "secret") is None


def test_the_sink_keeps_a_mail_before_it_says_so(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    number, port = listener.fileno(), listener.getsockname()[1]
    words = ["--fd", str(number), "--folder", str(tmp_path / "mails")]
    command = [sys.executable, "-m", "appointed_standins.phone.sink", *words]
    environment = {"PYTHONPATH": str(SOURCE)}
    with listener, subprocess.Popen(command, env=environment, pass_fds=[number]) as sink:  # noqa: S603 - our own program
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as line:
            line.send_message(letter())

        [mail] = read_all(tmp_path / "mails")
        sink.terminate()
        assert mail.subject == "Cancelled"
        assert sink.wait(20) == 0
