"""What the conditions look at: one message with its ticket and its customer, as they were when it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from csdesk.domain.records._model import Scalar, trusted
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import MediaPart
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.text.folding import fold

_InboundMessage = trusted(InboundMessage)
_Sender = trusted(Sender)

Fact = Scalar | frozenset[str]
"""The value of a field: a scalar, or the names of tags."""


class Facts:
    """The values of all declared fields, worked out when they are first asked for."""

    __slots__ = ("_known", "customer", "message", "new_customer", "new_ticket", "text", "ticket")

    def __init__(
        self,
        message: InboundMessage,
        text: str,
        ticket: Ticket,
        customer: Customer,
        *,
        new_ticket: bool,
        new_customer: bool,
    ) -> None:
        """See ``facts_of``; ``text`` is folded."""
        self.message: InboundMessage = message
        self.text: str = text
        self.ticket: Ticket = ticket
        self.customer: Customer = customer
        self.new_ticket: bool = new_ticket
        self.new_customer: bool = new_customer
        self._known: dict[str, Fact] = {}

    @property
    def subject(self) -> str:
        """The folded subject of the message."""
        subject = self.message.subject
        return fold(subject) if subject else ""

    def __getitem__(self, field: str) -> Fact:
        """The value of a declared or custom field; None if it is not set.

        Raises:
            KeyError: no such field is declared.
        """
        try:
            return self._known[field]
        except KeyError:
            value = self._known[field] = self._read(field)
            return value

    def _read(self, field: str) -> Fact:
        reader = _READERS.get(field)
        if reader is not None:
            return reader(self)
        if field.startswith("ticket.x."):
            return self.ticket.field(field.removeprefix("ticket.x."))
        if field.startswith("customer.x."):
            found = self.customer.attribute(field.removeprefix("customer.x."))
            return found.value if found is not None else None
        raise KeyError(field)


def _has_media(facts: Facts) -> bool:
    return any(isinstance(part, MediaPart) for part in facts.message.parts)


_READERS: Final[dict[str, Callable[[Facts], Fact]]] = {
    "message.text": lambda facts: facts.text,
    "message.subject": lambda facts: facts.subject,
    "message.any": lambda facts: f"{facts.subject} {facts.text}".strip(),
    "message.account": lambda facts: facts.message.account,
    "message.language": lambda facts: facts.message.language,
    "message.automatic": lambda facts: facts.message.automatic.value,
    "message.author": lambda facts: facts.message.author,
    "message.has_media": _has_media,
    "ticket.priority": lambda facts: int(facts.ticket.priority),
    "ticket.type": lambda facts: facts.ticket.type,
    "ticket.queue": lambda facts: facts.ticket.queue,
    "ticket.category": lambda facts: facts.ticket.category.value,
    "ticket.status": lambda facts: facts.ticket.status,
    "ticket.tags": lambda facts: frozenset([tag.name for tag in facts.ticket.tags]),
    "ticket.is_new": lambda facts: facts.new_ticket,
    "ticket.messages": lambda facts: facts.ticket.messages,
    "customer.level": lambda facts: facts.customer.level or None,
    "customer.stage": lambda facts: facts.customer.stage or None,
    "customer.tags": lambda facts: frozenset([tag.name for tag in facts.customer.tags]),
    "customer.language": lambda facts: facts.customer.language,
    "customer.is_new": lambda facts: facts.new_customer,
}


def facts_of(
    message: InboundMessage, folded: str, ticket: Ticket, customer: Customer, *, new_ticket: bool, new_customer: bool
) -> Facts:
    """The facts of one message.

    Args:
        message: what came.
        folded: the message's text as ``csdesk.domain.text.folding.fold`` returns it.
        ticket: the ticket it reached, as it is before the rules.
        customer: the one who wrote.
        new_ticket: was the ticket opened by this message?
        new_customer: was the customer first met with this message?
    """
    return Facts(message, folded, ticket, customer, new_ticket=new_ticket, new_customer=new_customer)


def ticket_facts(ticket: Ticket, customer: Customer) -> Facts:
    """The facts of a ticket when no message is at hand: what conditions say about the message does not hold."""
    message: InboundMessage = _InboundMessage(
        account=ticket.account,
        dedupe_key="",
        conversation=ticket.conversation,
        sender=_Sender(external_id=""),
        language=ticket.language,
    )
    return Facts(message, "", ticket, customer, new_ticket=False, new_customer=False)
