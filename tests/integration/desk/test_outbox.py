"""Sending: order, retries, what is dead, what nobody knows, and receipts."""

from datetime import timedelta

import pytest

from csdesk import Actor, Sender
from csdesk.desk.shell import Desk
from csdesk.domain.records.channels import Capabilities, EchoEvent, Limit, PullHint, PullPage, Receipt, StatusEvent
from csdesk.domain.records.messages import Delivery, MediaPart, TextPart
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import ChannelError, InvalidInput, NotFound, StoreBusy
from csdesk.flows.outbound.outbox import MOST_ATTEMPTS
from csdesk.ports.http import HttpResponse
from csdesk.testing import Fault, FaultyStore, ScriptedChannel, ScriptedHttp, ScriptedHttpChannel

AGENT = Actor.agent("agt_1")
KEYED = Capabilities(idempotency="key")


def desk_with(world, channel=None, **given):
    channel = channel or ScriptedChannel("web")
    desk = world.open(channels=[channel], **given)
    return desk, channel, desk.receive(world.said("hi")).ticket


def message_of(desk, sent):
    return next(item.message for item in desk.tickets.timeline(sent.ticket.id)
                if item.message and item.message.id == sent.message.id)  # fmt: skip


def test_a_reply_goes_out_at_once(world):
    desk, channel, ticket = desk_with(world)
    sent = desk.reply(ticket.id, "hello", actor=AGENT, subject="Re")
    assert sent.delivery is Delivery.SENT
    (out,) = channel.sent
    assert (out.key, out.conversation, out.to.external_id, out.subject) == (sent.message.id, "ann", "ann", "Re")
    assert not out.automatic
    assert sent.message.provider_id == f"provider-{out.key}"
    assert desk.outbox.list().items == ()


def test_undelivered_replies_of_one_conversation_go_in_order_in_one_round(world):
    desk, channel, ticket = desk_with(world)
    for number in range(3):
        sent = desk.reply(ticket.id, str(number), actor=AGENT, deliver=False)
        assert sent.delivery is Delivery.PENDING
    report = desk.run_due()
    assert (report.sent, report.more) == (3, False)
    assert channel.texts == ["0", "1", "2"]


def test_a_new_reply_sends_those_ahead_of_it_first(world):
    desk, channel, ticket = desk_with(world)
    desk.reply(ticket.id, "first", actor=AGENT, deliver=False)
    assert desk.reply(ticket.id, "second", actor=AGENT).delivery is Delivery.SENT
    assert channel.texts == ["first", "second"]


def test_a_reply_that_was_stored_before_is_not_tried_by_its_repetition(world):
    desk, channel, ticket = desk_with(world)
    desk.reply(ticket.id, "x", actor=AGENT, idempotency_key="k", deliver=False)
    assert desk.reply(ticket.id, "x", actor=AGENT, idempotency_key="k").delivery is Delivery.PENDING
    assert channel.sent == []
    assert desk.run_due().sent == 1


def test_one_in_retry_holds_those_behind_it_and_no_other_conversation(world):
    desk, channel, ticket = desk_with(world)
    other = desk.receive(world.said(by="bob")).ticket
    channel.fail("retry", code="busy")
    first = desk.reply(ticket.id, "first", actor=AGENT)
    assert first.delivery is Delivery.PENDING
    second = desk.reply(ticket.id, "second", actor=AGENT)
    assert second.delivery is Delivery.PENDING
    assert desk.reply(other.id, "elsewhere", actor=AGENT).delivery is Delivery.SENT
    report = desk.run_due()
    assert (report.sent, report.next_due_at) == (0, world.clock.now() + timedelta(seconds=5))
    world.clock.set(report.next_due_at)
    assert desk.run_due().sent == 2
    assert channel.texts == ["first", "elsewhere", "first", "second"]


