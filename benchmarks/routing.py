"""Choosing an agent among ten and among ten thousand, beside what can be had without a desk.

    python -m benchmarks.routing [--agents 10,100,1000,10000] [--seconds 1] [--repeat 3]

Four queues; each agent has four of sixteen skills (forty different sets), each ticket needs two skills that somebody
of its queue has. ``csdesk_us``: a decision of the desk over SQLite: what the ticket asks for now, the candidates out
of the index, the choice by load; ``memory_us``: the same over the memory store. The work given is counted between
decisions, and not part of them. ``buckets_us``: a Python heap for each queue and set of skills, the sets that cover a
need remembered, the count included; ``walk_us``: one index by queue and load in SQLite, skills as a bit mask tested
on the way, the count included; ``scan_us``: a loop over all agents, the count included. Microseconds of the processor
for each decision, the median of the rounds; one JSON line.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from benchmarks._stream import machine
from csdesk import DeskConfig, Skill
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.changes import ChangeSet, Delta, Put
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.routing.choice import Found, choose
from csdesk.domain.routing.roster import Roster
from csdesk.domain.routing.search import load_counter, needs_of
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import builders as build

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
QUEUES = ("sales", "orders", "refunds", "other")
SKILLS = 16
DESK = "bench"


class Person(NamedTuple):
    """An agent: the queue, and skills as bits."""

    queue: str
    skills: int


class Wanted(NamedTuple):
    """What a ticket needs."""

    queue: str
    skills: int


def staff(count: int) -> tuple[list[Person], list[Wanted]]:
    """People, and needs that somebody meets."""
    draw = random.Random(2)
    sets = [sum(1 << one for one in draw.sample(range(SKILLS), 4)) for _ in range(40)]
    everything = (1 << SKILLS) - 1
    people = [Person(QUEUES[n % 4], draw.choice(sets) if count > 40 else everything) for n in range(count)]
    needs = []
    for _ in range(400):
        one = draw.choice(people)
        needs.append(Wanted(one.queue, sum(1 << bit for bit in draw.sample(bits(one.skills), 2))))
    return people, needs


def bits(mask: int) -> list[int]:
    """The places of the bits that are set."""
    return [bit for bit in range(SKILLS) if mask >> bit & 1]


def policy_for(needs: list[Wanted]) -> DeskConfig:
    """One need for each pair of skills, by the ticket's type."""
    pairs = sorted({one.skills for one in needs})
    return DeskConfig.model_validate(
        {
            "queues": [{"name": one} for one in QUEUES],
            "default_queue": QUEUES[0],
            "types": [{"name": f"t{pair}"} for pair in pairs],
            "routing": {
                "needs": [
                    {
                        "name": f"n{pair}",
                        "when": {"field": "ticket.type", "op": "eq", "value": f"t{pair}"},
                        "skills": [{"name": f"s{bit}"} for bit in bits(pair)],
                    }
                    for pair in pairs
                ]
            },
        }
    )


def desk(store: Store, people: list[Person], needs: list[Wanted]) -> Iterator[float]:
    """How long each decision takes, in seconds; endless."""
    store.open_desk(DESK, secret=b"x" * 32)
    agents = [
        build.agent(
            number,
            queues=(one.queue,),
            capacity=1_000_000,
            skills=tuple(Skill(name=f"s{bit}") for bit in bits(one.skills)),
        )
        for number, one in enumerate(people, start=1)
    ]
    for start in range(0, len(agents), 500):
        store.commit(DESK, ChangeSet(puts=tuple(Put(one, 0) for one in agents[start : start + 500])))
    policy = compile_policy(policy_for(needs))
    roster = Roster(store.query(DESK, Query(kind="group", limit=1000)).items)  # type: ignore[arg-type]  # by its kind
    customer = build.customer(1)
    tickets = [build.ticket(1, queue=one.queue, type=f"t{one.skills}") for one in needs]
    for ticket in cycle(tickets):
        start_at = process_time()
        agent = _decided(store, policy, roster, ticket, customer)
        yield process_time() - start_at
        store.commit(DESK, ChangeSet(deltas=(Delta(load_counter(agent), 1),)))


