"""What comes due about authority: requests that nobody answered, and what systems of the host are to carry out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.authority import settling
from csdesk.domain.authority.deciding import next_approver
from csdesk.domain.core.customers.erasing import is_erased
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import COMMAND, TicketId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.authority import APPROVAL, CARRY, CarryState, Settlement
from csdesk.domain.records.changes import ChangeSet, Needs
from csdesk.domain.records.queues import DueItem
from csdesk.errors import InvalidInput
from csdesk.flows.authority.matters import settled_as, ticket_in
from csdesk.flows.authority.seeing import LOADS, Sight, see_matter
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.actions import ActionDone, ActionFailed, ActionOrder
from csdesk.ports.steps import Flow, Loaded, Scope
from csdesk.ports.store import LeaseRequest

HOLD: Final = timedelta(minutes=1)
"""How long others leave a request alone that somebody looks at."""

GRACE: Final = timedelta(seconds=30)
"""How long an order stays with who took it, after the system's time-out."""

TRIES: Final = 5
"""How often a system is asked before its outcome counts as unknown."""

FIRST_WAIT: Final = timedelta(seconds=30)
"""How long until the second try; each later one waits four times as long."""

_SYSTEM: Final = Actor.system("authority")


def kinds_of(scope: Scope) -> tuple[str, ...]:
    """The due items about authority that this process deals with; none where nobody gives anything."""
    if not scope.policy.authority:
        return ()
    return (APPROVAL, *_carry_kinds(scope))


def _carry_kinds(scope: Scope) -> tuple[str, ...]:
    return tuple(f"{CARRY}/{name}" for name in scope.actions)


Came = tuple[int, bool, datetime | None]
"""How much was done, whether more is left, and when more will be due."""


def approvals_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[Came]:
    """Let requests that nobody answered in time go to the next approvers, or lapse."""
    done = 0
    while True:
        scope = yield from steps.attempt(0)
        if not kinds_of(scope):
            return done, False, None
        if done >= limit or (done and out_of_time()):
            return done, True, None
        # What is asked again in this round is planned anew, so the last look tells when the first will be due.
        leased = yield from steps.lease(LeaseRequest(what="due", now=scope.now, limit=1, hold=HOLD, kinds=(APPROVAL,)))
        if not leased.due:
            return done, False, leased.next_due_at
        run = scope.ids.new(COMMAND)
        yield from retried(_escalating(leased.due[0], run), loads=LOADS)
        done += 1


def _escalating(item: DueItem, run: str) -> Callable[[Scope], Flow[None]]:
    return lambda scope: _escalate(item, run, scope)


def _escalate(item: DueItem, run: str, scope: Scope) -> Flow[None]:
    key = item.key.partition("/")[2]
    loaded = yield from steps.load(Needs(settlements=(key,)))
    one = loaded.snapshot.settlements.get(key)
    if one is None or one.asking is None:
        yield from steps.commit(ChangeSet(due_done=(item.key,)))
        return
    if one.asking.due_at > scope.now:  # it was asked again meanwhile
        yield from steps.commit(ChangeSet(due=(replace(item, due_at=one.asking.due_at),)))
        return
    sight = yield from _seen(one, scope)
    work = workspace(sight.loaded, scope)
    work.begin(run, _SYSTEM)
    one = work.settlement(key)
    if one.asking is None:
        return  # answered since: the next round takes the item away
    found = None
    if sight.case is not None:
        found = next_approver(work.policy.authority, sight.case, one.asking.step)
    if found is not None:
        settling.ask(work, key, found.step, scope.now + found.within)
    else:
        work.emit(key, ev.ApprovalLapsed())
        settling.asked_no_more(work, key)
    settling.note(work, key, _ticket_of(work, one), _SYSTEM)
    work.end(key)
    yield from steps.commit(work.changes())


def _seen(one: Settlement, scope: Scope) -> Flow[Sight]:
    """What the next approvers would decide by; where its action is gone, only the settlement."""
    first = Needs(
        tickets=(one.ticket,) if one.ticket is not None else (),
        customers=(one.customer,),
        settlements=(one.id,),
        agents=(one.agent,) if one.agent is not None else (),
        parties=True,
    )
    try:
        return (
            yield from see_matter(
                first, lambda loaded: settled_as(one, loaded.policy.authority, loaded.snapshot, _SYSTEM), scope
            )
        )
    except InvalidInput:
        yield from steps.attempt(0)
        return Sight((yield from steps.load(first)))


