"""What one inbound message costs on the SQLite store: loads and commits alone, with records as real ones are.

    python benchmarks/sqlite_store.py [--n 5000] [--agents 1000] [--sync NORMAL] [--profile]

Half of the messages follow up on an open ticket, 2 % are delivered twice; 30 % of the texts are Chinese. Prints
microseconds per message (mean, p50, p99) for loads and commits, statements and log frames per message, and the size of
the file per message before and after the texts are indexed.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import statistics
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from csdesk.domain import ids
from csdesk.domain.core.evolve import evolve, sealed
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent, Presence
from csdesk.domain.records.changes import CandidateNeed, ChangeSet, Claim, Delta, Needs, Put, Seen, Snapshot
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.domain.records.messages import AuthorKind, Direction, Message, TextPart
from csdesk.domain.records.tags import TagAssignment, TagSource
from csdesk.domain.records.tickets import Participant, Worker, WorkerKind
from csdesk.domain.records.trace import Outcome, Trace, verdict
from csdesk.stores.sqlite import SqliteStore

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
DESK = "main"
WORDS = (
    *("order", "refund", "parcel", "late", "invoice", "password", "login", "broken", "screen", "delivery", "address"),
    *("change", "cancel", "subscription", "card", "payment", "error", "twice", "charged", "missing", "item", "size"),
    *("wrong", "colour", "return", "label", "warranty", "repair", "manual", "install"),
)
ZH = ("我的订单还没有发货", "怎么申请退款", "发票开错了", "登录不了账号", "快递地址要修改", "商品坏了想换货")
QUEUES = ("billing", "shipping", "tech", "general")

T = TypeVar("T")


def key(kind: str, *parts: str) -> str:
    return f"{kind}/" + blake2b("/".join(parts).encode(), digest_size=12).hexdigest()[:22]


class Bench:
    def __init__(self, store: SqliteStore, seed: int) -> None:
        self.store = store
        self.rng = random.Random(seed)
        self.now = START
        self.count = 0
        self.open: list[str] = []
        self.loads: list[float] = []
        self.commits: list[float] = []
        self.spent = 0.0
        self.last = ""

    def id(self, prefix: str) -> str:
        self.count += 1
        milliseconds = int(self.now.timestamp() * 1000)
        return prefix + ids.encode(ids.uuid7(milliseconds, self.count & 4095, self.rng.getrandbits(62)))

    def timed(self, into: list[float], call: Callable[..., T], *args: object) -> T:
        begin = perf_counter()
        result = call(*args)
        into.append(perf_counter() - begin)
        self.spent += into[-1]
        return result

    def staff(self, agents: int) -> None:
        puts = []
        for number in range(agents):
            agent = Agent(
                id=self.id(ids.AGENT),
                version=1,
                name=f"Agent {number}",
                queues=(QUEUES[number % 4],),
                capacity=1_000_000,
                presence=Presence.ONLINE,
                created_at=START,
            )
            puts.append(Put(agent, 0))
        self.store.commit(DESK, ChangeSet(puts=tuple(puts)))

    def text(self) -> str:
        if self.rng.random() < 0.3:
            return "，".join(self.rng.choice(ZH) for _ in range(4)) + f"，单号{self.rng.randrange(10**9)}"
        return " ".join(self.rng.choice(WORDS) for _ in range(40)) + f" order {self.rng.randrange(10**9)}"

    def message(self) -> None:
        self.now += timedelta(seconds=1)
        self.spent = 0.0
        chance = self.rng.random()
        if chance < 0.02 and self.last:
            delivery, sender = self.last, "again"
        elif chance < 0.52 and self.open:
            delivery, sender = f"d{self.count}", self.rng.choice(self.open)
        else:
            delivery, sender = f"d{self.count}", f"sender{self.count}@example.org"
            self.open.append(sender)
            del self.open[:-500]
        self.last = delivery
        claims = (key("inbound", delivery), key("identity", sender), key("conversation", "mail", sender))
        snapshot = self.timed(self.loads, self.store.load, DESK, Needs(claims=claims, parties=True))
        if claims[0] in snapshot.claims:
            return
        changes = self.follow_up(snapshot, claims) if claims[2] in snapshot.claims else self.fresh(claims, sender)
        self.timed(self.commits, self.store.commit, DESK, changes)

    def clocks(self) -> tuple[Clock, ...]:
        hour = timedelta(hours=1)
        return tuple(
            Clock(
                metric=metric,
                policy="standard",
                amount=hours * hour,
                started_at=self.now,
                due_at=self.now + hours * hour,
                warn_at=self.now + hours * hour / 2,
            )
            for metric, hours in ((Metric.FIRST_REPLY, 1), (Metric.RESOLUTION, 24))
        )

    def trace(self) -> Trace:
        return Trace(
            verdicts=(
                verdict("thread.conversation", Outcome.CHOSEN, claim="conversation"),
                verdict("rules.fired", Outcome.NOTED, rule="vip-first", order=3),
                verdict("routing.candidate", Outcome.CHOSEN, agent="agt", load=3, capacity=10),
            )
        )

    def born(self, identity: str, ticket: str) -> Message:
        return Message(
            id=self.id(ids.MESSAGE),
            ticket=ticket,
            direction=Direction.IN,
            author=AuthorKind.CUSTOMER,
            author_id=identity,
            identity=identity,
            account="mail",
            conversation="thread-of-" + ticket,
            parts=(TextPart(text=self.text()),),
            provider_id=f"<{self.count}.mail@example.org>",
            sent_at=self.now,
            received_at=self.now,
            occurred_at=self.now,
        )

    def fresh(self, claims: tuple[str, ...], sender: str) -> ChangeSet:
        queue = self.rng.choice(QUEUES)
        needs = Needs(candidates=(CandidateNeed(queue),))
        chosen = self.timed(self.loads, self.store.load, DESK, needs).candidates[queue][0].agent
        customer_id, identity, ticket_id = self.id(ids.CUSTOMER), self.id(ids.IDENTITY), self.id(ids.TICKET)
        message = self.born(identity, ticket_id)
        customer_events = (
            ev.CustomerCreated(id=customer_id, name=sender.split("@", maxsplit=1)[0], account="mail", level="standard"),
            ev.IdentityLinked(identity=identity, identity_kind="email", external_id=sender),
        )
        ticket_events = (
            ev.TicketOpened(
                id=ticket_id,
                number=self.count,
                subject=" ".join(self.rng.choice(WORDS) for _ in range(5)),
                queue=queue,
                identity=identity,
                account="mail",
                conversation=message.conversation,
                participants=(Participant(identity=identity),),
            ),
            ev.MessageReceived(message=message.id, identity=identity, occurred_at=self.now),
            ev.TicketTagged(tags=(TagAssignment(name="shop:" + queue, source=TagSource.RULE, at=self.now),)),
            ev.ClocksChanged(clocks=self.clocks()),
            ev.TicketAssigned(worker=Worker(kind=WorkerKind.AGENT, id=chosen, fence=1)),
        )
        records = []
        for events in (customer_events, ticket_events):
            record = None
            for event in events:
                record = evolve(record, event, self.now)
            records.append(sealed(record, 1, self.now))
        month = self.now + timedelta(days=30)
        return ChangeSet(
            config_epoch=0,
            puts=(*(Put(record, 0) for record in records), Put(message, 0)),
            claims=(
                Claim(claims[0], message.id, expires_at=month),
                Claim(claims[1], identity),
                Claim(claims[2], ticket_id),
                Claim(key("mail", message.provider_id), ticket_id, expires_at=month),
            ),
            deltas=(Delta("load/" + chosen, 1, 1_000_000),),
            seen=(Seen(customer_id, self.now),),
            entries=tuple(
                self.entry(record.id, message.id, events, trace)
                for record, events, trace in zip(
                    records, (customer_events, ticket_events), (None, self.trace()), strict=True
                )
            ),
        )

    def follow_up(self, snapshot: Snapshot, claims: tuple[str, ...]) -> ChangeSet:
        ticket = snapshot.tickets[snapshot.claims[claims[2]]]
        message = self.born(ticket.identity, ticket.id)
        event = ev.MessageReceived(message=message.id, identity=ticket.identity, occurred_at=self.now)
        record = sealed(evolve(ticket, event, self.now), ticket.version + 1, self.now)
        month = self.now + timedelta(days=30)
        return ChangeSet(
            config_epoch=0,
            puts=(Put(record, ticket.version), Put(message, 0)),
            claims=(
                Claim(claims[0], message.id, expires_at=month),
                Claim(key("mail", message.provider_id), ticket.id, expires_at=month),
            ),
            seen=(Seen(snapshot.homes[ticket.identity], self.now),),
            entries=(self.entry(ticket.id, message.id, (event,), self.trace()),),
        )

    def entry(self, subject: str, cause: str, events: tuple[ev.Event, ...], trace: Trace | None) -> ev.Entry:
        return ev.Entry(
            subject=subject,
            at=self.now,
            actor=Actor.adapter("mail"),
            cause=cause,
            epochs=ev.Epochs(),
            events=events,
            trace=trace,
            salt="0123456789abcdef",
        )


def told(values: list[float], messages: int) -> dict[str, float]:
    values = sorted(values)
    return {
        "us_per_message": round(sum(values) / messages * 1e6, 1),
        "p50": round(statistics.median(values) * 1e6, 1),
        "p99": round(values[len(values) * 99 // 100] * 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5000)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--sync", choices=("FULL", "NORMAL"), default="NORMAL")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.db"
        store = SqliteStore(path, synchronous=given.sync)
        store.open_desk(DESK, secret=b"benchmark")
        bench = Bench(store, 1)
        bench.staff(given.agents)
        totals: list[float] = []
        profile = cProfile.Profile() if given.profile else None
        for number in range(given.n):
            if number == 500 and profile is not None:
                profile.enable()
            bench.message()
            totals.append(bench.spent)
        if profile is not None:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        store.close()
        size = path.stat().st_size
        store = SqliteStore(path, synchronous=given.sync)
        begin = perf_counter()
        while store.maintain(DESK, START, 500).more:
            pass
        indexing = perf_counter() - begin
        store.close()
        print(
            json.dumps(
                {
                    "sync": given.sync,
                    "store": told(totals, given.n),
                    "loads": told(bench.loads, given.n),
                    "commits": told(bench.commits, given.n),
                    "bytes_per_message": round(size / given.n),
                    "with_search": round(path.stat().st_size / given.n),
                    "indexing_us": round(indexing / given.n * 1e6, 1),
                }
            )
        )


if __name__ == "__main__":
    main()
