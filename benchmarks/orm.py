"""The whole job beside the desk that an application developer writes by hand: SQLAlchemy's ORM, used with care.

    python -m benchmarks.orm [--n 1500] [--repeat 3] [--agents 1000] [--rules 20] [--phrases 200]

Both take in the same stream one message a commit at ``NORMAL``: dedupe, find the customer and the ticket, rules, route
by load, two deadlines in office hours, an answer looked up, an event, a row in the outbox. The peer keeps agents' loads
in a column and rules and answers in memory; it has no traces, no claims, no search and no stages of delivery. Needs
SQLAlchemy (the ``peers`` extra).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path

from benchmarks._desk import indexing, opened, taking
from benchmarks._stream import machine, spread, stream, timed
from benchmarks.replies import phrases


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1500, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=20)
    parser.add_argument("--phrases", type=int, default=200)
    args = parser.parse_args(arguments)
    try:
        from benchmarks import _orm_desk
    except ModuleNotFoundError as missing:
        if missing.name != "sqlalchemy":
            raise
        print(json.dumps({"bench": "orm", "skipped": "needs SQLAlchemy: pip install 'csdesk[peers]'"}))
        return
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    try:
        peer, ours = [], []
        for number in range(args.repeat):
            mails = stream(args.n, seed=700 + number)
            hand = _orm_desk.HandWritten(folder / f"{number}.orm", args.agents, args.rules, args.phrases)
            peer.append(timed(partial(hand.take, mails)))
            hand.close()
            desk = opened(folder / f"{number}.db", "NORMAL", args.agents, args.rules, auto_reply=True)
            phrases(desk, args.phrases)
            ours.append(timed(partial(taking, desk, mails, 1)) + timed(partial(indexing, desk, len(mails))))
            desk.close()
    finally:
        shutil.rmtree(folder)
    ratio = statistics.median(one / other for one, other in zip(peer, ours, strict=True))
    report = {"orm_us": spread(peer), "csdesk_us": spread(ours), "times_faster": round(ratio, 1)}
    print(json.dumps({"bench": "orm", "unit": "us per message", "machine": machine(), **report}))


if __name__ == "__main__":
    main()
