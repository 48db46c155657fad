"""What is left behind when a worker dies or the store fails in the middle, and how it goes on."""

from datetime import timedelta

import pytest

from csdesk.bootstrap import open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.ids import TicketId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet
from csdesk.domain.records.channels import (
    Capabilities,
    InboundMessage,
    InboundResult,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    Sender,
)
from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import DueItem, InboxState, OutboxState
from csdesk.errors import InvalidInput, StoreBusy
from csdesk.flows.due import upkeep
from csdesk.flows.inbound import reading, routing
from csdesk.flows.inbound.case import Case
from csdesk.stores.memory import MemoryStore
from csdesk.testing import Fault, FaultyStore, FixedClock
from csdesk.testing.audit import problems_of

ME = Actor.agent("agt_me")


class Death(BaseException):
    """The process ends here."""


class DeadlyChannel:
    """Dies at a send; afterwards it works."""

    kind = "deadly"
    account = "chat"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.sent: list[str] = []

    def receive(self, request: RawRequest) -> InboundResult:
        return InboundResult()

    def send_now(self, message: OutboundMessage) -> Receipt:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(message.key)
        return Receipt()

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        return PullPage()


class World:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FixedClock()
        self.channel = DeadlyChannel()
        self.faults: list[tuple[str, Fault | None]] = []  # None: that call succeeds
        faulty = FaultyStore(self.store, self._plan)
        self.desk: Desk = open_desk(faulty, clock=self.clock, channels=[self.channel])

    def _plan(self, method: str) -> Fault | None:
        if self.faults and self.faults[0][0] == method:
            return self.faults.pop(0)[1]
        return None

    def message(self, number: int, talk: int = 0) -> InboundMessage:
        return InboundMessage(
            account="chat",
            dedupe_key=f"d{number}",
            conversation=f"c{talk}",
            sender=Sender(external_id=f"u{talk}"),
            text=f"message {number}",
        )

    def ticket(self, talk: int = 0) -> TicketId:
        ticket = self.desk.receive(self.message(1000 + talk, talk)).ticket
        assert ticket is not None
        return ticket.id


@pytest.fixture
def world() -> World:
    return World()


def test_death_while_sending_leaves_one_message_in_doubt(world: World) -> None:
    sent = [world.desk.reply(world.ticket(talk), "ok", actor=ME, deliver=False) for talk in range(10)]
    world.channel.errors = [Death()]
    with pytest.raises(Death):
        world.desk.run_due()
    world.clock.advance(timedelta(minutes=5))
    report = world.desk.run_due()
    assert (report.sent, report.failed) == (9, 1)
    states = {item.state for item in world.desk.outbox.list().items}
    assert states == {OutboxState.UNKNOWN}
    assert len(set(world.channel.sent)) == len(sent) - 1
    assert problems_of(world.store) == ()


def test_a_slow_channel_does_not_outlive_the_leases_of_others(world: World) -> None:
    for talk in range(4):
        world.desk.reply(world.ticket(talk), "ok", actor=ME, deliver=False)
    other = open_desk(world.store, clock=world.clock, channels=[DeadlyChannel()])
    quick = world.channel.send_now

    def slow(message: OutboundMessage) -> Receipt:
        world.clock.advance(timedelta(seconds=100))
        if len(world.channel.sent) == 2:
            assert other.run_due().failed == 0
        return quick(message)

    world.channel.send_now = slow  # type: ignore[method-assign]
    world.desk.run_due(max_time=timedelta(hours=1))
    assert world.desk.outbox.list().items == ()
    assert problems_of(world.store) == ()


def test_a_store_that_fails_before_sending_leaves_no_doubt(world: World) -> None:
    world.desk.reply(world.ticket(), "ok", actor=ME, deliver=False)
    world.faults = [("lease", Fault.BUSY)]
    with pytest.raises(StoreBusy):
        world.desk.run_due()
    # What stands before the outbox in a round, and the outbox itself, are asked for what is due.
    world.faults = [*[("lease", None)] * 5, ("load", Fault.BUSY), ("load", Fault.BUSY)]
    assert world.desk.run_due().sent == 1
    assert world.faults == []


def test_a_stored_reply_does_not_raise(world: World) -> None:
    ticket = world.ticket()
    world.faults = [("lease", Fault.BUSY)]
    sent = world.desk.reply(ticket, "ok", actor=ME)
    assert sent.delivery is Delivery.PENDING
    assert world.desk.run_due().sent == 1
    assert world.channel.sent == [sent.message.id]


def test_an_adapter_that_breaks_its_contract_leaves_an_unknown_outcome(world: World) -> None:
    world.channel.errors = [ZeroDivisionError()]
    assert world.desk.reply(world.ticket(), "ok", actor=ME).delivery is Delivery.UNKNOWN
    assert problems_of(world.store) == ()


