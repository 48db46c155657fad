"""The pipeline: one load, the decisions of a batch over one workspace, one commit.

A batch of one is ``desk.receive``. A message that has to be routed waits, with its ticket, for the second load (the
candidates of its queue); messages that would touch a ticket in that state come after it, so that a batch decides
exactly as if its messages had come one by one. A message that breaks the pipeline is parked, and the others of the
batch are decided again without it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache, partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from csdesk.domain.core.casework.giving import age_of
from csdesk.domain.core.customers.identity import identity_key, known_identity
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import InboundMessage, Received
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.queues import InboxState
from csdesk.domain.records.telling import packed
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, Trace
from csdesk.domain.routing.choice import Found
from csdesk.domain.routing.search import needs_of
from csdesk.errors import CsdeskError, GuardFailed, NotFound, StoreError, VersionConflict
from csdesk.flows.inbound import (
    aiming,
    answering,
    clocks,
    dedupe,
    entering,
    identity,
    reading,
    reception,
    recording,
    routing,
    rules,
    threading,
    window,
)
from csdesk.flows.inbound.case import Case, keys_of
from csdesk.flows.inbound.stowing import stow
from csdesk.flows.permission import require
from csdesk.flows.reading.checks import an_instance
from csdesk.flows.retrying import ATTEMPTS, may_repeat, retried
from csdesk.flows.routing.racing import is_overtaken
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.ids import IdSource
from csdesk.ports.steps import Flow, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 100
"""How many messages share a commit at most."""


class Arrival(NamedTuple):
    """A message to take in, under the id that was fixed before the first attempt."""

    message: InboundMessage
    id: MessageId
    actor: Actor
    received_at: datetime | None = None
    """Given for a message that comes out of the inbox: when it first arrived."""
    heir: MessageId | None = None
    """The message that waits behind it in the inbox, and holds up its conversation next."""


_adapter = lru_cache(maxsize=256)(Actor.adapter)
_Trace = trusted(Trace)


def arrival_of(message: InboundMessage, actor: Actor | None, ids: IdSource) -> Arrival:
    """A message that has just come, by the adapter of its account unless somebody else is named.

    Raises:
        InvalidInput: it is no inbound message, or ``actor`` no actor.
    """
    account = an_instance(message, InboundMessage, "message").account
    by = _adapter(account) if actor is None else an_instance(actor, Actor, "actor")
    return Arrival(message, MessageId(ids.new(MESSAGE)), by)


Waiting = dict[str, tuple[int, Case]]
"""Messages that wait for candidates, with their place in the batch, by the ticket they reached."""


class Entangled(Exception):
    """Messages of a batch need more of each other than one pair of loads can give: take them in one by one."""


class _Broken(Exception):
    """The pipeline raised on one message of the batch."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(index)
        self.index = index
        self.error = error


def receive(
    arrivals: Sequence[Arrival], *, attempts: int = ATTEMPTS, again: bool = False
) -> Flow[tuple[Received, ...]]:
    """Take in messages: at most two loads and one commit, however many they are.

    ``again``: they were tried before, so what that may have left of them in the inbox is looked at.
    """
    stowed = list(arrivals)
    for index, arrival in enumerate(stowed):
        message = yield from stow(arrival.message)
        if message is not arrival.message:
            stowed[index] = arrival._replace(message=message)
    tries = count(int(again))
    return (yield from retried(lambda scope: _receive(stowed, scope, again=next(tries) > 0), attempts=attempts))


def _receive(arrivals: Sequence[Arrival], scope: Scope, *, again: bool) -> Flow[tuple[Received, ...]]:
    cases = [_case(arrival, scope) for arrival in arrivals]
    needs = _needs(cases, scope)
    if again:
        needs = needs._replace(inbox=tuple(one.id for one in cases))
    # Only rules that ask for the phrase behind a text need all of them where nothing is answered automatically.
    loaded = yield from steps.load(needs, phrases="yes" if scope.policy.rules.asks_phrases else "auto", roster=True)
    if loaded.phrases is None and loaded.policy.rules.asks_phrases:
        raise VersionConflict("config", "epoch", expected=0)  # another policy than the one last seen: ask again
    if not loaded.policy.is_open:
        for arrival in arrivals:
            asked = workspace(loaded, scope)
            asked.begin(arrival.id, arrival.actor)
            yield from require(asked, arrival.actor, "receive", ev.DESK)
    broken: dict[int, Exception] = {}
    found = Found()
    while True:
        work = workspace(loaded, scope, found=found)
        try:
            yield from _decide(cases, work, loaded, broken)
            yield from steps.commit(work.changes())
            break
        except _Broken as problem:
            broken[problem.index] = problem.error
        except GuardFailed as problem:
            if not is_overtaken(problem, found):
                raise
        found = found.afresh()
        cases = [_case(arrival, scope) for arrival in arrivals]
    return tuple([_outcome(case, work) for case in cases])


