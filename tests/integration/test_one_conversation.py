"""The same conversation through every bundled channel ends in the same domain events."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest

from csdesk.domain.records.messages import Delivery
from csdesk.ports.store import Query
from csdesk.testing import ChannelRig
from csdesk.testing.channel_contract import Arrival
from csdesk.testing.channel_contract.bench import AGENT, Bench
from csdesk.testing.rigs import LoopbackRig, WeComRig
from csdesk.testing.telegram.rigs import TelegramPollingRig, TelegramRig
from csdesk.testing.webchats import WebChatRig
from csdesk.testing.webhooks import WebhookRig
from csdesk.testing.whatsapp.rigs import WhatsAppRig

MINUTE = timedelta(minutes=1)
_OF_A_CHANNEL = {
    "message",
    "occurred_at",
    "account",
    "conversation",
    "number",
    "customer",
    "identity",
    "requester",
    "provider_id",
    "subject",
}
"""What a channel names by itself (its clock too), and ids that count on."""


def mail_rig():
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (extra peers)")
    from csdesk.testing.mail import MailHookRig

    return MailHookRig()


def wecom_rig():
    pytest.importorskip("cryptography", reason="the extra wecom is not installed")
    return WeComRig()


def told(bench: Bench) -> list[tuple[str, object]]:
    """Every event of the desk's tickets, in order, without what is the channel's own."""
    query = Query(kind="entry", order="position", limit=1000)
    tickets = {one.id for one in bench.tickets()}
    entries = [one for one in bench.store.query(bench.desk.name, query).items if one.subject in tickets]
    return [(event.kind, _plain(event.model_dump(mode="json"))) for entry in entries for event in entry.events]


def _plain(value: object) -> object:
    """The value without ids."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key not in _OF_A_CHANNEL}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return "id" if isinstance(value, str) and value[3:4] == "_" and len(value) == 30 else value


def thanks(rig: ChannelRig) -> Arrival:
    """The customer writes again; in a mail program by answering."""
    if rig.mail_address(rig.account) is None:
        return rig.customer_writes("谢谢", account=rig.account)
    ours = email.message_from_bytes(rig.mailed()[-1])["Message-ID"]
    head = f"From: c1@customers.example\r\nMessage-ID: <2@customers.example>\r\nIn-Reply-To: {ours}\r\nSubject: order"
    kind = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"
    return rig.mail(f"{head}\r\n{kind}\r\n\r\n谢谢\r\n\r\n> 已经发货。\r\n".encode())


def conversation(rig) -> dict[str, object]:
    """A question, an answer, a thank-you in the same conversation, the end, and what is left of it."""
    bench = Bench(rig)
    try:
        ticket = bench.said("我的订单在哪里？")
        rig.clock.advance(MINUTE)
        assert bench.reply(ticket, "已经发货。").delivery in (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)
        rig.clock.advance(MINUTE)
        bench.arrive(thanks(rig))
        rig.clock.advance(MINUTE)
        bench.desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
        messages = [(one.direction, one.author, one.text) for one in bench.messages(ticket)]
        after = bench.desk.tickets.get(ticket.id)
        return {
            "events": told(bench),
            "messages": messages,
            "state": (after.category, after.queue, after.language),
            "arrived": [text for _, text in rig.arrived()],
        }
    finally:
        bench.desk.close()
        rig.close()


@pytest.mark.parametrize(
    "make",
    [wecom_rig, mail_rig, WebChatRig, TelegramRig, TelegramPollingRig, WhatsAppRig, WebhookRig],
    ids=lambda one: one.__name__,
)
def test_every_channel_tells_the_same(make):
    plain = conversation(LoopbackRig())
    assert [kind for kind, _ in plain["events"]][:1] == ["ticket.opened"]
    assert conversation(make()) == plain
