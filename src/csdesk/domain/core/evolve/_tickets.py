"""How events change a ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.core.evolve import _reception as reception
from csdesk.domain.core.evolve._flags import flagged, without_flag
from csdesk.domain.core.evolve._tags import tagged, untagged
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, shared, trusted
from csdesk.domain.records.clocks import with_clocks
from csdesk.domain.records.goals import Goal, GoalState
from csdesk.domain.records.tickets import (
    ACTIVE,
    AppliedSla,
    Category,
    Deflection,
    FieldValue,
    Firing,
    Owner,
    OwnerKind,
    Participant,
    Priority,
    Ticket,
    Untouched,
    Worker,
    WorkerKind,
)

_Ticket = trusted(Ticket)
_Owner = shared(Owner)
_AppliedSla = shared(AppliedSla)


def _ticket_opened(_: Ticket | None, event: ev.TicketOpened, at: datetime) -> Ticket:
    said = event.__dict__
    return _Ticket(
        id=said["id"],
        number=said["number"],
        subject=said["subject"] or "",
        type=said["type"],
        queue=said["queue"],
        priority=said["priority"],
        language=said["language"],
        site=said["site"],
        identity=said["identity"],
        account=said["account"],
        conversation=said["conversation"] or "",
        origin=said["origin"],
        owner=_Owner(kind=OwnerKind.QUEUE, id=said["queue"]),
        participants=said["participants"],
        links=said["links"],
        created_at=at,
        updated_at=at,
    )


def _message_received(ticket: Ticket, event: ev.MessageReceived, _: datetime) -> Ticket:
    said, was = event.__dict__, ticket.__dict__
    message, occurred_at = said["message"], said["occurred_at"]
    counted: dict[str, object] = {"messages": was["messages"] + 1, "last_message": message}
    if was["goal"] is not None:
        counted["goal"] = was["goal"].said(occurred_at)
    if said["elsewhere"]:
        return replaced(ticket, **counted, replied_at=occurred_at, waiting_since=None)
    before, since = was["customer_at"], was["waiting_since"]
    if before is None or occurred_at >= before:
        counted["customer_message"] = message
        counted["customer_at"] = occurred_at
    if since is None and said["automatic"] == "no":
        since = occurred_at
    return replaced(ticket, **counted, waiting_since=since, unanswered=0)


def _reply_queued(ticket: Ticket, event: ev.ReplyQueued, at: datetime) -> Ticket:
    counted: dict[str, object] = {
        "messages": ticket.messages + 1,
        "last_message": event.message,
        "unanswered": ticket.unanswered + 1,
    }
    if ticket.goal is not None:
        counted["goal"] = ticket.goal.said(at)
    if not event.by_person:
        return replaced(ticket, **counted, auto_replied_at=at, session_over=False)
    return replaced(ticket, **counted, replied_at=at, waiting_since=None)


def _reply_decided(ticket: Ticket, event: ev.ReplyDecided, at: datetime) -> Ticket:
    if event.action != "auto_reply" or event.phrase is None:
        return ticket
    return replaced(ticket, deflection=Deflection(phrase=event.phrase, at=at))


def _phrase_used(ticket: Ticket, event: ev.PhraseUsed, at: datetime) -> Ticket:
    return replaced(ticket, deflection=Deflection(phrase=event.phrase, at=at)) if event.link else ticket


def _question_returned(ticket: Ticket, _: ev.QuestionReturned, at: datetime) -> Ticket:
    assert ticket.deflection is not None, "a question returns to what answered it"
    return replaced(ticket, deflection=replaced(ticket.deflection, returned_at=at))


def _session_began(ticket: Ticket, _event: ev.SessionBegan, _: datetime) -> Ticket:
    return replaced(ticket, session_over=True)


def _session_joined(ticket: Ticket, event: ev.SessionJoined, _: datetime) -> Ticket:
    return replaced(ticket, auto_replied_at=event.answered_at, deflection=event.deflection, session_over=False)


def _note_added(ticket: Ticket, event: ev.NoteAdded, _: datetime) -> Ticket:
    return replaced(ticket, messages=ticket.messages + 1, last_message=event.message)


def _ticket_tagged(ticket: Ticket, event: ev.TicketTagged, _: datetime) -> Ticket:
    return replaced(ticket, **tagged(ticket, event.tags))


def _ticket_untagged(ticket: Ticket, event: ev.TicketUntagged, at: datetime) -> Ticket:
    return replaced(ticket, **untagged(ticket, event, at))


def _flagged(ticket: Ticket, event: ev.TicketFlagged, at: datetime) -> Ticket:
    return replaced(ticket, flags=flagged(ticket.flags, event, at))


def _unflagged(ticket: Ticket, event: ev.TicketUnflagged, _: datetime) -> Ticket:
    return replaced(ticket, flags=without_flag(ticket.flags, event.flag))


def _goal_set(ticket: Ticket, event: ev.GoalSet, at: datetime) -> Ticket:
    if event.goal is None:
        return replaced(ticket, goal=None)
    return replaced(ticket, goal=Goal(name=event.goal, since=at, span=event.span, due_at=event.due_at or at))


def _goal_settled(ticket: Ticket, event: ev.GoalSettled, _: datetime) -> Ticket:
    assert ticket.goal is not None, "a goal was set before"
    state = GoalState.REACHED if event.reached else GoalState.MISSED
    return replaced(ticket, goal=replaced(ticket.goal, state=state, due_at=event.at))


def _rule_timed(ticket: Ticket, event: ev.RuleTimed, at: datetime) -> Ticket:
    firing = Firing(rule=event.rule, version=event.version, since=event.since)
    others = tuple(one for one in ticket.firings if one.rule != event.rule)
    mark = Untouched(at=at, touched_at=event.touched_at)
    return replaced(ticket, firings=(*others, firing), untouched=mark)


def _rules_planned(ticket: Ticket, event: ev.RulesPlanned, at: datetime) -> Ticket:
    if event.touched_at is None:
        return replaced(ticket, rules_at=event.at)
    return replaced(ticket, rules_at=event.at, untouched=Untouched(at=at, touched_at=event.touched_at))


def _field_set(ticket: Ticket, event: ev.TicketFieldSet, at: datetime) -> Ticket:
    if event.name == "queue":
        owner = _Owner(kind=OwnerKind.QUEUE, id=str(event.after))
        return replaced(
            ticket, queue=event.after, owner=owner, offer=None, asked=(), asked_at=None, queued_at=_since(ticket, at)
        )
    value: object = event.after
    if event.name == "priority":
        value = Priority(int(event.after or Priority.NORMAL))
    return replaced(ticket, **{event.name: value})


def _custom_field_set(ticket: Ticket, event: ev.CustomFieldSet, _: datetime) -> Ticket:
    kept = tuple(one for one in ticket.fields if one.name != event.name)
    fresh = () if event.after is None else (FieldValue(name=event.name, value=event.after),)
    return replaced(ticket, fields=(*kept, *fresh))


def _ticket_erased(ticket: Ticket, _event: ev.TicketErased, at: datetime) -> Ticket:
    kept = replaced(
        ticket,
        subject="",
        conversation="",
        origin=None,
        fields=(),
        flags=(),
        close_reason="",
        rules_at=None,
        exceptions=(),
    )
    return replaced(kept, erased_at=at)


def _subject_set(ticket: Ticket, event: ev.SubjectSet, _: datetime) -> Ticket:
    return replaced(ticket, subject=event.subject or "")


def _status_changed(ticket: Ticket, event: ev.StatusChanged, at: datetime) -> Ticket:
    changes: dict[str, object] = {"category": event.after, "status": event.status, "snoozed_until": event.until}
    if event.close_at is not None or ticket.close_at is not None:
        changes["close_at"] = event.close_at
    if event.after is Category.RESOLVED:
        changes |= {"resolved_at": at, "waiting_since": None}
    elif event.after is Category.CLOSED:
        changes |= {"closed_at": at, "close_reason": event.reason or event.remark or "", "waiting_since": None}
    elif event.before in (Category.RESOLVED, Category.CLOSED):
        changes |= {"resolved_at": None, "closed_at": None, "close_reason": "", "cycle": ticket.cycle + 1}
        changes |= {"escalations": (), "queued_at": at}
        if ticket.reception is not None and ticket.worker is None:
            changes["reception"] = None
    if ticket.offer is not None and event.after not in ACTIVE:
        changes["offer"] = None
    return replaced(ticket, **changes)


def _since(ticket: Ticket, at: datetime) -> datetime | None:
    """When it began to wait; what happens at its birth needs no mark of its own."""
    return None if ticket.queued_at is None and at == ticket.created_at else at


def _ticket_assigned(ticket: Ticket, event: ev.TicketAssigned, at: datetime) -> Ticket:
    worker = event.worker
    changes: dict[str, object] = {"worker": worker, "units": event.units}
    if ticket.offer is not None:
        changes["offer"] = None
    if worker is None:
        changes["queued_at"] = _since(ticket, at)
    else:
        changes |= {"fence": worker.fence, "asked": (), "asked_at": None}
    if event.accountable:
        changes["owner"] = _owner_after(ticket, worker)
    return replaced(ticket, **changes)


def _owner_after(ticket: Ticket, worker: Worker | None) -> Owner:
    if worker is not None and worker.kind is WorkerKind.AGENT:
        return _Owner(kind=OwnerKind.AGENT, id=worker.id)
    if worker is not None and worker.kind is WorkerKind.DEPARTMENT:
        return _Owner(kind=OwnerKind.DEPARTMENT, id=worker.id)
    return _Owner(kind=OwnerKind.QUEUE, id=ticket.queue)


def _with_participants(
    ticket: Ticket, added: tuple[Participant, ...], removed: tuple[str, ...]
) -> tuple[Participant, ...]:
    gone = {*removed, *(one.identity for one in added)}
    return (*(one for one in ticket.participants if one.identity not in gone), *added)


def _participants_changed(ticket: Ticket, event: ev.ParticipantsChanged, _: datetime) -> Ticket:
    return replaced(ticket, participants=_with_participants(ticket, event.added, event.removed))


def _owner_left(ticket: Ticket, _event: ev.OwnerLeft, _: datetime) -> Ticket:
    return replaced(ticket, owner=_Owner(kind=OwnerKind.QUEUE, id=ticket.queue))


def _offer_made(ticket: Ticket, event: ev.OfferMade, _: datetime) -> Ticket:
    return replaced(ticket, offer=event.offer, offers=event.offer.number)


def _offer_ended(ticket: Ticket, _event: ev.OfferAccepted | ev.OfferWithdrawn, _: datetime) -> Ticket:
    return replaced(ticket, offer=None)


def _offer_refused(ticket: Ticket, event: ev.OfferDeclined | ev.OfferExpired, at: datetime) -> Ticket:
    agent = event.agent
    if agent is None:
        return replaced(ticket, offer=None)
    asked = ticket.asked if agent in ticket.asked else (*ticket.asked, agent)
    return replaced(ticket, offer=None, asked=asked, asked_at=at)


def _conversation_taken(ticket: Ticket, event: ev.ConversationTaken, _: datetime) -> Ticket:
    return replaced(ticket, elsewhere=event.by)


def _sla_applied(ticket: Ticket, event: ev.SlaApplied, _: datetime) -> Ticket:
    sla = _AppliedSla(policy=event.policy, group=event.group, level=event.level, targets=event.targets)
    return replaced(ticket, sla=sla)


def _clocks_changed(ticket: Ticket, event: ev.ClocksChanged, _: datetime) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, event.clocks))


def _clock_marked(
    ticket: Ticket, event: ev.ClockWarned | ev.ClockBreached | ev.ClockEscalated | ev.BreachVoided, _: datetime
) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, (event.clock,)))


def _escalated(ticket: Ticket, event: ev.TicketEscalated, _: datetime) -> Ticket:
    return ticket if event.by_clock else replaced(ticket, escalations=(*ticket.escalations, event.step))


def _links_changed(ticket: Ticket, event: ev.LinksChanged, _: datetime) -> Ticket:
    return replaced(ticket, links=(*ticket.links, *event.added))


def _ticket_merged(ticket: Ticket, event: ev.TicketMerged, at: datetime) -> Ticket:
    if ticket.merged_into is not None:
        return replaced(ticket, merged_into=event.into)  # only its survivor is another one now
    return replaced(
        ticket,
        merged_into=event.into,
        absorbed=(),
        category=Category.MERGED,
        status=Category.MERGED.value,
        worker=None,
        offer=None,
        waiting_since=None,
        snoozed_until=None,
        close_at=None,
        closed_at=at,
        goal=None if ticket.goal is not None and ticket.goal.is_open else ticket.goal,
    )


def _ticket_absorbed(ticket: Ticket, event: ev.TicketAbsorbed, _: datetime) -> Ticket:
    known = {one.identity for one in ticket.participants}
    fresh = tuple(one for one in event.participants if one.identity not in known)
    return replaced(ticket, absorbed=(*ticket.absorbed, *event.tickets), participants=(*ticket.participants, *fresh))


def _ticket_unmerged(ticket: Ticket, event: ev.TicketUnmerged, _: datetime) -> Ticket:
    changes: dict[str, object] = {
        "merged_into": None,
        "category": Category.OPEN,
        "status": event.status,
        "worker": event.worker,
        "clocks": event.clocks,
        "waiting_since": event.waiting_since,
        "absorbed": event.absorbed,
        "closed_at": None,
    }
    if event.worker is not None:
        changes["fence"] = max(ticket.fence, event.worker.fence)
    if event.before is Category.RESOLVED:
        changes |= {"resolved_at": None, "cycle": ticket.cycle + 1}
    return replaced(ticket, **changes)


def _ticket_released(ticket: Ticket, event: ev.TicketReleased, _: datetime) -> Ticket:
    return replaced(
        ticket,
        absorbed=tuple(one for one in ticket.absorbed if one not in event.tickets),
        participants=_with_participants(ticket, (), event.participants),
    )


def _messages_moved(ticket: Ticket, event: ev.MessagesMoved, _: datetime) -> Ticket:
    moved = len(event.messages)
    return replaced(
        ticket,
        messages=ticket.messages + (moved if ticket.id == event.target else -moved),
        customer_at=event.customer_at,
        replied_at=event.replied_at,
        waiting_since=event.waiting_since,
        auto_replied_at=event.auto_replied_at,
        unanswered=event.unanswered,
        last_message=event.last_message,
    )


# ``Any``: each function takes the record and event of its own row; a test walks the table.
FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Any]]] = {
    ev.TicketOpened: _ticket_opened,
    ev.MessageReceived: _message_received,
    ev.ReplyQueued: _reply_queued,
    ev.NoteAdded: _note_added,
    ev.ReplyDecided: _reply_decided,
    ev.PhraseUsed: _phrase_used,
    ev.QuestionReturned: _question_returned,
    ev.SessionBegan: _session_began,
    ev.SessionJoined: _session_joined,
    ev.TicketTagged: _ticket_tagged,
    ev.TicketUntagged: _ticket_untagged,
    ev.TicketFlagged: _flagged,
    ev.TicketUnflagged: _unflagged,
    ev.GoalSet: _goal_set,
    ev.GoalSettled: _goal_settled,
    ev.RuleTimed: _rule_timed,
    ev.RulesPlanned: _rules_planned,
    ev.TicketFieldSet: _field_set,
    ev.CustomFieldSet: _custom_field_set,
    ev.TicketErased: _ticket_erased,
    ev.SubjectSet: _subject_set,
    ev.StatusChanged: _status_changed,
    ev.TicketAssigned: _ticket_assigned,
    ev.LeaseRenewed: reception.lease_renewed,
    ev.TurnBegan: reception.turn_began,
    ev.TurnEnded: reception.turn_ended,
    ev.TicketHandedOff: reception.handed_off,
    ev.TicketHandedBack: reception.handed_back,
    ev.TicketTransferred: reception.transferred,
    ev.OwnerLeft: _owner_left,
    ev.OfferMade: _offer_made,
    ev.OfferAccepted: _offer_ended,
    ev.OfferDeclined: _offer_refused,
    ev.OfferExpired: _offer_refused,
    ev.OfferWithdrawn: _offer_ended,
    ev.ConversationTaken: _conversation_taken,
    ev.ParticipantsChanged: _participants_changed,
    ev.SlaApplied: _sla_applied,
    ev.ClocksChanged: _clocks_changed,
    ev.ClockWarned: _clock_marked,
    ev.ClockBreached: _clock_marked,
    ev.ClockEscalated: _clock_marked,
    ev.BreachVoided: _clock_marked,
    ev.TicketEscalated: _escalated,
    ev.LinksChanged: _links_changed,
    ev.TicketMerged: _ticket_merged,
    ev.TicketAbsorbed: _ticket_absorbed,
    ev.TicketUnmerged: _ticket_unmerged,
    ev.TicketReleased: _ticket_released,
    ev.MessagesMoved: _messages_moved,
}
