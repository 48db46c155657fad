"""Mail servers whose bytes come changed: nothing but ``ChannelError`` comes out, and the next try works."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (extra peers)")
pytest.importorskip("pymap", reason="pymap is not installed (extra peers)")

from csdesk.channels.email import EmailChannel
from csdesk.domain.records.messages import TextPart
from csdesk.errors import ChannelError
from csdesk.ports.channel import OutboundMessage, Sender
from csdesk.testing.mail import FlakyLine, Mailbox, SmtpSink

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ROUNDS = [pytest.param(12, id="short"), pytest.param(200, id="long", marks=pytest.mark.soak)]
WORDS = (
    b"",
    b"\x00",
    b"\xff",
    b"{",
    b"{9}",
    b")",
    b"(",
    b"\r\n",
    b"* BYE\r\n",
    b"NO",
    b"250",
    b"999",
    b"-",
    b'"',
    b"]",
)


def spoiled(seed: int):
    """A change of what a server says: most of it comes as it is."""
    chance = random.Random(seed)

    def change(told: bytes) -> bytes:
        made = bytearray(told)
        if chance.random() < 0.4:
            at = chance.randrange(len(made) + 1)
            made[at : at + chance.choice((0, 1, 4, 30))] = chance.choice(WORDS)
        return bytes(made)

    return change


def channel(**given):
    return EmailChannel("mail", address="help@shop.example", signing_keys=(b"k" * 16,), **given)


def tried(work):
    try:
        return work()
    except ChannelError as error:
        return error


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_mailbox(rounds):
    folder = Mailbox.shared().folder()
    for number in range(3):
        folder.put(f"From: c@x.example\r\nMessage-ID: <{number}@x>\r\n\r\nhi\r\n".encode(), at=NOW)
    for seed in range(rounds):
        line = FlakyLine("127.0.0.1", folder.mailbox.port, change=spoiled(seed))
        line.plan("changed")
        one = channel(imap=folder.server(port=line.port, timeout=0.3))
        tried(lambda one=one: one.pull_now(None, None))
        assert len(channel(imap=folder.server(port=line.port)).pull_now(None, None).events) == 3
        line.close()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_server_that_takes_mail(rounds):
    message = OutboundMessage(
        key="msg_00000000000000000000000001",
        account="mail",
        conversation="c",
        to=Sender(kind="email", external_id="c@customers.example"),
        parts=(TextPart(text="hi"),),
        occurred_at=NOW,
    )
    with SmtpSink() as sink:
        for seed in range(rounds):
            line = FlakyLine("127.0.0.1", sink.port, change=spoiled(seed))
            line.plan("changed")
            before = len(sink.mails)
            got = tried(lambda line=line: channel(smtp=sink.server(port=line.port, timeout=0.3)).send_now(message))
            if isinstance(got, ChannelError) and got.disposition == "retry":
                assert len(sink.mails) == before, "it says that nothing was sent, and nothing was"
            line.close()
