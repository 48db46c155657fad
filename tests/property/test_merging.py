"""Random merges, unmerges, splits, links and unlinks, with messages arriving in between, over both stores."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conftest import many

from csdesk import Actor, DeskConfig, InboundMessage, Sender, UsageError, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.core.casework.replaying import caught_up, replayed
from csdesk.domain.core.evolve import fold
from csdesk.domain.core.lineage import recounted
from csdesk.domain.records import events as ev
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import ACTIVE, Category, Ticket
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock, SerialIds

AGENT = Actor.agent("lin")
PEOPLE = 4
CONFIG = DeskConfig.model_validate(
    {
        "sla": [
            {
                "name": "std",
                "targets": [
                    {"metric": "first_reply", "within": "30m"},
                    {"metric": "next_reply", "within": "20m"},
                    {"metric": "resolution", "within": "2h", "pause_on": ["waiting_customer"]},
                ],
            }
        ]
    }
)
MARKS = ("messages", "last_message", "customer_at", "replied_at", "waiting_since", "unanswered", "auto_replied_at")
OWN = (
    *("subject", "type", "priority", "queue", "identity", "account", "conversation", "owner"),
    *("tags", "fields", "links", "created_at", *MARKS),
)
NUMBERS = st.integers(0, 30)


def sender(person: int, kind: str = "email") -> Sender:
    return Sender(kind=kind, external_id=f"{person}@example.org")


def leads(records: Iterable[Any], held: str) -> None:
    """Every merged record leads straight to a survivor, which knows it; nothing else does."""
    known = {one.id: one for one in records}
    for one in known.values():
        inside = getattr(one, held)
        assert len(set(inside)) == len(inside)
        assert all(known[key].merged_into == one.id for key in inside)
        if one.merged_into is not None:
            assert inside == ()
            assert known[one.merged_into].merged_into is None
            assert one.id in getattr(known[one.merged_into], held)


class Merging(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = self.make_store()
        self.clock = FixedClock()
        self.desk: Desk = open_desk(self.store, config=CONFIG, clock=self.clock, ids=SerialIds())
        self.said = 0
        self.before: dict[str, Ticket] = {}
        self.received: set[str] = set()
        self.customers_before: dict[str, Customer] = {}

    def make_store(self) -> Store:
        return MemoryStore()

    def teardown(self) -> None:
        book = self.desk._core.policy.service
        end = self.clock.now() + timedelta(days=30)
        for ticket in self.all("ticket"):
            entries = sorted(self.all("entry", subject=ticket.id), key=lambda one: one.position)
            again = replayed(entries, lambda _: book, until=end).ticket
            carried, _ = caught_up(book, ticket, end)  # what nobody has looked at yet is due all the same
            assert again.clocks == carried.clocks, "replaying the log gives the clocks that the ticket carries"
        self.desk.close()

    def all(self, kind: Any, **where: Any) -> list[Any]:
        return list(self.store.query("main", Query(kind=kind, where=tuple(where.items()), limit=1000)).items)

    def pick(self, kind: Any, number: int) -> Any:
        found = self.all(kind)
        return found[number % len(found)] if found else None

    @initialize()
    def begin(self) -> None:
        self.agents = [
            self.desk.agents.add(name, queues=["default"], presence=Presence.ONLINE, actor=AGENT, capacity=100).id
            for name in ("Lin", "Ann")
        ]
        for person in range(PEOPLE):
            self.say(person, person, None, "no", 1)

    @rule(
        person=st.integers(0, PEOPLE - 1),
        conversation=st.integers(0, PEOPLE - 1),
        copied=st.none() | st.integers(0, PEOPLE - 1),
        also=st.sampled_from(("no", "phone")),
        minutes=st.integers(0, 15),
    )
    def say(self, person: int, conversation: int, copied: int | None, also: str, minutes: int) -> None:
        self.said += 1
        self.clock.advance(timedelta(minutes=minutes))
        received = self.desk.receive(
            InboundMessage(
                account="mail",
                dedupe_key=str(self.said),
                provider_id=f"<{self.said}@example.org>",
                references=(f"<{max(1, self.said - conversation)}@example.org>",) if minutes % 3 == 0 else (),
                conversation=f"c{conversation}",
                sender=sender(person),
                also=(sender(person, also),) if also != "no" else (),
                cc=(sender(copied),) if copied not in (None, person) else (),
                text="hello",
            )
        )
        assert received.state == "stored", received.error

    @rule(number=NUMBERS, what=st.sampled_from(("reply", "note", "resolve", "close", "tag", "assign", "priority")))
    def work(self, number: int, what: str) -> None:
        ticket = self.pick("ticket", number)
        if ticket.merged_into is not None:
            return
        try:
            match what:
                case "reply":
                    self.desk.reply(ticket.id, "yes", actor=Actor.agent(self.agents[0]), deliver=False)
                case "note":
                    self.desk.note(ticket.id, "n", actor=AGENT)
                case "resolve":
                    self.desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
                case "close":
                    self.desk.tickets.set_status(ticket.id, "closed", actor=AGENT)
                case "tag":
                    self.desk.tickets.tag(ticket.id, f"t{number}", actor=AGENT)
                case "assign":
                    self.desk.tickets.assign(ticket.id, self.agents[number % 2], actor=AGENT)
                case "priority":
                    self.desk.tickets.set_field(ticket.id, "priority", ("low", "urgent")[number % 2], actor=AGENT)
        except UsageError:
            pass

    @rule(one=NUMBERS, other=NUMBERS)
    def merge(self, one: int, other: int) -> None:
        ticket, into = self.pick("ticket", one), self.pick("ticket", other)
        received = self.receiver(ticket) == ticket.id
        try:
            self.desk.tickets.merge(ticket.id, into.id, actor=AGENT)
        except UsageError:
            return
        self.before[ticket.id] = ticket
        self.received.discard(ticket.id)
        if received:
            self.received.add(ticket.id)

    def receiver(self, ticket: Ticket) -> str | None:
        """The ticket that receives what is new in the conversation of a ticket."""
        key = self.desk._core.keys.conversation(ticket.account, ticket.conversation)
        return self.store.load("main", Needs(claims=(key,))).claims.get(key)

    def absorbed(self, ticket: str) -> tuple[str, ...]:
        return tuple(one.id for one in self.all("ticket") if one.merged_into == ticket)

    @rule(number=NUMBERS)
    def unmerge(self, number: int) -> None:
        ticket = self.pick("ticket", number)
        if ticket.merged_into is None:
            try:
                self.desk.tickets.unmerge(ticket.id, actor=AGENT)
            except UsageError:
                return
            raise AssertionError("a ticket that is not merged was unmerged")
        holder = self.receiver(ticket)
        done = self.desk.tickets.unmerge(ticket.id, actor=AGENT)
        before, after = self.before.pop(ticket.id), done.ticket
        taken_back = ticket.id in self.received and holder in (done.survivor.id, *self.absorbed(ticket.merged_into))
        assert self.receiver(ticket) == (ticket.id if taken_back else holder)
        assert after.category is Category.OPEN
        assert {name: getattr(after, name) for name in OWN} == {name: getattr(before, name) for name in OWN}
        assert after.assignee == before.assignee
        assert after.worker is None or after.worker.fence == after.fence > before.fence
        assert set(after.absorbed) <= set(before.absorbed)
        if after.absorbed == before.absorbed:
            assert after.participants == before.participants
        assert ticket.id not in done.survivor.absorbed
        kept = {one.id: one for one in self.all("message", ticket=done.survivor.id)}
        assert all(key in kept for key in done.stayed)

    @rule(number=NUMBERS, data=st.data())
    def split(self, number: int, data: st.DataObject) -> None:
        ticket = self.pick("ticket", number)
        held = [one.id for one in self.all("message", ticket=ticket.id)]
        chosen = [one for one in held if data.draw(st.booleans())]
        possible = ticket.merged_into is None and 0 < len(chosen) < len(held)
        try:
            new = self.desk.tickets.split(ticket.id, chosen, actor=AGENT)
        except UsageError:
            assert not possible
            return
        assert possible
        assert new.messages == len(chosen)
        assert new.links[0].ticket == ticket.id
        assert {one.id for one in self.all("message", ticket=new.id)} == set(chosen)

    @rule(one=NUMBERS, other=NUMBERS)
    def merge_customers(self, one: int, other: int) -> None:
        customer, into = self.pick("customer", one), self.pick("customer", other)
        try:
            self.desk.customers.merge(customer.id, into.id, actor=AGENT)
        except UsageError:
            return
        self.customers_before[customer.id] = customer

    @rule(number=NUMBERS)
    def unmerge_customers(self, number: int) -> None:
        customer = self.pick("customer", number)
        try:
            done = self.desk.customers.unmerge(customer.id, actor=AGENT)
        except UsageError:
            assert customer.merged_into is None
            return
        before = self.customers_before.pop(customer.id)
        for name in ("name", "level", "stage", "language", "attributes", "tags", "block", "created_at"):
            assert getattr(done.customer, name) == getattr(before, name)
        assert set(done.customer.members) <= set(before.members)

    @rule(number=NUMBERS, what=st.sampled_from(("link", "tag", "profile")))
    def care(self, number: int, what: str) -> None:
        customer = self.pick("customer", number)
        if what == "link":
            self.said += 1
            new = Sender(kind="phone", external_id=f"+86 {self.said}")
            self.desk.customers.link(customer.id, new, actor=AGENT)
        elif customer.merged_into is None and what == "tag":
            self.desk.customers.tag(customer.id, f"t{number % 3}", actor=AGENT)
        elif customer.merged_into is None:
            self.desk.customers.set_profile(customer.id, attributes={f"a{number % 3}": number}, actor=AGENT)

    @rule(number=NUMBERS, other=NUMBERS)
    def unlink(self, number: int, other: int) -> None:
        home = self.pick("customer", number)
        if not home.identities:
            return
        identity = home.identities[other % len(home.identities)]
        try:
            after = self.desk.customers.unlink(identity.id, actor=AGENT)
        except UsageError:
            assert len(home.identities) == 1
            return
        assert after.identity(identity.id) is not None
        assert after.id == identity.origin or after.identities == (after.identity(identity.id),)

    @invariant()
    def there_are_no_chains(self) -> None:
        leads(self.all("ticket"), "absorbed")
        leads(self.all("customer"), "members")

    @invariant()
    def every_message_has_one_ticket_that_counts_it(self) -> None:
        counted = Counter(one.ticket for one in self.all("message"))
        tickets = {one.id: one for one in self.all("ticket")}
        assert set(counted) <= set(tickets)
        assert {key: one.messages for key, one in tickets.items() if one.messages} == dict(counted)

    @invariant()
    def every_identity_has_one_home(self) -> None:
        homes = {one.id: customer.id for customer in self.all("customer") for one in customer.identities}
        assert sum(len(one.identities) for one in self.all("customer")) == len(homes)
        assert all(customer.identities for customer in self.all("customer"))
        assert dict(self.store.load("main", Needs(identities=tuple(homes))).homes) == homes

    @invariant()
    def streams_make_records(self) -> None:
        streams: dict[str, list[ev.Entry]] = {}
        for entry in self.all("entry"):
            streams.setdefault(entry.subject, []).append(entry)
        messages: list[Message] = self.all("message")
        for record in (*self.all("ticket"), *self.all("customer")):
            entries = tuple(streams[record.id])
            assert fold(entries) == record
            if isinstance(record, Ticket) and record.merged_into is None:
                kept = [one for one in messages if one.ticket == record.id]
                told = recounted(record, entries, kept)
                assert {name: getattr(told, name) for name in MARKS} == {name: getattr(record, name) for name in MARKS}
                self.check_participants(record, entries)
        for message in messages:
            assert message.version == 1 + len(streams.get(message.id, ()))

    def check_participants(self, ticket: Ticket, entries: tuple[ev.Entry, ...]) -> None:
        """Its own, those put in copy later, and those of what is inside it: nobody is left of what was taken out."""
        opened = next(one for one in entries[0].events if isinstance(one, ev.TicketOpened))
        wanted = {one.identity for one in opened.participants}
        for entry in entries:
            for event in entry.events:
                if isinstance(event, ev.ParticipantsChanged):
                    wanted |= {one.identity for one in event.added}
        for key in ticket.absorbed:
            wanted |= {one.identity for one in self.desk.tickets.get(key).participants}
        assert {one.identity for one in ticket.participants} == wanted

    @invariant()
    def loads_are_what_agents_have(self) -> None:
        held = Counter(one.assignee for one in self.all("ticket") if one.category in ACTIVE)
        for agent in getattr(self, "agents", ()):
            assert self.desk.agents.get(agent).load == held[agent]


class MergingInSqlite(Merging):
    def make_store(self) -> Store:
        self.folder = tempfile.TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "desk.db", synchronous="NORMAL")

    def teardown(self) -> None:
        super().teardown()
        self.store.close()
        self.folder.cleanup()


SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
TestMerging = Merging.TestCase
TestMerging.settings = settings(
    max_examples=many(20), stateful_step_count=30, deadline=None, suppress_health_check=SLOW
)
TestMergingInSqlite = MergingInSqlite.TestCase
TestMergingInSqlite.settings = settings(
    max_examples=many(4), stateful_step_count=25, deadline=None, suppress_health_check=SLOW
)