@pytest.mark.parametrize("discard", [True, False])
def test_a_decision_about_the_outbox_is_told_once_although_its_commit_was_unknown(world: World, discard: bool) -> None:
    world.channel.errors = [ZeroDivisionError()]
    message = world.desk.reply(world.ticket(), "ok", actor=ME).message.id
    world.faults = [("commit", Fault.UNKNOWN_DONE)]
    decide = world.desk.outbox.discard if discard else world.desk.outbox.retry
    decide(message, actor=ME)
    assert world.faults == []
    assert problems_of(world.store) == ()


def test_waiting_messages_go_on_after_a_death(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", _breaks_on("message 1"))
        states = [world.desk.receive(world.message(number)).state for number in (1, 2, 3)]
    assert states == ["parked", "parked", "parked"]
    item = world.desk.inbox.list(state=InboxState.PARKED).items[0]
    # After the parked one is stored, before the waiting ones are found.
    world.faults = [("commit", None), ("query", Fault.BUSY)]
    assert world.desk.inbox.retry(item.id, actor=ME).state == "stored"
    assert len(world.desk.inbox.list(state=InboxState.WAITING).items) == 2
    assert world.desk.run_due().resumed == 1
    assert world.desk.inbox.list().items == ()
    assert problems_of(world.store) == ()


def test_many_that_wait_rightly_hide_none_that_could_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", _breaks_on("message 1"))
        world.desk.receive_many([world.message(number) for number in range(1, 701)])
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", _breaks_on("message 800"))
        world.desk.receive_many([world.message(number, talk=2) for number in (800, 801)])
    parked = next(one for one in world.desk.inbox.list(limit=1000).items if "message 800" in one.payload)
    world.faults = [("commit", None), ("query", Fault.BUSY)]
    world.desk.inbox.retry(parked.id, actor=ME)
    assert world.desk.run_due().resumed == 1
    assert len(world.desk.inbox.list(limit=1000).items) == 700


def test_what_could_go_on_may_be_more_than_is_taken_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "SLICE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", _breaks_on("message 1"))
        for number in (1, 2):
            world.desk.receive(world.message(number))
    item = world.desk.inbox.list(state=InboxState.PARKED).items[0]
    world.faults = [("commit", None), ("query", Fault.BUSY)]
    world.desk.inbox.retry(item.id, actor=ME)
    report = world.desk.run_due()
    assert (report.resumed, report.more) == (1, True)
    assert not world.desk.run_due().more


def test_the_outcome_is_told_rightly_although_the_commit_was_unknown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "read", _breaks_on("message 1"))
    states = []
    blocked = world.desk.receive(world.message(9, talk=9)).customer
    assert blocked is not None
    world.desk.customers.block(blocked.id, actor=ME)
    for number, talk in ((1, 0), (2, 0), (3, 1), (4, 9)):  # it breaks, waits behind that, is stored, is blocked
        world.faults = [("commit", Fault.UNKNOWN_DONE)]
        states.append(world.desk.receive(world.message(number, talk)).state)
        assert world.faults == []
    assert states == ["parked", "parked", "stored", "blocked"]
    assert len(world.desk.inbox.list().items) == 3
    assert problems_of(world.store) == ()


def test_messages_that_wait_rightly_are_left_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "read", _breaks_on("message 1"))
    for number in (1, 2):
        world.desk.receive(world.message(number))
    assert world.desk.run_due().resumed == 0
    assert {one.state for one in world.desk.inbox.list().items} == {InboxState.PARKED, InboxState.WAITING}


def test_a_message_that_breaks_while_it_is_routed_is_parked_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = routing.route

    def broken(case: Case, *rest: object) -> object:
        if case.message.text == "message 2":
            raise ZeroDivisionError
        return route(case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(routing, "route", broken)
    received = world.desk.receive_many([world.message(number, number) for number in (1, 2, 3)])
    assert [one.state for one in received] == ["stored", "parked", "stored"]
    assert problems_of(world.store) == ()


def test_only_what_can_go_on_is_retried(world: World) -> None:
    with pytest.raises(InvalidInput, match="item"):
        _discarded_then_retried(world)


def _discarded_then_retried(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read", _breaks_on("message 1"))
        item = world.desk.receive(world.message(1)).message_id
    world.desk.inbox.discard(item, actor=ME)  # type: ignore[arg-type]
    world.desk.inbox.retry(item, actor=ME)  # type: ignore[arg-type]


def test_a_pull_for_an_account_without_channel_does_not_stop_the_rest(world: World) -> None:
    hint = PullHint(account="gone").model_dump_json()
    due = DueItem(key="pull/gone", kind="pull", due_at=world.clock.now(), payload=hint)
    world.store.commit("main", ChangeSet(due=(due,)))
    world.desk.receive(world.message(1))
    assert world.desk.run_due().indexed == 1


def _breaks_on(text: str):  # type: ignore[no-untyped-def]
    read = reading.read

    def broken(case: Case, *rest: object) -> object:
        if case.message.text == text:
            raise ZeroDivisionError
        return read(case, *rest)  # type: ignore[arg-type]

    return broken
