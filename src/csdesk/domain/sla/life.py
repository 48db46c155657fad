"""What an event of a ticket does to its clocks: the one place that decides, for live decisions and for replays alike.

``follow(book, ticket, event, at)`` is asked after the event was folded into the ticket, and answers with the clocks
that change. The table ``LIFE`` says it in words; ``docs/explanation/sla.md`` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import AFTER_HOURS, Clock, ClockPhase, Metric, OnReopen, Scope, with_clocks
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.tickets import LIVE, Category, Ticket, WorkerKind
from csdesk.domain.sla.clocks import (
    adopting,
    amounting,
    begun,
    counting_by,
    ended,
    is_moved,
    latest,
    live,
    moved,
    running,
    stopped,
)
from csdesk.domain.sla.terms import Book, Plan, Terms


class Life(NamedTuple):
    """One metric: what begins, meets and cancels it, when it pauses by default, what its cycles are."""

    begins: str
    met_by: str
    cancelled_by: str
    pauses: tuple[Category, ...]
    cycles: str
    at_solution: ClockPhase | None
    """How resolving leaves it; None: it goes on."""
    at_closing: ClockPhase
    reopens: bool = False
    """Does it come back with a reopened ticket?"""


_MET, _CANCELLED = ClockPhase.MET, ClockPhase.CANCELLED
_PENDING = (Category.WAITING_CUSTOMER,)

LIFE: Final[dict[Metric, Life]] = {
    Metric.FIRST_REPLY: Life(
        "the opening (opened by us: the customer's first message)", "a person's first public reply",
        "resolving, closing or merging without one", (), "once", _CANCELLED, _CANCELLED,
    ),
    Metric.NEXT_REPLY: Life(
        "the first unanswered customer message after the first reply", "a person's public reply, resolving, closing",
        "merging", (), "one at a time; further messages do not restart it", _MET, _MET,
    ),
    Metric.PERIODIC_UPDATE: Life(
        "a person's public reply", "the next one, resolving", "closing, merging", _PENDING, "one after each reply",
        _MET, _CANCELLED,
    ),
    Metric.REQUESTER_WAIT: Life(
        "the opening", "resolving", "closing, merging", _PENDING, "once; goes on if reopened", _MET, _CANCELLED,
        reopens=True,
    ),
    Metric.AGENT_WORK: Life(
        "the opening", "resolving", "closing, merging", (Category.WAITING_CUSTOMER, Category.WAITING_INTERNAL),
        "once; goes on if reopened", _MET, _CANCELLED, reopens=True,
    ),
    Metric.RESOLUTION: Life(
        "the opening", "resolving", "closing, merging", (), "once; `on_reopen` says what reopening does", _MET,
        _CANCELLED, reopens=True,
    ),
    Metric.ASSIGNMENT: Life(
        "the opening", "an agent takes the ticket", "resolving, closing, merging", (), "once", _CANCELLED, _CANCELLED
    ),
    Metric.GROUP_OWNERSHIP: Life(
        "the ticket comes to a queue", "it leaves the queue, resolving", "closing, merging", (), "one for each queue",
        _MET, _CANCELLED, reopens=True,
    ),
    Metric.STEP: Life(
        "`desk.sla.start_step`", "`desk.sla.end_step`", "closing, merging", (), "one for each step", None, _CANCELLED
    ),
    Metric.PROMISE: Life(
        "`desk.sla.promise`, a closed queue", "`desk.sla.settle`; that of a closed queue by a person's public reply",
        "closing, merging", (), "one for each promise", None, _CANCELLED,
    ),
}  # fmt: skip
"""Every metric."""

_REPLIES: Final = (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.PERIODIC_UPDATE)
_BY_HAND: Final = (Metric.STEP, Metric.PROMISE)

_ZERO: Final = timedelta(0)

Changed = tuple[Clock, ...]


def follow(book: Book, ticket: Ticket, event: ev.Event, at: datetime) -> Changed:
    """The clocks that an event changes; ``ticket`` is as the event leaves it, ``at`` the event's time."""
    react = _FOLLOWS.get(type(event))
    if react is None:
        return ()
    changed: Changed = react(book, ticket, event, at)
    return changed


def _with(ticket: Ticket, changed: Changed) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, changed)) if changed else ticket


def _received(book: Book, ticket: Ticket, event: ev.MessageReceived, _: datetime) -> Changed:
    if event.elsewhere:
        return _answered(book, ticket, event.occurred_at, by_person=True)
    if event.automatic is not Automatic.NO or event.bot:
        return ()
    return asked(book, ticket, event.occurred_at)


