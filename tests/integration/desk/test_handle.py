"""Web requests of providers, and pulls."""

import pytest

from csdesk import Actor, DeskConfig, Sender
from csdesk.domain.policy.config import AccountPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import (
    DeleteEvent,
    EditEvent,
    HandoffEvent,
    InboundResult,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Rejected,
    SessionEvent,
    UnknownEvent,
)
from csdesk.domain.records.messages import TextPart
from csdesk.errors import ChannelError, NotFound
from csdesk.ports.store import Query
from csdesk.testing import Fault, FaultyStore, ScriptedChannel

AGENT = Actor.agent("agt_1")
HINT = PullHint(account="web", token="t1")


@pytest.fixture
def channel():
    return ScriptedChannel("web")


def test_what_a_request_pushes_is_stored_before_it_is_answered(world, channel):
    desk = world.open(channels=[channel])
    reply = RawResponse(status=202, body=b"ok")
    answer = desk.handle("web", channel.report(world.said("one"), world.said("two"), reply=reply))
    assert answer == reply
    (ticket,) = desk.tickets.list().items
    assert ticket.messages == 2
    assert channel.received[0].received_at == world.clock.now()


def test_a_rejected_request_stores_nothing(world, channel):
    desk = world.open(channels=[channel])
    result = InboundResult(
        reply=RawResponse(status=401),
        rejected=Rejected(code="signature"),
        events=(world.said("forged"),),
        pulls=(HINT,),
    )
    assert desk.handle("web", channel.result(result)).status == 401
    assert desk.tickets.list().items == ()
    assert desk.run_due().pulled == 0
    assert channel.pulled == []


def test_an_account_that_nobody_configured(world, channel):
    desk = world.open(channels=[channel])
    with pytest.raises(NotFound, match="account"):
        desk.handle("other", RawRequest(method="GET", url="/"))


def test_a_store_that_fails_is_not_acknowledged(world, channel):
    faults = iter(())
    desk = world.open(
        channels=[channel], wrap=lambda store: FaultyStore(store, lambda name: next(faults, None))
    )  # fmt: skip
    faults = iter([Fault.BUSY] * 200)
    message = world.said("one")
    with pytest.raises(Exception, match="by plan"):
        desk.handle("web", channel.report(message))
    faults = iter(())
    assert desk.handle("web", channel.report(message)).status == 200
    assert len(desk.tickets.list().items) == 1


def test_pulls_are_planned_and_done_in_run_due_with_the_cursor(world, channel):
    desk = world.open(channels=[channel])
    channel.pages(
        PullPage(events=(world.said("one"),), cursor="c1", more=True),
        PullPage(events=(world.said("two"), UnknownEvent(account="web", dedupe_key="u")), cursor="c2"),
        PullPage(events=(world.said("three"),), cursor="c3"),
    )
    desk.handle("web", channel.report(pulls=[HINT]))
    assert channel.pulled == []
    report = desk.run_due()
    assert (report.pulled, report.more) == (3, False)
    desk.handle("web", channel.report(pulls=[HINT]))
    assert desk.run_due().pulled == 1
    assert [cursor for _, cursor in channel.pulled] == [None, "c1", "c2"]
    assert desk.run_due().pulled == 0
    assert len(channel.pulled) == 3


def test_wishes_for_one_account_are_one_pull_under_the_newest_hint(world, channel):
    desk = world.open(channels=[channel])
    for token in ("old", "new"):
        desk.handle("web", channel.report(pulls=[PullHint(account="web", token=token)]))
        world.later(seconds=1)
    desk.run_due()
    assert [hint.token for hint, _ in channel.pulled] == ["new"]


def test_a_wish_that_comes_while_a_pull_runs_is_not_lost(world, channel):
    desk = world.open(channels=[channel])
    original = channel.pull_now

    def busy(hint, cursor):
        page = original(hint, cursor)
        if len(channel.pulled) == 1:
            desk.handle("web", channel.report(pulls=[HINT]))
        return page

    channel.pull_now = busy
    desk.handle("web", channel.report(pulls=[HINT]))
    desk.run_due()
    desk.run_due()
    assert len(channel.pulled) == 2