def _case(arrival: Arrival, scope: Scope) -> Case:
    received = arrival.received_at or scope.now
    message = arrival.message
    able = scope.channels.get(message.account)
    return Case(
        message=message,
        keys=keys_of(message, scope.keys),
        id=arrival.id,
        actor=arrival.actor,
        received_at=received,
        occurred_at=received,
        is_human=message.author == "customer" and message.automatic == "no",
        retried=arrival.received_at is not None,
        heir=arrival.heir,
        fetches=able is not None and able.fetches_media,
        feeds=able is not None and able.feed,
    )


def _needs(cases: Sequence[Case], scope: Scope) -> Needs:
    keys = scope.keys
    claims: dict[str, None] = {}  # in order, each once
    tickets: dict[str, None] = {}
    counters: dict[str, None] = {}
    for case in cases:
        message, account = case.message, case.message.account
        if answering.may_answer(scope.policy, account):
            counters[answering.daily_counter(case, keys)] = None
        inbound, sender, conversation, parked, references = case.keys
        wanted = [inbound, sender, conversation, parked, *references]
        if message.also or message.cc:
            wanted += [keys.identity(one.kind, one.scope, one.external_id) for one in case.people]
        claims.update(dict.fromkeys(wanted))
        if message.ticket_hint:
            tickets[message.ticket_hint] = None
    return Needs(
        claims=tuple(claims),
        tickets=tuple(tickets),
        agents=scope.policy.rules.agents,
        phrases=scope.policy.rules.phrases,
        counters=tuple(counters),
        parties=True,
    )


def _decide(
    cases: list[Case],
    work: Workspace,
    loaded: steps.Loaded,
    broken: dict[int, Exception],
) -> Flow[None]:
    waiting: Waiting = {}
    later: list[tuple[int, Case]] = []
    held: set[str] = set()
    for index, case in enumerate(cases):
        if _touches(case, work, waiting, held):
            later.append((index, case))
            held.update(_marks(case, work))
        else:
            yield from _guarded(index, case, work, loaded, broken, waiting)
    if waiting:
        yield from _load_candidates(work, waiting, more=len(later))
        _settle_all(waiting, work, loaded)
    for index, case in later:
        settled: Waiting = {}
        yield from _guarded(index, case, work, loaded, broken, settled)
        if settled and (_is_overtaken(index, work, waiting) or not _is_known(work, settled)):
            raise Entangled
        _settle_all(settled, work, loaded)
    if work.found.asked and len(cases) > 1 and work.loads_shifted:
        raise Entangled


def _is_overtaken(index: int, work: Workspace, waiting: Waiting) -> bool:
    """True if a message behind that place was given an agent, whom the one at that place might have been given."""
    return any(place > index and work.ticket(one).worker is not None for one, (place, _) in waiting.items())


def _is_known(work: Workspace, waiting: Waiting) -> bool:
    """True if what was loaded tells who may get these tickets."""
    return all(case.route is None or work.found.covers(case.route) for _, case in waiting.values())


def _touches(case: Case, work: Workspace, waiting: Waiting, held: set[str]) -> bool:
    """True if the message must come after those that wait: it may read what they still have to write."""
    if not waiting:
        return False
    for _, owner in threading.evidence(case, work):
        found = work.find(owner)
        survivor = found.merged_into if isinstance(found, Ticket) else None
        if owner in waiting or survivor in waiting:
            return True
    key = case.keys.inbound
    if key in work.claims and key not in work.snapshot.claims:
        return True
    if answering.may_answer(work.policy, case.message.account):
        counter = answering.daily_counter(case, work.keys)
        if any(counter == answering.daily_counter(one, work.keys) for _, one in waiting.values()):
            return True
    return bool(held) and not held.isdisjoint(_marks(case, work))


def _marks(case: Case, work: Workspace) -> set[str]:
    """What a message may write that a later one may read: its claims, and its sender's customer."""
    said, keys = case.message.__dict__, case.keys
    marks = {keys.inbound, keys.conversation, keys.sender}
    people = [work.person(work.claims.get(keys.sender))]
    if said["also"] or said["cc"]:
        marks.update([identity_key(work, one) for one in case.people])
        people += [work.person(known_identity(work, one)) for one in said["also"]]
    if said["provider_id"] or said["references"]:
        account = said["account"]
        marks.update([work.keys.mail(account, one) for one in (said["provider_id"], *said["references"]) if one])
    if said["ticket_hint"]:
        marks.add(said["ticket_hint"])
    marks.update([one.id for one in people if one is not None])
    return marks


