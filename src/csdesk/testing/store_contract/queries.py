"""Queries: filters, order, pages, cursors, counts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from csdesk.domain.ids import AgentId, CustomerId
from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.changes import ChangeSet, ConfigRow, Put, Seen, Stored
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric
from csdesk.domain.records.customers import SegmentMembership
from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import InboxState, OutboxState
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, Offer, Owner, OwnerKind, Priority, Worker, WorkerKind
from csdesk.errors import InvalidInput
from csdesk.ports.store import QUERY_COLUMNS, TIME_COLUMN, Query, Store
from csdesk.testing import builders as build
from csdesk.testing.builders import at
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, ContractBase, everything
from csdesk.testing.store_contract.model import PlainModel

WORKED_OUT = frozenset({"group", "line", "burden"})
"""What no row is kept for: see ``LinePromises``."""

KINDS = sorted({*QUERY_COLUMNS} - WORKED_OUT)
MANY = {
    ("ticket", "tag"),
    ("ticket", "site"),
    ("customer", "tag"),
    ("customer", "segment"),
    ("customer", "identity"),
    ("agent", "queue"),
}


_OFFER = Offer(agent=AgentId(serial("agt_", 2)), queue="general", made_at=at(1), due_at=at(30))


def _clock(due: float, phase: ClockPhase = ClockPhase.RUNNING) -> Clock:
    return Clock(
        metric=Metric.FIRST_REPLY,
        cycle=int(due),
        policy="std",
        amount=timedelta(hours=1),
        started_at=at(0),
        due_at=at(due),
        phase=phase,
    )


def _tags(*names: str) -> tuple[TagAssignment, ...]:
    return tuple(TagAssignment(name=name, at=at(0)) for name in names)


_SEGMENTS: Final = (SegmentMembership(name="常客", since=at(0)), SegmentMembership(name="vip", since=at(0)))


def _tickets() -> list[Stored]:
    worker = Worker(kind=WorkerKind.AGENT, id=serial("agt_", 1), fence=1)
    owner = Owner(kind=OwnerKind.AGENT, id=serial("agt_", 1))
    values: list[dict[str, object]] = [
        {"tags": _tags("vip", "退款"), "priority": Priority.URGENT, "created_at": at(9), "site": "杭州"},
        {"worker": worker, "owner": owner, "category": Category.OPEN, "status": "open", "updated_at": at(7)},
        {"worker": Worker(kind=WorkerKind.BOT, id="bot", fence=1), "tags": _tags("vip"), "type": "refund"}
        | {"site": "vip"},
        {
            "queue": "sales",
            "clocks": (_clock(8), _clock(6, ClockPhase.PAUSED), _clock(2, ClockPhase.MET)),
            "snoozed_until": at(50),
            "category": Category.SNOOZED,
            "status": "Z",
        },
        {"merged_into": serial("tkt_", 1), "category": Category.MERGED, "status": "merged", "account": "chat"},
        {
            "identity": serial("idn_", 1),
            "conversation": "conversation-1",
            "created_at": at(3.5),
            "status": "Z",
            "offer": _OFFER,
        },
        {
            "clocks": (_clock(7.25), _clock(9)),
            "number": 70,
            "snoozed_until": at(40),
            "conversation": "会话",
            "account": "微信",
            "queue": "售后",
        },
    ]
    return [build.ticket(number, **value) for number, value in enumerate(values, start=1)]


def _others() -> list[Stored]:
    return [
        build.customer(1, level="vip", stage="buyer", tags=_tags("vip"), created_at=at(4), segments=_SEGMENTS),
        build.customer(2, merged_into=serial("cus_", 1)),
        build.customer(3, level="vip", identities=(build.identity(3), build.identity(30)), tags=_tags("a", "b")),
        build.customer(4, identities=(), created_at=at(-5), segments=_SEGMENTS[:1]),
        build.message(1, account="chat"),
        build.message(2, ticket=serial("tkt_", 1), provider_id="p-1", occurred_at=at(-1)),
        build.reply(3, ticket=serial("tkt_", 1), identity=None),
        build.reply(4, delivery=Delivery.SENT, provider_id="p-2"),
        build.agent(1, queues=("sales", "general"), name="李娜"),
        build.agent(2, presence=Presence.AWAY, queues=()),
        build.agent(3, retired=True, queues=("sales",), name="Zoe"),
        build.phrase(1, language="zh-CN"),
        build.phrase(2, retired=True),
        build.phrase(3),
        build.article(1, language="zh-CN", campaign="spring"),
        build.article(2, retired=True),
        build.article(3, campaign="autumn"),
        build.asset(1),
        build.asset(2, retired=True),
        build.draft(1),
        build.draft(2, ticket=serial("tkt_", 1)),
        build.draft(3, author="agt_x"),
        build.holidays(1),
        build.holidays(2, place="CN"),
        build.settlement(1),
        build.settlement(2, subject="order:1", ticket=None, created_at=at(5)),
        build.settlement(3, agent=None, action="voucher"),
    ]


def filled(store: Store) -> PlainModel:
    """A desk with a little of everything, and the same in the model."""
    model = PlainModel()
    records = build.changes_for(*_tickets(), *_others())
    outbox = (
        build.outbox_item(1),
        replace(build.outbox_item(2), state=OutboxState.DEAD, ticket=build.ticket(2).id),
        replace(build.outbox_item(3, "c-3", "chat"), state=OutboxState.SENDING),
    )
    inbox = (build.inbox_item(1), build.inbox_item(2, InboxState.BLOCKED), build.inbox_item(3, InboxState.WAITING))
    for changes in (
        records,
        ChangeSet(outbox=outbox, inbox=inbox, config=ConfigRow("bbb", "{}", at(2))),
        ChangeSet(config=ConfigRow("aaa", "[]", at(5)), seen=(Seen(CustomerId(serial("cus_", 1)), at(77)),)),
        ChangeSet(puts=(Put(build.ticket(7, version=2, number=70, queue="sales"), 1),)),
    ):
        store.commit(DESK, changes)
        model.commit(changes)
    return model


def elsewhere(kind: str, column: str, known: Collection[object]) -> list[str | None]:
    """Values of a column's type that no row may have: a text for texts, None where one value is the rule."""
    texts = ["no such value"] if all(isinstance(value, str) for value in known) else []
    return [*texts, *([] if (kind, column) in MANY else [None])]


