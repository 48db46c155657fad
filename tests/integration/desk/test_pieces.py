"""Long messages: split by what the channel declares, sent in order, each sending recorded before the next."""

from datetime import timedelta

import pytest

from csdesk import Actor, Sender
from csdesk.domain.core.conversation.pieces import Unfit, pieces_of
from csdesk.domain.records.messages import Delivery, MediaPart, MediaRef, MenuItem, MenuPart, TextPart
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import NotFound
from csdesk.ports.channel import (
    Capabilities,
    ChannelError,
    EchoEvent,
    Limit,
    MediaLimit,
    MenuLimits,
    Receipt,
    StatusEvent,
)
from csdesk.testing import Fault, FaultyStore, ScriptedChannel

AGENT = Actor.agent("agt_1")


def desk_with(world, **able):
    channel = ScriptedChannel("web", capabilities=Capabilities(**able))
    desk = world.open(channels=[channel])
    return desk, channel, desk.receive(world.said("hi")).ticket


def message_of(desk, sent):
    return next(item.message for item in desk.tickets.timeline(sent.ticket.id)
                if item.message and item.message.id == sent.message.id)  # fmt: skip


def test_a_long_text_becomes_several_sendings_under_keys_of_their_own(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=12, unit="bytes"))
    sent = desk.reply(ticket.id, "一二三四。五六七👩‍👧", actor=AGENT)
    assert sent.delivery is Delivery.SENT
    assert channel.texts == ["一二三四", "。五六七", "👩‍👧"]
    base = sent.message.id
    assert [one.key for one in channel.sent] == [base, f"{base}1", f"{base}2"]
    message = message_of(desk, sent)
    assert message.pieces == tuple(f"provider-{one.key}" for one in channel.sent[:-1])
    assert desk.outbox.list().items == ()


def test_a_failure_in_the_middle_goes_on_where_it_stopped(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    channel.answer(Receipt(provider_id="a"), ChannelError("web", "busy", disposition="retry"))
    sent = desk.reply(ticket.id, "aabbcc", actor=AGENT)
    assert sent.delivery is Delivery.PENDING
    world.later(seconds=5)
    assert desk.run_due().sent == 1
    assert channel.texts == ["aa", "bb", "bb", "cc"]
    assert message_of(desk, sent).pieces == ("a", f"provider-{sent.message.id}1")


def test_a_crash_in_the_middle_repeats_only_the_sending_in_doubt_where_a_key_is_taken_once(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2), idempotency="key")
    sent = desk.reply(ticket.id, "aabb", actor=AGENT, deliver=False)

    def dies(message):
        raise KeyboardInterrupt

    channel.answer(Receipt(provider_id="a"), dies)
    with pytest.raises(KeyboardInterrupt):
        desk.run_due()
    world.later(minutes=2)
    assert desk.run_due().sent == 1
    assert channel.texts == ["aa", "bb", "bb"]
    assert message_of(desk, sent).delivery is Delivery.SENT


def test_a_crash_in_the_middle_leaves_doubt_where_no_key_is_taken(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    sent = desk.reply(ticket.id, "aabb", actor=AGENT, deliver=False)

    def slow(message):
        world.later(minutes=1, seconds=59)
        return Receipt(provider_id="a")

    def dies(message):
        world.later(minutes=1, seconds=59)
        assert world.open(channels=[channel]).run_due().failed == 0, "its lease begins anew with each sending"
        raise KeyboardInterrupt

    channel.answer(slow, dies)
    with pytest.raises(KeyboardInterrupt):
        desk.run_due()
    world.later(seconds=1)
    desk.run_due()
    assert channel.texts == ["aa", "bb"]
    assert message_of(desk, sent).delivery is Delivery.UNKNOWN
    (item,) = desk.outbox.list().items
    assert (item.reason, item.needs, item.attempts) == ("crashed_while_sending", "check", 1)


def test_more_pieces_than_the_channel_likes_are_refused_before_anything_is_sent(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2), most_pieces=2)
    message = desk.reply(ticket.id, "aabbc", actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == ("too_long", "shorter_text")
    (item,) = desk.outbox.list(state=OutboxState.DEAD).items
    assert item.needs == "shorter_text"
    assert channel.sent == []


def test_every_sending_counts_towards_the_quota(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2), per_message=3)
    assert desk.reply(ticket.id, "aabb", actor=AGENT).delivery is Delivery.SENT
    refused = desk.reply(ticket.id, "ccdd", actor=AGENT).message
    assert (refused.delivery_reason, refused.delivery_needs) == ("quota", "customer_message")
    assert desk.reply(ticket.id, "eeffgghh", actor=AGENT).message.delivery_needs == "shorter_text"
    assert desk.reply(ticket.id, "ee", actor=AGENT).delivery is Delivery.SENT
    assert len(channel.sent) == 3
    desk.receive(world.said("again"))
    desk.outbox.retry(refused.id, actor=AGENT)
    assert desk.run_due().sent == 1


