"""What a host hands to a desk without a web request, and what a desk without channels leaves to others."""

import asyncio

import pytest

from csdesk import Actor, InboundMessage, NotFound, OutboxState, Sender, open_async_desk, open_desk
from csdesk.channels.loopback import LoopbackChannel
from csdesk.domain.records.channels import EditEvent
from csdesk.domain.records.messages import TextPart


def message(key, text="在吗"):
    return InboundMessage(
        account="chat",
        dedupe_key=key,
        conversation="c1",
        provider_id=key,
        sender=Sender(external_id="u1"),
        text=text,
    )


def test_events_are_taken_in_order_and_once():
    edit = EditEvent(account="chat", dedupe_key="e1", provider_id="1", parts=(TextPart(text="还在吗"),))
    with open_desk("memory://") as desk:
        taken = desk.take("chat", (message("1"), edit, message("2")))
        assert [one.state for one in taken.received] == ["stored", "stored"]
        assert taken.reports == 1
        ticket = taken.received[0].ticket
        texts = [one.message.text for one in desk.tickets.timeline(ticket.id) if one.message]
        assert texts == ["还在吗", "在吗"]
        again = desk.take("chat", (message("1"), message("2")))
        assert [one.state for one in again.received] == ["duplicate", "duplicate"]


def test_async_desks_take_events_too():
    async def main():
        async with await open_async_desk("memory://") as desk:
            taken = await desk.take("chat", (message("1"),))
            return taken.received[0].ticket.number, (await desk.tickets.numbered(1)).number

    assert asyncio.run(main()) == (1, 1)


def test_a_ticket_is_found_by_its_number():
    with open_desk("memory://") as desk:
        ticket = desk.receive(message("1")).ticket
        assert desk.tickets.numbered(ticket.number).id == ticket.id
        with pytest.raises(NotFound, match="no ticket 99 "):
            desk.tickets.numbered(99)


def test_a_desk_without_channels_leaves_the_outbox_to_others(tmp_path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    channel = LoopbackChannel("chat")
    with open_desk(url, channels=[channel]) as desk:
        ticket = desk.receive(message("1")).ticket
        desk.reply(ticket.id, "在的", actor=Actor.agent("agt_1"), deliver=False)
    with open_desk(url) as script:
        report = script.run_due()
        assert (report.sent, report.failed) == (0, 0)
        assert [one.state for one in script.outbox.list().items] == [OutboxState.PENDING]
    with open_desk(url, channels=[channel]) as desk:
        assert desk.run_due().sent == 1
    assert len(channel.sent()) == 1