def test_retries_wait_longer_each_time_until_the_message_is_dead(world):
    desk, channel, ticket = desk_with(world)
    channel.fail("retry", times=MOST_ATTEMPTS, code="busy")
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    waits = []
    while (due := desk.run_due().next_due_at) is not None:
        waits.append((due - world.clock.now()).total_seconds())
        world.clock.set(due)
    assert waits == [5 * 2**number for number in range(MOST_ATTEMPTS - 1)]
    (item,) = desk.outbox.list().items
    assert (item.state, item.attempts, item.reason) == (OutboxState.DEAD, MOST_ATTEMPTS, "busy")
    assert item.needs == "retry"
    assert message_of(desk, sent).delivery is Delivery.FAILED


def test_the_provider_may_ask_for_a_longer_wait(world):
    desk, channel, ticket = desk_with(world)
    channel.fail("retry", after=90)
    desk.reply(ticket.id, "x", actor=AGENT)
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(seconds=90)


@pytest.mark.parametrize("asked", [1e30, float("inf"), float("nan"), -5.0])
def test_a_wait_that_cannot_be_meant_is_a_day_at_most(world, asked):
    desk, channel, ticket = desk_with(world)
    channel.fail("retry", after=asked)
    desk.reply(ticket.id, "hello", actor=AGENT)
    world.later(days=1)
    assert desk.run_due().sent == 1


@pytest.mark.parametrize("disposition", ["fix_content", "recipient_gone", "operator", "wait_customer"])
def test_a_refusal_is_dead_and_lets_the_next_one_pass(world, disposition):
    desk, channel, ticket = desk_with(world)
    channel.fail(disposition, code="no")
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.FAILED
    assert desk.reply(ticket.id, "y", actor=AGENT).delivery is Delivery.SENT
    (item,) = desk.outbox.list(state=OutboxState.DEAD).items
    assert item.reason == "no"


@pytest.mark.parametrize("error", [None, RuntimeError("adapter"), TypeError("adapter")])
def test_an_unknown_outcome_is_unknown_without_a_key(world, error):
    desk, channel, ticket = desk_with(world)
    channel.answer(error) if error else channel.fail("unknown_outcome")
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    assert sent.delivery is Delivery.UNKNOWN
    (item,) = desk.outbox.list().items
    assert item.state is OutboxState.UNKNOWN
    assert desk.run_due().sent == 0
    assert desk.reply(ticket.id, "y", actor=AGENT).delivery is Delivery.SENT


@pytest.mark.parametrize(("asks_first", "outcome"), [(False, Delivery.FAILED), (True, Delivery.UNKNOWN)])
def test_an_adapter_that_breaks_leaves_doubt_only_after_its_first_request(world, asks_first, outcome):
    class Breaks(ScriptedHttpChannel):
        def send(self, message):
            if asks_first:
                yield from super().send(message)
            raise InvalidInput("key", "is no key", "pass one")

    channel = Breaks("web", capabilities=Capabilities())
    desk, _, ticket = desk_with(world, channel, http=ScriptedHttp())
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is outcome
    (item,) = desk.outbox.list().items
    assert item.reason == "InvalidInput"


@pytest.mark.parametrize("error", [None, RuntimeError("adapter")])
def test_an_unknown_outcome_is_tried_again_under_the_same_key(world, error):
    desk, channel, ticket = desk_with(world, ScriptedChannel("web", capabilities=KEYED))
    channel.answer(error) if error else channel.fail("unknown_outcome")
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.PENDING
    world.later(seconds=5)
    assert desk.run_due().sent == 1
    assert len({one.key for one in channel.sent}) == 1


def test_a_process_without_the_channel_leaves_sending_to_one_that_has_it(world):
    desk = world.open(channels=[ScriptedChannel("mail")])
    ticket = desk.receive(world.said()).ticket
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.PENDING
    assert desk.run_due().sent == 0
    web = ScriptedChannel("web")
    assert world.open(channels=[web]).run_due().sent == 1
    assert [one.parts[0].text for one in web.sent] == ["x"]


