import pytest

from appointed.notices.postman import MailServer, MailUrlFault, Tls, parse_mail_url

GOOD = {
    "smtp://127.0.0.1:2525": MailServer("127.0.0.1", 2525, Tls.NONE),
    "smtp://localhost": MailServer("localhost", 25, Tls.NONE),
    "smtp://mail.example.org": MailServer("mail.example.org", 587, Tls.STARTTLS),
    "smtp://mail.example.org:465": MailServer("mail.example.org", 465, Tls.IMPLICIT),
    "smtp://mail.example.org?tls=implicit": MailServer("mail.example.org", 465, Tls.IMPLICIT),
    "smtp://mail.example.org:25?tls=none": MailServer("mail.example.org", 25, Tls.NONE),
    "smtp://a%40b.example:p%2Fw@mail.example.org": MailServer(
        "mail.example.org", 587, Tls.STARTTLS, "a@b.example", "p/w"
    ),
}
BAD = ("mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:x", "smtp://h?tls=ssl")


@pytest.mark.parametrize(("url", "server"), GOOD.items())
def test_a_mail_url_names_a_server(url, server):
    assert parse_mail_url(url) == server


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_mail_url_is_refused_with_an_example(url):
    with pytest.raises(MailUrlFault, match="smtp://user:password@"):
        parse_mail_url(url)


def test_a_password_shows_in_no_repr():
    assert "secret" not in repr(parse_mail_url("smtp://u:secret@mail.example.org"))
