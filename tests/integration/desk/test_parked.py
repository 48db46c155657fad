"""A message that breaks the pipeline is parked; later ones of its conversation wait; people retry or discard."""

from dataclasses import replace

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import render
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import UnknownEvent
from csdesk.domain.records.queues import InboxState
from csdesk.errors import InvalidInput, NotFound, StoreBusy, sentence
from csdesk.flows.inbound import answering, clocks, identity, reading, recording, routing, rules, threading, window
from csdesk.testing import ScriptedChannel

AGENT = Actor.agent("agt_1")

STEPS = [
    (identity, "identify"),
    (window, "set_times"),
    (threading, "thread"),
    (reading, "read"),
    (rules, "apply_rules"),
    (clocks, "run_clocks"),
    (routing, "wanted"),
    (routing, "route"),
    (answering, "answer"),
    (recording, "record"),
]


class Trap:
    """Lets a step raise for messages that say ``boom``, while it is set."""

    def __init__(self, monkeypatch, module, name, error=None) -> None:
        self.is_set = True
        original = getattr(module, name)

        def step(case, *args, **kwargs):
            if self.is_set and "boom" in case.message.text:
                raise error or RuntimeError("a secret of the customer")
            return original(case, *args, **kwargs)

        monkeypatch.setattr(module, name, step)


@pytest.fixture
def trap(monkeypatch):
    return Trap(monkeypatch, reading, "read")


@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_whatever_step_breaks_the_message_is_parked_and_the_others_are_stored(world, monkeypatch, module, name):
    desk = world.open()
    desk.agents.add("One", queues=("default",))
    Trap(monkeypatch, module, name)
    got = desk.receive_many([world.said("a", by="ann"), world.said("boom", by="bob"), world.said("c", by="cid")])
    assert [one.state for one in got] == ["stored", "parked", "stored"]
    assert got[1].error == "error.unexpected"
    assert (got[1].ticket, got[1].customer, got[1].message) == (None, None, None)
    (item,) = desk.inbox.list(state=InboxState.PARKED).items
    assert (item.id, item.error, item.detail) == (got[1].message_id, "error.unexpected", "RuntimeError")
    told = got[1].trace.find("parked")
    assert told is not None
    assert "secret" not in str(desk.explain("desk"))


@pytest.mark.parametrize("error", [NotFound("ticket", "tkt_gone"), InvalidInput("x", "y", "z"), AssertionError()])
def test_an_error_of_our_own_kind_is_parked_too(world, monkeypatch, error):
    desk = world.open()
    Trap(monkeypatch, reading, "read", error)
    got = desk.receive(world.said("boom"))
    assert got.state == "parked"
    assert got.error == getattr(error, "code", "error.unexpected")


REFUSED = InvalidInput(
    "InboundMessage.language",
    sentence("no language {language!r}", language="zz"),
    sentence("{guess}choose one of: {names}", guess="", names=("en", "zh")),
)


def test_a_parked_message_says_which_field_of_what_was_wrong(world, monkeypatch):
    desk = world.open()
    trap = Trap(monkeypatch, reading, "read", REFUSED)
    got = desk.receive(world.said("boom"))
    (item,) = world.open().inbox.list().items
    for one in (got, item):
        assert one.params == REFUSED.params
        assert render(one.error, "en", **one.params) == str(REFUSED)
        assert render(one.error, "zh-CN", **one.params) == render(REFUSED, "zh-CN")
    assert "没有" in render(item.error, "zh-CN", **item.params)
    trap.is_set = False
    assert desk.inbox.retry(item.id, actor=AGENT).params == {}


def test_of_an_error_of_others_nothing_but_the_kind_is_kept(world, monkeypatch):
    class Refusal(Exception):
        code = 403  # what some libraries have
        params = {"text": "a secret of the customer"}  # noqa: RUF012

    desk = world.open()
    Trap(monkeypatch, reading, "read", Refusal("a secret of the customer"))
    got = desk.receive(world.said("boom"))
    assert (got.error, got.params) == ("error.unexpected", {"type": "Refusal"})
    (item,) = desk.inbox.list().items
    assert "secret" not in repr(replace(item, payload=""))
    assert "Refusal" in render(item.error, "zh-CN", **item.params)