def asked(book: Book, ticket: Ticket, at: datetime) -> Changed:
    """The customer wrote something that wants an answer: ``next_reply`` begins, unless a reply is awaited already.

    A finished ticket begins none: a "thank you" after the solution is not a question. Reopen it first.
    """
    if ticket.category not in LIVE:
        return ()
    asked: list[Clock] = []
    for plan in book.plans(ticket):
        terms = plan.terms.get(Metric.NEXT_REPLY)
        if (
            terms is not None
            and not live(ticket, Metric.FIRST_REPLY, Metric.NEXT_REPLY, scope=plan.scope)
            and _had_first_reply(ticket, plan.scope)
        ):
            asked.append(begun(book, plan, terms, ticket, at))
    return tuple(asked)


def _had_first_reply(ticket: Ticket, scope: Scope) -> bool:
    return ticket.replied_at is not None or latest(ticket, Metric.FIRST_REPLY, scope) is not None


def _replied(book: Book, ticket: Ticket, event: ev.ReplyQueued, at: datetime) -> Changed:
    return _answered(book, ticket, at, by_person=event.by_person)


def _answered(book: Book, ticket: Ticket, at: datetime, *, by_person: bool) -> Changed:
    """A public reply: a person's meets what awaits one, a machine's only what the policy lets it meet."""
    met = [ended(book, clock, _MET, at) for clock in live(ticket, *_REPLIES) if by_person or clock.by_bot]
    if by_person:
        met += [ended(book, one, _MET, at) for one in live(ticket, Metric.PROMISE) if one.name == AFTER_HOURS]
    if ticket.category not in LIVE:
        return tuple(met)
    after = _with(ticket, tuple(met))
    for plan in book.plans(ticket):
        terms = plan.terms.get(Metric.PERIODIC_UPDATE)
        if terms is None or not (by_person or terms.by_bot):
            continue
        if not live(after, Metric.FIRST_REPLY, Metric.PERIODIC_UPDATE, scope=plan.scope):
            met.append(begun(book, plan, terms, after, at))
    return tuple(met)


def _status(book: Book, ticket: Ticket, event: ev.StatusChanged, at: datetime) -> Changed:
    before, after = event.before, event.after
    if before is after:
        return ()
    if after not in LIVE:
        return tuple(_finished(book, ticket, after, at))
    if before not in LIVE:
        return _reopened(book, ticket, at)
    changed = [new for clock in live(ticket) if (new := moved(book, clock, after, at)) is not clock]
    if before is Category.NEW:
        changed += _first_active(book, ticket, at)
    return tuple(changed)


def _finished(book: Book, ticket: Ticket, after: Category, at: datetime) -> Iterator[Clock]:
    for clock in live(ticket):
        life = LIFE[clock.metric]
        phase = life.at_solution if after is Category.RESOLVED else life.at_closing
        if after is Category.MERGED:
            phase = _CANCELLED
        if phase is not None:
            yield ended(book, clock, phase, at)


def _reopened(book: Book, ticket: Ticket, at: datetime) -> Changed:
    changed = [new for clock in live(ticket) if (new := moved(book, clock, ticket.category, at)) is not clock]
    for plan in book.plans(ticket):
        for metric, terms in plan.terms.items():
            last = latest(ticket, metric, plan.scope)
            if not LIFE[metric].reopens or last is None or last.is_live or last.on_reopen is OnReopen.IGNORE:
                continue
            if last.on_reopen is OnReopen.RESTART or metric is Metric.GROUP_OWNERSHIP:
                changed.append(begun(book, plan, terms, ticket, at))
            elif (again := moved(book, last, ticket.category, at)) is not last:
                changed.append(again)
    return tuple(changed)


def _first_active(book: Book, ticket: Ticket, at: datetime) -> Iterator[Clock]:
    for plan in book.plans(ticket):
        for metric, terms in plan.terms.items():
            if terms.start == "first_active" and latest(ticket, metric, plan.scope) is None and metric not in _REPLIES:
                yield begun(book, plan, terms, ticket, at)


def _assigned(book: Book, ticket: Ticket, event: ev.TicketAssigned, at: datetime) -> Changed:
    if event.worker is None or event.worker.kind is not WorkerKind.AGENT:
        return ()
    return tuple(ended(book, clock, _MET, at) for clock in live(ticket, Metric.ASSIGNMENT))


