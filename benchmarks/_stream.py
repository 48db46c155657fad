"""One stream of messages for every ingest benchmark, and what the machine gives just now.

49 % come from somebody whose ticket is open, 2 % are delivered twice, the others are new customers or known ones
without an open ticket; 30 % of the texts are Chinese. The mix is that of a busy shop's inbox.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

CHANNELS = ("email", "web", "wechat")
QUEUES = ("billing", "shipping", "tech", "general")
WORDS = tuple(
    """order refund parcel late invoice password login broken screen delivery address change cancel card payment error
    twice charged missing item size wrong colour return label warranty repair manual install update account locked
    email phone receipt discount voucher code""".split()  # noqa: SIM905  a list of forty words reads best so
)
CHINESE = ("我的订单还没有发货", "怎么申请退款", "发票开错了", "登录不了账号", "快递地址要修改", "商品坏了想换货")
START_MS = 1_780_000_000_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One delivery."""

    channel: str
    key: str
    address: str
    subject: str
    text: str
    sent_ms: int


def stream(count: int, *, seed: int, history: int = 0) -> list[Mail]:
    """That many deliveries; ``history`` is how many customers (``u0`` …) the database knows already."""
    rng = random.Random(seed)
    recent: list[tuple[str, str]] = []
    made: list[Mail] = []
    while len(made) < count:
        chance = rng.random()
        if chance < 0.02 and made:
            made.append(rng.choice(made[-100:]))
            continue
        if chance < 0.51 and recent:
            channel, address = rng.choice(recent)
        elif chance < 0.80 and history:
            number = rng.randrange(history)
            channel, address = CHANNELS[number % 3], f"u{number}@example.com"
        else:
            channel, address = rng.choice(CHANNELS), f"s{seed}-{len(made)}@example.com"
        recent = [*recent[-499:], (channel, address)]
        made.append(
            Mail(channel, f"s{seed}-{len(made)}", address, _subject(rng), _body(rng), START_MS + len(made) * 1000)
        )
    return made


def _subject(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(5))


def _body(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return "，".join(rng.choice(CHINESE) for _ in range(4)) + f"，单号{rng.randrange(10**9)}"
    return " ".join(rng.choice(WORDS) for _ in range(40)) + f" order {rng.randrange(10**9)}"


def timed(work: Callable[[], int]) -> float:
    """Microseconds per unit; ``work`` says how many units it did."""
    start = perf_counter()
    units = work()
    return (perf_counter() - start) / units * 1e6


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and most of several runs."""
    return {
        "median": round(statistics.median(values), 1),
        "min": round(min(values), 1),
        "max": round(max(values), 1),
    }


def machine() -> dict[str, object]:
    """What the machine gives just now: durable numbers compare only between runs of like ``fsync_us``."""
    with tempfile.TemporaryFile() as file:
        syncs = [_sync(file.fileno()) for _ in range(40)]
    loops = [timed(lambda: sum(number & 7 for number in range(200_000)) and 1) / 1e3 for _ in range(3)]
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "fsync_us": round(statistics.median(syncs)),
        "loop_ms": round(min(loops), 1),
    }


def _sync(handle: int) -> float:
    os.pwrite(handle, b"x" * 4096, 0)
    start = perf_counter()
    os.fsync(handle)
    return (perf_counter() - start) * 1e6