def test_trouble_of_the_store_is_no_fault_of_the_message(world, monkeypatch):
    desk = world.open()
    Trap(monkeypatch, reading, "read", StoreBusy("locked"))
    with pytest.raises(StoreBusy):
        desk.receive(world.said("boom"))
    assert desk.inbox.list().items == ()


@pytest.mark.parametrize("batched", [True, False])
def test_later_ones_of_the_conversation_wait_in_order(world, trap, batched):
    desk = world.open()
    ahead = desk.receive(world.said("before", by="bob"))
    stream = [world.said(text, by="bob") for text in ("boom", "two", "three")] + [world.said("else", by="ann")]
    got = desk.receive_many(stream) if batched else tuple(desk.receive(one) for one in stream)
    assert [one.state for one in got] == ["parked", "parked", "parked", "stored"]
    assert [one.error for one in got] == ["error.unexpected", "error.waits", "error.waits", ""]
    assert got[1].trace.find("inbox.waits").param("behind") == got[0].message_id
    assert [one.state for one in desk.inbox.list().items] == ["parked", "waiting", "waiting"]
    assert desk.tickets.get(ahead.ticket.id).messages == 1

    still = desk.inbox.retry(got[0].message_id, actor=AGENT)
    assert still.state == "parked"
    assert len(desk.inbox.list().items) == 3

    trap.is_set = False
    back = desk.inbox.retry(got[0].message_id, actor=AGENT)
    assert (back.state, back.message_id, back.ticket.id) == ("stored", got[0].message_id, ahead.ticket.id)
    assert desk.inbox.list().items == ()
    released = [(one.item, one.discarded) for one in events_of(desk, ev.DESK, ev.MessageReleased)]
    assert released == [(one.message_id, False) for one in got[:3]]
    said = [item.message.text for item in desk.tickets.timeline(ahead.ticket.id) if item.message]
    assert said == ["before", "boom", "two", "three"]
    assert desk.receive(world.said("four", by="bob")).state == "stored"


def test_a_replay_of_a_parked_message_gives_its_id(world, trap):
    desk = world.open()
    message = world.said("boom")
    first = desk.receive(message)
    waiting = world.said("next")
    second = desk.receive(waiting)
    for given, before in ((message, first), (waiting, second)):
        again = desk.receive(given)
        assert (again.state, again.message_id) == ("duplicate", before.message_id)
    assert len(desk.inbox.list().items) == 2
    trap.is_set = False
    desk.inbox.retry(first.message_id, actor=AGENT)
    assert desk.receive(message).message.id == first.message_id


def test_a_parked_message_keeps_the_time_at_which_it_came(world, trap):
    desk = world.open()
    got = desk.receive(world.said("boom"))
    came = world.clock.now()
    world.later(days=3)
    trap.is_set = False
    back = desk.inbox.retry(got.message_id, actor=AGENT)
    assert back.message.received_at == back.message.occurred_at == came
    assert not back.message.backlog


def test_discarding_lets_the_next_ones_through(world, trap):
    desk = world.open()
    got = desk.receive_many([world.said("boom"), world.said("two")])
    desk.inbox.discard(got[0].message_id, actor=AGENT)
    (item,) = desk.inbox.list().items
    assert (item.id, item.state) == (got[0].message_id, InboxState.DISCARDED)
    (ticket,) = desk.tickets.list().items
    assert ticket.messages == 1
    desk.inbox.discard(got[0].message_id, actor=AGENT)
    with pytest.raises(InvalidInput, match="discarded"):
        desk.inbox.retry(got[0].message_id, actor=AGENT)
    with pytest.raises(NotFound):
        desk.inbox.retry(got[1].message_id, actor=AGENT)
    with pytest.raises(NotFound):
        desk.inbox.discard("msg_none", actor=AGENT)


