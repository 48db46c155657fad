"""The whole job beside the desk that an application developer writes by hand: SQLAlchemy's ORM, used with care.

    python -m benchmarks.orm [--n 1500] [--repeat 3] [--agents 1000] [--rules 20] [--phrases 200] [--original PATH]

All take in the same stream one message a commit at ``NORMAL``: dedupe, find the customer and the ticket, rules, route
by load, two deadlines in office hours, an event, a row in the outbox. The peer also looks up an answer among so many
questions, by rapidfuzz. csdesk is measured with suggestions on demand, as it is installed (``csdesk_us``), and while it
matches every message against as many phrases that may be sent by themselves (``answering_us``). The peer keeps agents'
loads in a column and rules and answers in memory; it has no traces, no claims, no search and no stages of delivery.
``--original`` names a script with another such desk, run for information as ``PATH --tickets 0 --agents N --n N
--rules N --canned N``. Needs SQLAlchemy (the ``peers`` extra).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks._desk import indexing, opened, taking
from benchmarks._stream import Mail, machine, spread, stream, timed
from benchmarks.replies import phrases


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1500, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=20)
    parser.add_argument("--phrases", type=int, default=200)
    parser.add_argument("--original", type=Path, default=None, help="a script with another such desk, timed beside it")
    args = parser.parse_args(arguments)
    try:
        from benchmarks import _orm_desk
    except ModuleNotFoundError as missing:
        if missing.name != "sqlalchemy":
            raise
        print(json.dumps({"bench": "orm", "skipped": "needs SQLAlchemy: pip install 'csdesk[peers]'"}))
        return
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    times: dict[str, list[float]] = {"orm_us": [], "csdesk_us": [], "answering_us": []}
    try:
        for number in range(args.repeat):
            mails = stream(args.n, seed=700 + number)
            hand = _orm_desk.HandWritten(folder / f"{number}.orm", args.agents, args.rules, args.phrases)
            times["orm_us"].append(timed(partial(hand.take, mails)))
            hand.close()
            times["csdesk_us"].append(ours(args, folder / f"{number}.db", mails, auto_reply=False))
            times["answering_us"].append(ours(args, folder / f"{number}.answers.db", mails, auto_reply=True))
        report: dict[str, object] = {name: spread(runs) for name, runs in times.items()}
        report["times_faster"] = faster(times["orm_us"], times["csdesk_us"])
        report["times_faster_answering"] = faster(times["orm_us"], times["answering_us"])
        if args.original is not None:
            report["original_us"] = original(args.original.resolve(), args)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"bench": "orm", "unit": "us per message", "machine": machine(), **report}))


def ours(args: argparse.Namespace, path: Path, mails: list[Mail], *, auto_reply: bool) -> float:
    """Microseconds per message of csdesk, the search index counted in."""
    desk = opened(path, "NORMAL", args.agents, args.rules, auto_reply=auto_reply)
    phrases(desk, args.phrases)
    spent = timed(partial(taking, desk, mails, 1)) + timed(partial(indexing, desk, len(mails)))
    desk.close()
    return spent


def faster(peer: list[float], mine: list[float]) -> float:
    """How many times faster, run by run."""
    return round(statistics.median(one / other for one, other in zip(peer, mine, strict=True)), 1)


def original(path: Path, args: argparse.Namespace) -> float:
    """Microseconds per message of another hand-written desk, on a stream like ours."""
    sizes = ["--tickets", "0", "--agents", str(args.agents), "--n", str(args.n), "--rules", str(args.rules)]
    command = [sys.executable, path.name, *sizes, "--canned", str(args.phrases)]
    done = subprocess.run(command, cwd=path.parent, check=True, capture_output=True, text=True)  # noqa: S603  the caller's
    return float(json.loads(done.stdout)[f"tickets_0_agents_{args.agents}"]["careful"]["mean"])


if __name__ == "__main__":
    main()
