"""Segments stay what a fresh look at everything gives, and tags what a plain reading of their precedence gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conftest import many

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tags import TagSource
from csdesk.ports.store import Query
from csdesk.rules import F
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

AGENT = Actor.agent("agt_1")
PEOPLE = ("ann", "bob", "cem")
DAY = timedelta(days=1)
ZONE = "Asia/Shanghai"


def segment(name: str, when: Any) -> dict[str, Any]:
    return {"name": name, "when": when}


CONFIGS = (
    DeskConfig(
        segments=[
            segment("often", F.customer.tickets(days=2) >= 2),
            segment("buyer", (F.customer.orders(days=3) >= 1) & F.customer.tags.contains_none("late")),
            segment("silent", F.customer.order_at.older_than("2d")),
        ],
        tags=[{"name": "late"}],
        zone=ZONE,
    ),
    DeskConfig(
        segments=[
            segment("often", F.customer.tickets(days=3) >= 2),
            segment("flagged", F.customer.flags.contains("rude") | (F.customer.level == "vip")),
            segment("fresh", F.customer.order_at.within_last("36h") | F.customer.created_at.today()),
        ],
        tags=[{"name": "late"}],
        zone=ZONE,
    ),
    DeskConfig(tags=[{"name": "late"}], zone=ZONE),
)


class Segments(RuleBasedStateMachine):
    """Random happenings; whenever nothing is due, membership is what the definition says of what is stored."""

    @initialize()
    def begin(self) -> None:
        self.clock = FixedClock()
        self.number = 0
        self.config = 0
        self.store = MemoryStore()
        self.desk = open_desk(self.store, config=CONFIGS[0], clock=self.clock, ids=SerialIds())
        self.customers: dict[str, str] = {}
        for name in PEOPLE:
            self.says(name, 0)

    def _customer(self, name: str) -> str | None:
        return self.customers.get(name)

    @rule(name=st.sampled_from(PEOPLE), conversation=st.integers(0, 2))
    def says(self, name: str, conversation: int) -> None:
        self.number += 1
        message = InboundMessage(
            account="web",
            dedupe_key=str(self.number),
            conversation=f"{name}-{conversation}",
            sender=Sender(external_id=name),
            text="hello",
        )
        got = self.desk.receive(message)
        assert got.customer is not None
        self.customers.setdefault(name, got.customer.id)

    @rule(name=st.sampled_from(PEOPLE), did=st.sampled_from(("order", "payment")), ago=st.integers(0, 4))
    def does(self, name: str, did: Any, ago: int) -> None:
        if (customer := self._customer(name)) is not None:
            self.desk.customers.record(customer, did, at=self.clock.now() - ago * DAY)

    @rule(name=st.sampled_from(PEOPLE), until=st.sampled_from((None, DAY, 3 * DAY)), what=st.integers(0, 3))
    def marks(self, name: str, until: timedelta | None, what: int) -> None:
        customer = self._customer(name)
        if customer is None:
            return
        ends = None if until is None else self.clock.now() + until
        if what == 0:
            self.desk.customers.flag(customer, "rude", until=ends, actor=AGENT)
        elif what == 1:
            self.desk.customers.tag(customer, "late", expires_at=ends, actor=AGENT)
        elif what == 2:
            self.desk.customers.set_profile(customer, level="vip" if until else "basic", actor=AGENT)
        else:
            self.desk.customers.untag(customer, "late", actor=AGENT)

    @rule(one=st.sampled_from(PEOPLE), other=st.sampled_from(PEOPLE))
    def meets(self, one: str, other: str) -> None:
        """Merge two people, or part them again."""
        first, second = self._customer(one), self._customer(other)
        if first is None or second is None or first == second:
            return
        found = {record.id: record for record in self._stored()}
        if found[first].merged_into is not None:
            self.desk.customers.unmerge(first, actor=AGENT)
        elif self.desk.customers.get(second).id != first:
            self.desk.customers.merge(first, second, actor=AGENT)
        self.settles()

    @rule(hours=st.sampled_from((1, 11, 24, 60)))
    def passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.settles()

    @rule(place=st.integers(0, len(CONFIGS) - 1))
    def changes(self, place: int) -> None:
        self.config = place
        self.desk.config.activate(CONFIGS[place])

    @rule()
    def settles(self) -> None:
        """Do what is due, and look at everybody afresh."""
        while True:
            done = self.desk.run_due()
            if not done.more and not done.customers and not done.rebuilt:
                break
        now = self.clock.now()
        for record in self._stored():
            expected = self._expected(record, now)
            assert {one.name for one in record.segments} == expected, record.id
            for name in expected:
                assert record.id in {one.id for one in self.desk.segments.members(name).items}
        assert not problems_of(self.store)

    def _stored(self) -> Iterator[Customer]:
        page = self.store.query("main", Query(kind="customer", limit=100))
        return (one for one in page.items if isinstance(one, Customer))

    def _expected(self, customer: Customer, now: datetime) -> set[str]:
        """Worked out from tickets and events, not from what is kept on the record."""
        if customer.merged_into is not None:
            return set()
        today = now.astimezone(ZoneInfo(ZONE)).date()
        family = [customer.id, *customer.members]
        records = {record.id: record for record in self._stored()}
        identities = {one.id for key in family for one in records[key].identities}
        tickets = [one for one in self.desk.tickets.list(limit=500).items if one.identity in identities]
        opened = [one.created_at for one in tickets]
        bought = [at for key in family for at in self._orders(key)]

        def within(instants: list[datetime], days: int) -> int:
            return sum((today - at.astimezone(ZoneInfo(ZONE)).date()).days < days for at in instants)

        last = max(bought, default=None)
        held = {tag.name for tag in customer.tags}
        flags = {one.name for one in customer.flags}
        truths = (
            {
                "often": within(opened, 2) >= 2,
                "buyer": within(bought, 3) >= 1 and "late" not in held,
                "silent": last is not None and now - last >= 2 * DAY,
            },
            {
                "often": within(opened, 3) >= 2,
                "flagged": "rude" in flags or customer.level == "vip",
                "fresh": (last is not None and now - last < timedelta(hours=36))
                or customer.created_at.astimezone(ZoneInfo(ZONE)).date() == today,
            },
            {},
        )[self.config]
        return {name for name, holds in truths.items() if holds}

    def _orders(self, key: str) -> Iterator[datetime]:
        """What is told of orders in a customer's own stream: while merged, the survivor's goes on instead."""
        for entry in self.desk.explain(key):
            for event in entry.events:
                if isinstance(event, ev.CustomerActed) and event.did == "order":
                    yield event.at

    @invariant()
    def entering_and_leaving_alternate(self) -> None:
        if not hasattr(self, "customers"):
            return
        for key in set(self.customers.values()):
            inside: dict[str, bool] = {}
            for entry in self.desk.explain(key):
                for event in entry.events:
                    if isinstance(event, ev.SegmentEntered | ev.SegmentLeft):
                        is_in = isinstance(event, ev.SegmentEntered)
                        assert inside.get(event.segment, False) is not is_in
                        inside[event.segment] = is_in

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.close()


class Precedence(RuleBasedStateMachine):
    """Tags of one customer against a plain reading: who set, who took, which group, until when."""

    ORDER: ClassVar = (TagSource.HAND, TagSource.RULE, TagSource.SYNC, TagSource.MODEL)
    GROUPS: ClassVar = {"calm": "temper", "angry": "temper"}

    @initialize()
    def begin(self) -> None:
        self.clock = FixedClock()
        tags = [{"name": "a"}, *({"name": name, "group": group} for name, group in self.GROUPS.items())]
        self.desk = open_desk(MemoryStore(), config=DeskConfig(tags=tags), clock=self.clock, ids=SerialIds())
        message = InboundMessage(
            account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="u"), text="hello"
        )
        got = self.desk.receive(message)
        assert got.customer is not None
        self.customer = got.customer.id
        self.held: dict[str, tuple[TagSource, datetime | None]] = {}
        self.taken: dict[str, TagSource] = {}

    def _counts_more(self, one: TagSource, other: TagSource) -> bool:
        return self.ORDER.index(one) < self.ORDER.index(other)

    def _expire(self) -> None:
        now = self.clock.now()
        self.held = {name: (src, end) for name, (src, end) in self.held.items() if end is None or end > now}

    names = st.sampled_from(("a", "calm", "angry"))
    sources = st.sampled_from(list(TagSource))

    @rule(name=names, source=sources, hours=st.sampled_from((None, 1, 5)))
    def sets(self, name: str, source: TagSource, hours: int | None) -> None:
        ends = None if hours is None else self.clock.now() + timedelta(hours=hours)
        self.desk.customers.tag(self.customer, name, source=source, expires_at=ends, actor=Actor.system())
        self._expire()
        rivals = [one for one in self.held if one != name and self.GROUPS.get(one, one) == self.GROUPS.get(name, name)]
        blocks = [self.taken[name]] if name in self.taken else []
        blocks += [self.held[one][0] for one in (*rivals, name) if one in self.held]
        if any(self._counts_more(one, source) for one in blocks):
            return
        if name in self.held and self.held[name][0] is source and ends is None:
            return  # set again: it stays as it is
        for one in rivals:
            del self.held[one]
        self.held[name] = (source, ends)
        self.taken.pop(name, None)

    @rule(name=names, source=sources)
    def takes(self, name: str, source: TagSource) -> None:
        self.desk.customers.untag(self.customer, name, source=source, actor=Actor.system())
        self._expire()
        if name in self.held and not self._counts_more(self.held[name][0], source):
            del self.held[name]
            if source in (TagSource.HAND, TagSource.RULE):
                self.taken[name] = source

    @rule(hours=st.sampled_from((1, 3)))
    def passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.desk.run_due()
        self._expire()

    @invariant()
    def the_same_tags(self) -> None:
        if hasattr(self, "held"):
            found = self.desk.customers.get(self.customer).tags
            assert {tag.name: (tag.source, tag.expires_at) for tag in found} == self.held

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.close()


TestSegments = Segments.TestCase
TestSegments.settings = settings(max_examples=many(20), stateful_step_count=25, deadline=None)
TestPrecedence = Precedence.TestCase
TestPrecedence.settings = settings(max_examples=many(20), stateful_step_count=25, deadline=None)
