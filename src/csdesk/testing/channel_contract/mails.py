"""Item 23: what is particular to mail: threads, loops, bounces, quotes."""

from __future__ import annotations

import email
from email.message import Message as Letter

import pytest

from csdesk import DeskConfig
from csdesk.desk.shell import Desk
from csdesk.domain.records.messages import AuthorKind, Delivery
from csdesk.domain.records.tickets import Ticket
from csdesk.testing.channel_contract.bench import AGENT, Bench, ContractBase, shown
from csdesk.testing.channel_contract.rig import Arrival, ChannelRig

_NO_MAIL = "the channel carries no mail"
_ANSWERING = """
[[queues]]
name = "default"
auto_reply = true
[[accounts]]
name = "{account}"
auto_reply = true
"""
_MACHINES = {
    "answer of a machine": "Auto-Submitted: auto-replied",
    "notice of a machine": "Auto-Submitted: auto-generated",
    "no return path": "Return-Path: <>",
    "mailing list": "List-Id: <news.example>",
    "bulk": "Precedence: bulk",
}


class MailPromises(ContractBase):
    """What a mail channel owes beyond the rest."""

    def test_23_an_answer_finds_its_ticket_and_names_what_it_answers(self, rig: ChannelRig, bench: Bench) -> None:
        """An answer finds its ticket and names what it answers."""
        ticket = self._wrote(rig, bench, 1, "where is it?")
        bench.reply(ticket, "on its way")
        ours = self._last(rig)
        assert ours["In-Reply-To"] == "<in-1@customers.example>"
        own = ours["Message-ID"]
        again = self._wrote(rig, bench, 2, "thank you", f"In-Reply-To: {own}")
        assert again.id == ticket.id
        bench.reply(again, "welcome")
        chain = str(self._last(rig)["References"]).split()
        assert chain[-1] == "<in-2@customers.example>"
        assert own in chain

    def test_23_a_stranger_who_knows_an_id_is_not_let_in(self, rig: ChannelRig, bench: Bench) -> None:
        """A stranger who knows an id is not let in."""
        ticket = self._wrote(rig, bench, 1, "where is it?")
        bench.reply(ticket, "on its way")
        other = self._wrote(
            rig, bench, 2, "send it to me", f"In-Reply-To: {self._last(rig)['Message-ID']}", sender="c2"
        )
        assert other.id != ticket.id

    @pytest.mark.parametrize("header", _MACHINES.values(), ids=_MACHINES)
    def test_23_machines_are_not_answered(self, rig: ChannelRig, bench: Bench, header: str) -> None:
        """Machines are not answered."""
        shown(rig.mail_address(rig.account), _NO_MAIL)
        desk = self._answering(rig, bench)
        bench.arrive(self._letter(rig, 1, "我要退款怎么办理", header), desk=desk)
        assert rig.mailed() == []
        bench.arrive(self._letter(rig, 2, "我要退款怎么办理", sender="c2"), desk=desk)
        answer = self._last(rig)
        assert (answer["Auto-Submitted"], answer["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
        bench.arrive(rig.mail(rig.mailed()[-1]), desk=desk)
        assert len(rig.mailed()) == 1

    def test_23_a_persons_answer_is_marked_as_no_machines(self, rig: ChannelRig, bench: Bench) -> None:
        """A person's answer is marked as no machine's."""
        bench.reply(self._wrote(rig, bench, 1, "hello"), "yes?")
        assert self._last(rig)["Auto-Submitted"] is None

    def test_23_a_bounce_is_about_the_message_and_no_message(self, rig: ChannelRig, bench: Bench) -> None:
        """A bounce is about the message and no message."""
        ticket = self._wrote(rig, bench, 1, "hello")
        bench.reply(ticket, "yes?")
        own = self._last(rig)["Message-ID"]
        bench.arrive(
            rig.mail(
                (
                    "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\n"
                    f"To: {rig.mail_address(rig.account)}\r\nMessage-ID: <bounce@mx.example>\r\nMIME-Version: 1.0\r\n"
                    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
                    "--b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
                    "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; c1@customers.example\r\n"
                    "Action: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
                    f"Message-ID: {own}\r\n\r\n--b--\r\n"
                ).encode()
            )
        )
        assert [one.delivery for one in bench.messages(ticket)][1:] == [Delivery.FAILED]
        assert len(bench.tickets()) == 1

    def test_23_what_is_quoted_is_not_said(self, rig: ChannelRig, bench: Bench) -> None:
        """What is quoted is not said."""
        said = "好的，谢谢。"
        quoted = "在 2026年3月3日，10:00，商店 <s@shop.example> 写道：\n> 您要退款吗？"
        bench.arrive(self._letter(rig, 1, f"{said}\n\n{quoted}\n\n-- \n李伟"))
        (message,) = bench.all_messages()
        assert message.text == said
        assert "您要退款吗" in message.whole_text

    def test_23_our_own_mail_is_no_customers(self, rig: ChannelRig, bench: Bench) -> None:
        """Our own mail is no customer's."""
        own = shown(rig.mail_address(rig.account), _NO_MAIL)
        bench.arrive(rig.mail(f"From: {own}\r\nTo: {own}\r\nMessage-ID: <o@shop.example>\r\n\r\nloop\r\n".encode()))
        assert not [one for one in bench.all_messages() if one.author is AuthorKind.CUSTOMER]

    def test_23_no_text_becomes_a_header(self, rig: ChannelRig, bench: Bench) -> None:
        """No text becomes a header."""
        subject = "=?utf-8?q?order=0D=0ABcc=3A_spy=40evil.example?="
        ticket = self._wrote(rig, bench, 1, "hello", subject=subject)
        bench.reply(ticket, "yes?")
        assert self._last(rig)["Bcc"] is None

    def _wrote(
        self,
        rig: ChannelRig,
        bench: Bench,
        number: int,
        text: str,
        *headers: str,
        sender: str = "c1",
        subject: str = "x",
    ) -> Ticket:
        bench.arrive(self._letter(rig, number, text, *headers, sender=sender, subject=subject))
        return bench.ticket_of(text)

    def _letter(
        self, rig: ChannelRig, number: int, text: str, *headers: str, sender: str = "c1", subject: str = "order"
    ) -> Arrival:
        to = shown(rig.mail_address(rig.account), _NO_MAIL)
        told = [
            f"From: {sender}@customers.example",
            f"To: {to}",
            f"Message-ID: <in-{number}@customers.example>",
            f"Subject: {subject}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            *headers,
            "",
            *text.split("\n"),
            "",
        ]
        return rig.mail("\r\n".join(told).encode())

    def _answering(self, rig: ChannelRig, bench: Bench) -> Desk:
        desk = bench.open(config=DeskConfig.from_toml(_ANSWERING.format(account=rig.account)))
        desk.replies.add(
            "退款", "请在订单页申请。", questions=("我要退款怎么办理", "如何申请退款"), auto_reply=True, actor=AGENT
        )
        return desk

    def _last(self, rig: ChannelRig) -> Letter:
        return email.message_from_bytes(rig.mailed()[-1])