def _ticket_of(work: Workspace, one: Settlement) -> TicketId | None:
    if one.ticket is None:
        return None
    ticket = ticket_in(work.snapshot, one.ticket)
    return None if is_erased(work, ticket) else ticket.id


# Carrying out


def carry_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[Came]:
    """Let the systems of this process carry out what was settled, one order after the other."""
    done = 0
    while done < limit:
        scope = yield from steps.attempt(0)
        kinds = _carry_kinds(scope)
        if not kinds:
            return done, False, None
        if done and out_of_time():
            return done, True, None
        leased = yield from steps.lease(
            LeaseRequest(what="due", now=scope.now, limit=1, hold=_longest(scope) + GRACE, kinds=kinds)
        )
        if not leased.due:
            return done, False, leased.next_due_at
        yield from _carry(leased.due[0])
        done += 1
    return done, True, None


def _longest(scope: Scope) -> timedelta:
    actions = scope.policy.authority.actions.values()
    return max((one.timeout for one in actions if one.port in scope.actions), default=timedelta())


def _carry(item: DueItem) -> Flow[None]:
    """One try: the system is asked outside every commit, and its outcome is one commit."""
    _, port = item.kind.split("/", 1)
    key = item.key.partition("/")[2]
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(settlements=(key,)))
    one = _to_carry(loaded, key)
    if one is None:
        yield from steps.commit(ChangeSet(due_done=(item.key,)))
        return
    action = loaded.policy.authority.actions.get(one.action)
    within = action.timeout if action is not None else GRACE
    told = yield from _asked(port, one, within)
    scope = yield from steps.attempt(0)
    run = scope.ids.new(COMMAND)
    yield from retried(lambda scope: _told(item, key, told, run, scope))


def _to_carry(loaded: Loaded, key: str) -> Settlement | None:
    """The settlement if it waits to be carried out; None: it is gone, or somebody has said what came of it."""
    one = loaded.snapshot.settlements.get(key)
    return one if one is not None and one.carrying is not None and one.carrying.state is CarryState.PENDING else None


def _asked(port: str, one: Settlement, within: timedelta) -> Flow[ev.SettlementCarried]:
    assert one.carrying is not None, "it is to be carried out"
    attempt = one.carrying.attempts + 1
    order = ActionOrder(
        key=one.id,
        settlement=one.id,
        action=one.action,
        amount=one.value,
        unit=one.unit,
        subject=one.subject,
        customer=one.customer,
        ticket=one.ticket,
        service=one.service,
        attempt=attempt,
    )
    outcome: object
    try:
        outcome = yield from steps.carry_out(port, order, within)
    except TimeoutError:
        reason = "timeout"
    except Exception as error:  # noqa: BLE001  a host's system: whatever breaks there, the others are still asked
        reason = type(error).__name__
    else:
        if isinstance(outcome, ActionDone):
            return ev.SettlementCarried(state=CarryState.DONE, attempts=attempt, reference=str(outcome.reference))
        if isinstance(outcome, ActionFailed):
            return ev.SettlementCarried(state=CarryState.FAILED, attempts=attempt, reason=str(outcome.reason))
        reason = f"answered with {type(outcome).__name__}"
    state = CarryState.UNKNOWN if attempt >= TRIES else CarryState.PENDING
    return ev.SettlementCarried(state=state, attempts=attempt, reason=reason)


def _told(item: DueItem, key: str, told: ev.SettlementCarried, run: str, scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs(settlements=(key,)))
    one = _to_carry(loaded, key)
    if one is None:
        yield from steps.commit(ChangeSet(due_done=(item.key,)))
        return
    needs = Needs(
        settlements=(key,), customers=(one.customer,), tickets=(one.ticket,) if one.ticket else (), parties=True
    )
    loaded = yield from steps.load(needs)
    work = workspace(loaded, scope)
    work.begin(run, _SYSTEM)
    one = work.settlement(key)
    settling.carried(work, one, told, _ticket_of(work, one), _SYSTEM)
    if told.state is CarryState.PENDING:
        wait = FIRST_WAIT * 4 ** (told.attempts - 1)
        work.put_due(replace(item, due_at=scope.now + wait, attempts=told.attempts))
    else:
        work.end_due(item.key)
    work.end(key)
    yield from steps.commit(work.changes())