def test_replies_that_wait_do_not_use_up_the_quota_of_those_before_them(world):
    desk, channel, ticket = desk_with(world, per_message=5)
    for number in range(7):
        desk.reply(ticket.id, str(number), actor=AGENT, deliver=False)
    report = desk.run_due()
    assert (report.sent, report.failed) == (5, 2)
    assert channel.texts == ["0", "1", "2", "3", "4"]


def test_a_window_belongs_to_the_conversation_and_not_to_one_of_its_tickets(world):
    desk, _, ticket = desk_with(world, window=timedelta(hours=48))
    other = desk.receive(world.said("another matter")).message
    split = desk.tickets.split(ticket.id, [other.id], actor=AGENT)
    world.later(hours=47)
    desk.receive(world.said("still there?"))
    world.later(hours=2)
    assert desk.reply(ticket.id, "yes", actor=AGENT).delivery is Delivery.SENT
    assert desk.reply(split.id, "yes", actor=AGENT).delivery is Delivery.SENT


def test_parts_go_one_by_one_where_the_channel_takes_one_at_a_time(world):
    desk, channel, ticket = desk_with(world, parts=frozenset({"text", "media"}), together=False)
    parts = [TextPart(text="look"), MediaPart(provider_id="m1")]
    assert desk.reply(ticket.id, parts, actor=AGENT).delivery is Delivery.SENT
    assert [one.parts for one in channel.sent] == [(parts[0],), (parts[1],)]


def test_what_goes_together_follows_the_last_piece_of_the_text(world):
    desk, channel, ticket = desk_with(
        world, parts=frozenset({"text", "media"}), together=True, text=Limit(amount=12, unit="bytes")
    )
    picture = MediaPart(provider_id="m1")
    assert desk.reply(ticket.id, [TextPart(text="一二三四五六"), picture], actor=AGENT).delivery is Delivery.SENT
    assert [one.parts for one in channel.sent] == [
        (TextPart(text="一二三四"),),
        (TextPart(text="五六"), picture),
    ]


def test_files_have_sizes_and_kinds_that_the_channel_takes(world):
    able = Capabilities(
        parts=frozenset({"text", "media"}),
        media=(MediaLimit(media="image", most=10, least=5, types=frozenset({"image/png"})),),
    )
    small, fit, large = (MediaRef(sha256="0" * 64, size=size, type="image/png") for size in (4, 5, 11))
    assert pieces_of([MediaPart(media="image", ref=small)], able) == Unfit("media_too_small")
    assert pieces_of([MediaPart(media="image", ref=large)], able) == Unfit("media_too_large")
    assert pieces_of([MediaPart(media="image", ref=fit)], able) == ((MediaPart(media="image", ref=fit),),)
    assert pieces_of([MediaPart(media="image", ref=fit, type="image/gif")], able) == Unfit("media_type")
    most = Capabilities(parts=frozenset({"media"}), media_bytes=10)
    assert pieces_of([MediaPart(media="file", ref=large)], most) == Unfit("media_too_large")


def test_what_just_fits_passes():
    choice = Limit(amount=2)
    menu = MenuLimits(head=choice, tail=choice, choice=choice, choice_id=choice, link=choice, url=Limit(amount=4))
    able = Capabilities(
        parts=frozenset({"text", "media", "menu"}), media_bytes=10, menu_items=2, menu=menu, text=choice, most_pieces=2
    )
    file = MediaPart(media="file", ref=MediaRef(sha256="0" * 64, size=10, type="image/png"))
    items = (MenuItem(text="aa", id="bb"), MenuItem(text="cc", url="ddee"))
    for part in (file, MenuPart(head="hh", items=items, tail="tt"), TextPart(text="aabb")):
        assert not isinstance(pieces_of([part], able), Unfit)
    for odd in (
        MenuItem(text="aaa", id="b"),
        MenuItem(text="a", id="bbb"),
        MenuItem(text="ccc", url="d"),
        MenuItem(text="c", url="ddeef"),
    ):
        assert pieces_of([MenuPart(items=(items[0], odd))], able) == Unfit("menu_too_long")
    for edge in ("head", "tail"):
        assert pieces_of([MenuPart(items=items, **{edge: "abc"})], able) == Unfit("menu_too_long")


