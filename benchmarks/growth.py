"""Does a message cost more when the desk has many tickets already?

    python -m benchmarks.growth [--tickets 100000] [--n 3000] [--repeat 3] [--agents 1000] [--rules 100]

Takes in ``--tickets`` first messages of as many customers, then the same kind of stream into that desk and into an
empty one, in turn. Single messages, ``NORMAL``. Filling a desk with ``--tickets 1000000`` takes ten minutes on an idle
machine, and 5 GB. ``cpu_growth`` is the same ratio of the processor's time, which other work on it delays less.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path
from time import process_time

from benchmarks._desk import indexing, opened, taking
from benchmarks._stream import CHANNELS, START_MS, Mail, machine, spread, stream, timed
from csdesk import Desk

CHUNK = 10_000


def fill(desk: Desk, tickets: int) -> None:
    """One ticket for each of that many customers, known to ``stream(history=tickets)``, indexed for search."""
    for start in range(0, tickets, CHUNK):
        taking(desk, [_first(number) for number in range(start, min(start + CHUNK, tickets))], 500)
        indexing(desk, CHUNK)


def _first(number: int) -> Mail:
    text = f"我的订单还没有发货，单号{number}" if number % 3 == 0 else f"where is my parcel, order {number}"
    return Mail(CHANNELS[number % 3], f"old-{number}", f"u{number}@example.com", "parcel", text, START_MS - 1000)


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--n", type=int, default=3000, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    empty, full = (opened(folder / name, "NORMAL", args.agents, args.rules) for name in ("empty.db", "full.db"))
    try:
        fill(full, args.tickets)
        fill(empty, args.agents)  # warm, and no free ride on empty trees
        before, after = [], []
        busy: tuple[list[float], list[float]] = [], []
        for number in range(args.repeat):
            known = stream(args.n, seed=500 + number, history=args.agents)
            start = process_time()
            before.append(timed(partial(taking, empty, known, 1)))
            busy[0].append(process_time() - start)
            known = stream(args.n, seed=500 + number, history=args.tickets)
            start = process_time()
            after.append(timed(partial(taking, full, known, 1)))
            busy[1].append(process_time() - start)
        report = {
            "tickets": args.tickets,
            "empty_us": spread(before),
            "full_us": spread(after),
            "growth": round(statistics.median(b / a for a, b in zip(before, after, strict=True)), 2),
            "cpu_growth": round(statistics.median(b / a for a, b in zip(*busy, strict=True)), 2),
            "file_mb": round((folder / "full.db").stat().st_size / 1e6, 1),
        }
    finally:
        empty.close()
        full.close()
        shutil.rmtree(folder)
    print(json.dumps({"bench": "growth", "unit": "us per message", "machine": machine(), **report}))


if __name__ == "__main__":
    main()
