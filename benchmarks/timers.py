"""Timers: polling when nothing is due, and draining many that are, beside raw SQL and APScheduler 3.

    python -m benchmarks.timers [--n 100000] [--pending 1000,1000000] [--repeat 5]

``poll``: a desk with that many tickets, all of whose clocks are due later. ``timers_us``: asking the store for due ones
and for the next instant; ``run_due_us``: a whole ``run_due``, which also asks for mail to send, pulls, media, waiting
tickets, the inbox and upkeep; ``raw_us``: one indexed query for due tickets.

``drain``: ``--n`` tickets with a breached clock each, through ``run_due`` (read the ticket, fold what is due, write
ticket and event, in commits of a hundred); ``raw``: the same rows read and written by hand in SQL, in commits of a
hundred; ``apscheduler``: jobs on its SQLite job store that are due, taken and removed (at most 2000, it is slow; the
extra ``peers``). Microseconds for each timer; one JSON line.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from benchmarks._stream import machine
from csdesk import Desk, DeskConfig, open_desk
from csdesk.domain.records.changes import ChangeSet, Put
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.ports.store import LeaseRequest
from csdesk.stores.sqlite.values import micros
from csdesk.system.clock import SimulatedClock
from csdesk.testing import builders as build

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = START + timedelta(days=30)
CONFIG = DeskConfig.model_validate(
    {
        "queues": [{"name": "general"}],
        "default_queue": "general",
        "sla": [{"name": "std", "targets": [{"metric": "resolution", "within": "1h", "warn_at": []}]}],
    }
)
COMMIT = 100
MOST_JOBS = 2000


class Took(NamedTuple):
    """Microseconds for each timer: by the clock, and of the processor, which other work on the machine delays less."""

    wall: float
    cpu: float


def opened(folder: Path, clock: SimulatedClock) -> tuple[Desk, Path]:
    """A desk in a file of its own."""
    path = folder / f"{len(list(folder.iterdir()))}.db"
    return open_desk(f"sqlite:///{path}", config=CONFIG, clock=clock, synchronous="NORMAL"), path


def clock_due(at: datetime) -> Clock:
    """A running clock."""
    hour = timedelta(hours=1)
    return Clock(metric=Metric.RESOLUTION, policy="std", amount=hour, started_at=at - hour, due_at=at, warn_on=())


def plan(desk: Desk, path: Path, pending: int) -> None:
    """That many tickets that are due later: copies of one row, with ids, numbers and instants of their own."""
    one = build.ticket(1, clocks=(clock_due(LATER),), category="waiting_customer")
    desk._store.commit(desk.name, ChangeSet(puts=(Put(one, 0),)))  # noqa: SLF001  not the pipeline is measured
    connection = sqlite3.connect(path, isolation_level=None)
    names = [row[1] for row in connection.execute("PRAGMA table_info(csdesk_ticket)") if row[1] != "pk"]
    own = {"id": "'tkt_'||n.i", "number": "n.i", "wake_at": "t.wake_at+n.i*1000"}
    copied = ",".join(own.get(name, f"t.{name}") for name in names)
    connection.execute("BEGIN")
    sql = (
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<?)"  # noqa: S608  the table's own columns
        f" INSERT INTO csdesk_ticket({','.join(names)}) SELECT {copied} FROM n, csdesk_ticket t WHERE t.id=?"
    )
    connection.execute(sql, (pending, one.id))
    connection.execute(
        "INSERT INTO csdesk_place(desk,id,row) SELECT desk,substr(id,5)||'tkt_',pk FROM csdesk_ticket WHERE true"
        " ON CONFLICT DO NOTHING"
    )
    connection.execute("COMMIT")
    connection.close()


def median(work: Callable[[], object], repeat: int) -> float:
    """Microseconds, after a first run that is not counted."""
    work()
    rounds = []
    for _ in range(repeat):
        start = perf_counter()
        work()
        rounds.append((perf_counter() - start) * 1e6)
    return round(statistics.median(rounds), 1)


def poll(folder: Path, pending: int, repeat: int) -> dict[str, object]:
    """What a look costs when nothing is due."""
    desk, path = opened(folder, SimulatedClock(START))
    plan(desk, path, pending)
    raw = sqlite3.connect(path, isolation_level=None)
    sql = "SELECT id FROM csdesk_ticket WHERE desk=1 AND wake_at<=? ORDER BY wake_at LIMIT 100"
    rounds = repeat * 20
    polled = median(desk.run_due, rounds)
    request = LeaseRequest(what="tickets", now=START, limit=100)
    looked = median(lambda: desk._store.lease(desk.name, request), rounds)  # noqa: SLF001  the part that asks for timers
    found = median(lambda: raw.execute(sql, (micros(START),)).fetchall(), rounds)
    assert desk.run_due().tickets == 0
    raw.close()
    desk.close()
    path.unlink()
    return {
        "pending": pending,
        "raw_us": found,
        "timers_us": looked,
        "timers_ratio": round(looked / found, 1),
        "run_due_us": polled,
        "run_due_ratio": round(polled / found, 1),
    }


def drain(folder: Path, count: int) -> Took:
    """Microseconds for each ticket whose breach is folded by ``run_due``."""
    clock = SimulatedClock(START)
    desk, _ = opened(folder, clock)
    store = desk._store  # noqa: SLF001  filled without the pipeline, which is not what is measured
    due = clock_due(START + timedelta(minutes=1))
    for start in range(1, count + 1, 1000):
        made = [
            build.ticket(number, clocks=(due,), category="waiting_customer")
            for number in range(start, min(start + 1000, count + 1))
        ]
        store.commit(desk.name, ChangeSet(puts=tuple(Put(one, 0) for one in made)))
    clock.advance_to(START + timedelta(days=1))
    start_at, busy_at = perf_counter(), process_time()
    done = 0
    while report := desk.run_due(1000):
        done += report.tickets
        if not report.tickets:
            break
    took, busy = perf_counter() - start_at, process_time() - busy_at
    assert done == count, (done, count)
    desk.close()
    return Took(took / count * 1e6, busy / count * 1e6)


def raw(folder: Path, count: int) -> Took:
    """The same rows by hand: read the document, write it anew with an event, commits of a hundred."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(
        "CREATE TABLE ticket(id TEXT PRIMARY KEY, version INT, wake_at INT, doc TEXT);"
        "CREATE INDEX ticket_wake ON ticket(wake_at) WHERE wake_at IS NOT NULL;"
        "CREATE TABLE event(id INTEGER PRIMARY KEY, ticket TEXT, at INT, body TEXT);"
        "CREATE INDEX event_ticket ON event(ticket);"
    )
    one = build.ticket(1, clocks=(clock_due(START),))
    body = one.model_dump_json(exclude_defaults=True)
    rows = ((f"tkt_{number}", 1, micros(START) + number, body) for number in range(count))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO ticket VALUES(?,?,?,?)", rows)
    connection.execute("COMMIT")
    start, busy_at = perf_counter(), process_time()
    while True:
        found = connection.execute(
            "SELECT id,version,doc FROM ticket WHERE wake_at<=? ORDER BY wake_at LIMIT ?", (micros(LATER), COMMIT)
        ).fetchall()
        if not found:
            break
        connection.execute("BEGIN IMMEDIATE")
        for key, version, doc in found:
            ticket = json.loads(doc)
            ticket["clocks"][0]["breached_at"] = ticket["clocks"][0]["due_at"]
            told = json.dumps({"kind": "sla.breached", "clock": ticket["clocks"][0]})
            connection.execute(
                "UPDATE ticket SET version=?,wake_at=NULL,doc=? WHERE id=? AND version=?",
                (version + 1, json.dumps(ticket), key, version),
            )
            connection.execute("INSERT INTO event(ticket,at,body) VALUES(?,?,?)", (key, micros(START), told))
        connection.execute("COMMIT")
    took, busy = perf_counter() - start, process_time() - busy_at
    connection.close()
    return Took(took / count * 1e6, busy / count * 1e6)