def _field_set(book: Book, ticket: Ticket, event: ev.TicketFieldSet, at: datetime) -> Changed:
    if event.name in ("priority", "type"):
        return tuple(_amounted(book, ticket, at))
    if event.name == "queue":
        return tuple(_regrouped(book, ticket, at))
    if event.name == "site":
        return tuple(_moved(book, ticket, at))
    return ()


def _amounted(book: Book, ticket: Ticket, at: datetime) -> Iterator[Clock]:
    for clock, plan, terms in _planned(book, ticket):
        if clock.policy == plan.policy:
            new = amounting(book, clock, terms.amount, at)
            if new is not clock:
                yield new


def _moved(book: Book, ticket: Ticket, at: datetime) -> Iterator[Clock]:
    """The clocks that count by the hours of another site now."""
    for clock, plan, terms in _planned(book, ticket):
        if clock.policy == plan.policy:
            new = counting_by(book, clock, terms.calendar, at)
            if new is not clock:
                yield new


def _regrouped(book: Book, ticket: Ticket, at: datetime) -> Iterator[Clock]:
    for clock, _, terms in _planned(book, ticket):
        if terms.start == "group_assigned" and clock.scope is Scope.TICKET:
            yield _restarted(book, clock, ticket.category, at)


def _planned(book: Book, ticket: Ticket) -> Iterator[tuple[Clock, Plan, Terms]]:
    """The live clocks with the terms that hold for them now."""
    for plan in book.plans(ticket):
        for clock in live(ticket, scope=plan.scope):
            terms = _terms(plan, clock)
            if terms is not None:
                yield clock, plan, terms


def readopted(book: Book, ticket: Ticket, at: datetime) -> Changed:
    """The live clocks that the terms and calendars in force change from ``at`` on."""
    found = []
    for clock, plan, terms in _planned(book, ticket):
        new = adopting(book, clock, plan, terms, ticket.category, at)
        if new is clock and is_moved(book, clock):
            new = running(book, stopped(book, clock, at), at)
        if new is not clock:
            found.append(new)
    return tuple(found)


def _terms(plan: Plan, clock: Clock) -> Terms | None:
    if clock.metric is Metric.STEP:
        # Without a version the terms are those of whoever started it: no policy changes them.
        return plan.steps.get(clock.name) or plan.steps.get("") if clock.version else None
    return plan.terms.get(clock.metric)


def _restarted(book: Book, clock: Clock, category: str, at: datetime) -> Clock:
    stood = stopped(book, clock, at)
    fresh = replaced(stood, used=_ZERO, started_at=at, warned=0, escalated=0, phase=ClockPhase.PAUSED, due_at=None)
    return fresh if category in fresh.pause_on else running(book, fresh, at)


def _applied(book: Book, ticket: Ticket, event: ev.SlaApplied, _: datetime) -> Changed:
    """A policy applies, or another one than before, or the same in another group."""
    at, first = event.at, not ticket.clocks
    if first and not event.regrouped:
        if ticket.category not in LIVE:
            return ()
        plans = book.plans(ticket)
        return tuple([one for plan in plans for one in _begun_by(book, plan, ticket, at, first=True, regrouped=False)])
    changed: list[Clock] = []
    scopes = {plan.scope: plan for plan in book.plans(ticket)}
    for scope in Scope:
        plan = scopes.get(scope)
        regrouped = event.regrouped and scope is Scope.GROUP
        for clock in live(ticket, scope=scope):
            changed += _applied_to(book, ticket, clock, plan, at, regrouped=regrouped)
        if plan is not None and ticket.category in LIVE:
            now = _with(ticket, tuple(changed))
            changed += _begun_by(book, plan, now, at, first=first, regrouped=regrouped)
    return tuple(changed)


def _applied_to(
    book: Book, ticket: Ticket, clock: Clock, plan: Plan | None, at: datetime, *, regrouped: bool
) -> Changed:
    if clock.metric in _BY_HAND:
        return ()
    terms = plan.terms.get(clock.metric) if plan is not None else None
    if regrouped or plan is None or terms is None:
        is_met = regrouped and clock.metric is Metric.GROUP_OWNERSHIP
        return (ended(book, clock, _MET if is_met else _CANCELLED, at),)
    new = adopting(book, clock, plan, terms, ticket.category, at)
    if terms.start == "policy_applied" and clock.policy != plan.policy:
        new = _restarted(book, new, ticket.category, at)
    return () if new is clock else (new,)


