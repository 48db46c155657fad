"""Signs that people put on messages."""

from csdesk import Actor, Sender, render
from csdesk.domain.records import events as ev
from csdesk.ports.channel import ReactionEvent
from csdesk.testing import ScriptedChannel

ANN = Sender(external_id="ann")


def sign(key, provider_id, emoji="👍", sender=ANN):
    return ReactionEvent(account="web", dedupe_key=key, provider_id=provider_id, sender=sender, sign=emoji)


def signs(desk):
    told = [one for entry in desk.events.read("t", limit=1000) for one in entry.events]
    return [one for one in told if isinstance(one, ev.MessageReacted)]


def test_a_sign_stands_in_the_log_once(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said(provider_id="p1"))
    ours = desk.reply(got.ticket.id, "x", actor=Actor.agent("agt_1")).message
    before = desk.tickets.get(got.ticket.id)
    nobody = Sender(external_id="nobody")
    desk.take("web", [
        sign("r1", "p1"), sign("r1", "p1"), sign("r2", f"provider-{ours.id}", "", nobody), sign("r3", "unknown"),
    ])  # fmt: skip
    first, second = signs(desk)
    assert (first.message, first.sign, first.identity) == (got.message_id, "👍", got.message.identity)
    assert (second.message, second.sign, second.identity) == (ours.id, "", None)
    assert desk.tickets.get(got.ticket.id) == before
    assert "👍" not in render(first, "en")


def test_an_erased_message_takes_no_sign(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said(provider_id="p1"))
    desk.customers.erase(got.customer.id, actor=Actor.agent("agt_1"))
    desk.take("web", [sign("r1", "p1")])
    assert signs(desk) == []