_SAVED: Final[Mapping[str, Callable[[int], Stored]]] = {
    "phrase": build.phrase,
    "article": build.article,
    "asset": build.asset,
    "settlement": build.settlement,
    "customer": build.customer,
    "agent": build.agent,
}
"""What is saved as a whole."""


class QueryPromises(ContractBase):
    """Every kind, every column."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_columns_say_what_the_documents_say(self, store: Store, kind: str) -> None:
        """For each value that occurs in a column, exactly the rows whose document has it."""
        model = filled(store)
        if kind == "entry":
            self._check_entries(store)
            return
        for column in sorted(QUERY_COLUMNS[kind] | {"id"}):
            rows = model.records(kind)
            values = {value for row in rows for value in model.values(kind, column, row)}
            assert values, f"the test gives {kind}.{column} no value"
            for value in [*values, tuple(values), *elsewhere(kind, column, values)]:
                query = Query(kind=kind, where=((column, value),), limit=3)  # type: ignore[arg-type]  # kinds are right
                assert everything(store, query) == model.query(query), (column, value)
                assert store.count(DESK, query) == len(model.query(query)), (column, value)

    def _check_entries(self, store: Store) -> None:
        every = store.entries(DESK, "reader", 1000)
        one = every[3]
        for column, value in (("position", one.position), ("subject", one.subject), ("cause", one.cause)):
            query = Query(kind="entry", where=((column, value),))
            assert everything(store, query) == [entry for entry in every if getattr(entry, column) == value]

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("descending", [False, True])
    def test_order_by_every_column(self, store: Store, kind: str, descending: bool) -> None:
        """A missing value first, then by value, then by key; page by page as in one."""
        model = filled(store)
        if kind == "entry":
            for order in ("id", "position", "subject", "cause"):
                query = Query(kind="entry", order=order, descending=descending, limit=4)
                entries = sorted(
                    store.entries(DESK, "reader", 1000),
                    key=lambda one: (one.position if order == "id" else getattr(one, order), one.position),
                    reverse=descending,
                )
                assert everything(store, query) == entries, order
            return
        for order in sorted(QUERY_COLUMNS[kind] | {"id"}):
            if (kind, order) in MANY:
                continue
            for limit in (1, 2, 1000):
                query = Query(kind=kind, order=order, descending=descending, limit=limit)  # type: ignore[arg-type]
                assert everything(store, query) == model.query(query), (order, limit)

    @pytest.mark.parametrize("kind", sorted(TIME_COLUMN))
    def test_since_and_until(self, store: Store, kind: str) -> None:
        """From the first instant on, and before the second one."""
        model = filled(store)
        for since in (None, at(0), at(2), at(3.5)):
            for until in (None, at(3), at(3.5), at(7)):
                query = Query(kind=kind, since=since, until=until)  # type: ignore[arg-type]  # kinds are right
                if kind == "entry":
                    every = store.entries(DESK, "reader", 1000)
                    expected = [
                        one for one in every if (not since or since <= one.at) and (not until or one.at < until)
                    ]
                else:
                    expected = model.query(query)
                assert everything(store, query) == expected, (since, until)
                assert store.count(DESK, query) == len(expected)

    def test_filters_together(self, store: Store) -> None:
        """All of them must hold, also two on one column; any value of a tuple will do, an empty one finds nothing."""
        model = filled(store)
        for where in (
            (("queue", "general"), ("tag", "vip")),
            (("queue", ("sales", "general")), ("priority", 4)),
            (("queue", ("sales", "general")), ("category", ("open", "snoozed"))),
            (("account", "mail"), ("conversation", "conversation-1"), ("merged_into", None)),
            (("assignee", (None, serial("agt_", 1))), ("status", ())),
            (("assignee", serial("agt_", 1)), ("category", ())),
            (("waits", ()),),
            (("tag", "vip"), ("tag", ("退款", "none"))),
            (("tag", "vip"), ("tag", None)),
            (("queue", ("sales", "general")), ("queue", "general")),
        ):
            for order in ("id", "number"):
                query = Query(kind="ticket", where=where, since=at(0), until=at(60), order=order, limit=2)
                assert everything(store, query) == model.query(query), where
                assert store.count(DESK, query) == len(model.query(query))

    def test_a_record_with_two_values_comes_once(self, store: Store) -> None:
        """Though both of its tags are asked for."""
        filled(store)
        query = Query(kind="customer", where=(("tag", ("a", "b")),))
        assert [row.id for row in everything(store, query)] == [serial("cus_", 3)]  # type: ignore[union-attr]
        assert store.count(DESK, query) == 1

    def test_counting_needs_no_page(self, store: Store) -> None:
        """Order, limit and cursor don't matter."""
        filled(store)
        page = store.query(DESK, Query(kind="ticket", limit=2))
        query = Query(kind="ticket", order="number", descending=True, limit=1, after=page.cursor)
        assert store.count(DESK, query) == 7

    def test_pages_are_stable_while_rows_come(self, store: Store) -> None:
        """New rows before the cursor are not seen, none is seen twice, none that stood there is missed."""
        filled(store)
        for order, descending in (("id", False), ("id", True), ("priority", False), ("created_at", True)):
            query = Query(kind="ticket", order=order, descending=descending, limit=2)
            before = [row.id for row in everything(store, query)]  # type: ignore[union-attr]  # tickets
            page = store.query(DESK, query)
            seen = [row.id for row in page.items]  # type: ignore[union-attr]
            number = 100 + store.count(DESK, Query(kind="ticket"))
            while page.cursor is not None:
                number += 1
                records = build.changes_for(build.ticket(number, created_at=at(-number), priority=Priority.LOW))
                store.commit(DESK, records)
                page = store.query(DESK, replace(query, after=page.cursor))
                seen += [row.id for row in page.items]  # type: ignore[union-attr]
                assert number < 200
            assert len(seen) == len(set(seen))
            assert [key for key in seen if key in before] == before

    @pytest.mark.parametrize("kind", _SAVED)
    def test_pages_are_stable_while_rows_change(self, store: Store, kind: str) -> None:
        """Each row comes once, as it stands when its page is read."""
        made = [_SAVED[kind](number) for number in range(1, 8)]
        store.commit(DESK, ChangeSet(puts=tuple(Put(one, 0) for one in made)))
        seen: list[tuple[str, int]] = []
        query = Query(kind=kind, limit=2)  # type: ignore[arg-type]  # kinds are right
        for turn in range(4):
            page = store.query(DESK, query)
            seen += [(row.id, row.version) for row in page.items]  # type: ignore[union-attr]  # of that kind
            assert (page.cursor is None) is (turn == 3)
            query = replace(query, after=page.cursor)
            changed = [replaced(one, version=one.version + 1) for one in (made[0], made[6])]
            store.commit(DESK, ChangeSet(puts=tuple(Put(one, one.version - 1) for one in changed)))
            made[0], made[6] = changed
        assert seen == [*((one.id, 1) for one in made[:6]), (made[6].id, 4)]

    def test_the_last_page_says_so(self, store: Store) -> None:
        """Also when it is full."""
        filled(store)
        full = store.query(DESK, Query(kind="ticket", limit=7))
        assert (len(full.items), full.cursor) == (7, None)
        assert store.query(DESK, Query(kind="ticket", limit=6)).cursor is not None
        assert store.query(DESK, Query(kind="ticket", where=(("queue", "none"),))).cursor is None

    def test_a_cursor_belongs_to_its_query(self, store: Store) -> None:
        """Another limit is fine; anything else is refused."""
        filled(store)
        query = Query(kind="ticket", where=(("queue", "general"),), since=at(0), limit=2)
        cursor = store.query(DESK, query).cursor
        assert cursor is not None
        assert len(store.query(DESK, replace(query, after=cursor, limit=1)).items) == 1
        for other in (
            replace(query, kind="message", where=(("ticket", "general"),)),
            replace(query, where=(("queue", "sales"),)),
            replace(query, where=()),
            replace(query, since=at(0) - timedelta(days=1)),
            replace(query, since=None),
            replace(query, until=at(99)),
            replace(query, order="number"),
            replace(query, descending=True),
        ):
            with pytest.raises(InvalidInput):
                store.query(DESK, replace(other, after=cursor))
        forged = base64.urlsafe_b64encode(b'["x", [["a"], "b"]]').decode()
        for nonsense in ("", "x", "!!!", "é", forged, cursor[:-5]):
            with pytest.raises(InvalidInput):
                store.query(DESK, replace(query, after=nonsense))

    def test_what_cannot_be_asked(self, store: Store) -> None:
        """Unknown columns, orders and limits are refused by name."""
        filled(store)
        for query in (
            Query(kind="ticket", where=(("subject", "x"),)),
            Query(kind="ticket", where=(("id; DROP TABLE ticket", "x"),)),
            Query(kind="ticket", order="subject"),
            Query(kind="ticket", order="tag"),
            Query(kind="customer", order="identity"),
            Query(kind="agent", order="queue"),
            Query(kind="agent", since=at(0)),
            Query(kind="draft", until=at(0)),
            Query(kind="ticket", limit=0),
            Query(kind="ticket", limit=1001),
        ):
            with pytest.raises(InvalidInput):
                store.query(DESK, query)
        for query in (Query(kind="ticket", where=(("subject", "x"),)), Query(kind="agent", since=at(0))):
            with pytest.raises(InvalidInput):
                store.count(DESK, query)

    def test_an_actor_is_not_a_column(self, store: Store) -> None:
        """Entries are found by subject and cause; who did it stands inside."""
        store.commit(DESK, ChangeSet(entries=(build.entry("tkt_1")._replace(actor=Actor.bot("b")),)))
        with pytest.raises(InvalidInput):
            store.query(DESK, Query(kind="entry", where=(("actor", "bot:b"),)))
