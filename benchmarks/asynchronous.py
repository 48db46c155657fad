"""What ``AsyncDesk`` adds to a message: beside ``Desk`` and beside bare hops to a worker thread, in one run.

    python -m benchmarks.asynchronous [--n 2000] [--repeat 3] [--agents 1000] [--rules 100]

One task at ``NORMAL``: how many bare hops a message costs more than with ``Desk``. 64 tasks at ``FULL``: how many times
the messages that ``Desk`` takes in one by one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks._desk import Synchronous, clock, opened, reaching, said, taking
from benchmarks._stream import Mail, machine, spread, stream, timed
from csdesk import open_async_desk

TASKS = 64
SINGLES: tuple[tuple[str, Synchronous], ...] = (("sync_normal", "NORMAL"), ("sync_full", "FULL"))


async def tasks(path: Path, synchronous: Synchronous, mails: list[Mail], count: int) -> float:
    """Microseconds per message with that many tasks on one desk."""
    queue = list(reversed(mails))
    going = clock()

    async def work() -> None:
        while queue:
            mail = queue.pop()
            going.advance_to(reaching(mail))
            await desk.receive(said(mail))

    async with await open_async_desk(f"sqlite:///{path}", clock=going, synchronous=synchronous) as desk:
        await desk.receive(said(mails[0]))
        start = perf_counter()
        await asyncio.gather(*[work() for _ in range(count)])
        return (perf_counter() - start) / len(mails) * 1e6


async def hops(count: int) -> float:
    """Microseconds of one bare hop to a worker thread and back."""
    start = perf_counter()
    for _ in range(count):
        await asyncio.to_thread(int)
    return (perf_counter() - start) / count * 1e6


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=2000, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    try:
        report = compare(args, folder)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"bench": "asynchronous", "unit": "us per message", "machine": machine(), **report}))


def compare(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """``Desk`` one by one, ``AsyncDesk`` with one task and with many, each on a fresh copy of one desk."""
    opened(folder / "desk.db", "FULL", args.agents, args.rules).close()
    times: dict[str, list[float]] = {name: [] for name in ("hop", "sync_normal", "one_task", "sync_full", "many_tasks")}
    for number in range(args.repeat):
        mails = stream(args.n, seed=400 + number)
        times["hop"].append(asyncio.run(hops(args.n)))
        for name, synchronous in SINGLES:
            desk = opened(_copy(folder, f"{name}{number}"), synchronous, 0, args.rules)
            desk.receive(said(mails[0]))
            times[name].append(timed(partial(taking, desk, mails, 1)))
            desk.close()
        times["one_task"].append(asyncio.run(tasks(_copy(folder, f"one{number}"), "NORMAL", mails, 1)))
        times["many_tasks"].append(asyncio.run(tasks(_copy(folder, f"many{number}"), "FULL", mails, TASKS)))
    more = [
        (one - sync) / hop for one, sync, hop in zip(times["one_task"], times["sync_normal"], times["hop"], strict=True)
    ]
    throughput = [sync / many for sync, many in zip(times["sync_full"], times["many_tasks"], strict=True)]
    return {
        **{f"{name}_us": spread(values) for name, values in times.items()},
        "hops_added": round(statistics.median(more), 2),
        "throughput_ratio": round(statistics.median(throughput), 2),
    }


def _copy(folder: Path, name: str) -> Path:
    return Path(shutil.copy(folder / "desk.db", folder / f"{name}.db"))


if __name__ == "__main__":
    main()
