"""What happens to one ticket: status moves, assignment, clocks. Every change of a ticket goes through here."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from csdesk.domain.core.casework import flagging, goals, tagging
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.sections.service_levels import EscalationActions
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, shared, trusted
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import TRANSITIONS, AppliedSla, Category, Move, Ticket, Worker, WorkerKind
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.rules.facts import Facts, ticket_facts
from csdesk.domain.sla.clocks import ClockMark, due, live
from csdesk.domain.sla.life import follow
from csdesk.errors import IllegalTransition, InvalidInput

_ClocksChanged = trusted(ev.ClocksChanged)
_SlaApplied = trusted(ev.SlaApplied)
_StatusChanged = trusted(ev.StatusChanged)
_TicketAssigned = trusted(ev.TicketAssigned)
_TicketTagged = trusted(ev.TicketTagged)
_Worker = shared(Worker)

LOAN: Final = "transfer"
"""The name of the clock of lent work."""

MOVES: Final = {
    Category.OPEN: Move.START,
    Category.WAITING_CUSTOMER: Move.WAIT_CUSTOMER,
    Category.WAITING_INTERNAL: Move.WAIT_INTERNAL,
    Category.SNOOZED: Move.SNOOZE,
    Category.RESOLVED: Move.RESOLVE,
    Category.CLOSED: Move.CLOSE,
}
"""The move that leads to a category when somebody sets it; ``new`` and ``merged`` cannot be set."""


def happen(work: Workspace, ticket_id: str, event: ev.Event) -> Ticket:
    """Let something happen to a ticket, with what it does to the clocks."""
    work.emit(ticket_id, event)
    ticket = work.ticket(ticket_id)
    held = ticket.__dict__
    if held["sla"] is None and not held["clocks"] and type(event) is not ev.ClockStarted:
        return ticket
    changed = follow(work.policy.service, ticket, event, work.time_of(ticket_id))
    return emit_clocks(work, ticket, changed) if changed else ticket


def emit_clocks(
    work: Workspace, ticket: Ticket, changed: tuple[Clock, ...], *, given: Literal["", "split", "reassessed"] = ""
) -> Ticket:
    """Let clocks change, if any do; ``given``: what sets them otherwise than the ticket's own events say."""
    if not changed:
        return ticket
    work.emit(ticket.id, _ClocksChanged(clocks=changed, given=given))
    book = work.policy.service
    for clock in changed:
        if clock.calendar and clock.due_at is not None and book.time(clock.calendar).is_guess(clock.due_at):
            metric = clock.metric.value
            work.tell(verdict("clocks.holidays_unknown", Outcome.NOTED, metric=metric, calendar=clock.calendar))
    return work.ticket(ticket.id)


def catch_up(work: Workspace, ticket: Ticket) -> Ticket:
    """Let the warnings and breaches happen whose instant has come, before anything else happens to the ticket."""
    now = work.time_of(ticket.id)
    wake = ticket.wake_at
    if wake is None or wake > now:
        return ticket
    ticket = _end_tags(work, ticket, now)
    if ticket.flags or ticket.goal is not None:
        ticket = goals.settle(work, _end_flags(work, ticket, now))
    marks = told(work.policy.config, due(work.policy.service, ticket, now), now)
    for event in marks:
        work.emit(ticket.id, event)
    ticket = work.ticket(ticket.id)
    for event in marks:
        # Only now: what an escalation changes must not be undone by a mark that was worked out before.
        if isinstance(event, ev.ClockEscalated) and not event.quiet:
            step = work.policy.service.step(ticket, event.clock, event.level)
            if step is not None:
                clock = event.clock
                name = f"{clock.policy}/{clock.metric}/{clock.cycle}/{event.level}"
                ticket = escalate(work, ticket, step, name, by_clock=True)
    return ticket


def _end_tags(work: Workspace, ticket: Ticket, now: datetime) -> Ticket:
    """Take the tags whose time is over."""
    over = tagging.expired(ticket, now) if ticket.erased_at is None else ()
    for tag in over:
        work.emit(ticket.id, ev.TicketUntagged(tag=tag.name, source=tag.source, why="expired"))
    return match_again(work, work.ticket(ticket.id), "ticket.tags") if over else ticket


def _end_flags(work: Workspace, ticket: Ticket, now: datetime) -> Ticket:
    """Lift the flags whose time is over."""
    if ticket.erased_at is not None or not flagging.end_flags(work, ticket, now):
        return ticket
    return match_again(work, work.ticket(ticket.id), "ticket.flags")


