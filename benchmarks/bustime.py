"""Business time beside the libraries that people use for it, on the same questions, in one run.

    python -m benchmarks.bustime [--n 10000] [--seconds 5] [--json FILE]

Two office calendars (Monday to Friday, 09-12 and 13-18, 30 holidays on weekdays), in a zone without and in one with
clock changes. ``add``: 40 working hours after a random instant of two years; ``between``: the working time of a random
pair at most a year apart. Times are medians of five rounds, so that a busy machine does not decide; a peer too slow for
a round is stopped after --seconds and its rate taken from what it finished. Answers are compared with csdesk's: a fast
wrong answer is none.

Peers (the extra ``peers``; a missing one is named and left out): workclock, businesstimedelta, bizdurr,
business-duration. The second table shows that years of holidays cost nothing, once the tables are made.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks._stream import machine
from csdesk import WorkingCalendar

ZONES = ("Asia/Shanghai", "America/New_York")
SPANS = (("09:00", "12:00"), ("13:00", "18:00"))
FORTY_HOURS = timedelta(hours=40)
ROUNDS = 5
BASE = datetime(2025, 1, 1, tzinfo=UTC)

Add = Callable[[datetime], datetime]
Between = Callable[[datetime, datetime], timedelta]
# ``Any``: a library's own types.


@dataclass(frozen=True)
class Peer:
    """One library with the two questions it may answer."""

    name: str
    add: Add | None
    between: Between | None


def holidays(years: int) -> list[date]:
    """30 weekdays spread over the years, or 10 a year from ten years on."""
    count = max(30, 10 * years)
    step = (years * 365) // count
    days = (date(2025, 1, 1) + timedelta(days=step * number + 3) for number in range(count))
    return [day + timedelta(days=max(0, day.weekday() - 4) * 2) for day in days]


def calendar(zone: str, closed: Iterable[date]) -> WorkingCalendar:
    """The calendar of the questions."""
    weekly = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), SPANS)
    return WorkingCalendar(zone=zone, weekly=weekly, holidays=closed)  # type: ignore[arg-type]  # the five weekdays


def questions(zone: str, count: int) -> tuple[list[datetime], list[tuple[datetime, datetime]]]:
    """Instants, and pairs of them, written in the zone."""
    rng, clock = random.Random(20260105), ZoneInfo(zone)

    def instant() -> datetime:
        return BASE + timedelta(seconds=rng.randrange(2 * 365 * 86_400))

    starts = [instant().astimezone(clock) for _ in range(count)]
    begins = [instant() for _ in range(count)]
    pairs = [
        (begin.astimezone(clock), (begin + timedelta(seconds=rng.randrange(365 * 86_400))).astimezone(clock))
        for begin in begins
    ]
    return starts, pairs


def workclock(zone: str, closed: Sequence[date]) -> Peer:
    """Rust core."""
    from workclock import Holidays, Schedule, WorkDay

    days = [WorkDay(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in SPANS]
    schedule: Any = Schedule([*days, Holidays(list(closed))], time_zone=zone)
    return Peer("workclock", lambda start: schedule.add(start, FORTY_HOURS), schedule.between)


def businesstimedelta(zone: str, closed: Sequence[date]) -> Peer:
    """Pure Python; a far-off closed day each month keeps it from raising past its last holiday."""
    import pytz
    from businesstimedelta import BusinessTimeDelta, HolidayRule, LunchTimeRule, Rules, WorkDayRule

    clock = pytz.timezone(zone)
    firsts = (date(year, month, 1) for year in range(2025, 2030) for month in range(1, 13))
    sentinels = {first + timedelta(days=(5 - first.weekday()) % 7) for first in firsts}
    rules: Any = Rules(
        [
            WorkDayRule(time(9), time(18), [0, 1, 2, 3, 4], tz=clock),
            LunchTimeRule(time(12), time(13), [0, 1, 2, 3, 4], tz=clock),
            HolidayRule({*closed} | sentinels, tz=clock),
        ]
    )
    step: Any = BusinessTimeDelta(rules, hours=40)
    return Peer("businesstimedelta", lambda start: start + step, lambda one, two: rules.difference(one, two).timedelta)


def bizdurr(zone: str, closed: Sequence[date]) -> Peer:
    """One span a day, so two passes; it does not add."""
    from bizdurr import BusinessDuration

    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    passes: list[Any] = [
        BusinessDuration(
            business_hours={day: {"start": opens, "end": closes} for day in weekdays},
            business_timezone=zone,
            holidays=list(closed),
        )
        for opens, closes in SPANS
    ]
    return Peer("bizdurr", None, lambda one, two: passes[0].calculate(one, two) + passes[1].calculate(one, two))


def business_duration(_: str, closed: Sequence[date]) -> Peer:
    """One span a day in naive times: it cannot give the same answers."""
    from business_duration import businessDuration

    off = {*closed}

    def between(one: datetime, two: datetime) -> timedelta:
        naive = (one.replace(tzinfo=None), two.replace(tzinfo=None))
        return timedelta(seconds=businessDuration(*naive, time(9), time(18), [5, 6], off, "sec"))

    return Peer("business-duration", None, between)


def peers(zone: str, closed: Sequence[date]) -> list[Peer]:
    """csdesk first, then every peer that is installed."""
    ours = calendar(zone, closed)
    found = [Peer("csdesk", lambda start: ours.add(start, FORTY_HOURS), ours.between)]
    for make in (workclock, businesstimedelta, bizdurr, business_duration):
        try:
            found.append(make(zone, closed))
        except (ImportError, AttributeError, TypeError) as problem:
            print(f"  {make.__name__}: left out, {type(problem).__name__}: {problem}")
    return found


def rate(ask: Callable[[Any], object], items: Sequence[Any], seconds: float) -> tuple[float, list[Any]]:
    """Questions a second (the median round), and the answers."""
    rounds = []
    answers: list[Any] = []
    for _ in range(ROUNDS):
        answers = []
        start = perf_counter()
        for number, item in enumerate(items):
            answers.append(ask(item))
            if number % 16 == 0 and perf_counter() - start > seconds:
                break
        rounds.append(len(answers) / (perf_counter() - start))
        if len(answers) < len(items):
            break  # too slow to be asked again
    return statistics.median(rounds), answers


def compare(zone: str, count: int, seconds: float) -> list[dict[str, object]]:
    """One table: each library's rate for each question, and how much faster csdesk is."""
    closed = holidays(2)[:30]
    starts, pairs = questions(zone, count)
    rows: list[dict[str, object]] = []
    truth: dict[str, tuple[float, list[Any]]] = {}
    print(f"\n{zone}\n  {'library':20} {'question':9} {'a second':>10} {'csdesk is':>10}  same answers")
    for peer in peers(zone, closed):
        for question, ask, items in (
            ("add", peer.add, starts),
            ("between", peer.between and (lambda pair, ask=peer.between: ask(*pair)), pairs),
        ):
            if ask is None:
                continue
            ask(items[0])
            found, answers = rate(ask, items, seconds)
            ours, expected = truth.setdefault(question, (found, answers))
            same = sum(one == two for one, two in zip(answers, expected, strict=False))
            print(f"  {peer.name:20} {question:9} {found:10,.0f} {ours / found:9.1f}x  {same} of {len(answers)}")
            rows.append(
                {"zone": zone, "library": peer.name, "question": question, "per_second": round(found),
                 "csdesk_is": round(ours / found, 2), "same": same, "of": len(answers)}
            )  # fmt: skip
    return rows