def test_a_closed_window_and_a_used_up_quota(world):
    able = Capabilities(window=timedelta(hours=48), per_message=2)
    desk, _, ticket = desk_with(world, ScriptedChannel("web", capabilities=able))
    got = [desk.reply(ticket.id, str(number), actor=AGENT) for number in range(3)]
    assert [one.delivery for one in got] == [Delivery.SENT, Delivery.SENT, Delivery.FAILED]
    assert got[2].message.delivery_reason == "window_closed"
    desk.receive(world.said("more"))
    world.later(hours=48)
    assert desk.reply(ticket.id, "in time", actor=AGENT).delivery is Delivery.SENT
    world.later(microseconds=1)
    assert desk.reply(ticket.id, "too late", actor=AGENT).message.delivery_reason == "window_closed"


@pytest.mark.parametrize(
    ("unit", "fits", "too_long"), [("chars", "好" * 4, "x" * 5), ("bytes", "好x", "好好"), ("utf16", "😀😀", "😀😀x")]
)
def test_texts_are_measured_in_the_units_of_the_channel(world, unit, fits, too_long):
    able = Capabilities(text=Limit(amount=4, unit=unit), most_pieces=1)
    desk, _, ticket = desk_with(world, ScriptedChannel("web", capabilities=able))
    assert desk.reply(ticket.id, fits, actor=AGENT).delivery is Delivery.SENT
    assert desk.reply(ticket.id, too_long, actor=AGENT).message.delivery_reason == "too_long"


def test_parts_that_the_channel_cannot_take(world):
    desk, _, ticket = desk_with(world, ScriptedChannel("web", capabilities=Capabilities(text=None)))
    assert desk.reply(ticket.id, "any length" * 1000, actor=AGENT).delivery is Delivery.SENT
    sent = desk.reply(ticket.id, [TextPart(text="x"), MediaPart(provider_id="1")], actor=AGENT)
    assert sent.message.delivery_reason == "part_not_supported"


def crash(world, desk, channel, ticket):
    """The process dies between sending and recording: nothing after the sending reaches the store."""
    sent = desk.reply(ticket.id, "x", actor=AGENT, deliver=False)
    dead = False

    def plan(name):
        return Fault.BUSY if dead and name == "commit" else None

    broken: Desk = world.open(channels=[channel], wrap=lambda store: FaultyStore(store, plan))

    def dies(message):
        nonlocal dead
        dead = True
        return Receipt(provider_id="p1")

    channel.answer(dies)
    with pytest.raises(StoreBusy):
        broken.run_due()
    (item,) = desk.outbox.list().items
    assert item.state is OutboxState.SENDING
    return sent


def test_a_crash_between_sending_and_recording_leaves_it_unknown(world):
    desk, channel, ticket = desk_with(world)
    sent = crash(world, desk, channel, ticket)
    assert desk.run_due().failed == 0
    world.later(minutes=2)
    assert desk.run_due().failed == 1
    assert len(channel.sent) == 1
    assert message_of(desk, sent).delivery is Delivery.UNKNOWN
    assert desk.outbox.list().items[0].state is OutboxState.UNKNOWN


def test_a_crash_is_sent_again_where_the_channel_takes_a_key_once(world):
    desk, channel, ticket = desk_with(world, ScriptedChannel("web", capabilities=KEYED))
    sent = crash(world, desk, channel, ticket)
    world.later(minutes=2)
    assert desk.run_due().sent == 1
    assert [one.key for one in channel.sent] == [sent.message.id] * 2
    assert message_of(desk, sent).delivery is Delivery.SENT


@pytest.mark.parametrize("able", [KEYED, Capabilities()])
def test_a_receipt_tells_what_became_of_a_crashed_one(world, able):
    desk, channel, ticket = desk_with(world, ScriptedChannel("web", capabilities=able))
    sent = crash(world, desk, channel, ticket)
    desk.handle("web", channel.report(status("delivered", key=sent.message.id)))
    world.later(minutes=2)
    desk.run_due()
    assert len(channel.sent) == 1
    assert message_of(desk, sent).delivery is Delivery.DELIVERED
    assert desk.outbox.list().items == ()


