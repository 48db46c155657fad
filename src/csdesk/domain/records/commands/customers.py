"""Commands about customers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from csdesk.domain.ids import (
    AgentId,
    CustomerId,
    IdentityId,
)
from csdesk.domain.records._model import GivenScalar, Instant, Key, Name, Text
from csdesk.domain.records.business import MOST_VALUES, ProfileValue
from csdesk.domain.records.channels import Sender
from csdesk.domain.records.commands._base import (
    _Command,
)
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.tags import TagSource


class AddCustomer(_Command):
    """Add somebody who has not written yet. Whoever has that identity already stays as they are."""

    kind: Literal["add_customer"] = "add_customer"
    identity: Sender
    language: Text | None = None


class SetProfile(_Command):
    """Set a customer's name, level, stage, language, dedicated agent and profile values."""

    kind: Literal["set_profile"] = "set_profile"
    customer: CustomerId
    expected_version: int | None = None
    name: Text | None = None
    level: Text | None = None
    stage: Text | None = None
    language: Text | None = None
    dedicated_agent: AgentId | None = None
    attributes: tuple[tuple[Key, GivenScalar], ...] = ()
    source: Key = "host"
    confidence: float = Field(default=1.0, ge=0, le=1)


class FillProfile(_Command):
    """Take over what another system knows of a customer, where nobody said otherwise who counts for as much.

    A value is set where the customer has none of that name, where the same source set the one there (and not later),
    or where that one is less sure. One of None takes back what the same source set.
    """

    kind: Literal["fill_profile"] = "fill_profile"
    customer: CustomerId
    expected_version: int | None = None
    values: tuple[ProfileValue, ...] = Field(min_length=1, max_length=MOST_VALUES)


class TagCustomer(_Command):
    """Put tags on a customer, or take them off."""

    kind: Literal["tag_customer"] = "tag_customer"
    customer: CustomerId
    expected_version: int | None = None
    add: tuple[Key, ...] = ()
    remove: tuple[Key, ...] = ()
    source: TagSource = TagSource.HAND
    expires_at: Instant | None = None


class SyncTags(_Command):
    """Let a customer have exactly these tags of a namespace: what a system outside, such as the shop, says of them."""

    kind: Literal["sync_tags"] = "sync_tags"
    customer: CustomerId
    expected_version: int | None = None
    namespace: Annotated[Name, Field(pattern=r"^[^:]+$")]
    tags: tuple[Name, ...] = ()
    """Without the namespace."""


class FlagCustomer(_Command):
    """Write down a warning about a customer, or (``lifted``) lift it; the same flag again takes the old one's place."""

    kind: Literal["flag"] = "flag"
    customer: CustomerId
    expected_version: int | None = None
    flag: Name
    reason: Text = ""
    evidence: tuple[Key, ...] = Field(default=(), max_length=50)
    until: Instant | None = None
    lifted: bool = False


class RecordAct(_Command):
    """Write down what a customer did in the shop: browse, fill a cart, order, pay, get a refund, redeem."""

    kind: Literal["record"] = "record"
    customer: CustomerId
    expected_version: int | None = None
    did: Literal["browse", "cart", "order", "payment", "refund", "redeem"]
    at: Instant | None = None
    """When; None: now."""
    amount: int | None = Field(default=None, ge=0, le=10**15)
    """In the smallest unit of the shop's currency."""
    reference: Text = ""
    product: Text = ""


class LinkIdentity(_Command):
    """Attach a new identity to a customer."""

    kind: Literal["link_identity"] = "link_identity"
    customer: CustomerId
    expected_version: int | None = None
    identity: Sender


class MergeCustomers(_Command):
    """Merge ``customer`` into ``into``; both stay restorable."""

    kind: Literal["merge_customers"] = "merge_customers"
    customer: CustomerId
    into: CustomerId
    expected_version: int | None = None
    evidence: Evidence = Evidence.AGENT


class UnmergeCustomers(_Command):
    """Take a merged customer out of its survivor."""

    kind: Literal["unmerge_customers"] = "unmerge_customers"
    customer: CustomerId
    expected_version: int | None = None


class UnlinkIdentity(_Command):
    """Take an identity from its customer and give it a home of its own; ``expected_version`` is that customer's."""

    kind: Literal["unlink_identity"] = "unlink_identity"
    identity: IdentityId
    expected_version: int | None = None
    evidence: Evidence = Evidence.AGENT


class BlockCustomer(_Command):
    """Store a customer's messages without going further, or (``blocked`` False) lift that."""

    kind: Literal["block"] = "block"
    customer: CustomerId
    expected_version: int | None = None
    blocked: bool = True
    reason: Text = ""
    until: Instant | None = None


class EraseCustomer(_Command):
    """Erase everything personal about a customer and those merged with it; the desk goes on with it in ``run_due``."""

    kind: Literal["erase_customer"] = "erase_customer"
    customer: CustomerId
    expected_version: int | None = None
