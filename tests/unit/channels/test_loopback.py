from datetime import UTC, datetime

import pytest

from csdesk import Actor, InboundMessage, Sender, TextPart, open_desk
from csdesk.channels.loopback import LoopbackChannel
from csdesk.domain.records.channels import OutboundMessage, RawRequest
from csdesk.errors import InvalidInput, NotFound, UnsupportedFeature
from csdesk.ports.channel import BlockingChannel, Channel

AT = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def outbound(key, conversation="c1"):
    return OutboundMessage(
        key=key,
        account="chat",
        conversation=conversation,
        to=Sender(external_id="u1"),
        parts=(TextPart(text="您好"),),
        occurred_at=AT,
    )


def test_it_is_a_blocking_channel():
    channel = LoopbackChannel("chat", kind="webchat")
    assert isinstance(channel, BlockingChannel)
    assert not isinstance(channel, Channel)
    assert (channel.account, channel.kind) == ("chat", "webchat")


def test_a_key_is_sent_once():
    channel = LoopbackChannel("chat")
    first, second = channel.send_now(outbound("a")), channel.send_now(outbound("a"))
    assert first == second
    assert [one.key for one in channel.sent()] == ["a"]


def test_it_tells_conversations_apart():
    channel = LoopbackChannel("chat")
    for key, conversation in (("a", "c1"), ("b", "c2"), ("c", "c1")):
        channel.send_now(outbound(key, conversation))
    assert [one.key for one in channel.sent("c1")] == ["a", "c"]


def test_the_oldest_go_first():
    channel = LoopbackChannel("chat", keep=2)
    for key in "abc":
        channel.send_now(outbound(key))
    assert [one.key for one in channel.sent()] == ["b", "c"]
    with pytest.raises(NotFound):
        channel.delivered("a")


@pytest.mark.parametrize("keep", [0, 1_000_001])
def test_keep_has_its_bounds(keep):
    with pytest.raises(InvalidInput, match="keep"):
        LoopbackChannel("chat", keep=keep)


def test_it_takes_no_requests_and_has_nothing_to_pull():
    channel = LoopbackChannel("chat")
    assert channel.receive(RawRequest(method="POST", url="/")).rejected.code == "no_requests"
    with pytest.raises(UnsupportedFeature, match="chat"):
        channel.pull_now(None, None)


def test_receipts_reach_the_message():
    channel = LoopbackChannel("chat")
    with open_desk("memory://", channels=[channel]) as desk:
        received = desk.receive(
            InboundMessage(
                account="chat", dedupe_key="1", conversation="c1", sender=Sender(external_id="u1"), text="在吗"
            )
        )
        sent = desk.reply(received.ticket.id, "在的", actor=Actor.agent("agt_1"))
        assert sent.delivery == "sent"
        taken = desk.take("chat", channel.delivered(sent.message.id))
        assert taken.reports == 1
        (out,) = [
            one.message
            for one in desk.tickets.timeline(received.ticket.id)
            if one.message and one.message.direction == "out"
        ]
        assert out.delivery == "delivered"
        desk.take("chat", (*channel.read(sent.message.id), *channel.delivered(sent.message.id)))
        (out,) = [
            one.message
            for one in desk.tickets.timeline(received.ticket.id)
            if one.message and one.message.direction == "out"
        ]
        assert out.delivery == "read"
