"""Half-open spans: the text people write ("09:00" to "18:00") and the integers that are computed with.

Rule: a close past 24:00 runs into the next day and belongs to the day it opens on, so clock texts go to "48:00".
Overlapping and touching spans are one span; "23:59" stays one minute short of the day.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from csdesk.domain.time.errors import CalendarError
from csdesk.errors import sentence

TextSpan = tuple[str, str]
IntSpan = tuple[int, int]

MAX_SPANS_A_DAY = 48
_CLOCK = re.compile(r"([0-4][0-9]):([0-5][0-9])", re.ASCII)
_LAST_MINUTE = 48 * 60


def minute_of(clock: object, field: str) -> int:
    """Minutes after midnight, 0 to 2880, of a clock text such as "09:30" or "26:00".

    Raises:
        CalendarError: `bad_time`, if it is no "HH:MM" from 00:00 to 48:00.
    """
    match = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    minute = int(match[1]) * 60 + int(match[2]) if match else -1
    if not 0 <= minute <= _LAST_MINUTE:
        raise CalendarError("bad_time", field, "a time is not HH:MM between 00:00 and 48:00", 'write it as "09:00"')
    return minute


def clock_of(minute: int) -> str:
    """The clock text of a minute, the inverse of `minute_of`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_spans(texts: Iterable[TextSpan]) -> tuple[IntSpan, ...]:
    """Checked text spans as minutes."""
    return tuple((minute_of(opens, "spans"), minute_of(closes, "spans")) for opens, closes in texts)


def text_spans(raw: object, field: str) -> tuple[TextSpan, ...]:
    """One day's spans as given by a person, checked, sorted and merged.

    Raises:
        CalendarError: `bad_spans`, `bad_time`, `empty_span` or `too_many_spans`, naming `field`.
    """
    if not isinstance(raw, (list, tuple)):
        raise CalendarError("bad_spans", field, "not a list of spans", 'write [["09:00", "18:00"]]')
    if len(raw) > MAX_SPANS_A_DAY:
        raise CalendarError(
            "too_many_spans",
            field,
            sentence("more than {most} spans", most=MAX_SPANS_A_DAY),
            "merge neighbouring spans",
        )
    spans = merged(_one_span(item, f"{field}[{place}]") for place, item in enumerate(raw))
    return tuple((clock_of(opens), clock_of(closes)) for opens, closes in spans)


def _one_span(raw: object, field: str) -> IntSpan:
    if not isinstance(raw, (list, tuple)) or len(raw) != 2:
        raise CalendarError("bad_spans", field, "not an opening and a closing time", 'write ["09:00", "18:00"]')
    opens, closes = minute_of(raw[0], field), minute_of(raw[1], field)
    if closes <= opens:
        remedy = 'let it close later, adding 24 hours past midnight: "26:00" is 02:00 of the next day'
        raise CalendarError(
            "empty_span", field, sentence("closes at {closes}, not after {opens}", closes=raw[1], opens=raw[0]), remedy
        )
    return opens, closes


def merged(spans: Iterable[IntSpan]) -> list[IntSpan]:
    """The union as sorted spans that neither overlap nor touch."""
    union: list[IntSpan] = []
    for opens, closes in sorted(spans):
        if union and opens <= union[-1][1]:
            if closes > union[-1][1]:
                union[-1] = (union[-1][0], closes)
        else:
            union.append((opens, closes))
    return union


def without(span: IntSpan, removed: Sequence[IntSpan]) -> list[IntSpan]:
    """What is left of a span; `removed` is sorted and disjoint."""
    opens, closes = span
    left: list[IntSpan] = []
    for place in range(max(bisect_right(removed, (opens,)) - 1, 0), len(removed)):
        gone_from, gone_to = removed[place]
        if gone_from >= closes:
            break
        if gone_from > opens:
            left.append((opens, gone_from))
        opens = max(opens, gone_to)
    if opens < closes:
        left.append((opens, closes))
    return left


def clipped(spans: Iterable[IntSpan], low: int, high: int) -> list[IntSpan]:
    """The parts of the spans inside [low, high)."""
    pairs = ((max(opens, low), min(closes, high)) for opens, closes in spans)
    return [(opens, closes) for opens, closes in pairs if opens < closes]
