"""``csdesk time``: business time at the prompt: when something is due, and how much working time lies between."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from csdesk._nearest import nearest
from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, cell, instant
from csdesk.cli.init import read_config
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.durations import format_duration, parse_duration
from csdesk.domain.time.calendar import WorkingCalendar
from csdesk.domain.time.explain import ConsumedSpan, Skipped
from csdesk.errors import InvalidInput, NotFound
from csdesk.system.clock import SystemClock

time = typer.Typer(
    name="time", no_args_is_help=True, help="Business time: when something is due, how much lies between."
)

Config = Annotated[
    Path | None, typer.Option("--config", help="Take the calendars of this configuration, not the desk's.")
]
CalendarName = Annotated[str | None, typer.Option("--calendar", help="Which calendar; the default one otherwise.")]
_AT = "ISO 8601, or now; without an offset in the calendar's zone."


@time.command(context_settings={"ignore_unknown_options": True})  # so that "-4h" is seen, and refused, as an amount
def add(
    *,
    start: Annotated[str, typer.Argument(help=_AT)],
    amount: Annotated[str, typer.Argument(help="Working time, such as 4h, 90m or 1h30m.")],
    snap: Annotated[bool, typer.Option("--snap", help="Due at the next opening, not at the close.")] = False,
    config: Config = None,
    calendar: CalendarName = None,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Add working time to an instant, and tell what was worked and what was passed over on the way."""
    out = Output(as_json=as_json, locale=lang.locale)
    hours = _calendar(config, calendar, db, desk, out)
    length = parse_duration(amount)
    if length is None:
        raise InvalidInput("amount", "not a duration", 'write it like "4h", "90m" or "1h30m"')
    told = hours.explain(_instant(start, "start", hours), length, snap=snap)
    if as_json:
        out.document(
            {
                "due": instant_of(told.due),
                "worked": [
                    {"on": one.on.isoformat(), "opens": instant_of(one.opens), "closes": instant_of(one.closes)}
                    for one in told.consumed
                ],
                "passed": [{"on": one.on.isoformat(), "why": one.code} for one in told.skipped],
                "notes": list(told.notes),
            }
        )
        return
    table = out.table("when", "until", "what", ">counted")
    lines: list[Line] = [*told.consumed, *told.skipped]
    for line in sorted(lines, key=_place):
        table.add_row(*_line(line, out))
    out.show(table)
    out.say("time.due", "bold", at=_written(told.due))
    for note in told.notes:
        out.say(f"note.{note}", "yellow")


Line = ConsumedSpan | Skipped


def _place(line: Line) -> tuple[date, float]:
    return line.on, 0.0 if line.opens is None else line.opens.timestamp()


def _line(line: Line, out: Output) -> tuple[Text | str, ...]:
    """A row of the account; a day that was closed has no times, a break has its own."""
    since = cell(line.on) if line.opens is None else _told(line.opens)
    until = "" if line.closes is None else _told(line.closes)
    if isinstance(line, Skipped):
        return since, until, cell(f"{out.word('line.closed')} ({line.code})", "dim"), ""
    worked = f"{out.word('line.counted')} ({line.code})"
    return since, until, cell(worked), cell(format_duration(line.worked))


@time.command()
def between(
    *,
    start: Annotated[str, typer.Argument(help=_AT)],
    end: Annotated[str, typer.Argument(help=_AT)],
    config: Config = None,
    calendar: CalendarName = None,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Tell how much working time lies between two instants; negative if the second one is earlier."""
    out = Output(as_json=as_json, locale=lang.locale)
    hours = _calendar(config, calendar, db, desk, out)
    worked = hours.between(_instant(start, "start", hours), _instant(end, "end", hours))
    if as_json:
        out.document({"worked_seconds": worked.total_seconds()})
        return
    sign = "-" if worked < timedelta() else ""
    out.print(sign + format_duration(abs(worked)))


@time.command(name="next")
def next_(
    *,
    at: Annotated[str, typer.Argument(help=_AT)] = "now",
    config: Config = None,
    calendar: CalendarName = None,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Tell whether people work at an instant, when they open next and when they close next."""
    out = Output(as_json=as_json, locale=lang.locale)
    hours = _calendar(config, calendar, db, desk, out)
    start = _instant(at, "at", hours)
    is_open, opens = hours.is_open(start), hours.next_open(start)
    closes = None if hours.always_open and not hours.holidays else hours.next_close(start)
    if as_json:
        out.document(
            {"open": is_open, "opens": instant_of(opens), "closes": None if closes is None else instant_of(closes)}
        )
        return
    out.say("time.open" if is_open else "time.closed", at=_written(opens))
    if closes is not None:
        out.say("time.closes", at=_written(closes))


def _calendar(config: Path | None, name: str | None, db: Path, desk: str, out: Output) -> WorkingCalendar:
    """The calendar asked for, with the holidays it observes.

    Raises:
        NotFound: there is none of that name.
    """
    if config is None:
        with open_existing(db, desk, out) as opened:
            return opened.calendars.get(name)
    book = compile_policy(read_config(config, out)).service
    found = book.calendars.get(name or book.default)
    if found is None:
        raise NotFound("calendar", name or "(default)", remedy=nearest(name, book.calendars))
    return found


def _instant(text: str, field: str, hours: WorkingCalendar) -> datetime:
    zone = ZoneInfo(hours.zone)
    if text == "now":
        return SystemClock().now().astimezone(zone)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, "not an instant", "write it like 2026-02-14T09:00, or now") from None
    return given.replace(tzinfo=zone) if given.tzinfo is None else given.astimezone(zone)


def instant_of(at: datetime) -> JsonValue:
    """An instant as JSON shows it."""
    return instant(at.astimezone(ZoneInfo("UTC")))


def _written(at: datetime) -> str:
    return at.strftime("%a %Y-%m-%d %H:%M:%S %Z")


def _told(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