def test_a_message_that_would_be_cut_otherwise_now_is_left_to_people(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    channel.answer(Receipt(provider_id="a"), ChannelError("web", "busy", disposition="retry"))
    sent = desk.reply(ticket.id, "aabb", actor=AGENT)
    wider = ScriptedChannel("web", capabilities=Capabilities(text=Limit(amount=9)))
    world.later(seconds=5)
    assert world.open(channels=[wider]).run_due().failed == 1
    message = message_of(desk, sent)
    assert (message.delivery_reason, message.delivery_needs) == ("pieces_changed", "check")
    assert wider.sent == []


def test_blanks_are_no_message():
    assert pieces_of([TextPart(text=" \u3000 ")], Capabilities(together=False)) == Unfit("empty")


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (MediaPart(), "media_missing"),
        (MediaPart(media="video", provider_id="m"), "media_not_supported"),
        (MenuPart(items=(MenuItem(text="a", id="1"),) * 3), "menu_too_long"),
    ],
)
def test_what_the_channel_does_not_take_is_refused_with_its_reason(world, part, reason):
    desk, channel, ticket = desk_with(
        world,
        parts=frozenset({"text", "media", "menu"}),
        media=(MediaLimit(media="image", most=10, least=5, types=frozenset({"image/png"})),),
        menu_items=2,
    )
    message = desk.reply(ticket.id, [part], actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == (reason, "other_content")
    assert channel.sent == []


def test_an_echo_that_comes_before_the_answer_is_ours_by_the_reserved_id(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))

    def early(message):
        echo = EchoEvent(account="web", dedupe_key=f"e{message.key}", conversation="ann", key=message.key,
                         to=Sender(external_id="ann"), provider_id="p1", parts=message.parts)  # fmt: skip
        desk.handle("web", channel.report(echo))
        return Receipt(provider_id="p1")

    channel.answer(early, early)
    desk.reply(ticket.id, "aabb", actor=AGENT)
    assert desk.tickets.get(ticket.id).messages == 2