def test_the_second_of_those_that_waited_breaks_too(world, trap):
    desk = world.open()
    got = desk.receive_many([world.said(text) for text in ("boom", "two", "boom", "four")])
    desk.inbox.discard(got[0].message_id, actor=AGENT)
    states = {item.id: item.state for item in desk.inbox.list().items}
    assert states == {
        got[0].message_id: InboxState.DISCARDED,
        got[2].message_id: InboxState.PARKED,
        got[3].message_id: InboxState.WAITING,
    }
    assert desk.receive(world.said("five")).error == "error.waits"
    trap.is_set = False
    desk.inbox.retry(got[2].message_id, actor=AGENT)
    (ticket,) = desk.tickets.list().items
    assert ticket.messages == 4


def test_one_that_waits_cannot_overtake(world, trap):
    desk = world.open()
    got = desk.receive_many([world.said(text) for text in ("boom", "two", "three")])
    with pytest.raises(InvalidInput, match=r"item.*waits behind"):
        desk.inbox.retry(got[1].message_id, actor=AGENT)
    desk.inbox.discard(got[1].message_id, actor=AGENT)
    assert [one.state for one in desk.inbox.list().items] == ["parked", "discarded", "waiting"]
    told = [event for entry in desk.events.read("reader") for event in entry.events]
    assert [one.discarded for one in told if isinstance(one, ev.MessageReleased)] == [True]


def test_what_arrives_during_a_retry_comes_after_those_that_wait(world, trap, monkeypatch):
    desk, other = world.open(), world.open()
    got = desk.receive_many([world.said(text) for text in ("boom", "two", "three")])
    late = []
    record = recording.record

    def meanwhile(case, *args):
        if case.message.text == "two" and not late:
            late.append(other.receive(world.said("late")))
        return record(case, *args)

    monkeypatch.setattr(recording, "record", meanwhile)
    trap.is_set = False
    desk.inbox.retry(got[0].message_id, actor=AGENT)
    assert late[0].error == "error.waits"
    (ticket,) = desk.tickets.list().items
    assert [item.message.text for item in desk.tickets.timeline(ticket.id) if item.message] == [
        "boom",
        "two",
        "three",
        "late",
    ]
    assert desk.inbox.list().items == ()
    assert desk.receive(world.said("after")).state == "stored"


def test_an_event_that_nobody_knows_is_kept_and_cannot_be_retried(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    event = UnknownEvent(account="web", dedupe_key="u1", provider_type="novelty", raw=b"\xff\x00")
    for _ in range(2):
        desk.handle("web", channel.report(event))
    (item,) = desk.inbox.list().items
    assert (item.state, item.conversation) == (InboxState.UNKNOWN, "")
    assert UnknownEvent.model_validate_json(item.payload) == event
    with pytest.raises(InvalidInput, match="item"):
        desk.inbox.retry(item.id, actor=AGENT)
    desk.inbox.discard(item.id, actor=AGENT)
    assert desk.inbox.list().items[0].state is InboxState.DISCARDED


def test_every_outcome_of_the_pipeline_renders_in_both_languages(world, trap):
    desk = world.open()
    first = desk.receive(world.said("hello"))
    message = world.said("hello again")
    got = [first, desk.receive(message), desk.receive(message), desk.receive(world.said("boom")),
           desk.receive(world.said("waits"))]  # fmt: skip
    desk.customers.block(first.customer.id, actor=AGENT)
    got.append(desk.receive(world.said("blocked", conversation="elsewhere")))
    assert {one.state for one in got} == {"stored", "duplicate", "parked", "blocked"}
    for one in got:
        for verdict in one.trace.verdicts:
            for locale in ("zh-CN", "en"):
                text = render(verdict, locale)
                assert text
                assert verdict.code not in text


def test_a_stored_message_says_what_every_step_decided(world):
    desk = world.open()
    desk.agents.add("One", queues=("default",))
    got = desk.receive(world.said("hello"))
    codes = [one.code for one in got.trace.verdicts]
    expected = ["dedupe.new", "identity.created", "thread.none", "ticket.opened", "clocks.none", "route.assigned"]
    assert codes == expected
    assert got.trace in [entry.trace for entry in desk.explain(got.ticket.id)]
