"""Who belongs to which segment, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.ids import CustomerId
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.config import SegmentPolicy
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Act, Customer, SegmentMembership
from csdesk.domain.records.events import CustomerActed, Entry
from csdesk.domain.records.trace import Outcome, Trace, verdict
from csdesk.domain.rules.why import Looking, Reason, reason
from csdesk.flows.reading import checks
from csdesk.flows.reading.known_names import unknown
from csdesk.flows.reading.lists import get_customer, page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentExplanation:
    """Why a customer belongs to a segment, or does not."""

    segment: str
    customer: CustomerId
    at: datetime
    """The moment that is looked at: now."""
    holds: bool | None
    """Does the condition hold now? None: what it hangs on was erased."""
    member_since: datetime | None
    """Since when the customer is stored as a member; None: it is not."""
    next_at: datetime | None
    """When time alone may change any segment of the customer; None: never."""
    condition: Reason
    """The tests, each with its outcome and the value seen."""

    @property
    def because(self) -> tuple[Reason, ...]:
        """The tests that would have to come out otherwise for it to be a member."""
        return tuple(self.condition.to_blame())

    @property
    def trace(self) -> Trace:
        """The same as verdicts, for ``csdesk.render``."""
        code = "why.in_segment" if self.holds else "why.not_in_segment"
        outcome = Outcome.CHOSEN if self.holds else Outcome.REMOVED
        return Trace(verdicts=(verdict(code, outcome, segment=self.segment), self.condition.verdict()))


def segments_of(customer_id: str) -> Flow[tuple[SegmentMembership, ...]]:
    """The segments that a customer belongs to, those it entered first first."""
    return (yield from get_customer(customer_id)).segments


def all_segments() -> Flow[tuple[SegmentPolicy, ...]]:
    """The segments of the configuration in force."""
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs())
    return loaded.policy.config.segments


def members(segment: str, limit: int, cursor: str | None) -> Flow[Page[Customer]]:
    """A page of the customers that belong to a segment."""
    yield from _known(segment)
    query = Query(kind="customer", where=(("segment", segment),), limit=limit, after=cursor)
    return (yield from page_of(Customer, query))


def count_members(segment: str) -> Flow[int]:
    """How many customers belong to a segment."""
    yield from _known(segment)
    return (yield from steps.count(checks.query(Query(kind="customer", where=(("segment", segment),)))))


def _known(segment: str) -> Flow[Policy]:
    """The policy in force, if it has that segment."""
    checks.an_id(segment, "segment")
    yield from steps.attempt(0)
    policy = (yield from steps.load(Needs())).policy
    if policy.segments.get(segment) is None:
        raise unknown("segment", segment, policy)
    return policy


def explain_segment(customer_id: str, segment: str, viewer: Viewer | None) -> Flow[SegmentExplanation]:
    """See ``desk.segments.explain``."""
    personal = checks.may_see_personal(viewer)
    policy = yield from _known(segment)
    customer = yield from get_customer(customer_id)
    now = (yield from steps.attempt(0)).now
    wanted = policy.segments.get(segment)
    assert wanted is not None
    looking = Looking(
        policy.segments.facts(customer, now),
        {"customer": customer.id},
        personal=personal,
        erased=customer.erasure is not None,
        declared=policy.declared,
    )
    found = reason(wanted.when, looking)
    held = next((one for one in customer.segments if one.name == segment), None)
    return SegmentExplanation(
        segment=segment,
        customer=customer.id,
        at=now,
        holds=found.holds,
        member_since=held.since if held is not None else None,
        next_at=customer.segments_at,
        condition=found,
    )


def acts_of(customer_id: str, limit: int, cursor: str | None) -> Flow[Page[Act]]:
    """A page of what a customer and those merged with it did, as it was recorded, latest first.

    A page can hold fewer than ``limit``, even none, while there are more.
    """
    customer = yield from get_customer(customer_id)
    subjects = (str(customer.id), *map(str, customer.members))
    query = Query(
        kind="entry",
        where=(("subject", subjects),),
        order="position",
        descending=True,
        limit=limit,
        after=cursor,
    )
    page = yield from page_of(Entry, query)
    found = tuple(
        Act(one.did, one.at, one.amount, one.reference or "", one.product or "")
        for entry in page.items
        for one in entry.events
        if isinstance(one, CustomerActed) and one.did != "ticket"
    )
    return Page(found, page.cursor)