def apscheduler(folder: Path, count: int) -> float:
    """Due jobs taken and removed, on its job store for SQLite."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    jobs: Any = SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}")
    scheduler: Any = BackgroundScheduler(timezone=UTC)
    scheduler.add_jobstore(jobs)
    scheduler.start(paused=True)
    now = datetime.now(UTC)
    for number in range(count):
        scheduler.add_job(print, "date", run_date=now - timedelta(seconds=1 + number), id=str(number))
    start = perf_counter()
    taken = jobs.get_due_jobs(now)
    for job in taken:
        jobs.remove_job(job.id)
    took = perf_counter() - start
    scheduler.shutdown(wait=False)
    assert len(taken) == count
    return took / count * 1e6


def _folders(folder: Path, count: int) -> Iterator[Path]:
    """Empty folders, one after the other."""
    for number in range(count):
        made = folder / f"round{number}"
        made.mkdir()
        yield made
        shutil.rmtree(made)


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000, help="timers to drain")
    parser.add_argument("--pending", default="1000,1000000", help="tickets due later, when polling")
    parser.add_argument("--repeat", type=int, default=3, help="rounds of which the best counts")
    args = parser.parse_args(arguments)
    report: dict[str, object] = {"bench": "timers", "unit": "us", "machine": machine(), "n": args.n}
    with tempfile.TemporaryDirectory(prefix="csdesk-bench-") as name:
        folder = Path(name)
        report["poll"] = [poll(folder, int(pending), args.repeat) for pending in args.pending.split(",")]
        rounds = [(drain(Path(one), args.n), raw(Path(one), args.n)) for one in _folders(folder, args.repeat)]
        ours, floor = min(one for one, _ in rounds), min(one for _, one in rounds)
        report |= {
            "drain_us": round(ours.wall, 1),
            "raw_us": round(floor.wall, 1),
            "ratio": round(ours.wall / floor.wall, 1),
            "cpu_ratio": round(min(one.cpu for one, _ in rounds) / min(one.cpu for _, one in rounds), 1),
        }
        try:
            theirs = apscheduler(folder, min(args.n, MOST_JOBS))
            report |= {"apscheduler_us": round(theirs, 1), "times_faster": round(theirs / ours.wall, 1)}
        except ImportError as problem:
            report["skipped"] = f"{problem}; pip install 'csdesk[peers]'"
    print(json.dumps(report))


if __name__ == "__main__":
    main()
