"""What a message costs, counted: statements, pages of the log, bytes of the file; and no hot statement scans."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from csdesk import DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.records.changes import CandidateNeed, ChangeSet, Claim, Delta, Needs, Put, Seen
from csdesk.domain.records.messages import Message
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Ticket
from csdesk.ports.store import LeaseRequest, Query, SearchRequest
from csdesk.stores.sqlite import SqliteStore, search, upkeep
from csdesk.system.clock import SimulatedClock
from csdesk.testing import builders as build
from csdesk.testing.builders import at

WORDS = ("order", "refund", "parcel", "invoice", "login", "delivery", "payment", "我的订单", "怎么退款", "发票开错了")


class Traced:
    """A store whose statements are listed."""

    def __init__(self, path: Path) -> None:
        self.statements: list[str] = []
        self.store = SqliteStore(path, synchronous="NORMAL", autocheckpoint=0, trace=self.statements.append)
        self.store.open_desk("main", secret=b"x")
        self.log = path.with_name(path.name + "-wal")
        self.path = path

    def pages(self) -> int:
        with closing(sqlite3.connect(self.path)) as file:
            count: int = file.execute("PRAGMA page_count").fetchone()[0]
        return count

    def frames(self) -> int:
        return (self.log.stat().st_size - 32) // (4096 + 24)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Traced]:
    traced = Traced(tmp_path / "desk.db")
    agents = [build.agent(number, queues=("general", "sales"), capacity=100_000) for number in range(1, 31)]
    traced.store.commit("main", build.changes_for(*agents))
    yield traced
    traced.store.close()


def text(number: int) -> str:
    return " ".join(random.Random(number).choices(WORDS, k=40))


def claims(number: int, *owners: str) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            f"kind{index}/{random.Random(number * 1000 + index).getrandbits(96):024x}",
            owner,
            expires_at=None if index else at(9e6),
        )
        for index, owner in enumerate(owners)
    )


def new_ticket(store: SqliteStore, number: int) -> Ticket:
    """A message of a stranger: two loads and one commit."""
    keys = tuple(claim.key for claim in claims(number, *"abcd"))
    assert not store.load("main", Needs(claims=keys, parties=True)).claims
    candidates = store.load("main", Needs(candidates=(CandidateNeed("general"),))).candidates["general"]
    tag = TagAssignment(name="shop:vip", at=at(number))
    ticket, customer = build.ticket(number, tags=(tag,)), build.customer(number)
    message = build.message(number, text(number))
    store.commit(
        "main",
        ChangeSet(
            config_epoch=0,
            puts=(Put(ticket, 0), Put(customer, 0), Put(message, 0)),
            claims=claims(number, message.id, ticket.id, customer.identities[0].id, ticket.id),
            deltas=(Delta("load/" + candidates[0].agent, 1, 100_000),),
            seen=(Seen(customer.id, at(number)),),
            entries=(build.birth(ticket), build.birth(customer)),
        ),
    )
    return ticket


def follow_up(store: SqliteStore, number: int, ticket: Ticket) -> Ticket:
    """A message in an open ticket: one load and one commit."""
    key = claims(ticket.number, *"abcd")[1].key
    snapshot = store.load("main", Needs(claims=(f"kind0/x{number}", key), parties=True))
    found = snapshot.tickets[ticket.id]
    customer = snapshot.customers[snapshot.homes[found.identity]]
    record = found.model_copy(update={"version": found.version + 1, "updated_at": at(number), "messages": 2})
    message: Message = build.message(number, text(number), ticket=ticket.id)
    store.commit(
        "main",
        ChangeSet(
            config_epoch=0,
            puts=(Put(record, found.version), Put(message, 0)),
            claims=claims(number, message.id, ticket.id),
            seen=(Seen(customer.id, at(number)),),
            entries=(build.birth(message),),
        ),
    )
    return record


def test_statements_of_a_new_ticket(desk: Traced) -> None:
    new_ticket(desk.store, 1)
    desk.statements.clear()
    new_ticket(desk.store, 2)
    assert len(desk.statements) <= 15, desk.statements


def test_statements_of_a_follow_up(desk: Traced) -> None:
    ticket = new_ticket(desk.store, 1)
    desk.statements.clear()
    follow_up(desk.store, 2, ticket)
    assert len(desk.statements) <= 12, desk.statements


def test_a_redelivery_is_one_read(desk: Traced) -> None:
    ticket = new_ticket(desk.store, 1)
    desk.statements.clear()
    keys = tuple(claim.key for claim in claims(1, *"abcd"))
    found = desk.store.load("main", Needs(claims=keys, counters=("daily/x",), parties=True))
    assert [one[:7] for one in desk.statements] == ["SELECT "]
    assert (set(found.tickets), set(found.messages)) == ({ticket.id}, {build.message(1).id})
    assert set(found.customers) == {build.customer(1).id}


def test_a_follow_up_rewrites_no_index_of_its_ticket(desk: Traced) -> None:
    ticket = new_ticket(desk.store, 1)
    desk.statements.clear()
    follow_up(desk.store, 2, ticket)
    (update,) = [one for one in desk.statements if one.startswith("UPDATE csdesk_ticket ")]
    columns = update.partition(" WHERE ")[0]
    for indexed in ("queue", "category", "assignee", "identity", "merged_into", "wake_at", "number"):
        assert f"{indexed}=" not in columns


def _stream(desk: Traced, numbers: range) -> None:
    """Half of the messages are new tickets, half follow up on them."""
    for number in numbers[::2]:
        follow_up(desk.store, number + 1, new_ticket(desk.store, number))


def test_pages_written_per_commit(desk: Traced) -> None:
    _stream(desk, range(1, 401))
    before = desk.frames()
    _stream(desk, range(1001, 1401))
    assert (desk.frames() - before) / 400 <= 17.5  # these tickets wait for an agent, which costs an index entry


def test_size_of_the_file_per_message(desk: Traced) -> None:
    sizes = []
    for numbers in (range(1, 401), range(1001, 3001)):
        _stream(desk, numbers)
        while desk.store.maintain("main", at(0), 500).more:
            pass
        sizes.append(desk.path.stat().st_size)
    assert (sizes[1] - sizes[0]) / 2000 <= 2400


def test_no_hot_statement_scans(desk: Traced) -> None:
    store = desk.store
    ticket = new_ticket(store, 1)
    follow_up(store, 2, ticket)
    item = build.outbox_item(1)
    store.commit("main", ChangeSet(outbox=(item,), due=(build.due_item(),), inbox=(build.inbox_item(9),)))
    store.load("main", Needs(counters=("load/x", "quota"), inbox=("a",), outbox=("b",), identities=("c",)))
    for request in (
        LeaseRequest(what="outbox", now=at(9), limit=5),
        LeaseRequest(what="outbox", now=at(9), limit=5, account="mail", conversation="conversation-1"),
        LeaseRequest(what="due", now=at(9), limit=5),
        LeaseRequest(what="tickets", now=at(9), limit=5),
    ):
        store.lease("main", request)
    store.commit("main", ChangeSet(outbox_done=(item.message,), due_done=("x",), inbox_done=(item.message,)))
    store.entries("main", "reader", 5)
    for where in (
        (("queue", "general"), ("category", ("new", "open"))),
        (("queue", "general"),),
        (("assignee", "agt_x"),),
        (("identity", ticket.identity),),
        (("number", 1),),
        (("tag", "shop:vip"),),
    ):
        store.query("main", Query(kind="ticket", where=where))
    store.query("main", Query(kind="message", where=(("ticket", ticket.id),), order="occurred_at"))
    store.query("main", Query(kind="entry", where=(("subject", ticket.id),)))
    store.query("main", Query(kind="entry", where=(("cause", "x"),)))
    store.maintain("main", at(0), 10)
    store.search("main", SearchRequest(phrases=(("order",),)))
    explain = sqlite3.connect(desk.path)
    skipped = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "-- ", "CREATE")
    seen = [one for one in desk.statements if not one.startswith(skipped) and "search_mark" not in one]
    assert len(seen) > 40
    for statement in {one for one in seen if "sqlite_master" not in one and "csdesk_schema" not in one}:
        plan = [row[3] for row in explain.execute("EXPLAIN QUERY PLAN " + statement).fetchall()]
        bad = [line for line in plan if line.startswith("SCAN") and not _is_small(line)]
        assert not bad, (statement, plan)
    explain.close()


def _is_small(line: str) -> bool:
    # Few rows: of a subquery, a constant, kinds of agents, runs of an index; or the full-text table, by its own means.
    few = ("SUBQUERY", "CONSTANT", "SCAN (", "SCAN kind", "SCAN pair", "SCAN run", "VIRTUAL TABLE")
    return any(word in line for word in few)


def _steps(desk: Traced, needs: Needs) -> int:
    """How many steps SQLite's machine takes for a load of one statement."""
    desk.statements.clear()
    desk.store.load("main", needs)
    (statement,) = desk.statements
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(desk.path)) as file:
        file.set_progress_handler(step, 1)
        file.execute(statement).fetchall()
    return steps


