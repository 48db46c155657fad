"""The pipeline: one load, the decisions of a batch over one workspace, one commit.

A batch of one is ``desk.receive``. A message that has to be routed waits, with its ticket, for the second load (the
candidates of its queue); messages that would touch a ticket in that state come after it, so that a batch decides
exactly as if its messages had come one by one. A message that breaks the pipeline is parked, and the others of the
batch are decided again without it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import CandidateNeed, Needs
from csdesk.domain.records.channels import InboundMessage, Received
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message
from csdesk.domain.records.queues import InboxState
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, Trace
from csdesk.errors import NotFound, StoreError
from csdesk.flows.inbound import (
    answering,
    clocks,
    dedupe,
    identity,
    reading,
    recording,
    routing,
    rules,
    threading,
    window,
)
from csdesk.flows.inbound.case import MOST_REFERENCES, Case
from csdesk.flows.inbound.stowing import stow
from csdesk.flows.permission import require
from csdesk.flows.retrying import ATTEMPTS, may_repeat, retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CANDIDATES = 8
"""How many agents of a queue are loaded for one ticket; a batch loads one more for each further ticket."""


BATCH = 100
"""How many messages share a commit at most."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message to take in, under the id that was fixed before the first attempt."""

    message: InboundMessage
    id: MessageId
    actor: Actor
    received_at: datetime | None = None
    """Given for a message that comes out of the inbox: when it first arrived."""


