"""The whole job for one inbound message beside the limit of raw SQL on the same stream, in one run.

    python -m benchmarks.ingest [--n 3000] [--repeat 3] [--agents 1000] [--rules 100]

100 rules, 1000 agents, two clocks a ticket, suggestions on demand; the share of the search index, which ``run_due``
writes, is counted in. Prints microseconds per message (median of the repeats, each a mean over the stream), the ratios
to the limit, statements per message, and bytes of file per message.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import _raw
from benchmarks._stream import CHANNELS, QUEUES, START_MS, WORDS, Mail, machine, spread, stream, timed
from csdesk import Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.system.clock import SimulatedClock

MODES = (("normal", "NORMAL", 1), ("full", "FULL", 1), ("full_batch100", "FULL", 100))


def config(rules: int) -> DeskConfig:
    """Keyword rules, each with a second condition, and two clocks."""
    return DeskConfig.model_validate(
        {
            "default_queue": "general",
            "queues": [{"name": name} for name in QUEUES],
            "tags": [{"name": f"tag{number}"} for number in range(20)],
            "rules": [_rule(number) for number in range(rules)],
            "sla": [{"name": "std", "targets": [_target("first_reply", "1h"), _target("resolution", "24h")]}],
        }
    )


def _target(metric: str, within: str) -> dict[str, object]:
    return {"metric": metric, "within": within}


def _rule(number: int) -> dict[str, object]:
    words = f"{WORDS[number % len(WORDS)]} {WORDS[number * 7 % len(WORDS)]}"
    return {
        "name": f"rule{number}",
        "when": {
            "all": [
                {"field": "message.text", "op": "contains", "value": words},
                {"field": "message.account", "op": "eq", "value": CHANNELS[number % 3]},
            ]
        },
        "then": [{"do": "add_tags", "tags": [f"tag{number % 20}"]}],
    }


def said(mail: Mail) -> InboundMessage:
    """A delivery in the desk's words."""
    return InboundMessage(
        account=mail.channel,
        dedupe_key=mail.key,
        conversation=mail.address,
        sender=Sender(kind="address", external_id=mail.address, name=mail.address),
        subject=mail.subject,
        text=mail.text,
        sent_at=datetime.fromtimestamp(mail.sent_ms / 1000, UTC),
    )


def opened(path: Path, synchronous: str, agents: int, rules: int) -> Desk:
    """A desk with its agents."""
    clock = SimulatedClock(datetime.fromtimestamp(START_MS / 1000, UTC) + timedelta(days=1))
    made = open_desk(
        f"sqlite:///{path}",
        config=config(rules),
        clock=clock,
        synchronous="NORMAL" if synchronous == "NORMAL" else "FULL",
    )
    for number in range(agents):
        made.agents.add(f"agent {number}", queues=(QUEUES[number % 4],), capacity=1_000_000)
    return made


def taking(desk: Desk, mails: list[Mail], batch: int) -> Callable[[], int]:
    """Take the stream in, and index it for search."""

    def work() -> int:
        for start in range(0, len(mails), batch):
            part = [said(mail) for mail in mails[start : start + batch]]
            if batch == 1:
                desk.receive(part[0])
            else:
                desk.receive_many(part)
        return len(mails)

    return work


def indexing(desk: Desk, count: int) -> Callable[[], int]:
    """Index what was taken in for search, in batches as ``run_due`` does."""

    def work() -> int:
        while desk.run_due(10_000, max_time=timedelta(minutes=1)).indexed:
            pass
        return count

    return work


def threads(desk: Desk, mails: list[Mail], workers: int) -> Callable[[], int]:
    """The same singles from several threads."""

    def work() -> int:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda mail: desk.receive(said(mail)).state, mails))
        return len(mails)

    return work


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
            before = path.with_suffix(".db").stat().st_size
            ours.append(timed(taking(desk, mails, batch)))
            search.append(timed(indexing(desk, len(mails))))
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


def concurrent(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Eight threads beside one, both at FULL."""
    times = {}
    for workers in (1, 8):
        runs = []
        for number in range(args.repeat):
            desk = opened(folder / f"threads{workers}-{number}.db", "FULL", args.agents, args.rules)
            runs.append(timed(threads(desk, stream(args.n, seed=200 + number), workers)))
            desk.close()
        times[workers] = runs
    ratio = statistics.median(one / many for one, many in zip(times[1], times[8], strict=True))
    return {"one_us": spread(times[1]), "eight_us": spread(times[8]), "throughput_ratio": round(ratio, 2)}


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=3000, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3, help="runs, each on a database of its own")
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    try:
        report = compare(args, folder)
        report["threads"] = concurrent(args, folder)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"bench": "ingest", "unit": "us per message", "machine": machine(), **report}))


if __name__ == "__main__":
    main()
