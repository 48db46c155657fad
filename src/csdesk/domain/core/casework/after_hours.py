"""Somebody writes while the queue is closed: they are told when it opens, and promised an answer."""

from __future__ import annotations

from csdesk.domain.core.casework.tickets import happen
from csdesk.domain.core.conversation.outbound import Utterance, queue_reply
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId
from csdesk.domain.policy.closing import Closed
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import AFTER_HOURS, Metric
from csdesk.domain.records.messages import AuthorKind, TextPart
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.sla.clocks import live


def closed_at(work: Workspace, ticket: Ticket) -> Closed | None:
    """The queue of a ticket as it is closed now; None while it is open, or does nothing after hours."""
    return work.policy.closings.closed(ticket.queue, work.time_of(ticket.id), work.policy.service)


def say_closed(work: Workspace, ticket: Ticket, closed: Closed) -> bool:
    """Say when somebody will be back, and promise an answer; True if anything was said.

    What is promised already is not promised again.
    """
    now = work.time_of(ticket.id)
    text = closed.notice(ticket.language, now)
    if text is not None:
        said = Utterance(
            id=MessageId(work.ids.new(MESSAGE)),
            author=AuthorKind.SYSTEM,
            author_id=AFTER_HOURS,
            parts=(TextPart(text=text),),
        )
        queue_reply(work, ticket, said)
    opens_at = closed.opens_at.isoformat() if closed.opens_at is not None else None
    work.tell(verdict("closed.told", Outcome.CHOSEN, queue=ticket.queue, until=opens_at, said=text is not None))
    within = closed.policy.call_back_within
    if within is not None and not any(one.name == AFTER_HOURS for one in live(ticket, Metric.PROMISE)):
        promise = ev.ClockStarted(metric=Metric.PROMISE, name=AFTER_HOURS, within=within, calendar=closed.calendar)
        happen(work, ticket.id, promise)
    return text is not None