class _Broken(Exception):
    """The pipeline raised on one message of the batch."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(index)
        self.index = index
        self.error = error


def receive(arrivals: Sequence[Arrival], *, attempts: int = ATTEMPTS) -> Flow[tuple[Received, ...]]:
    """Take in messages: at most two loads and one commit, however many they are."""
    stowed = list(arrivals)
    for index, arrival in enumerate(stowed):
        message = yield from stow(arrival.message)
        if message is not arrival.message:
            stowed[index] = replace(arrival, message=message)
    broken: dict[int, Exception] = {}
    while True:
        try:
            return (yield from retried(lambda scope: _receive(stowed, scope, broken), attempts=attempts))
        except _Broken as problem:
            # Again from the load, with a budget of its own: without this message the others may need other agents.
            broken[problem.index] = problem.error


def _receive(arrivals: Sequence[Arrival], scope: Scope, broken: Mapping[int, Exception]) -> Flow[tuple[Received, ...]]:
    loaded = yield from steps.load(_needs(arrivals, scope), phrases="auto")
    if not loaded.policy.is_open:
        yield from _check_actors(arrivals, loaded, scope)
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    cases = [_case(arrival, scope) for arrival in arrivals]
    yield from _decide(cases, work, loaded, broken)
    yield from steps.commit(work.changes())
    return tuple(_outcome(case, work) for case in cases)


def _check_actors(arrivals: Sequence[Arrival], loaded: steps.Loaded, scope: Scope) -> Flow[None]:
    for arrival in arrivals:
        work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
        work.begin(arrival.id, arrival.actor)
        yield from require(work, arrival.actor, "receive", ev.DESK)


def _case(arrival: Arrival, scope: Scope) -> Case:
    received = arrival.received_at or scope.now
    return Case(
        message=arrival.message,
        id=arrival.id,
        actor=arrival.actor,
        received_at=received,
        occurred_at=received,
        retried=arrival.received_at is not None,
    )


def _needs(arrivals: Sequence[Arrival], scope: Scope) -> Needs:
    keys = scope.keys
    claims: dict[str, None] = {}
    tickets: dict[str, None] = {}
    counters: dict[str, None] = {}
    for case in (_case(arrival, scope) for arrival in arrivals):
        message, account = case.message, case.message.account
        if scope.policy.account(account).auto_reply:
            counters[answering.daily_counter(case, keys)] = None
        wanted = [
            keys.inbound(account, message.dedupe_key),
            *(keys.identity(one.kind, one.scope, one.external_id) for one in case.people),
            keys.conversation(account, message.conversation),
            keys.parked(account, message.conversation),
            *(keys.mail(account, one) for one in message.references[:MOST_REFERENCES]),
        ]
        claims.update(dict.fromkeys(wanted))
        if message.ticket_hint:
            tickets[message.ticket_hint] = None
    return Needs(claims=tuple(claims), tickets=tuple(tickets), counters=tuple(counters), parties=True)


def _decide(cases: list[Case], work: Workspace, loaded: steps.Loaded, broken: Mapping[int, Exception]) -> Flow[None]:
    waiting: dict[str, tuple[int, Case]] = {}
    later: list[tuple[int, Case]] = []
    for index, case in enumerate(cases):
        if _touches(case, work, waiting):
            later.append((index, case))
        else:
            yield from _guarded(index, case, work, loaded, broken, waiting)
    if waiting:
        yield from _load_candidates(work, waiting)
        for index, case in waiting.values():
            _settled(index, case, work, loaded)
    for index, case in later:
        opened: dict[str, tuple[int, Case]] = {}
        yield from _guarded(index, case, work, loaded, broken, opened)
        for _, one in opened.values():
            _settled(index, one, work, loaded)


def _touches(case: Case, work: Workspace, waiting: Mapping[str, object]) -> bool:
    if not waiting:
        return False
    if any(owner in waiting for _, owner in threading.evidence(case, work)):
        return True
    key = work.keys.inbound(case.message.account, case.message.dedupe_key)
    return key in work.claims and key not in work.snapshot.claims


def _guarded(
    index: int,
    case: Case,
    work: Workspace,
    loaded: steps.Loaded,
    broken: Mapping[int, Exception],
    waiting: dict[str, tuple[int, Case]],
) -> Flow[None]:
    if index in broken:
        _park(case, work, broken[index])
        return
    try:
        yield from _arrive(case, work, loaded)
    except Exception as error:
        if _is_stores(error):
            raise
        raise _Broken(index, error) from error
    if case.route is not None:
        waiting[case.owner] = index, case


def _settled(index: int, case: Case, work: Workspace, loaded: steps.Loaded) -> None:
    try:
        _settle(case, work, loaded)
    except Exception as error:
        raise _Broken(index, error) from error


def _is_stores(error: Exception) -> bool:
    # A record that a decision misses is that decision's failure; every other store error came from the store.
    return isinstance(error, StoreError) and not isinstance(error, NotFound)


def _arrive(case: Case, work: Workspace, loaded: steps.Loaded) -> Flow[None]:
    if dedupe.is_replay(case, work) or dedupe.waits(case, work):
        return
    work.begin(case.id, case.actor)
    case.say("dedupe.new", Outcome.PASSED)
    dedupe.leave_inbox(case, work)
    customer = identity.identify(case, work)
    if identity.is_blocked(case, work, customer):
        work.end(customer.id, case.verdicts)
        return
    window.set_times(case, work)
    ticket = yield from threading.thread(case, work, customer)
    ticket = reading.read(case, work, ticket)
    ticket = rules.apply_rules(case, work, work.customer(customer.id), ticket)
    ticket = clocks.run_clocks(case, work, work.customer(customer.id), ticket)
    case.route = routing.wanted_queue(case, ticket)
    work.close_others(ticket.id)
    if case.route is None:
        _settle(case, work, loaded)


def _settle(case: Case, work: Workspace, loaded: steps.Loaded) -> None:
    work.begin(case.id, case.actor)
    ticket = routing.route(case, work, work.ticket(case.owner))
    answering.answer(case, work, ticket, loaded.phrases)
    recording.record(case, work)


def _load_candidates(work: Workspace, waiting: Mapping[str, tuple[int, Case]]) -> Flow[None]:
    wanted = Counter(case.route for _, case in waiting.values() if case.route is not None)
    needs = tuple(CandidateNeed(queue, CANDIDATES + n - 1) for queue, n in sorted(wanted.items()))
    loaded = yield from steps.load(Needs(candidates=needs))
    work.add_candidates(loaded.snapshot.candidates)


def _park(case: Case, work: Workspace, error: Exception) -> None:
    case.state = "parked"
    case.error = getattr(error, "code", "error.unexpected")
    if dedupe.is_replay(case, work) or dedupe.waits(case, work):
        return
    case.say("parked", Outcome.REMOVED, error=case.error)
    work.begin(case.id, case.actor)
    key = work.keys.parked(case.message.account, case.message.conversation)
    if key not in work.claims:
        work.claim(key, case.id)
    dedupe.store_item(case, work, InboxState.PARKED, detail=type(error).__name__)
    work.emit(ev.DESK, ev.MessageParked(item=case.id, error=case.error))
    case.trace = work.end(ev.DESK, case.verdicts)


def _outcome(case: Case, work: Workspace) -> Received:
    message = work.find(case.id)
    stored = message if isinstance(message, Message) else None
    found = work.find(stored.ticket) if stored is not None else None
    ticket = found if isinstance(found, Ticket) else None
    if ticket is not None and ticket.merged_into is not None:
        survivor = work.find(ticket.merged_into)
        ticket = survivor if isinstance(survivor, Ticket) else ticket
    customer: Customer | None = work.person(stored.identity if stored is not None else case.identity)
    return Received(
        state=case.state,
        message_id=case.id,
        message=stored,
        ticket=ticket,
        customer=customer,
        worker=ticket.worker if ticket is not None else None,
        reply=case.reply,
        trace=case.trace if case.trace.verdicts else Trace(verdicts=tuple(case.verdicts)),
        error=case.error,
    )


def receive_many(arrivals: Sequence[Arrival]) -> Flow[tuple[Received, ...]]:
    """Take in messages in batches; a batch that keeps losing races is taken in one by one."""
    results: list[Received] = []
    for start in range(0, len(arrivals), BATCH):
        part = arrivals[start : start + BATCH]
        try:
            results.extend((yield from receive(part, attempts=2)))
        except StoreError as error:
            if len(part) == 1 or not may_repeat(error):
                raise
            for one in part:
                results.extend((yield from receive((one,))))
    return tuple(results)
