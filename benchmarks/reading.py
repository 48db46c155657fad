"""Does reading cost more when the desk has many old tickets?

    python -m benchmarks.reading [--tickets 100000] [--few 10000] [--repeat 9] [--agents 100]

Fills two desks, one with ten times the tickets of the other, all but a thousand of them closed, and makes the reads of
an agent's screen in both: milliseconds (the median), and how many steps SQLite's machine takes, which no other program
on the machine can change. Filling a desk takes two to four minutes for each 100,000 tickets, and 0.3 GB.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks._desk import config
from benchmarks._stream import CHANNELS, CHINESE, QUEUES, START_MS, WORDS, machine
from csdesk import Category, Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.ids import AgentId, CustomerId, TicketId
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock

LIVE: Final = (Category.NEW, Category.OPEN, Category.WAITING_CUSTOMER, Category.WAITING_INTERNAL)
LIVE_TICKETS: Final = 1000
YEAR: Final = timedelta(days=365)
NEW: Final = 0.6
"""How many come for the first time; the others are somebody who was here before."""

Read = Callable[[Desk], object]


class Filled:
    """A desk with a year of tickets, of which the last thousand are live."""

    def __init__(self, path: Path, tickets: int, agents: int) -> None:
        self.tickets = tickets
        self.told: list[str] = []
        self.store = SqliteStore(path, synchronous="NORMAL", trace=self.told.append)
        self.clock = SimulatedClock(datetime.fromtimestamp(START_MS / 1000, UTC))
        self.desk = open_desk(self.store, config=_config(), clock=self.clock)
        self.agents = [
            self.desk.agents.add(f"agent {number}", queues=(QUEUES[number % 4],), capacity=1_000_000)
            for number in range(agents)
        ]
        self._fill(random.Random(1))

    def _fill(self, rng: random.Random) -> None:
        people = 0
        for start in range(0, self.tickets, 100):
            batch = []
            for number in range(start, min(start + 100, self.tickets)):
                self.clock.advance(YEAR / self.tickets)
                person = people if rng.random() < NEW or not people else rng.randrange(people)
                people += person == people
                batch.append(self._said(rng, number, person))
            self.desk.receive_many(batch)
            self.told.clear()
            if start % 10_000 == 0:
                self._upkeep()
        self._upkeep()

    def _upkeep(self) -> None:
        while self.desk.run_due(10_000, max_time=timedelta(minutes=5)).more:
            pass
        self.told.clear()

    def _said(self, rng: random.Random, number: int, person: int) -> InboundMessage:
        who = f"u{person}@example.com"
        words = " ".join(rng.choices(WORDS, k=25)) if rng.random() < 0.7 else "，".join(rng.choices(CHINESE, k=3))
        marks = [f"queue-{rng.choice(QUEUES)}"]
        if number < self.tickets - LIVE_TICKETS:
            marks.append("now-solved")
        if rng.random() < 0.05:
            marks.append("quite-angry")
        return InboundMessage(
            account=CHANNELS[person % 3],
            dedupe_key=f"m{number}",
            conversation=who,
            sender=Sender(kind="address", external_id=who, name=who),
            subject=rng.choice(WORDS),
            text=f"{words} order {number} {' '.join(marks)}",
            sent_at=self.clock.now(),
        )

    def steps(self, read: Read) -> int:
        """How many steps SQLite's machine takes, to the hundred."""
        self.told.clear()
        read(self.desk)
        told, hundreds = list(self.told), 0

        def step() -> int:
            nonlocal hundreds
            hundreds += 1
            return 0

        with closing(sqlite3.connect(self.store.path)) as file:
            for statement in told:
                if statement.startswith(("SELECT", "WITH")):
                    file.set_progress_handler(step, 100)
                    file.execute(statement).fetchall()
        return hundreds * 100

    def milliseconds(self, read: Read, repeat: int) -> float:
        """The median of several reads."""
        spans = []
        for _ in range(repeat + 1):
            start = perf_counter()
            read(self.desk)
            spans.append((perf_counter() - start) * 1e3)
        return round(statistics.median(spans[1:]), 2)


