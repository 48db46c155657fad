"""Waiting for mail, with pymap as the server."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from csdesk.channels.email import EmailChannel, SmtpServer
from csdesk.channels.email import waiting as module
from csdesk.errors import ChannelError, InvalidInput, UnsupportedFeature

pytest.importorskip("pymap", reason="pymap is not installed (extra peers)")

from csdesk.testing.mail import FlakyLine, Mailbox

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
WAIT = timedelta(seconds=30)
MAIL = b"From: li@customers.example\r\n\r\nhello\r\n"


def channel(server):
    return EmailChannel("mail", address="help@shop.example", signing_keys=(b"k" * 16,), imap=server)


@pytest.fixture
def folder():
    return Mailbox.shared().folder()


def test_new_mail_ends_a_wait(folder):
    one = channel(folder.server())
    known = one.wait_for_mail(at_most=WAIT)
    got = []
    waiting = Thread(target=lambda: got.append(one.wait_for_mail(known, at_most=WAIT)))
    waiting.start()
    folder.put(MAIL, at=NOW)
    waiting.join()
    assert got != [known]
    assert one.wait_for_mail(known, at_most=WAIT) == got[0]


def test_a_wait_is_bounded_and_idle_is_begun_again_in_it(folder, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_IDLE", timedelta(milliseconds=20))
    one = channel(folder.server())
    known = one.wait_for_mail(at_most=WAIT)
    rounds = []
    idle = module._idle
    monkeypatch.setattr(module, "_idle", lambda *given: (rounds.append(1), idle(*given)))
    assert one.wait_for_mail(known, at_most=timedelta(milliseconds=200)) == known
    assert len(rounds) > 1


def test_a_server_without_idle_is_looked_at_again(folder, monkeypatch):
    monkeypatch.setattr(module, "LOOK_AGAIN", timedelta(milliseconds=20))
    line = FlakyLine("127.0.0.1", folder.mailbox.port, change=lambda told: told.replace(b"IDLE", b"XXXX"))
    line.plan(*["changed"] * 3)
    one = channel(folder.server(port=line.port))
    known = one.wait_for_mail(at_most=WAIT)
    assert one.wait_for_mail(known, at_most=timedelta(milliseconds=100)) == known
    folder.put(MAIL, at=NOW)
    assert one.wait_for_mail(known, at_most=WAIT) != known
    line.close()


def test_a_broken_line_is_an_error_worth_another_try(folder):
    line = FlakyLine("127.0.0.1", folder.mailbox.port, half_beyond=60)
    line.plan("half", "reset", "refused")
    one = channel(folder.server(port=line.port))
    for _ in range(3):
        with pytest.raises(ChannelError) as caught:
            one.wait_for_mail(at_most=WAIT)
        assert caught.value.disposition == "retry"
    line.close()


def test_what_cannot_be_waited_for(folder):
    only_out = EmailChannel(
        "mail",
        address="help@shop.example",
        signing_keys=(b"k" * 16,),
        smtp=SmtpServer(host="127.0.0.1", port=25, security="none"),
    )
    with pytest.raises(UnsupportedFeature):
        only_out.wait_for_mail(at_most=WAIT)
    for wrong in (timedelta(days=2), timedelta(seconds=-1), 7):
        with pytest.raises(InvalidInput, match="at_most"):
            channel(folder.server()).wait_for_mail(at_most=wrong)