def test_ten_times_the_agents_cost_a_look_for_candidates_no_more(desk: Traced) -> None:
    needs = Needs(candidates=(CandidateNeed("general"),))
    few = _steps(desk, needs)
    more = [build.agent(number, queues=("general", "sales"), capacity=100_000) for number in range(31, 301)]
    desk.store.commit("main", build.changes_for(*more))
    assert _steps(desk, needs) <= few + 10


def test_due_work_is_looked_for_without_a_lock(desk: Traced) -> None:
    later = DueItem(key="pull", kind="pull", due_at=at(100))
    desk.store.commit("main", ChangeSet(due=(later,)))
    desk.statements.clear()
    for what in ("due", "outbox", "tickets"):
        leased = desk.store.lease("main", LeaseRequest(what=what, now=at(0), limit=5))  # type: ignore[arg-type]
        assert leased.next_due_at == (later.due_at if what == "due" else None)
    assert len(desk.statements) == 4, "the wake-ups of tickets are looked at from both ends"
    assert all(statement.startswith("SELECT") for statement in desk.statements)


def test_the_file_is_whole_after_random_commits(desk: Traced) -> None:
    chance = random.Random(4)
    tickets: dict[int, Ticket] = {}
    for number in range(1, 200):
        if tickets and chance.random() < 0.6:
            key = chance.choice(list(tickets))
            tickets[key] = follow_up(desk.store, number, tickets[key])
        else:
            tickets[number] = new_ticket(desk.store, number)
        if chance.random() < 0.1:
            desk.store.maintain("main", at(0) + timedelta(days=chance.randrange(200)), 20)
    desk.store.close()
    with closing(sqlite3.connect(desk.path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        file.execute("INSERT INTO csdesk_search(csdesk_search) VALUES('integrity-check')")


def test_an_edit_while_its_text_is_being_indexed(desk: Traced) -> None:
    """The index holds what the message says when it is written, not what it said when it was read."""
    store = desk.store
    store.commit("main", build.changes_for(build.message(1, "old words")))
    texts, _ = store._connections.aside(search.waiting, 10)
    edited = build.message(1, "old words", version=2, edited=build.message(1, "new speech").parts)
    store.commit("main", ChangeSet(puts=(Put(edited, 1),)))
    store._connections.write(upkeep._do, 1, [], 0, texts)
    assert not store.search("main", SearchRequest(phrases=(("words",),))).items
    assert store.search("main", SearchRequest(phrases=(("speech",),))).items


def test_a_text_that_another_process_indexed_meanwhile_is_not_indexed_again(desk: Traced) -> None:
    store = desk.store
    for number in (1, 2, 3):
        store.commit("main", build.changes_for(build.message(number, f"words {number}")))
    texts, _ = store._connections.aside(search.waiting, 10)
    assert store._connections.write(upkeep._do, 1, [], 0, texts[:2])[1] == 2
    assert store._connections.write(upkeep._do, 1, [], 0, texts)[1] == 1
    assert store._connections.write(upkeep._do, 1, [], 0, texts)[1] == 0
    assert len(store.search("main", SearchRequest(phrases=(("words",),))).items) == 3


def test_upkeep_walks_all_claims_in_parts(desk: Traced) -> None:
    for number in range(50):
        desk.store.commit("main", ChangeSet(claims=(Claim(f"key/{number:02d}", "owner", expires_at=at(number)),)))
    walk = upkeep.Upkeep(window=7)
    rounds = [walk.maintain(desk.store._connections, 1, at(24), 3) for _ in range(20)]
    assert sum(one.claims_expired for one in rounds) == 25
    assert max(one.claims_expired for one in rounds) == 3
    assert rounds[0].more
    assert not rounds[-1].more
    left = desk.store.load("main", Needs(claims=tuple(f"key/{number:02d}" for number in range(50)))).claims
    assert sorted(left) == [f"key/{number:02d}" for number in range(25, 50)]


def test_upkeep_keeps_the_log_and_moves_it(desk: Traced) -> None:
    _stream(desk, range(1, 101))
    size = desk.log.stat().st_size
    assert desk.store.maintain("main", at(0), 1000).checkpointed
    assert desk.log.stat().st_size >= size
    frames = desk.frames()
    follow_up(desk.store, 5000, new_ticket(desk.store, 4999))
    assert desk.frames() == frames, "a moved log is written again from its beginning"


def _mail(chance: random.Random, number: int) -> InboundMessage:
    """Every second message comes from somebody who wrote before."""
    sender = f"s{number if number % 2 == 0 else chance.randrange(0, number, 2)}@example.org"
    return InboundMessage(
        account="web",
        dedupe_key=str(number),
        conversation=sender,
        sender=Sender(kind="address", external_id=sender, name=sender),
        subject=" ".join(chance.choices(WORDS, k=5)),
        text=" ".join(chance.choices(WORDS, k=30)),
        sent_at=at(number),
    )


def test_what_a_message_costs_the_whole_desk(tmp_path: Path) -> None:
    """With an agent and two clocks: statements, pages of the log, and bytes of the file."""
    traced = Traced(tmp_path / "desk.db")
    targets = [{"metric": "first_reply", "within": "1h"}, {"metric": "resolution", "within": "24h"}]
    config = DeskConfig.model_validate(
        {"queues": [{"name": "general"}], "default_queue": "general", "sla": [{"name": "std", "targets": targets}]}
    )
    clock = SimulatedClock(at(0))
    chance = random.Random(5)
    with open_desk(traced.store, config=config, clock=clock) as desk:
        for number in range(20):
            desk.agents.add(f"agent {number}", queues=("general",), capacity=1000)
        for number in range(400):
            if number == 100:
                traced.statements.clear()
                frames, pages = traced.frames(), traced.pages()
            clock.advance_to(at(number))
            desk.receive(_mail(chance, number))
        statements = len([one for one in traced.statements if not one.startswith("--")])
        assert statements / 300 <= 13
        assert (traced.frames() - frames) / 300 <= 17
        assert (traced.pages() - pages) * 4096 / 300 <= 3000  # the search index comes to it
    traced.store.close()


def test_lists_in_the_order_of_ids_stop_at_their_page(desk: Traced) -> None:
    """What no index finds is read in the order of ids, so a page costs no more than the rows up to its end."""
    for number in range(1, 101):
        new_ticket(desk.store, number)
    explain = sqlite3.connect(desk.path)
    for kind, where in (("message", ()), ("ticket", ()), ("ticket", (("status", "new"),)), ("customer", ())):
        desk.statements.clear()
        page = desk.store.query("main", Query(kind=kind, where=where, limit=5))  # type: ignore[arg-type]
        (statement,) = desk.statements
        plan = [row[3] for row in explain.execute("EXPLAIN QUERY PLAN " + statement).fetchall()]
        assert not any("TEMP B-TREE" in line for line in plan), plan
        following = desk.store.query("main", Query(kind=kind, where=where, limit=5, after=page.cursor))  # type: ignore[arg-type]
        ids = [row.id for row in (*page.items, *following.items)]  # type: ignore[union-attr]
        assert len(set(ids)) == 10
        assert ids == sorted(ids)
    explain.close()


def test_an_idle_desk_is_asked_once_for_all_that_may_be_due(tmp_path: Path) -> None:
    traced = Traced(tmp_path / "desk.db")
    clock = SimulatedClock(at(0))
    with open_desk(traced.store, clock=clock) as desk:
        while desk.run_due().more:
            pass
        clock.advance(timedelta(minutes=1))
        desk.run_due()
        traced.statements.clear()
        report = desk.run_due()
        assert not report.more
        assert len(traced.statements) == 5, traced.statements
        desk.receive(_mail(random.Random(1), 2))
        assert desk.run_due().indexed == 1
    traced.store.close()
