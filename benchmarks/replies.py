"""The whole job with automatic answers over many phrases, beside the job without, and the matcher's own time.

    python -m benchmarks.replies [--phrases 10000] [--n 1500] [--repeat 3] [--agents 1000] [--rules 100]

Single messages, ``NORMAL``; one in ten asks what a phrase has as its sample. ``auto_us - plain_us`` is what the answers
cost in the pipeline: the matching, measured alone on the same texts as ``matcher_us``, and the rows of the answers that
were sure enough to be sent (``answered`` says how many; the raw inserts have no such rows). The ratios are
those of the job with answers, without the matcher's time, to the raw inserts: by the clock, and by the time of the
processor, which leaves out what other work on the machine takes.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from benchmarks import _raw
from benchmarks._desk import opened, said, taking
from benchmarks._stream import WORDS, Mail, machine, spread, stream
from csdesk import Desk
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.records.phrases import LibraryPhrase, Wording

THINGS = ("订单", "退款", "发票", "快递", "地址", "密码", "优惠券", "尺码", "颜色", "保修")
ASKED = ("怎么修改", "什么时候能", "为什么没有", "可以取消", "如何查询", "谁来处理", "丢失了", "重复收费")


def phrases(desk: Desk, count: int) -> tuple[LibraryPhrase, ...]:
    """That many phrases, half of them Chinese, that may be sent without a person."""
    rng = random.Random(11)
    desk.replies.import_(
        LibraryPhrase(
            id=f"answer-{number}",
            title=f"answer {number}",
            wordings=(Wording(text=f"Here is answer {number}."),),
            questions=tuple(_questions(rng)),
            auto_reply=True,
        )
        for number in range(count)
    )
    return desk.replies.export()


def _questions(rng: random.Random) -> list[str]:
    if rng.random() < 0.5:
        return [f"{rng.choice(THINGS)}{rng.choice(ASKED)}{rng.choice(THINGS)}{rng.randrange(99)}" for _ in "ab"]
    return [" ".join(rng.choice(WORDS) for _ in range(7)) for _ in "ab"]


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phrases", type=int, default=10_000)
    parser.add_argument("--n", type=int, default=1500, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    try:
        report = compare(args, folder)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"bench": "replies", "unit": "us per message", "machine": machine(), **report}))


def compare(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Raw, without answers, with answers, and the matcher alone, in turn on the same texts."""
    plain = opened(folder / "plain.db", "NORMAL", args.agents, args.rules)
    auto = opened(folder / "auto.db", "NORMAL", args.agents, args.rules, auto_reply=True)
    held = phrases(auto, args.phrases)
    book = PhraseBook(held)
    runs: list[dict[str, Spent]] = []
    for number in range(args.repeat + 1):
        mails = asking(held, stream(args.n, seed=600 + number))
        _raw.build(folder / f"{number}.raw", args.agents)
        works: dict[str, Callable[[], int]] = {
            "raw": partial(_raw.run, folder / f"{number}.raw", mails, "NORMAL", 1),
            "plain": partial(taking, plain, mails, 1),
            "auto": partial(taking, auto, mails, 1),
            "matcher": partial(_match, book, [mail.text for mail in mails]),
        }
        runs.append({name: spent(work) for name, work in works.items()})
    del runs[0]  # it also builds the index
    decisions = [auto.receive(said(mail)).reply for mail in asking(held, stream(args.n, seed=699))]
    for desk in (plain, auto):
        desk.close()
    return {
        "phrases": args.phrases,
        **{f"{name}_us": spread([run[name].clock for run in runs]) for name in runs[0]},
        **{f"{name}_processor_us": spread([run[name].processor for run in runs]) for name in runs[0]},
        "ratio_without_matcher": ratio(runs, "clock"),
        "ratio_without_matcher_processor": ratio(runs, "processor"),
        "answered": sum(one is not None and one.action == "auto_reply" for one in decisions) / args.n,
    }


def asking(held: Sequence[LibraryPhrase], mails: list[Mail]) -> list[Mail]:
    """The stream, with a question of some phrase in every tenth mail."""
    rng = random.Random(len(mails))
    return [
        replace(mail, text=rng.choice(held).questions[0]) if place % 10 == 0 else mail
        for place, mail in enumerate(mails)
    ]


class Spent(NamedTuple):
    """Microseconds per message."""

    clock: float
    processor: float


def spent(work: Callable[[], int]) -> Spent:
    """What a run takes by the clock and of the processor; ``work`` says how many messages it did."""
    clock, processor = perf_counter(), process_time()
    units = work()
    return Spent((perf_counter() - clock) / units * 1e6, (process_time() - processor) / units * 1e6)


def ratio(runs: list[dict[str, Spent]], kind: str) -> float:
    """The job with answers to the raw inserts, without the matcher's time; the median of the runs."""
    each = [{name: getattr(one, kind) for name, one in run.items()} for run in runs]
    return round(statistics.median((one["auto"] - one["matcher"]) / one["raw"] for one in each), 2)


def _match(book: PhraseBook, texts: list[str]) -> int:
    for text in texts:
        book.decide(text, threshold=0.95, margin=0.0, floor=0.1, limit=5)
    return len(texts)


if __name__ == "__main__":
    main()