def _decided(store: Store, policy, roster: Roster, ticket: Ticket, customer) -> str:  # type: ignore[no-untyped-def]
    search = policy.routing.search(ticket, customer, roster, policy.service, now=NOW)
    wanted = needs_of((search,))
    found = Found()
    found.lay_in(wanted, store.load(DESK, wanted), lambda _queue, _priority, at: at)
    agent = choose(search, found).agent
    assert agent is not None
    return agent


def scan(people: list[Person]) -> Callable[[Wanted], object]:
    """Everybody is looked at."""
    loads = [0] * len(people)

    def pick(wanted: Wanted) -> int:
        best = -1
        for number, one in enumerate(people):
            fits = one.queue == wanted.queue and one.skills & wanted.skills == wanted.skills
            if fits and (best < 0 or loads[number] < loads[best]):
                best = number
        loads[best] += 1
        return best

    return pick


def buckets(people: list[Person]) -> Callable[[Wanted], object]:
    """A heap for each kind of people."""
    heaps: dict[Person, list[tuple[int, int]]] = {}
    for number, one in enumerate(people):
        heaps.setdefault(one, []).append((0, number))
    covering: dict[Wanted, list[list[tuple[int, int]]]] = {}

    def pick(wanted: Wanted) -> int:
        fitting = covering.get(wanted)
        if fitting is None:
            fitting = covering[wanted] = [
                heap
                for kind, heap in heaps.items()
                if kind.queue == wanted.queue and kind.skills & wanted.skills == wanted.skills
            ]
        heap = min(fitting, key=lambda one: one[0])
        load, number = heap[0]
        heapq.heapreplace(heap, (load + 1, number))
        return number

    return pick


def walk(connection: sqlite3.Connection, people: list[Person]) -> Callable[[Wanted], object]:
    """One index by queue and load in an empty database, walked until somebody fits."""
    connection.execute("CREATE TABLE agent(id INTEGER PRIMARY KEY, queue TEXT, skills INT, load INT)")
    rows = [(number, one.queue, one.skills, 0) for number, one in enumerate(people)]
    connection.executemany("INSERT INTO agent VALUES(?,?,?,?)", rows)
    connection.execute("CREATE INDEX pick ON agent(queue, load, skills)")
    connection.execute("ANALYZE")
    chosen = "SELECT id FROM agent WHERE queue=? AND skills&?=? ORDER BY load LIMIT 1"

    def pick(wanted: Wanted) -> int:
        number: int = connection.execute(chosen, (wanted.queue, wanted.skills, wanted.skills)).fetchone()[0]
        connection.execute("UPDATE agent SET load=load+1 WHERE id=?", (number,))
        return number

    return pick


def timed(pick: Callable[[Wanted], object], needs: list[Wanted]) -> Iterator[float]:
    """How long each pick takes, in seconds; endless."""
    for wanted in cycle(needs):
        start = process_time()
        pick(wanted)
        yield process_time() - start


def median(taken: Iterator[float], seconds: float, repeat: int) -> float:
    """Microseconds: the median of the rounds' means, after a first round that is not counted."""
    means = []
    for _ in range(repeat + 1):
        spent, count, until = 0.0, 0, perf_counter() + seconds / (repeat + 1)
        while perf_counter() < until or count < 20:
            spent += next(taken)
            count += 1
        means.append(spent / count * 1e6)
    return round(statistics.median(means[1:]), 1)


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", default="10,100,1000,10000")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each number of agents and each way")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args(arguments)
    sizes = [int(one) for one in args.agents.split(",")]
    figures: dict[str, dict[int, float]] = {}
    for size in sizes:
        people, needs = staff(size)
        folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
        store = SqliteStore(folder / "desk.db", synchronous="NORMAL")
        table = sqlite3.connect(":memory:", isolation_level=None)
        try:
            for name, taken in (
                ("csdesk_us", desk(store, people, needs)),
                ("memory_us", desk(MemoryStore(), people, needs)),
                ("buckets_us", timed(buckets(people), needs)),
                ("walk_us", timed(walk(table, people), needs)),
                ("scan_us", timed(scan(people), needs)),
            ):
                figures.setdefault(name, {})[size] = median(taken, args.seconds, args.repeat)
        finally:
            table.close()
            store.close()
            shutil.rmtree(folder)
    growth = {name: round(of[sizes[-1]] / of[sizes[0]], 2) for name, of in figures.items()}
    print(json.dumps({"benchmark": "routing", "unit": "us per decision", **figures, "growth": growth, **machine()}))


if __name__ == "__main__":
    main()