def flat(zone: str, count: int, seconds: float) -> list[dict[str, object]]:
    """The same questions on calendars with more and more years of holidays, all of their tables made."""
    starts, pairs = questions(zone, count)
    rows: list[dict[str, object]] = []
    print(f"\n{zone}, csdesk by years of holidays\n  {'years':>5} {'holidays':>8} {'add':>10} {'between':>10}")
    for years in (1, 3, 10, 30):
        closed = holidays(years)
        ours = calendar(zone, closed)
        ours.between(BASE, BASE + timedelta(days=365 * max(3, years) - 30))
        add, _ = rate(lambda start, ours=ours: ours.add(start, FORTY_HOURS), starts, seconds)
        between, _ = rate(lambda pair, ours=ours: ours.between(*pair), pairs, seconds)
        print(f"  {years:5} {len(closed):8} {add:10,.0f} {between:10,.0f}")
        rows.append({"zone": zone, "years": years, "add": round(add), "between": round(between)})
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, and write them as JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # peers warn about their own dependencies
    print(machine())
    ask = partial(compare, count=given.n, seconds=given.seconds)
    tables = {
        "machine": machine(),
        "peers": [row for zone in ZONES for row in ask(zone)],
        "flat": [row for zone in ZONES for row in flat(zone, given.n, given.seconds)],
    }
    if given.json is not None:
        given.json.write_text(json.dumps(tables, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
