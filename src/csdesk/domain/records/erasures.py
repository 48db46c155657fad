"""How far the erasing of a customer has come: the payload of its due item, committed with each step."""

from __future__ import annotations

from typing import Final, Literal

from csdesk.domain.ids import CustomerId, IdentityId, TicketId
from csdesk.domain.records._model import Record
from csdesk.domain.records.customers import ErasedCounts
from csdesk.domain.records.queues import DueItem

ERASE: Final = "erase"
"""The kind of the due items; their keys end with the customer's id."""

Stage = Literal["inbox", "tickets", "elsewhere", "settlements", "customers", "foreign", "media", "scrub", "complete"]
"""What is looked through, in this order."""


class Person(Record):
    """An identity as it was: what inbox items are compared with. Gone from the payload before the store is scrubbed."""

    id: IdentityId
    kind: str
    scope: str = ""
    external_id: str
    origin: CustomerId | None = None


class TicketProgress(Record):
    """How far one ticket has come: its messages first, then its own stream. Cursors are those of lists."""

    id: str
    part: Literal["messages", "entries"] = "messages"
    cursor: str | None = None


class Progress(Record):
    """Where the next step begins."""

    survivor: CustomerId
    family: tuple[CustomerId, ...]
    command: str
    people: tuple[Person, ...]
    stage: Stage = "inbox"
    cursor: str | None = None
    """Within the stage: of the list that it walks."""
    is_last: bool = False
    """True if nothing comes behind the tickets that were found."""
    ahead: tuple[TicketId, ...] = ()
    """Tickets that were found and not begun yet."""
    place: int = 0
    """Within the stage: which of the streams it walks."""
    ticket: TicketProgress | None = None
    foreign: tuple[CustomerId, ...] = ()
    """Customers who once held one of the identities: their streams tell of it."""
    identities: tuple[IdentityId, ...]
    media: tuple[str, ...] = ()
    """Digests of what the erased records referred to."""
    counts: ErasedCounts = ErasedCounts()

    @property
    def key(self) -> str:
        """The key of the due item."""
        return f"{ERASE}/{self.survivor}"


def progress_of(item: DueItem) -> Progress:
    """The progress that a due item holds."""
    return Progress.model_validate_json(item.payload)