@pytest.mark.parametrize("able", [KEYED, Capabilities()])
def test_a_denial_tells_what_became_of_a_crashed_one(world, able):
    desk, channel, ticket = desk_with(world, ScriptedChannel("web", capabilities=able))
    sent = crash(world, desk, channel, ticket)
    desk.handle("web", channel.report(status("failed", key=sent.message.id, reason="blocked", needs="operator")))
    world.later(minutes=2)
    desk.run_due()
    assert len(channel.sent) == 1
    assert message_of(desk, sent).delivery is Delivery.FAILED
    (item,) = desk.outbox.list().items
    assert (item.state, item.reason, item.needs) == (OutboxState.DEAD, "blocked", "operator")


def test_a_receipt_settles_an_unknown_one(world):
    desk, channel, ticket = desk_with(world)
    channel.fail("unknown_outcome")
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    desk.handle("web", channel.report(status("sent", key=sent.message.id, provider_id="p9")))
    message = message_of(desk, sent)
    assert (message.delivery, message.provider_id) == (Delivery.SENT, "p9")
    assert desk.outbox.list().items == ()
    with pytest.raises(NotFound):
        desk.outbox.retry(sent.message.id, actor=AGENT)


def test_only_what_was_being_sent_is_in_doubt_after_a_crash(world):
    desk, channel, _ = desk_with(world)
    for by in ("bob", "cid"):
        other = desk.receive(world.said(by=by)).ticket
        desk.reply(other.id, by, actor=AGENT, deliver=False)

    def dies(message):
        raise KeyboardInterrupt

    channel.answer(dies)
    with pytest.raises(KeyboardInterrupt):
        desk.run_due()
    assert sorted(item.state for item in desk.outbox.list().items) == [OutboxState.PENDING, OutboxState.SENDING]


_number = iter(range(10_000))


def status(what, **given):
    return StatusEvent(account="web", dedupe_key=f"s{next(_number)}", status=what, **given)


@pytest.mark.parametrize(
    ("told", "after"),
    [
        (["read", "delivered", "sent"], Delivery.READ),
        (["delivered", "delivered"], Delivery.DELIVERED),
        (["failed", "delivered"], Delivery.FAILED),
        (["delivered", "failed"], Delivery.DELIVERED),
        (["blocked"], Delivery.FAILED),
        (["opted_out"], Delivery.FAILED),
    ],
)
def test_receipts_may_come_in_any_order(world, told, after):
    desk, channel, ticket = desk_with(world)
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    for number, what in enumerate(told):
        by = {"key": sent.message.id} if number % 2 else {"provider_id": f"provider-{sent.message.id}"}
        desk.handle("web", channel.report(status(what, **by)))
    assert message_of(desk, sent).delivery is after


def test_a_receipt_before_our_own_record(world):
    desk, channel, ticket = desk_with(world)

    def early(message):
        desk.handle("web", channel.report(status("delivered", key=message.key)))
        return Receipt(provider_id="p1")

    channel.answer(early)
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    assert (sent.delivery, sent.message.provider_id) == (Delivery.DELIVERED, "p1")
    assert desk.outbox.list().items == ()


@pytest.mark.parametrize(
    ("ours", "rows"), [("", []), ("retry", [OutboxState.DEAD]), ("unknown_outcome", [OutboxState.DEAD])]
)
def test_a_denial_before_our_own_record_keeps_its_reason(world, ours, rows):
    desk, channel, ticket = desk_with(world)

    def denied(message):
        told = status("failed", key=message.key, reason="no_such_number", needs="other_recipient")
        desk.handle("web", channel.report(told))
        if ours:
            raise ChannelError("web", "lost", disposition=ours, provider_code="timeout")
        return Receipt(provider_id="p1")

    channel.answer(denied)
    message = message_of(desk, desk.reply(ticket.id, "x", actor=AGENT))
    assert message.delivery is Delivery.FAILED
    assert (message.delivery_reason, message.delivery_needs) == ("no_such_number", "other_recipient")
    waiting = desk.outbox.list().items
    assert [one.state for one in waiting] == rows
    assert {(one.reason, one.needs) for one in waiting} <= {("no_such_number", "other_recipient")}