def _config() -> DeskConfig:
    rules = [
        {"name": "solved", "when": _says("now-solved"), "then": [{"do": "set_status", "status": "closed"}]},
        {"name": "angry", "when": _says("quite-angry"), "then": [{"do": "add_tags", "tags": ["angry"]}]},
        *[
            {"name": f"to-{queue}", "when": _says(f"queue-{queue}"), "then": [{"do": "set_queue", "queue": queue}]}
            for queue in QUEUES
        ],
    ]
    base = config(0)
    given = base.model_dump(mode="json")
    tags = [*given["tags"], {"name": "angry", "polarity": "negative"}]
    return DeskConfig.model_validate({**given, "rules": rules, "tags": tags})


def _says(words: str) -> dict[str, object]:
    return {"all": [{"field": "message.text", "op": "contains", "value": words}]}


def reads(filled: Filled) -> dict[str, Read]:
    """The reads of a screen; pages of fifty."""
    desk, agent = filled.desk, AgentId(filled.agents[0].id)
    ticket = TicketId(desk.tickets.list(category=LIVE, limit=1).items[0].id)
    person = CustomerId(desk.customers.of(desk.tickets.get(ticket).identity).id)
    late = _far_on(desk)
    day = timedelta(days=1)
    now = filled.clock.now()
    return {
        "tickets": lambda desk: desk.tickets.list(),
        "tickets, a late page": lambda desk: desk.tickets.list(category=Category.CLOSED, limit=50, cursor=late),
        "live tickets": lambda desk: desk.tickets.list(category=LIVE),
        "live tickets by last change": lambda desk: desk.tickets.list(category=LIVE, order="updated_at"),
        "closed tickets": lambda desk: desk.tickets.list(category=Category.CLOSED),
        "a queue": lambda desk: desk.tickets.list(queue="billing"),
        "a queue, live": lambda desk: desk.tickets.list(queue="billing", category=LIVE),
        "an agent's": lambda desk: desk.tickets.list(assignee=agent),
        "a tag": lambda desk: desk.tickets.list(tag="angry"),
        "a customer's": lambda desk: desk.tickets.list(customer=person),
        "count of live tickets": lambda desk: desk.tickets.count(category=LIVE),
        "count of closed tickets": lambda desk: desk.tickets.count(category=Category.CLOSED),
        "an account": lambda desk: desk.tickets.list(account="web"),
        "changed today, closed": lambda desk: desk.tickets.list(since=now - day, category=Category.CLOSED),
        "search, a common word": lambda desk: desk.tickets.search("order"),
        "search, a Chinese word": lambda desk: desk.tickets.search("退款"),
        "search, of a customer": lambda desk: desk.tickets.search("order", customer=person),
        "search, a rare word": lambda desk: desk.tickets.search(str(filled.tickets - 1)),
        "customers": lambda desk: desk.customers.list(),
        "brief of a customer": lambda desk: desk.customers.brief(person),
        "timeline of a ticket": lambda desk: desk.tickets.timeline(ticket),
        "tags of a day": lambda desk: desk.tags.top(now - day, now),
        "lines": lambda desk: desk.tickets.waiting(),
        "nothing due": lambda desk: desk.run_due(),
    }


def _far_on(desk: Desk) -> str | None:
    """The cursor of a page that three thousand closed tickets stand before, or as many as there are."""
    cursor = None
    for _ in range(3):
        cursor = desk.tickets.list(category=Category.CLOSED, limit=1000, cursor=cursor).cursor or cursor
    return cursor


def measured(desks: tuple[Filled, Filled], repeat: int) -> dict[str, dict[str, object]]:
    """What each read costs beside few and many old tickets."""
    few, many = (reads(filled) for filled in desks)
    return {
        name: {
            "ms": [desks[0].milliseconds(few[name], repeat), desks[1].milliseconds(many[name], repeat)],
            "steps": [desks[0].steps(few[name]), desks[1].steps(many[name])],
        }
        for name in few
    }


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--agents", type=int, default=100)
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    few, many = Filled(folder / "few.db", args.few, args.agents), None
    try:
        many = Filled(folder / "many.db", args.tickets, args.agents)
        report = {"tickets": [args.few, args.tickets], "reads": measured((few, many), args.repeat)}
    finally:
        few.desk.close()
        if many is not None:
            many.desk.close()
        shutil.rmtree(folder)
    print(json.dumps({"bench": "reading", "machine": machine(), **report}, ensure_ascii=False))


if __name__ == "__main__":
    main()