def test_an_echo_of_an_early_piece_is_ours_by_the_id_of_its_sending(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    channel.answer(Receipt(provider_id="p1", also=("p1b",)))
    desk.reply(ticket.id, "aabb", actor=AGENT)
    for name in ("p1", "p1b"):
        echo = EchoEvent(account="web", dedupe_key=f"e{name}", conversation="ann", to=Sender(external_id="ann"),
                         provider_id=name, parts=(TextPart(text="aa"),))  # fmt: skip
        desk.handle("web", channel.report(echo))
    assert desk.tickets.get(ticket.id).messages == 2


def test_a_failure_that_is_told_later_of_one_piece_fails_the_message(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    sent = desk.reply(ticket.id, "aabb", actor=AGENT)
    status = StatusEvent(account="web", dedupe_key="s1", key=f"{sent.message.id}1", status="failed", reason="late")
    desk.handle("web", channel.report(status))
    assert message_of(desk, sent).delivery is Delivery.FAILED


@pytest.mark.parametrize(("permanent", "needs"), [(True, ""), (False, "retry")])
def test_a_failure_that_need_not_come_again_asks_to_be_retried(world, permanent, needs):
    desk, channel, ticket = desk_with(world)
    sent = desk.reply(ticket.id, "aabb", actor=AGENT)
    status = StatusEvent(account="web", dedupe_key="s1", key=sent.message.id, status="failed", permanent=permanent)
    desk.handle("web", channel.report(status))
    assert message_of(desk, sent).delivery_needs == needs


def test_whether_a_reply_is_possible_is_known_before_it_is_written(world):
    desk, _, ticket = desk_with(world, window=timedelta(hours=48), per_message=5)
    window = desk.tickets.window(ticket.id)
    opened = world.clock.now()
    assert (window.is_open, window.remaining, window.open_until) == (True, 5, opened + timedelta(hours=48))
    desk.reply(ticket.id, "one", actor=AGENT)
    desk.reply(ticket.id, "two", actor=AGENT, deliver=False)
    assert desk.tickets.window(ticket.id).remaining == 3
    world.clock.set(window.open_until)
    assert desk.tickets.window(ticket.id).is_open
    world.later(seconds=1)
    assert not desk.tickets.window(ticket.id).is_open


def test_the_window_of_an_account_whose_channel_is_elsewhere_is_not_known(world):
    desk, _, ticket = desk_with(world)
    with pytest.raises(NotFound, match="account"):
        world.open().tickets.window(ticket.id)
    assert desk.tickets.window(ticket.id).is_open


def test_a_message_that_is_erased_between_two_sendings_goes_no_further(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))

    def erases(message):
        desk.customers.erase(desk.customers.find("ann").id, actor=AGENT)
        return Receipt(provider_id="a")

    channel.answer(erases)
    sent = desk.reply(ticket.id, "aabb", actor=AGENT)
    assert channel.texts == ["aa"]
    assert sent.delivery is Delivery.FAILED
    assert desk.outbox.list().items == ()


@pytest.mark.parametrize("fault", [Fault.UNKNOWN_DONE, Fault.UNKNOWN_UNDONE])
def test_a_sending_is_noted_once_whatever_becomes_of_the_commit(world, fault):
    channel = ScriptedChannel("web", capabilities=Capabilities(text=Limit(amount=2), per_message=5))
    faults = iter(())
    desk = world.open(
        channels=[channel],
        wrap=lambda store: FaultyStore(store, lambda name: next(faults, None) if name == "commit" else None),
    )
    ticket = desk.receive(world.said("hi")).ticket

    def taken(message):
        nonlocal faults
        faults = iter([fault])
        return Receipt(provider_id="a")

    channel.answer(taken, taken)
    sent = desk.reply(ticket.id, "aabb", actor=AGENT)
    assert (sent.delivery, channel.texts) == (Delivery.SENT, ["aa", "bb"])
    assert message_of(desk, sent).pieces == ("a",)
    assert desk.tickets.window(ticket.id).remaining == 3


def reported(message, number, status="delivered", **fields):
    key = message.id if number == 0 else f"{message.id}{number}"
    return StatusEvent(account="web", dedupe_key=f"{status}/{number}/{fields}", key=key, status=status, **fields)


def test_a_report_of_an_early_piece_does_not_end_the_message(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    channel.answer(Receipt(provider_id="a"), ChannelError("web", "busy", disposition="retry"))
    sent = desk.reply(ticket.id, "aabbcc", actor=AGENT)
    desk.take("web", [reported(sent.message, 0), reported(sent.message, 0, "read")])
    assert message_of(desk, sent).delivery is Delivery.PENDING
    world.later(seconds=5)
    desk.run_due()
    assert channel.texts == ["aa", "bb", "bb", "cc"]
    byid = StatusEvent(account="web", dedupe_key="s", provider_id="a", status="read")
    desk.take("web", [byid, reported(sent.message, 1, "read")])
    assert message_of(desk, sent).delivery is Delivery.SENT
    desk.take("web", [reported(sent.message, 2, "read")])
    assert message_of(desk, sent).delivery is Delivery.READ


def test_a_report_of_the_piece_in_doubt_lets_the_rest_go(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    channel.answer(Receipt(provider_id="a"), ChannelError("web", "lost", disposition="unknown_outcome"))
    sent = desk.reply(ticket.id, "aabbcc", actor=AGENT)
    assert sent.delivery is Delivery.UNKNOWN
    told = reported(sent.message, 1, provider_id="b")
    desk.take("web", [reported(sent.message, 0), told, told])
    desk.run_due()
    assert channel.texts == ["aa", "bb", "cc"]
    message = message_of(desk, sent)
    assert (message.delivery, message.pieces) == (Delivery.SENT, ("a", "b"))
    assert desk.outbox.list().items == ()


def test_a_report_by_another_process_knows_the_pieces_that_were_noted(world):
    desk, channel, ticket = desk_with(world, text=Limit(amount=2))
    channel.answer(Receipt(provider_id="a"), ChannelError("web", "busy", disposition="retry"))
    sent = desk.reply(ticket.id, "aabb", actor=AGENT)
    world.open().take("web", [reported(sent.message, 0)])
    assert message_of(desk, sent).delivery is Delivery.PENDING
