"""The mail channel against servers of others on loopback: aiosmtpd takes what we send, pymap holds the mailbox."""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from csdesk import Actor, Desk, DeskConfig, open_desk
from csdesk.channels.email import EmailChannel, ImapServer, SmtpServer
from csdesk.domain.records.messages import Delivery, MediaPart, Message
from csdesk.testing import FixedClock

pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (extra peers)")

KEY = b"k" * 32
AGENT = Actor.agent("agt_1")


class Sink:
    """An SMTP server that keeps mails, and answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.senders: list[str] = []
        self.rcpt: dict[str, str] = {}
        self.data = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.rcpt.get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data == "drop":
            server.transport.abort()
            return "250 lost"
        if self.data:
            return self.data
        self.mails.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        self.senders.append(envelope.mail_from)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def sink() -> Iterator[tuple[Sink, SmtpServer]]:
    from aiosmtpd.controller import Controller

    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, SmtpServer(host="127.0.0.1", port=controller.port, security="none")
    controller.stop()


@pytest.fixture
def mailbox() -> Iterator[ImapServer]:
    pytest.importorskip("pymap", reason="pymap is not installed (extra peers)")
    port = free_port()
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    server = subprocess.Popen(
        [sys.executable, "-c", "from pymap.main import main; main()", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while server.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
        assert server.poll() is None, "pymap did not start"
        yield ImapServer(host="127.0.0.1", port=port, user="demouser", password="demopass", security="none")
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def emptied(mailbox: ImapServer) -> ImapServer:
    with opened(mailbox) as imap:
        imap.select("INBOX")
        imap.store("1:*", "+FLAGS", "\\Deleted")
        imap.expunge()
    return mailbox


@contextlib.contextmanager
def opened(server: ImapServer) -> Iterator[imaplib.IMAP4]:
    imap = imaplib.IMAP4(server.host, server.port, timeout=20)
    imap.login(server.user, server.password)
    yield imap
    imap.logout()


def put(server: ImapServer, *mails: str) -> None:
    with opened(server) as imap:
        for mail in mails:
            status, _ = imap.append("INBOX", None, '"05-Jan-2026 09:00:00 +0000"', mail.replace("\n", "\r\n").encode())
            assert status == "OK"


def mail(number: int, text: str, *, more: str = "", sender: str = "li@customers.example") -> str:
    return (
        f"From: {sender}\nTo: help@shop.example\nMessage-ID: <in-{number}@customers.example>\n"
        f"Subject: order {number}\nDate: Mon, 5 Jan 2026 09:00:00 +0000\n{more}\n{text}\n"
    )


def channel(*, smtp: SmtpServer | None = None, imap: ImapServer | None = None, **more) -> EmailChannel:
    given = {"webhook_secrets": ("hook-secret",), **more}
    return EmailChannel("mail", address="help@shop.example", signing_keys=(KEY,), smtp=smtp, imap=imap, **given)


def desk_of(one: EmailChannel, clock: FixedClock | None = None) -> Desk:
    return open_desk("memory://", channels=[one], clock=clock or FixedClock())


def messages(desk: Desk, ticket: str) -> list[Message]:
    return [item.message for item in desk.tickets.timeline(ticket) if item.message is not None]


def header(raw: bytes, name: str) -> str:
    import email

    return re.sub(r"\s+", " ", str(email.message_from_bytes(raw)[name]))


def test_a_conversation_there_and_back(sink, emptied):
    box, smtp = sink
    clock = FixedClock()
    with desk_of(channel(smtp=smtp, imap=emptied, name="商店"), clock) as desk:
        put(emptied, mail(1, "我的订单在哪里？"))
        desk.run_due()
        (ticket,) = desk.tickets.list().items
        sent = desk.reply(ticket.id, "已经发货。\n.\n明天到。", actor=AGENT)
        assert sent.delivery is Delivery.SENT
        (raw,) = box.mails
        assert box.recipients == [["li@customers.example"]]
        assert header(raw, "In-Reply-To") == header(raw, "References") == "<in-1@customers.example>"
        assert header(raw, "Subject") == "Re: order 1"
        assert header(raw, "Auto-Submitted") == "None"
        own = header(raw, "Message-ID")
        assert sent.message.id in own
        clock.advance(timedelta(minutes=2))
        # another subject, only our id is named, so nothing but the thread leads there
        put(emptied, mail(2, "谢谢！", more=f"In-Reply-To: {own}\n"))
        desk.run_due()
        assert [one.text for one in messages(desk, ticket.id)] == [
            "我的订单在哪里？",
            "已经发货。\n.\n明天到。",
            "谢谢！",
        ]
        assert desk.tickets.count() == 1


def test_pulls_never_double_also_when_the_folder_is_made_anew(emptied):
    put(emptied, *(mail(number, f"text {number}") for number in range(5)))
    small = ImapServer(
        host=emptied.host, port=emptied.port, user="demouser", password="demopass", security="none", page_size=2
    )
    one = channel(imap=small)
    page = one.pull_now(None, None)
    assert (len(page.events), page.more) == (2, True)
    assert one.pull_now(None, None) == page
    rest = one.pull_now(None, page.cursor)
    last = one.pull_now(None, rest.cursor)
    assert (len(rest.events), len(last.events), last.more) == (2, 1, False)
    assert one.pull_now(None, last.cursor).events == ()
    validity, uid, day = last.cursor.split(":")
    anew = f"{int(validity) - 1}:{uid}:{day}"
    assert len(one.pull_now(None, anew).events) == 2, "another UIDVALIDITY begins at the first mail again"
    with desk_of(one) as desk:
        for event_page in (page, rest, last, one.pull_now(None, anew)):
            desk.take("mail", event_page.events)
        assert desk.tickets.count() == 5
    with opened(emptied) as imap:
        imap.select("INBOX")
        assert imap.search(None, "UNSEEN")[1][0].split() == [b"1", b"2", b"3", b"4", b"5"]


def test_a_wrong_password_is_for_the_operator(emptied, sink):
    wrong = ImapServer(host=emptied.host, port=emptied.port, user="demouser", password="no", security="none")
    assert channel(imap=wrong, smtp=sink[1]).check_now().status == "auth"
    assert channel(imap=emptied, smtp=sink[1]).check_now().status == "ok"
    gone = SmtpServer(host="127.0.0.1", port=free_port(), security="none")
    assert channel(imap=emptied, smtp=gone).check_now().status == "unreachable"


@pytest.mark.parametrize(
    ("stage", "answer", "state", "needs"),
    [
        ("rcpt", "550 5.1.1 no such user", Delivery.FAILED, "other_recipient"),
        ("rcpt", "550 nobody", Delivery.FAILED, "other_recipient"),
        ("rcpt", "554 5.7.1 relaying denied", Delivery.FAILED, "operator"),
        ("rcpt", "450 4.2.1 later", Delivery.PENDING, ""),
        ("data", "552 5.3.4 too large", Delivery.FAILED, "other_content"),
        ("data", "554 spam", Delivery.FAILED, "other_content"),
        ("data", "451 later", Delivery.PENDING, ""),
        ("data", "drop", Delivery.UNKNOWN, "check"),
    ],
)
def test_what_a_refusal_means(sink, stage, answer, state, needs):
    box, smtp = sink
    with desk_of(channel(smtp=smtp)) as desk:
        ticket = desk.receive(arrival("hello")).ticket
        if stage == "rcpt":
            box.rcpt["li@customers.example"] = answer
        else:
            box.data = answer
        sent = desk.reply(ticket.id, "x", actor=AGENT)
        assert (sent.delivery, sent.message.delivery_needs) == (state, needs)
        assert box.mails == []


def arrival(text: str):
    from csdesk import InboundMessage, Sender

    sender = Sender(kind="email", external_id="li@customers.example", name="Li\r\nBcc: spy@evil.example")
    return InboundMessage(
        account="mail",
        dedupe_key=text,
        conversation=text,
        sender=sender,
        text=text,
        subject="a\r\nBcc: spy@evil.example",
    )


def test_no_text_becomes_a_header(sink):
    box, smtp = sink
    with desk_of(channel(smtp=smtp)) as desk:
        ticket = desk.receive(arrival("hello")).ticket
        assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.SENT
    assert box.recipients == [["li@customers.example"]]
    assert header(box.mails[0], "Bcc") == "None"
    assert header(box.mails[0], "Subject") == "a Bcc: spy@evil.example"


def web(desk: Desk, raw: str | bytes) -> int:
    from csdesk import RawRequest

    body = raw.replace("\n", "\r\n").encode() if isinstance(raw, str) else raw
    headers = (("Authorization", "Bearer hook-secret"),)
    return desk.handle("mail", RawRequest(method="POST", url="/mail", headers=headers, body=body)).status


def test_a_bounce_marks_our_mail_as_failed(sink):
    box, smtp = sink
    with desk_of(channel(smtp=smtp)) as desk:
        assert web(desk, mail(1, "hello")) == 200
        (ticket,) = desk.tickets.list().items
        desk.reply(ticket.id, "x", actor=AGENT)
        own = header(box.mails[0], "Message-ID")
        bounce = (
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: help@shop.example\nMessage-ID: <b@mx.example>\n"
            "Subject: Undelivered\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
            "Final-Recipient: rfc822; li@customers.example\nAction: failed\nStatus: 5.1.1\n"
            f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {own}\n\n--b--\n"
        )
        assert web(desk, bounce) == 200
        assert messages(desk, ticket.id)[-1].delivery is Delivery.FAILED
        assert desk.tickets.count() == 1
        assert web(desk, box.mails[0]) == 200, "our own mail comes back"
        assert len(messages(desk, ticket.id)) == 2


def test_machines_are_not_answered(sink):
    box, smtp = sink
    config = DeskConfig.from_toml(
        '[[accounts]]\nname = "mail"\nauto_reply = true\n[[queues]]\nname = "default"\nauto_reply = true\n'
    )
    with open_desk(
        "memory://", config=config, activate=True, channels=[channel(smtp=smtp)], clock=FixedClock()
    ) as desk:
        desk.replies.add("退款", "请在订单页申请。", questions=("我要退款怎么办理", "怎么退款"), auto_reply=True)
        web(desk, mail(1, "我要退款怎么办理", more="Auto-Submitted: auto-replied\n"))
        desk.run_due()
        assert box.mails == []
        web(desk, mail(2, "我要退款怎么办理", sender="wu@customers.example"))
        desk.run_due()
        (answered,) = box.mails
        assert header(answered, "Auto-Submitted") == "auto-replied"
        assert header(answered, "X-Auto-Response-Suppress") == "All"


def test_attachments_arrive_with_the_mail(sink):
    raw = (
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
        '--b\n\nsee it\n--b\nContent-Type: image/png; name="../../etc/passwd"\n\n<html><script>\n--b--',
    )
    with desk_of(channel(smtp=sink[1])) as desk:
        web(desk, mail(1, raw[1], more=raw[0]))
        (ticket,) = desk.tickets.list().items
        (message,) = messages(desk, ticket.id)
        (part,) = [one for one in message.parts if isinstance(one, MediaPart)]
        assert part.ref is not None
        assert part.ref.type != "image/png"
        assert "/" not in part.ref.name
        assert message.raw
        sent = desk.reply(ticket.id, [MediaPart(ref=part.ref, name="发票.txt", type="text/plain")], actor=AGENT)
        assert sent.delivery is Delivery.SENT
    assert b"filename*=utf-8''%E5%8F%91%E7%A5%A8.txt" in sink[0].mails[0]


def test_a_signed_address_leads_to_the_ticket(sink):
    box, smtp = sink
    with desk_of(channel(smtp=smtp, tagged_replies=True)) as desk:
        web(desk, mail(1, "hello"))
        (ticket,) = desk.tickets.list().items
        desk.reply(ticket.id, "x", actor=AGENT)
        where = header(box.mails[0], "Reply-To")
        assert where.startswith("help+")
        web(desk, mail(2, "again").replace("To: help@shop.example", f"To: {where}"))
        assert desk.tickets.count() == 1
        forged = where.replace("@", "x@")
        web(desk, mail(3, "forged").replace("To: help@shop.example", f"To: {forged}"))
        assert desk.tickets.count() == 2


def test_the_date_is_the_desks(sink):
    box, smtp = sink
    clock = FixedClock()
    with desk_of(channel(smtp=smtp), clock) as desk:
        web(desk, mail(1, "hello"))
        (ticket,) = desk.tickets.list().items
        desk.reply(ticket.id, "x", actor=AGENT)
    assert header(box.mails[0], "Date") == format_datetime(clock.now())
