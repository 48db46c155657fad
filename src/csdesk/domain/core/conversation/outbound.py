"""What the desk says: a message is stored, queued and announced in one commit; sending comes after it."""

from __future__ import annotations

from dataclasses import dataclass

from csdesk.domain.core.casework.tickets import change_status, happen
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.changes import ClaimMode
from csdesk.domain.records.messages import AuthorKind, Delivery, Direction, Message, Part, Purpose
from csdesk.domain.records.queues import OutboxItem
from csdesk.domain.records.tickets import Move, Ticket

_Message = trusted(Message)
_ReplyQueued = trusted(ev.ReplyQueued)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Something to say on a ticket."""

    id: MessageId
    author: AuthorKind
    author_id: str
    parts: tuple[Part, ...]
    subject: str = ""
    purpose: Purpose = Purpose.SERVICE


def queue_reply(work: Workspace, ticket: Ticket, said: Utterance) -> Message:
    """Store a public reply and queue it for sending; a person's reply answers the customer, a machine's does not."""
    at = work.time_of(ticket.id)
    by_person = said.author is AuthorKind.AGENT
    message: Message = _Message(
        id=said.id,
        ticket=ticket.id,
        direction=Direction.OUT,
        author=said.author,
        author_id=said.author_id,
        identity=ticket.identity,
        account=ticket.account,
        conversation=ticket.conversation,
        subject=said.subject,
        parts=said.parts,
        received_at=at,
        occurred_at=at,
        language=ticket.language,
        purpose=said.purpose,
        delivery=Delivery.PENDING,
    )
    work.add_message(message)
    kept = work.policy.config.retention.outbound_claims
    work.claim(work.keys.outbound(ticket.account, said.id), said.id, ClaimMode.FIRST_WINS, kept)
    work.put_outbox(
        OutboxItem(
            message=said.id,
            ticket=ticket.id,
            account=ticket.account,
            conversation=ticket.conversation,
            due_at=at,
            created_at=at,
        )
    )
    answered = happen(work, ticket.id, _ReplyQueued(message=said.id, by_person=by_person))
    if by_person:
        change_status(work, answered, Move.AGENT_REPLY)
    return message


def add_note(work: Workspace, ticket: Ticket, said: Utterance) -> Message:
    """Store an internal note."""
    at = work.time_of(ticket.id)
    message: Message = _Message(
        id=said.id,
        ticket=ticket.id,
        direction=Direction.NOTE,
        author=said.author,
        author_id=said.author_id,
        parts=said.parts,
        received_at=at,
        occurred_at=at,
    )
    work.add_message(message)
    work.emit(ticket.id, ev.NoteAdded(message=said.id))
    return message
