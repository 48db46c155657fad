"""What happens to a customer."""

from __future__ import annotations

from datetime import date
from typing import Literal

from csdesk.domain.ids import AgentId, CustomerId, IdentityId, MessageId
from csdesk.domain.records._model import Instant
from csdesk.domain.records.customers import Attribute, DayCount, Did, ErasedCounts, Evidence
from csdesk.domain.records.events._base import EventBase, Gone
from csdesk.domain.records.origins import Origin, Traffic
from csdesk.domain.records.tags import TagAssignment, TagSource


class CustomerCreated(EventBase):
    """Somebody came for the first time."""

    PERSONAL = frozenset({"name", "origin"})
    kind: Literal["customer.created"] = "customer.created"
    id: CustomerId
    name: str | None = ""
    language: str | None = None
    account: str = ""
    level: str = ""
    traffic: Traffic | None = None
    origin: Origin | None = None
    """What their channel told of where they came from."""


class CustomerEntered(EventBase):
    """The customer came by a link, a code or a page: where from stands in ``origin``.

    ``message`` told it; None: the channel did, before anything was written.
    """

    PERSONAL = frozenset({"origin", "conversation"})
    kind: Literal["customer.entered"] = "customer.entered"
    account: str
    conversation: str | None = ""
    entered_at: Instant
    origin: Origin | None = None
    entry: str = ""
    """The code of the entry point; empty: no entry point has it."""
    campaign: str = ""
    message: MessageId | None = None
    is_first: bool = False
    """True if nobody knew the customer before."""


class EntranceAnswered(EventBase):
    """The customer wrote for the first time after they entered."""

    kind: Literal["customer.entrance_answered"] = "customer.entrance_answered"
    message: MessageId


class IdentityLinked(EventBase):
    """An identity was attached to the customer."""

    PERSONAL = frozenset({"external_id"})
    kind: Literal["customer.identity_linked"] = "customer.identity_linked"
    identity: IdentityId
    identity_kind: str
    scope: str = ""
    external_id: str | None = ""
    evidence: Evidence = Evidence.FIRST_CONTACT
    origin: CustomerId | None = None
    """The customer it was taken from, if it was unlinked from one."""


class IdentityUnlinked(EventBase):
    """An identity left the customer; ``into`` is its home from now on."""

    kind: Literal["customer.identity_unlinked"] = "customer.identity_unlinked"
    identity: IdentityId
    into: CustomerId
    evidence: Evidence = Evidence.AGENT


class CustomerNamed(EventBase):
    """The customer's name was set."""

    PERSONAL = frozenset({"name"})
    kind: Literal["customer.named"] = "customer.named"
    name: str | None = ""


class AttributesSet(EventBase):
    """Profile values were set; a value of None removes the attribute."""

    PERSONAL = frozenset({"attributes"})
    kind: Literal["customer.attributes_set"] = "customer.attributes_set"
    attributes: tuple[Attribute, ...] | None = ()


class CustomerPlaced(EventBase):
    """The level, stage, language or dedicated agent of the customer changed; None leaves a value as it is."""

    kind: Literal["customer.placed"] = "customer.placed"
    level: str | None = None
    stage: str | None = None
    language: str | None = None
    dedicated_agent: AgentId | None = None


class CustomerTagged(EventBase):
    """Tags were put on the customer."""

    kind: Literal["customer.tagged"] = "customer.tagged"
    tags: tuple[TagAssignment, ...]


class CustomerUntagged(EventBase):
    """A tag was taken from the customer."""

    kind: Literal["customer.untagged"] = "customer.untagged"
    tag: str
    source: TagSource = TagSource.HAND
    """Who took it: whoever counts for less does not put it back."""
    why: Gone = ""
    """``expired``: its time was over; ``group``: another tag of its exclusive group took its place."""


class CustomerFlagged(EventBase):
    """A warning about the customer was written down, or written anew under the same name."""

    PERSONAL = frozenset({"reason", "evidence"})
    kind: Literal["customer.flagged"] = "customer.flagged"
    flag: str
    reason: str | None = ""
    evidence: tuple[str, ...] | None = ()
    until: Instant | None = None
    by: str = ""
    """Who wrote it, as ``kind:id``."""


class CustomerUnflagged(EventBase):
    """A warning about the customer was lifted, or its time was over (``expired``)."""

    kind: Literal["customer.unflagged"] = "customer.unflagged"
    flag: str
    expired: bool = False


class CustomerActed(EventBase):
    """The customer did something: opened a ticket here, or browsed, ordered, paid in the shop."""

    PERSONAL = frozenset({"reference", "product"})
    kind: Literal["customer.acted"] = "customer.acted"
    did: Did
    at: Instant
    day: date
    """The day on which it counts, in the desk's time zone."""
    amount: int | None = None
    """In the smallest unit of the shop's currency."""
    reference: str | None = ""
    """The order or payment it is about, as the shop calls it."""
    product: str | None = ""


class ActsRecounted(EventBase):
    """What the customer did of one kind was counted anew from what is stored."""

    kind: Literal["customer.recounted"] = "customer.recounted"
    did: Did
    days: tuple[DayCount, ...] = ()


class SegmentEntered(EventBase):
    """The customer belongs to a segment from now on."""

    kind: Literal["segment.entered"] = "segment.entered"
    segment: str


class SegmentLeft(EventBase):
    """The customer no longer belongs to a segment; ``ended``: the segment itself is gone, or the customer's data."""

    kind: Literal["segment.left"] = "segment.left"
    segment: str
    ended: bool = False


class SegmentsPlanned(EventBase):
    """When time alone may change what segments the customer belongs to; None: never."""

    kind: Literal["segment.planned"] = "segment.planned"
    at: Instant | None = None


class CustomerBlocked(EventBase):
    """Messages of the customer go no further than storage, until ``until`` (None: for good)."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["customer.blocked"] = "customer.blocked"
    reason: str | None = ""
    until: Instant | None = None


class CustomerUnblocked(EventBase):
    """The block was lifted."""

    kind: Literal["customer.unblocked"] = "customer.unblocked"


class CustomerMerged(EventBase):
    """The customer was merged into another one, which now speaks for both."""

    kind: Literal["customer.merged"] = "customer.merged"
    into: CustomerId
    evidence: Evidence = Evidence.AGENT


class CustomerAbsorbed(EventBase):
    """Other customers were merged into this one."""

    kind: Literal["customer.absorbed"] = "customer.absorbed"
    customers: tuple[CustomerId, ...]
    acts: tuple[DayCount, ...] = ()
    """What they had done before, which counts for the survivor while they are merged."""
    evidence: Evidence = Evidence.AGENT


class CustomerUnmerged(EventBase):
    """The customer was taken out of its survivor and speaks for itself again, and for ``members``."""

    kind: Literal["customer.unmerged"] = "customer.unmerged"
    out_of: CustomerId
    members: tuple[CustomerId, ...] = ()
    """The customers that were merged into this one before, and come out with it."""


class CustomerReleased(EventBase):
    """Customers that were merged into this one were taken out again."""

    kind: Literal["customer.released"] = "customer.released"
    customers: tuple[CustomerId, ...]


class CustomerErased(EventBase):
    """Everything personal about the customer is gone, or going; ``survivor`` speaks for those merged with it."""

    kind: Literal["customer.erased"] = "customer.erased"
    survivor: CustomerId
    command: str
    """The id of the command that asked for it."""


class ErasureCompleted(EventBase):
    """Nothing of an erased customer is left in the store and its media."""

    kind: Literal["customer.erasure_completed"] = "customer.erasure_completed"
    counts: ErasedCounts
