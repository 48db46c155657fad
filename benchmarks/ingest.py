"""The whole job for one inbound message beside the limit of raw SQL on the same stream, in one run.

    python -m benchmarks.ingest [--n 3000] [--repeat 3] [--agents 1000] [--rules 100] [--original PATH]

100 rules, 1000 agents, two clocks a ticket, suggestions on demand; the share of the search index, which ``run_due``
writes, is counted in. Prints microseconds per message (median of the repeats, each a mean over the stream), the ratios
to the limit, statements per message, bytes of file per message, and what a second delivery of the same messages costs.
``--original`` names a script of raw SQL without the claims, run for information as ``PATH --sizes 0 --n N --repeat R``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks import _raw
from benchmarks._desk import Synchronous, arrive, indexing, opened, said, taking
from benchmarks._stream import Mail, machine, spread, stream, timed
from csdesk import Desk, open_desk
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore

MODES: tuple[tuple[str, Synchronous, int], ...] = (
    ("normal", "NORMAL", 1),
    ("full", "FULL", 1),
    ("full_batch100", "FULL", 100),
)


def compare(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Raw and csdesk in turn, so that a drifting machine hits both alike."""
    report: dict[str, object] = {}
    for name, synchronous, batch in MODES:
        raw, ours, search, sizes = [], [], [], []
        for number in range(args.repeat):
            mails = stream(args.n, seed=100 + number)
            path = folder / f"{name}{number}"
            _raw.build(path.with_suffix(".raw"), args.agents)
            raw.append(timed(partial(_raw.run, path.with_suffix(".raw"), mails, synchronous, batch)))
            desk = opened(path.with_suffix(".db"), synchronous, args.agents, args.rules)
            indexing(desk, 1)  # moves the log into the file: the agents are no part of a message
            before = path.with_suffix(".db").stat().st_size
            ours.append(timed(partial(taking, desk, mails, batch)))
            search.append(timed(partial(indexing, desk, len(mails))))
            desk.close()
            sizes.append((path.with_suffix(".db").stat().st_size - before) / args.n)
        whole = [one + other for one, other in zip(ours, search, strict=True)]
        report[name] = {
            "raw_us": spread(raw),
            "csdesk_us": spread(ours),
            "search_us": spread(search),
            "ratio": round(statistics.median(one / limit for one, limit in zip(whole, raw, strict=True)), 2),
            "bytes_per_message": round(statistics.median(sizes)),
        }
    return report


def threads(desk: Desk, mails: list[Mail], workers: int) -> Callable[[], int]:
    """The same singles from several threads."""

    def work() -> int:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda mail: desk.receive(*arrive(desk, mail)).state, mails))
        return len(mails)

    return work


def concurrent(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Eight threads beside one, both at FULL."""
    times: dict[int, list[float]] = {1: [], 8: []}
    for number in range(args.repeat):
        for workers, runs in times.items():
            desk = opened(folder / f"threads{workers}-{number}.db", "FULL", args.agents, args.rules)
            runs.append(timed(threads(desk, stream(args.n, seed=200 + number), workers)))
            desk.close()
    ratio = statistics.median(one / many for one, many in zip(times[1], times[8], strict=True))
    return {"one_us": spread(times[1]), "eight_us": spread(times[8]), "throughput_ratio": round(ratio, 2)}


def redelivered(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """A stream that was taken in already, offered again: beside raw SQL, and what it asks of the store."""
    mails = stream(args.n, seed=300)
    path = folder / "again.db"
    desk = opened(path, "NORMAL", args.agents, args.rules)
    taking(desk, mails, 100)
    ours = [timed(partial(taking, desk, mails, 1)) for _ in range(args.repeat)]
    config = desk.config.get()
    desk.close()
    counting = CountingStore(SqliteStore(path, synchronous="NORMAL"))
    with open_desk(counting, config=config) as again:
        again.receive(said(mails[0]))  # the first message of a process also reads the desk's settings
        counting.reset()
        taking(again, mails, 1)
    counting.close()
    _raw.build(path.with_suffix(".raw"), args.agents)
    _raw.run(path.with_suffix(".raw"), mails, "NORMAL", 100)
    raw = [timed(partial(_raw.run, path.with_suffix(".raw"), mails, "NORMAL", 1)) for _ in range(args.repeat)]
    return {
        "raw_us": spread(raw),
        "csdesk_us": spread(ours),
        "loads": counting.loads / len(mails),
        "commits": counting.commits / len(mails),
    }


def original(path: Path, args: argparse.Namespace) -> dict[str, float]:
    """Microseconds per message of the script without claims, by mode."""
    command = [sys.executable, path.name, "--sizes", "0", "--n", str(args.n), "--repeat", str(args.repeat)]
    done = subprocess.run(command, cwd=path.parent, check=True, capture_output=True, text=True)  # noqa: S603  the caller's
    printed = json.loads(done.stdout)["tickets_0"]
    modes = {"normal": "normal_checkpoint_10000", "full": "full", "full_batch100": "full_batch100"}
    return {ours: float(printed[theirs]["wall_us"]) for ours, theirs in modes.items()}


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=3000, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3, help="runs, each on a database of its own")
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--original", type=Path, default=None, help="a script of raw SQL to time beside it")
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    try:
        report = compare(args, folder)
        report["threads"] = concurrent(args, folder)
        report["redelivery"] = redelivered(args, folder)
        if args.original is not None:
            report["original_us"] = original(args.original.resolve(), args)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"bench": "ingest", "unit": "us per message", "machine": machine(), **report}))


if __name__ == "__main__":
    main()