@pytest.mark.parametrize("error", [ChannelError("web", "down", disposition="retry"), RuntimeError("adapter")])
def test_a_failed_pull_is_tried_again_and_stops_nothing_else(world, channel, error):
    other = ScriptedChannel("other")
    desk = world.open(channels=[channel, other])
    channel.pages(error, PullPage(events=(world.said("one"),), cursor="c1"))
    desk.handle("web", channel.report(pulls=[HINT]))
    desk.handle("other", other.report(pulls=[PullHint(account="other")]))
    report = desk.run_due()
    assert (report.pulled, report.retried, len(other.pulled)) == (0, 1, 1)
    world.clock.set(report.next_due_at)
    assert desk.run_due().pulled == 1


def test_a_pull_is_left_to_a_process_that_has_the_channel(world, channel):
    desk = world.open(channels=[channel])
    desk.handle("web", channel.report(pulls=[HINT]))
    report = world.open().run_due()
    assert (report.retried, report.pulled) == (0, 0)
    desk.run_due()
    assert len(channel.pulled) == 1


def test_a_provider_without_an_end_does_not_hold_up_the_rest(world, channel):
    desk = world.open(channels=[channel])
    channel.pages(*[PullPage(cursor=f"c{number}", more=True) for number in range(1000)])
    desk.handle("web", channel.report(pulls=[HINT]))
    report = desk.run_due()
    assert len(channel.pulled) < 100
    assert report.next_due_at == world.clock.now()
    desk.run_due()
    assert channel.pulled[-1][1] == f"c{len(channel.pulled) - 2}"


def test_edits_and_recalls_keep_the_original(world, channel):
    desk = world.open(channels=[channel])
    got = desk.receive(world.said("first", provider_id="p1"))
    edit = EditEvent(account="web", dedupe_key="e1", provider_id="p1", parts=(TextPart(text="second"),))
    recall = DeleteEvent(account="web", dedupe_key="e2", provider_id="p1")
    for _ in range(2):
        desk.handle("web", channel.report(edit, recall, DeleteEvent(account="web", dedupe_key="e3", provider_id="p?")))
    (message,) = [item.message for item in desk.tickets.timeline(got.ticket.id) if item.message]
    assert message.parts == (TextPart(text="first"),)
    assert message.edited == (TextPart(text="second"),)
    assert message.recalled_at == world.clock.now()


def session(what, key, **given):
    return SessionEvent(
        account="web", dedupe_key=key, conversation="ann", sender=Sender(external_id="ann"), what=what, **given
    )


def answered(desk):
    page = desk._store.query(desk.name, Query(kind="entry", where=(("subject", ev.DESK),), limit=1000))
    return [(e.what, e.problem) for entry in page.items for e in entry.events if isinstance(e, ev.SessionAnswered)]


@pytest.mark.parametrize("problem", ["", "ValueError", "95001", "retry"])
def test_a_session_is_greeted_once_and_what_went_wrong_is_noted(world, problem):
    channel = ScriptedChannel("web")
    desk = world.open(DeskConfig(accounts=(AccountPolicy(name="web", greeting="Welcome"),)), channels=[channel])
    if problem == "ValueError":
        channel.answer(ValueError("the adapter broke"))
    elif problem:
        channel.fail("retry", code=problem if problem != "retry" else "")
    for _ in range(2):
        desk.handle("web", channel.report(session("started", "s1", code="c")))
    desk.handle("web", channel.report(session("started", "s2"), session("ended", "s3", code="c")))
    assert channel.texts == ["Welcome"]
    assert answered(desk) == [("started", problem)]


def test_a_conversation_that_nobody_knows_is_handed_to_nobody(world, channel):
    desk = world.open(channels=[channel])
    desk.handle("web", channel.report(HandoffEvent(account="web", dedupe_key="h1", conversation="who", to="kf")))
    assert desk.tickets.list().items == ()
    ticket = desk.receive(world.said(by="ann")).ticket
    for _ in range(2):
        event = HandoffEvent(account="web", dedupe_key="h2", conversation="ann", to="kf")
        desk.handle("web", channel.report(event))
    after = desk.tickets.get(ticket.id)
    assert (after.elsewhere, after.version) == ("kf", ticket.version + 1)
