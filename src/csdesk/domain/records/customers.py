"""Customers and the identities they come through.

An identity is what a channel knows of somebody: a kind (``email``, ``wecom``, ``phone``), a scope (the mail domain of
the desk, the corp, the bot) and an external id. It has one *home* customer. Merging two customers is a link between
them: the absorbed one keeps its identities and points to the survivor, so that unmerging restores both exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final, Literal

from pydantic import Field

from csdesk.domain.ids import AgentId, CustomerId, IdentityId
from csdesk.domain.records._model import Instant, Key, Name, Record, Scalar, Word
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.origins import Entered, Source
from csdesk.domain.records.tags import TagAssignment, TagRemoval, next_expiry


class Evidence(Word):
    """Why an identity is believed to belong to its customer, weakest last."""

    VERIFIED = "verified"
    PROVIDER = "provider"
    AGENT = "agent"
    CLAIMED = "claimed"
    FIRST_CONTACT = "first_contact"


class Identity(Record):
    """One way in which a customer is known to a channel."""

    id: IdentityId
    kind: Key
    scope: str = ""
    external_id: str
    """The provider's id of the person: an address, a number, an open id. Empty after erasing."""
    evidence: Evidence = Evidence.FIRST_CONTACT
    linked_at: Instant
    origin: CustomerId | None = None
    """The customer it was taken from; unlinking it once more leads back there."""


class Attribute(Record):
    """One profile value with where it came from, when, and how sure it is (0 to 1)."""

    name: Key
    value: Scalar
    source: Key = "host"
    at: Instant
    confidence: float = Field(default=1.0, ge=0, le=1)


class Block(Record):
    """Messages of a blocked customer are stored and go no further, until ``until`` (None: for good)."""

    reason: str = ""
    at: Instant
    until: Instant | None = None


Did = Literal["ticket", "browse", "cart", "order", "payment", "refund", "redeem"]
"""What customers do that is counted: opening a ticket here, the others in the shop."""


class DayCount(Record):
    """How often a customer did something on one day of the desk's time zone."""

    did: Did
    day: date
    count: int = 1
    amount: int = 0
    """The sum, in the smallest unit of the shop's currency."""
    last_at: Instant
    of: CustomerId | None = None
    """The merged customer who did it before the merge; None: this one."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a customer did in the shop. Erasing empties ``reference`` and ``product``."""

    did: Did
    at: datetime
    amount: int | None
    """In the smallest unit of the shop's currency."""
    reference: str
    product: str


COUNTED_DAYS: Final = 366
"""For how many days what customers do is counted."""


class SegmentMembership(Record):
    """That a customer belongs to a segment, since when."""

    name: Name
    since: Instant


class ErasedCounts(Record):
    """How much was erased, by kind."""

    customers: int = 0
    """The customer and those merged with it."""
    identities: int = 0
    tickets: int = 0
    messages: int = 0
    """Messages, replies and notes."""
    drafts: int = 0
    outbox: int = 0
    """Messages that had not been sent, and never will be."""
    inbox: int = 0
    """Parked, waiting, blocked and discarded messages."""
    entries: int = 0
    """Entries of events that lost their personal values."""
    media: int = 0
    """Files."""


class Erasure(Record):
    """That a customer was erased, by whose command, since when, and when nothing of it was left."""

    customer: CustomerId
    command: str
    """The id of the command: the cause of all that it did."""
    requested_at: Instant
    completed_at: Instant | None = None
    counts: ErasedCounts = ErasedCounts()
    """Told when it is complete."""

    @property
    def state(self) -> Literal["running", "complete"]:
        """``complete`` once nothing is left in the store and its media, not even in the space that was freed."""
        return "running" if self.completed_at is None else "complete"


ERASED: Final = "csdesk:erased"
"""The tag of customers who were erased: ``desk.customers.list(tag=...)`` finds them."""


class Customer(Record):
    """A person or company that asks for help."""

    SCHEMA: ClassVar[int] = 1

    id: CustomerId
    version: int = 0
    name: str = ""
    level: str = ""
    stage: str = "new"
    language: str | None = None
    attributes: tuple[Attribute, ...] = ()
    identities: tuple[Identity, ...] = ()
    tags: tuple[TagAssignment, ...] = ()
    withheld: tuple[TagRemoval, ...] = ()
    """Tags that were taken away on purpose."""
    flags: tuple[Flag, ...] = ()
    acts: tuple[DayCount, ...] = ()
    """What the customer did, counted by day, for ``COUNTED_DAYS``; of each kind the last day stays longer."""
    segments: tuple[SegmentMembership, ...] = ()
    segments_at: Instant | None = None
    """When time alone may change the segments."""
    block: Block | None = None
    dedicated_agent: AgentId | None = None
    first_account: str = ""
    source: Source | None = None
    """Where they came from first; None: nothing but the account is known. Of merged customers each keeps its own."""
    entered: Entered | None = None
    """When they last came by a link, a code or a page; None: never, as far as is known."""
    merged_into: CustomerId | None = None
    """The survivor, if this customer was merged into another one; never a chain."""
    members: tuple[CustomerId, ...] = ()
    """The customers merged into this one."""
    created_at: Instant
    erasure: Erasure | None = None
    """That the customer was erased: ids and links stay, nothing personal does."""

    @property
    def wake_at(self) -> datetime | None:
        """The next instant at which something is due for the customer: the end of a tag or flag, a look at segments."""
        values = self.__dict__
        if values["erasure"] is not None or values["merged_into"] is not None:
            return None
        if not (values["segments_at"] or values["tags"] or values["flags"]):
            return None  # mostly, and every message asks
        marks = [at for at in (self.segments_at, next_expiry(self.tags)) if at is not None]
        marks += [one.until for one in self.flags if one.until is not None]
        return min(marks, default=None)

    def flag(self, name: str) -> Flag | None:
        """The flag of that name, None if the customer has none."""
        return next((one for one in self.flags if one.name == name), None)

    def is_in(self, segment: str) -> bool:
        """True if the customer belongs to that segment."""
        return any(one.name == segment for one in self.segments)

    def is_blocked(self, now: datetime) -> bool:
        """True if their messages go no further than the inbox at that instant."""
        return self.block is not None and (self.block.until is None or self.block.until > now)

    def identity(self, identity_id: str) -> Identity | None:
        """The identity of that id, None if the customer does not hold it."""
        return next((one for one in self.identities if one.id == identity_id), None)

    def attribute(self, name: str) -> Attribute | None:
        """The profile value of that name."""
        return next((one for one in self.attributes if one.name == name), None)