def _begun_by(book: Book, plan: Plan, ticket: Ticket, at: datetime, *, first: bool, regrouped: bool) -> Iterator[Clock]:
    for metric, terms in plan.terms.items():
        last = None if first else latest(ticket, metric, plan.scope)
        if last is not None and (last.is_live or not regrouped):
            continue
        if terms.start == "first_active" and ticket.category is Category.NEW and metric not in _REPLIES:
            continue
        if _is_wanted(ticket, metric, plan.scope, first=first):
            yield begun(book, plan, terms, ticket, at)


def _is_wanted(ticket: Ticket, metric: Metric, scope: Scope, *, first: bool) -> bool:
    match metric:
        case Metric.FIRST_REPLY:
            return first or ticket.replied_at is None
        case Metric.NEXT_REPLY:
            awaited = live(ticket, Metric.FIRST_REPLY, scope=scope)
            return not first and ticket.waiting_since is not None and not awaited and _had_first_reply(ticket, scope)
        case Metric.ASSIGNMENT:
            return ticket.assignee is None
        case Metric.PERIODIC_UPDATE | Metric.STEP | Metric.PROMISE:
            return False
        case _:
            return True


def _merged(book: Book, ticket: Ticket, _event: ev.TicketMerged, at: datetime) -> Changed:
    return tuple(ended(book, clock, _CANCELLED, at) for clock in live(ticket))


def _unmerged(book: Book, ticket: Ticket, event: ev.TicketUnmerged, at: datetime) -> Changed:
    """The clocks stand as before the merge, whatever was due since has been folded: they go on in an open ticket."""
    if event.before in LIVE:
        changed = [new for clock in live(ticket) if (new := moved(book, clock, ticket.category, at)) is not clock]
    else:
        changed = list(_reopened(book, ticket, at))
    changed += _amounted(book, _with(ticket, tuple(changed)), at)
    return tuple({clock.key: clock for clock in changed}.values())


def _started(book: Book, ticket: Ticket, event: ev.ClockStarted, at: datetime) -> Changed:
    """A step began or a promise was made; its amount is the event's, or that of its target."""
    plan, terms = event_terms(book, ticket, event, at)
    return (begun(book, plan, terms, ticket, at, name=event.name),)


def event_terms(book: Book, ticket: Ticket, event: ev.ClockStarted, at: datetime) -> tuple[Plan, Terms]:
    """The terms of a clock that somebody starts: those of its target, as far as the event says nothing else."""
    plan = next(iter(book.plans(ticket)), None) or Plan("by_hand", "", Scope.TICKET, {}, {})
    step = plan.steps.get(event.name) or plan.steps.get("") if event.metric is Metric.STEP else None
    if step is not None and event.within is None and event.until is None and not event.calendar:
        return plan, step
    amount = event.within if event.within is not None else step.amount if step is not None else None
    if event.until is not None:
        amount = book.time(event.calendar).between(at, event.until)
    return replace(plan, version=""), Terms(
        metric=event.metric,
        amount=amount if amount is not None else (event.until or at) - at,
        calendar=step.calendar if step is not None and not event.calendar else event.calendar,
        snap=step.snap if step is not None else False,
        start="created",
        pause_on=step.pause_on if step is not None else (),
        warn_on=step.warn_on if step is not None else event.warn_on,
        escalate_on=step.escalate_on if step is not None else (),
        on_reopen=OnReopen.IGNORE,
        by_bot=False,
    )


def _ended(book: Book, ticket: Ticket, event: ev.ClockEnded, at: datetime) -> Changed:
    phase = _MET if event.kept else _CANCELLED
    return tuple(ended(book, one, phase, at) for one in live(ticket, event.metric) if one.cycle == event.cycle)


# ``Any``: each function takes the event of its own row.
_FOLLOWS: Final[dict[type, Callable[[Book, Ticket, Any, datetime], Changed]]] = {
    ev.MessageReceived: _received,
    ev.ReplyQueued: _replied,
    ev.StatusChanged: _status,
    ev.TicketAssigned: _assigned,
    ev.TicketFieldSet: _field_set,
    ev.SlaApplied: _applied,
    ev.TicketMerged: _merged,
    ev.TicketUnmerged: _unmerged,
    ev.ClockStarted: _started,
    ev.ClockEnded: _ended,
}
