"""``desk.customers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from csdesk.desk.business import Business
from csdesk.desk.linking import Linking
from csdesk.domain.core.customers.reaching import Reach
from csdesk.domain.ids import AgentId, CustomerId, IdentityId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.customers import Act, Customer, Erasure, SegmentMembership
from csdesk.domain.records.messages import Message, Purpose
from csdesk.domain.records.tags import TagSource
from csdesk.flows.reading import customer_briefs, known_names, lists, reaching, segments
from csdesk.flows.reading.checks import pairs, several
from csdesk.flows.reading.lists import filters
from csdesk.flows.removal import erasing
from csdesk.ports.store import Page, Query


class Customers(Linking, Business):
    """The people who ask. Merged customers answer as one: an absorbed one's id leads to its survivor."""

    def get(self, customer: CustomerId) -> Customer:
        """The customer of that id, or the survivor it was merged into.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(lists.get_customer(customer))

    def of(self, identity: IdentityId) -> Customer:
        """The customer behind an identity: ``desk.customers.of(ticket.identity)``.

        Raises:
            NotFound: nobody has it.
        """
        return self._runner.run(lists.customer_of(identity))

    def find(self, external_id: str, *, kind: str = "external", scope: str = "") -> Customer | None:
        """The customer whom a channel knows by that id (an address, an open id); None if nobody is."""
        return self._runner.run(lists.find_customer(kind, scope, external_id))

    def list(
        self,
        *,
        level: str | None = None,
        stage: str | None = None,
        tag: str | None = None,
        segment: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        descending: bool = True,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Customer]:
        """A page of customers in the order in which they first came; ``since`` and ``until`` bound when that was.

        A page costs its own rows with a tag, a segment, or no filter; with the others, all customers are looked at.

        Raises:
            InvalidInput: the configuration has no such segment, or lists levels or tags, and not this one; and no
                customer (for a tag: nor ticket) is left that has it.
        """
        query = Query(
            kind="customer",
            where=filters(level=level, stage=stage, tag=tag, segment=segment),
            since=since,
            until=until,
            descending=descending,
            limit=limit,
            after=cursor,
        )
        return self._runner.run(known_names.listed(Customer, query))

    def reachable(
        self,
        customer: CustomerId,
        *,
        immediacy: str | None = None,
        purpose: Purpose = Purpose.SERVICE,
        parts: Sequence[str] = ("text",),
        automatic: bool = False,
    ) -> Reach:
        """By which channels the customer is reached now, the best first: ``reply`` on the ticket of ``.best``.

        Each way is judged by what sending goes by (reply window and quota, consent, quiet hours and caps, what the
        channel carries), and by the class of immediacy. Nothing is sent; what holds now may not hold later.

        Args:
            customer: merged customers count as one.
            immediacy: a class of the configuration; None: that of the type of their latest live ticket, else none.
            purpose: what the message is for.
            parts: the kinds of part that it holds: ``text``, ``media``, ``link``, ``menu``, ``template``, ...
            automatic: True if no person writes it.

        Raises:
            NotFound: this desk has no such customer.
            InvalidInput: there is no such class, or kind of part.
        """
        return self._runner.run(reaching.reachable(customer, immediacy, purpose, parts, automatic=automatic))

    def timeline(self, customer: CustomerId, *, limit: int = 50, cursor: str | None = None) -> Page[Message]:
        """What was said on all the customer's tickets, newest first."""
        return self._runner.run(customer_briefs.customer_timeline(customer, limit, cursor))

    def set_profile(
        self,
        customer: CustomerId,
        *,
        actor: Actor,
        name: str | None = None,
        level: str | None = None,
        stage: str | None = None,
        language: str | None = None,
        dedicated_agent: AgentId | None = None,
        attributes: Mapping[str, str | int | float | bool | None] | None = None,
        source: str = "host",
        confidence: float = 1.0,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Set what is known of the customer; None leaves a value, an attribute of None is removed."""
        return self._do(
            cmd.SetProfile(
                customer=customer,
                name=name,
                level=level,
                stage=stage,
                language=language,
                dedicated_agent=dedicated_agent,
                attributes=pairs(attributes or {}, "attributes"),
                source=source,
                confidence=confidence,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def tag(
        self,
        customer: CustomerId,
        *tags: str,
        actor: Actor,
        source: TagSource = TagSource.HAND,
        expires_at: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Put tags on the customer, where nobody who counts for more than ``source`` decided otherwise.

        See docs/how-to/tags-and-segments.md. ``expires_at`` is when ``run_due`` takes them again; None: as the
        configuration says of each, or never.
        """
        return self._do(
            cmd.TagCustomer(
                customer=customer,
                add=tags,
                source=source,
                expires_at=expires_at,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def untag(
        self,
        customer: CustomerId,
        *tags: str,
        actor: Actor,
        source: TagSource = TagSource.HAND,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Take tags from the customer; whoever counts for less than ``source`` does not put them back."""
        return self._do(
            cmd.TagCustomer(
                customer=customer,
                remove=tags,
                source=source,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def flag(
        self,
        customer: CustomerId,
        flag: str,
        *,
        actor: Actor,
        reason: str = "",
        evidence: Sequence[str] = (),
        until: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Write down a warning about the customer that everybody who serves them sees, in ``brief`` and in rules.

        The same flag again takes the old one's place. ``until`` is when ``run_due`` lifts it; None: somebody has to.

        Raises:
            InvalidInput: the configuration lists flags, and not this one; or ``until`` lies in the past.
        """
        return self._do(
            cmd.FlagCustomer(
                customer=customer,
                flag=flag,
                reason=reason,
                evidence=several(evidence, "evidence"),
                until=until,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def lift_flag(
        self,
        customer: CustomerId,
        flag: str,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Lift a flag; one that the customer does not have changes nothing."""
        return self._do(
            cmd.FlagCustomer(
                customer=customer,
                flag=flag,
                lifted=True,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def record(
        self,
        customer: CustomerId,
        did: Literal["browse", "cart", "order", "payment", "refund", "redeem"],
        *,
        actor: Actor | None = None,
        at: datetime | None = None,
        amount: int | None = None,
        reference: str = "",
        product: str = "",
        idempotency_key: str | None = None,
    ) -> Customer:
        """Write down what the customer did in the shop; rules and segments count it by days, ``acts`` lists it.

        Args:
            customer: who did it.
            did: what.
            actor: None: the system.
            at: when; None: now. Not in the future, and not before 1970.
            amount: in the smallest unit of the shop's currency.
            reference: the order or payment, as the shop calls it.
            product: what it was about.
            idempotency_key: the shop's id of the event, so that telling it twice counts once.
        """
        return self._do(
            cmd.RecordAct(
                customer=customer,
                did=did,
                at=at,
                amount=amount,
                reference=reference,
                product=product,
                actor=actor or Actor.system("shop"),
                idempotency_key=idempotency_key,
            )
        )

    def acts(self, customer: CustomerId, *, limit: int = 50, cursor: str | None = None) -> Page[Act]:
        """A page of what the customer did in the shop, latest recorded first.

        A page can hold fewer than ``limit``, even none, while there are more: go on while it has a cursor.
        """
        return self._runner.run(segments.acts_of(customer, limit, cursor))

    def segments(self, customer: CustomerId) -> tuple[SegmentMembership, ...]:
        """The segments that the customer belongs to, each with since when."""
        return self._runner.run(segments.segments_of(customer))

    def block(
        self,
        customer: CustomerId,
        *,
        actor: Actor,
        reason: str = "",
        until: datetime | None = None,
        blocked: bool = True,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Store the customer's messages without going further; ``blocked`` False lifts it."""
        return self._do(
            cmd.BlockCustomer(
                customer=customer,
                reason=reason,
                until=until,
                blocked=blocked,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def erase(
        self,
        customer: CustomerId,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Erasure:
        """Erase everything personal about a customer and those merged with it; see docs/how-to/erase-a-customer.md.

        What can be done in a few seconds is done at once, the rest in ``run_due``: ``erasure`` tells how far it is.
        Ids, numbers and the chain of events stay. Whoever writes again is a new customer.

        Raises:
            NotFound: this desk has no such customer.
            UnsupportedFeature: the store cannot erase without a trace; nothing was done.
            VersionConflict: the customer is not at ``expected_version``.
        """
        command = cmd.EraseCustomer(
            customer=customer, actor=actor, expected_version=expected_version, idempotency_key=idempotency_key
        )
        return self._runner.run(erasing.erase(command, self._runner.command_id()))

    def erasure(self, customer: CustomerId) -> Erasure:
        """How far the erasing of a customer has come; with counts by kind once it is complete.

        Raises:
            NotFound: this desk has no such customer.
            InvalidInput: nobody asked to erase them.
        """
        return self._runner.run(erasing.erasure_of(customer))

    def erasures(self, *, limit: int = 50, cursor: str | None = None) -> Page[Erasure]:
        """A page of everybody who was or is being erased, latest first by when they first came."""
        return self._runner.run(erasing.erasures(limit, cursor))