def test_a_receipt_for_nothing_of_ours_is_ignored(world):
    desk, channel, _ = desk_with(world)
    assert desk.handle("web", channel.report(status("read", provider_id="theirs"), status("read"))).status == 200


def test_dead_ones_are_tried_again_or_given_up_by_hand(world):
    desk, channel, ticket = desk_with(world)
    channel.fail("fix_content")
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    desk.outbox.retry(sent.message.id, actor=AGENT)
    with pytest.raises(InvalidInput, match="message"):
        desk.outbox.retry(sent.message.id, actor=AGENT)
    assert message_of(desk, sent).delivery is Delivery.PENDING
    assert desk.run_due().sent == 1
    assert message_of(desk, sent).delivery is Delivery.SENT
    channel.fail("fix_content")
    other = desk.reply(ticket.id, "y", actor=AGENT)
    desk.outbox.discard(other.message.id, actor=AGENT)
    assert desk.outbox.list().items == ()
    assert message_of(desk, other).delivery is Delivery.FAILED
    with pytest.raises(NotFound):
        desk.outbox.discard(other.message.id, actor=AGENT)


def test_a_retry_by_hand_tells_the_channel_that_it_may_have_arrived(world):
    desk, channel, ticket = desk_with(world)
    channel.fail("unknown_outcome")
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    assert desk.outbox.list().items[0].needs == "check"
    desk.outbox.retry(sent.message.id, actor=AGENT)
    assert desk.run_due().sent == 1
    assert [one.again for one in channel.sent] == [False, True]


def test_our_own_message_coming_back_as_an_echo_is_no_second_message(world):
    desk, channel, ticket = desk_with(world)
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    echo = EchoEvent(account="web", dedupe_key="e1", conversation="ann", to=Sender(external_id="ann"),
                     provider_id=sent.message.provider_id, parts=(TextPart(text="x"),))  # fmt: skip
    desk.handle("web", channel.report(echo))
    assert desk.tickets.get(ticket.id).messages == 2
    strange = echo.model_copy(update={"provider_id": "theirs", "dedupe_key": "e2"})
    desk.handle("web", channel.report(strange))
    after = desk.tickets.get(ticket.id)
    assert after.messages == 3
    last = desk.tickets.timeline(ticket.id)
    assert [item.message.author for item in last if item.message][-1] == "elsewhere"


# The flavour whose network is HTTP


def http_desk(world, *answers):
    channel, http = ScriptedHttpChannel("web"), ScriptedHttp(answers)
    desk = world.open(channels=[channel])
    desk._runner._http = http
    return desk, channel, http, desk.receive(world.said()).ticket


def test_an_http_channel_sends_by_exchanges(world):
    desk, channel, http, ticket = http_desk(world)
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    assert sent.delivery is Delivery.SENT
    assert http.requests[0].body == sent.message.id.encode()
    channel.pages(PullPage(cursor="c1"))
    desk.handle("web", channel.report(pulls=[PullHint(account="web")]))
    desk.run_due()
    assert channel.pulled == [(PullHint(account="web"), None)]


def test_a_failed_exchange_has_its_disposition(world):
    lost = ChannelError("web", "no answer", disposition="unknown_outcome")
    desk, _, _, ticket = http_desk(world, HttpResponse(status=503), lost)
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.PENDING
    world.later(seconds=5)
    assert desk.run_due().failed == 1
    assert desk.outbox.list().items[0].state is OutboxState.UNKNOWN
