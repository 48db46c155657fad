"""Business time beside the libraries that people use for it, on the same questions, in one run.

    python -m benchmarks.bustime [--n 10000] [--seconds 5] [--table]

Two office calendars (Monday to Friday, 09-12 and 13-18, 30 holidays on weekdays), in a zone without and in one with
clock changes. ``add``: 40 working hours after a random instant of two years; ``between``: the working time of a random
pair at most a year apart. Each peer is asked in turn with csdesk, five rounds, and the median round counts, so that a
busy machine does not decide; one too slow for a round is stopped after --seconds, its rate taken from what it finished.
Answers are compared with csdesk's: a fast wrong answer is none.

Prints one JSON line, and with --table tables for people on standard error.

Peers (the extra ``peers``; a missing one is named under ``skipped``): workclock, businesstimedelta, bizdurr,
business-duration. ``flat`` shows that years of holidays cost nothing, once the tables are made.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
Row = dict[str, object]
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


def peers(zone: str, closed: Sequence[date], skipped: dict[str, str]) -> list[Peer]:
    """csdesk first, then every peer that is installed; the others are noted."""
    ours = calendar(zone, closed)
    found = [Peer("csdesk", lambda start: ours.add(start, FORTY_HOURS), ours.between)]
    for make in (workclock, businesstimedelta, bizdurr, business_duration):
        try:
            found.append(make(zone, closed))
        except ImportError as problem:
            skipped[make.__name__] = f"{problem}; pip install 'csdesk[peers]'"
    return found


def once(ask: Callable[[Any], object], items: Sequence[Any], seconds: float) -> tuple[float, list[Any]]:
    """Questions a second in one round, and the answers."""
    answers: list[Any] = []
    start = perf_counter()
    for number, item in enumerate(items):
        answers.append(ask(item))
        if number % 16 == 0 and perf_counter() - start > seconds:
            break
    return len(answers) / (perf_counter() - start), answers


def compare(zone: str, count: int, seconds: float, skipped: dict[str, str]) -> Iterator[Row]:
    """Each library's rate, how much faster csdesk is in the same round, and how many answers are the same."""
    closed = holidays(2)[:30]
    starts, pairs = questions(zone, count)
    ours, *others = peers(zone, closed, skipped)
    for peer in others:
        for question, mine, theirs, items in (
            ("add", ours.add, peer.add, starts),
            ("between", spread_out(ours.between), spread_out(peer.between), pairs),
        ):
            if mine is not None and theirs is not None:
                yield {"zone": zone, "library": peer.name, "question": question, **beside(mine, theirs, items, seconds)}


def spread_out(ask: Between | None) -> Callable[[tuple[datetime, datetime]], timedelta] | None:
    """The question about a pair."""
    return None if ask is None else lambda pair: ask(*pair)


def beside(mine: Callable[[Any], object], theirs: Callable[[Any], object], items: Sequence[Any], seconds: float) -> Row:
    """The two in turn, round by round, so that both meet the machine as it is."""
    mine(items[0]), theirs(items[0])
    rounds = []
    answers: list[Any] = []
    expected: list[Any] = []
    while len(rounds) < ROUNDS:
        own, expected = once(mine, items, seconds)
        other, answers = once(theirs, items, seconds)
        rounds.append((own / other, own, other))
        if len(answers) < len(items):
            break  # too slow to be asked again
    ratio, own, other = sorted(rounds)[len(rounds) // 2]
    same = sum(one == two for one, two in zip(answers, expected, strict=False))
    return {
        "csdesk_per_second": round(own),
        "per_second": round(other),
        "times_faster": round(ratio, 2),
        "same": same,
        "of": len(answers),
    }


def flat(zone: str, count: int, seconds: float) -> Iterator[Row]:
    """The same questions on calendars with more and more years of holidays, all of their tables made."""
    starts, pairs = questions(zone, count)
    for years in (1, 3, 10, 30):
        closed = holidays(years)
        ours = calendar(zone, closed)
        ours.between(BASE, BASE + timedelta(days=365 * max(3, years) - 30))
        add = max(
            once(lambda start, ours=ours: ours.add(start, FORTY_HOURS), starts, seconds)[0] for _ in range(ROUNDS)
        )
        between = max(once(lambda pair, ours=ours: ours.between(*pair), pairs, seconds)[0] for _ in range(ROUNDS))
        yield {"zone": zone, "years": years, "holidays": len(closed), "add": round(add), "between": round(between)}


def show(rows: Sequence[Row]) -> None:
    """A table on standard error."""
    for row in (dict(zip(rows[0], rows[0], strict=True)), *rows):
        print("".join(f"{value!s:>20}" for value in row.values()), file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args(arguments)
    skipped: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peers warn about their own dependencies
        asked = [row for zone in ZONES for row in compare(zone, given.n, given.seconds, skipped)]
        grown = [row for zone in ZONES for row in flat(zone, given.n, given.seconds)]
    if given.table:
        show(asked)
        show(grown)
    print(
        json.dumps(
            {"benchmark": "bustime", "machine": machine(), "libraries": asked, "flat": grown, "skipped": skipped}
        )
    )


if __name__ == "__main__":
    main()