def told(config: DeskConfig, marks: tuple[ClockMark, ...], now: datetime) -> tuple[ClockMark, ...]:
    """The marks, with those quiet that came too late to tell anybody, as the configuration wants it."""
    if config.catch_up == "all":
        return marks
    late = [mark for mark in marks if now - mark.at > config.late_after]
    last = {mark.clock.key: mark for mark in late} if config.catch_up == "latest" else {}
    quiet = [mark for mark in late if last.get(mark.clock.key) is not mark]
    return tuple(replaced(mark, quiet=True) if mark in quiet else mark for mark in marks)


def escalate(work: Workspace, ticket: Ticket, step: EscalationActions, name: str, *, by_clock: bool) -> Ticket:
    """Make an escalation: tell who is to be told, and change what it changes."""
    work.emit(ticket.id, ev.TicketEscalated(step=name, tell=step.tell, by_clock=by_clock))
    ticket = work.ticket(ticket.id)
    if not ticket.is_live:
        return ticket
    if step.tags:
        ticket = tag(work, ticket, step.tags, TagSource.RULE)
    if step.priority is not None:
        ticket = set_field(work, ticket, "priority", step.priority)
    if step.queue is not None and step.queue != ticket.queue:
        ticket = set_field(work, assign(work, ticket, None, reason="escalated"), "queue", step.queue)
    return ticket


def apply_sla(work: Workspace, ticket: Ticket, found: AppliedSla | None, at: datetime, *, regrouped: bool) -> Ticket:
    """Let a service level hold for the ticket from an instant on; the one that holds already changes nothing."""
    before = ticket.sla
    if found is None:
        if before is None or (before.policy is None and before.group is None):
            return ticket
        found = AppliedSla(level=before.level)
    regrouped = regrouped and (found.group is not None or (before is not None and before.group is not None))
    if found == before and not regrouped:
        return ticket
    return happen(
        work,
        ticket.id,
        _SlaApplied(
            policy=found.policy,
            group=found.group,
            level=found.level,
            targets=found.targets,
            at=at,
            regrouped=regrouped and before is not None,
        ),
    )


def match_again(work: Workspace, ticket: Ticket, field: str) -> Ticket:
    """Look again which service level holds, after a field changed that may decide it.

    What conditions ask about the first message keeps its first answer.
    """
    book = work.policy.service
    regrouped = field == "ticket.queue" and book.regroups
    if ticket.sla is None or not ticket.is_live or not (regrouped or field in book.reads):
        return ticket
    customer = work.person(ticket.identity)
    if customer is None:
        return ticket
    found = book.match(facts_now(work, ticket, customer), customer.level, ticket.sla)
    return apply_sla(work, ticket, found, work.time_of(ticket.id), regrouped=regrouped)


def facts_now(work: Workspace, ticket: Ticket, customer: Customer) -> Facts:
    """What conditions see of a ticket when no message is at hand."""
    now, policy = work.time_of(ticket.id), work.policy
    return ticket_facts(ticket, customer, now=now, zone=policy.zone, calendars=policy.service.times)


def target_of(ticket: Ticket, move: Move) -> Category:
    """Where a move leads from the ticket's category.

    Raises:
        IllegalTransition: nowhere.
    """
    target = TRANSITIONS[move].get(ticket.category)
    if target is None:
        raise IllegalTransition(ticket.id, ticket.category.value, move.value)
    return target


def check_works(work: Workspace, agent: str | None) -> None:
    """Refuse to give work to an agent who has retired; None is nobody.

    Raises:
        InvalidInput: the agent has.
        NotFound: this desk has no such agent.
    """
    if agent is not None and work.agent(agent).retired:
        raise InvalidInput("agent", "has retired", "choose an agent who still works here")


def check_ahead(work: Workspace, ticket: Ticket, until: datetime | None) -> None:
    """Refuse an end that has passed; None is no end.

    Raises:
        InvalidInput: it has.
    """
    if until is not None and until <= work.time_of(ticket.id):
        raise InvalidInput("until", "lies in the past", "pass an instant after now")


def check_live(ticket: Ticket) -> None:
    """Refuse to begin work on a ticket that is resolved, closed or merged.

    Raises:
        IllegalTransition: it is.
    """
    if not ticket.is_live:
        target_of(ticket, Move.START)