def _guarded(
    index: int,
    case: Case,
    work: Workspace,
    loaded: steps.Loaded,
    broken: dict[int, Exception],
    waiting: Waiting,
) -> Flow[None]:
    if index in broken:
        _park(case, work, broken[index])
        return
    try:
        ticket = yield from _arrive(case, work, loaded)
    except StoreError as error:
        if isinstance(error, NotFound):
            raise _Broken(index, error) from error
        raise  # the store's own trouble, not this message's
    except Exception as error:
        raise _Broken(index, error) from error
    if ticket is not None:
        waiting[ticket] = (index, case)


def _settle_all(waiting: Waiting, work: Workspace, loaded: steps.Loaded) -> None:
    for index, case in waiting.values():
        try:
            _settle(case, work, loaded)
        except Exception as error:
            raise _Broken(index, error) from error


def _arrive(case: Case, work: Workspace, loaded: steps.Loaded) -> Flow[str | None]:
    """Everything up to routing; the ticket if it now waits for candidates, None if the message is through."""
    if dedupe.is_replay(case, work) or dedupe.waits(case, work):
        return None
    work.begin(case.id, case.actor)
    case.say("dedupe.new", Outcome.PASSED)
    if case.retried:
        dedupe.leave_inbox(case, work)
    if case.message.entrance is not None:
        entering.told_origin(case, work)
    customer = identity.identify(case, work)
    if identity.is_blocked(case, work, customer):
        work.end(customer.id, case.verdicts)
        return None
    window.set_times(case, work)
    if customer.entered is not None:
        entering.find_origin(case, work, customer)
    ticket = yield from threading.thread(case, work, customer)
    if case.told is not None:
        entering.note_visit(case, work, work.customer(customer.id), ticket)
    ticket = reading.read(case, work, ticket)
    ticket = rules.apply_rules(case, work, work.customer(customer.id), ticket, loaded.phrases)
    ticket = clocks.run_clocks(case, work, work.customer(customer.id), ticket)
    ticket = reception.receive(case, work, ticket)
    case.route = routing.wanted(case, work, ticket, loaded.roster)
    work.close_others(ticket.id)
    if case.route is not None:
        return ticket.id
    _settle(case, work, loaded)
    return None


def _settle(case: Case, work: Workspace, loaded: steps.Loaded) -> None:
    work.begin(case.id, case.actor)
    ticket = routing.route(case, work, work.ticket(case.owner))
    answering.answer(case, work, ticket, loaded.phrases)
    if work.policy.aims or ticket.goal is not None:
        aiming.aim(case, work)
    recording.record(case, work)


def _load_candidates(work: Workspace, waiting: Waiting, *, more: int) -> Flow[None]:
    """Load who may get the tickets that wait, unless an earlier try of the batch did."""
    if _is_known(work, waiting):
        return
    needs = needs_of((case.route for _, case in waiting.values() if case.route is not None), more=more)
    loaded = yield from steps.load(needs)
    work.found.lay_in(needs, loaded.snapshot, partial(age_of, work))


def _park(case: Case, work: Workspace, error: Exception) -> None:
    case.state = "parked"
    case.error = error.code if isinstance(error, CsdeskError) else "error.unexpected"
    case.error_told = packed(error)
    if dedupe.is_replay(case, work) or dedupe.waits(case, work):
        return
    case.say("parked", Outcome.REMOVED, error=case.error)
    work.begin(case.id, case.actor)
    key = case.keys.parked
    if key not in work.claims:
        work.claim(key, case.id)
    dedupe.store_item(case, work, InboxState.PARKED, detail=type(error).__name__)
    work.emit(ev.DESK, ev.MessageParked(item=case.id, error=case.error))
    case.trace = work.end(ev.DESK, case.verdicts)


def _outcome(case: Case, work: Workspace) -> Received:
    stored = work.find_message(case.id)
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
        trace=case.trace if case.trace.verdicts else _Trace(verdicts=tuple(case.verdicts)),
        error=case.error,
        told=case.error_told,
    )


def receive_many(arrivals: Sequence[Arrival]) -> Flow[tuple[Received, ...]]:
    """Take in messages in batches; a batch that keeps losing races is taken in one by one."""
    results: list[Received] = []
    for start in range(0, len(arrivals), BATCH):
        part = arrivals[start : start + BATCH]
        try:
            results.extend((yield from receive(part, attempts=2 if len(part) > 1 else ATTEMPTS)))
        except (StoreError, Entangled) as error:
            if len(part) == 1 or (isinstance(error, StoreError) and not may_repeat(error)):
                raise
            for one in part:
                results.extend((yield from receive((one,), again=True)))
    return tuple(results)
