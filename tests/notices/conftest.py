from collections.abc import Iterator

import pytest

from appointed.notices.outbox import Outbox
from appointed.notices.postman import parse_mail_url
from support.mail_sink import MailSink, mail_sink

SENDER = "book@north.example"


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with mail_sink() as running:
        yield running


@pytest.fixture
def outbox(sink: MailSink) -> Outbox:
    return Outbox(parse_mail_url(sink.url), SENDER)