def change_status(
    work: Workspace,
    ticket: Ticket,
    move: Move,
    *,
    status: str = "",
    reason: str = "",
    remark: str = "",
    until: datetime | None = None,
) -> Ticket:
    """Move the ticket, with the clocks that follow; a move that leads where it already is changes nothing.

    ``status`` is a custom name inside the target category; ``reason`` is a code, ``remark`` what somebody wrote;
    ``until`` is the end of a snooze.
    """
    after = target_of(ticket, move)
    named = status or after.value
    before = ticket.category
    if before is after and (not status or ticket.status == named) and until is None:
        return ticket
    close_at: datetime | None = None
    if after is Category.RESOLVED:
        span = work.policy.config.close_resolved_after
        close_at = None if span is None else work.time_of(ticket.id) + span
    event = _StatusChanged(
        before=before, after=after, status=named, reason=reason, remark=remark, until=until, close_at=close_at
    )
    return happen(work, ticket.id, event)


def assign(
    work: Workspace, ticket: Ticket, agent: str | None, *, reason: str, remark: str = "", units: int | None = None
) -> Ticket:
    """Give the ticket to an agent, or (None) to nobody; a new ticket becomes open when somebody has it.

    ``units`` None: as the configuration weighs the ticket now.
    """
    offer = ticket.offer
    if offer is not None:  # whoever decides this decides over the offer, too
        ticket = happen(work, ticket.id, ev.OfferWithdrawn(number=offer.number, agent=offer.agent, reason=reason))
    worker = None if agent is None else _Worker(kind=WorkerKind.AGENT, id=agent, fence=ticket.fence + 1)
    if ticket.assignee == agent and (agent is not None or ticket.worker is None):
        return ticket
    ticket = settle_loan(work, ticket, kept=True)
    if units is None:
        units = 1 if worker is None else work.policy.routing.units(ticket)
    event = _TicketAssigned(worker=worker, before=ticket.worker, units=units, reason=reason, remark=remark)
    moved = happen(work, ticket.id, event)
    if worker is not None and moved.category is Category.NEW:
        moved = change_status(work, moved, Move.START)
    return moved


def settle_loan(work: Workspace, ticket: Ticket, *, kept: bool) -> Ticket:
    """End the clock of lent work, if one runs."""
    if ticket.worker is None or not ticket.worker.lent:
        return ticket
    for clock in live(ticket, Metric.STEP):
        if clock.name == LOAN:
            happen(work, ticket.id, ev.ClockEnded(metric=Metric.STEP, cycle=clock.cycle, kept=kept))
            break
    return work.ticket(ticket.id)


def tag(
    work: Workspace, ticket: Ticket, names: tuple[str, ...], source: TagSource, *, expires_at: datetime | None = None
) -> Ticket:
    """Put tags on the ticket, as far as their source may; what it has already from as strong a source stays."""
    if expires_at is None and (tags := ticket.tags):
        held = {tag.name: tag.source for tag in tags}
        if all(held.get(name) is source for name in names):
            return ticket
    found = tagging.decide(work.policy, ticket, names, source, at=work.time_of(ticket.id), expires_at=expires_at)
    if found.refused:
        work.tell(*found.refused)
    for name in found.gone:
        work.emit(ticket.id, ev.TicketUntagged(tag=name, source=source, why="group"))
    if not found.fresh:
        return work.ticket(ticket.id)
    work.emit(ticket.id, _TicketTagged(tags=found.fresh))
    return match_again(work, work.ticket(ticket.id), "ticket.tags")


def untag(work: Workspace, ticket: Ticket, *names: str, source: TagSource = TagSource.HAND) -> Ticket:
    """Take tags from the ticket; those it does not have, or that count for more, stay as they are."""
    free = tagging.removable(work.policy, ticket, source)
    gone = [name for name in dict.fromkeys(names) if name in free]
    for name in gone:
        work.emit(ticket.id, ev.TicketUntagged(tag=name, source=source))
    return match_again(work, work.ticket(ticket.id), "ticket.tags") if gone else ticket


def set_field(work: Workspace, ticket: Ticket, name: str, value: str | float | bool | None) -> Ticket:
    """Set a property or custom field, with the clocks that follow a priority."""
    if name.startswith("x."):
        before = ticket.field(name[2:])
        if before != value:
            work.emit(ticket.id, ev.CustomFieldSet(name=name[2:], before=before, after=value))
        return work.ticket(ticket.id)
    before = getattr(ticket, name)
    if before == value:
        return ticket
    changed = happen(work, ticket.id, ev.TicketFieldSet(name=name, before=before, after=value))
    return match_again(work, changed, f"ticket.{name}")
