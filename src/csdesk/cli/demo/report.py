"""What a person wants to see of a day: who came, what was found, who got it, what was answered, what is late, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import Final

from rich.columns import Columns
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from csdesk.cli._output import Output, cell, fitted
from csdesk.cli.demo.figures import Figures
from csdesk.cli.demo.plan import CLOSES, COMPLAINT, OPENS
from csdesk.cli.demo.play import Log

_STATES: Final = ("stored", "duplicate", "blocked", "parked", "waiting")
_LATE_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Told:
    """Everything the report tells of."""

    path: Path
    midnight: datetime
    figures: Figures
    log: Log
    is_kept: bool


def tell(told: Told, out: Output) -> None:
    """Print the report."""
    figures = told.figures
    opens, closes = (told.midnight + timedelta(minutes=minute) for minute in (OPENS, CLOSES))
    out.say("demo.title", "bold", day=f"{opens:%Y-%m-%d}", opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}")
    _section("demo.came", out)
    _came(figures, out)
    _section("demo.found", out)
    _found(figures, out)
    _section("demo.got", out)
    _got(figures, out)
    _section("demo.answered", out)
    _answered(figures, out)
    _section("demo.suggested", out)
    _suggested(told, out)
    _section("demo.known", out)
    _known(told, out)
    _section("demo.late", out)
    _late(told, out)
    _section("demo.why", out)
    _why(told, out)
    if told.is_kept:
        _section("demo.next", out)
        _next(told, out)


def _section(key: str, out: Output) -> None:
    out.console.print(Rule(Text(out.word(key), "bold cyan"), align="left", style="cyan"))


def _came(figures: Figures, out: Output) -> None:
    table = out.table("channel", *(f">demo.{state}" for state in _STATES))
    for account, states in figures.states.items():
        table.add_row(account, *(_number(states.get(state, 0)) for state in _STATES))
    table.add_row(cell(out.word("demo.total"), "bold"), *(_number(figures.came(state), "bold") for state in _STATES))
    out.show(table)
    out.say(
        "demo.came.note",
        "dim",
        duplicate=figures.came("duplicate"),
        parked=figures.came("parked"),
        released=figures.released,
        blocked=figures.came("blocked"),
        other=figures.reports,
    )


def _number(value: int, style: str = "") -> Text:
    return cell(value or "·", style if value else "dim")


def _found(figures: Figures, out: Output) -> None:
    out.say("demo.found.note", tickets=figures.tickets, customers=figures.customers, alerts=figures.alerts)
    tables = [
        _counts(figures.tags.most_common(), "tag", out),
        _counts(list(figures.languages.items()), "language", out),
        _counts([(out.word(f"category.{name}"), n) for name, n in figures.categories.most_common()], "category", out),
    ]
    out.console.print(Columns(tables, padding=(0, 3)))


def _counts(counts: Sequence[tuple[str, int]], head: str, out: Output) -> Table:
    table = out.table(head, ">count")
    for name, number in counts:
        table.add_row(cell(name), cell(number))
    return table


def _got(figures: Figures, out: Output) -> None:
    table = out.table("agent", ">demo.assigned", ">answered", ">load")
    for name, load in figures.load.items():
        table.add_row(cell(name), _number(figures.got[name]), _number(figures.by_agent[name]), _number(load))
    out.show(table)
    moves: Mapping[str, int] = figures.moves
    names = ("reassigned", "snoozed", "woken", "resolved", "reopened", "closed")
    told = [f"{out.word(f'demo.{name}')} {moves.get(name, 0)}" for name in names]
    out.print(" · ".join(told), "dim")


def _answered(figures: Figures, out: Output) -> None:
    total = sum(figures.answered.values()) or 1
    table = out.table("what", ">count", ">share", "demo.bar")
    for name in ("automatic", "by_suggestion", "by_hand"):
        number = figures.answered[name]
        bar = "█" * round(30 * number / total)
        table.add_row(cell(out.word(f"demo.{name}")), cell(number), cell(f"{number / total:.0%}"), cell(bar, "green"))
    out.show(table)
    out.say("demo.bot", "dim", answered=figures.bot["answered"], handed_off=figures.bot["handed_off"])
    out.say("demo.goals", "dim", **{name: figures.goals[name] for name in ("reached", "missed", "open")})
    names = ("on_the_spot", "approved", "refused", "instead", "amount")
    out.say("demo.given", "dim", **{name: figures.given[name] for name in names})
    out.say("demo.delivery", "dim", delivered=figures.delivery["delivered"], undelivered=figures.delivery["failed"])


def _suggested(told: Told, out: Output) -> None:
    out.say("demo.suggested.note", "dim")
    table = out.table("said", "match.phrase", ">match.confidence", "match.because", "demo.fate")
    for one in told.log.suggested:
        table.add_row(
            fitted(one.question, 30),
            fitted(one.phrase, 22),
            cell(f"{one.confidence:.2f}"),
            fitted(" · ".join(one.because), 24),
            cell(out.word("demo.taken" if one.is_taken else "demo.ignored"), "green" if one.is_taken else "dim"),
        )
    out.show(table)


def _known(told: Told, out: Output) -> None:
    out.say("demo.known.note", "dim")
    table = out.table("articles.article", ">demo.version", ">demo.phrases", ">demo.shown", "demo.undone")
    for one in told.log.known:
        undone = [out.word(f"articles.{name}") for name in one.missing]
        missing = out.word("demo.missing", sections=", ".join(undone)) if undone else ""
        behind = out.word("demo.behind", count=one.behind) if one.behind else ""
        table.add_row(
            fitted(one.title, 22),
            cell(one.version),
            cell(one.phrases),
            cell(one.shown),
            fitted(" · ".join(filter(None, (missing, behind))), 44),
        )
    out.show(table)


def _late(told: Told, out: Output) -> None:
    figures = told.figures
    out.say("demo.late.note", warned=figures.warned, breached=figures.breached, late=len(figures.late))
    if not figures.late:
        return
    closes = told.midnight + timedelta(minutes=CLOSES)
    table = out.table(">number", "queue", "priority", "due_at", "late_by")
    for ticket, due in figures.late[:_LATE_SHOWN]:
        table.add_row(
            cell(ticket.number),
            cell(ticket.queue),
            cell(out.word(f"priority.{ticket.priority.name.lower()}")),
            cell(f"{due.astimezone(told.midnight.tzinfo):%H:%M}"),
            cell(_span(closes - due), "red"),
        )
    out.show(table)
    if len(figures.late) > _LATE_SHOWN:
        out.say("demo.late.more", "dim", count=len(figures.late) - _LATE_SHOWN)


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _why(told: Told, out: Output) -> None:
    received = told.log.complaint
    if received is None or received.ticket is None:
        return
    out.say("demo.why.note", number=received.ticket.number, account=received.ticket.account)
    out.print(f"  “{COMPLAINT}”", "bold")
    for line in told.figures.why:
        out.print(f"  {line}")


def _next(told: Told, out: Output) -> None:
    number = told.log.complaint.ticket.number if told.log.complaint and told.log.complaint.ticket else 1
    commands = (
        ("next.tickets", "tickets --queue after-sale"),
        ("next.show", f"show {number}"),
        ("next.search", "search 退款"),
        ("next.articles", "articles search 运费谁出"),
        ("next.work", "work"),
        ("next.config", "config"),
    )
    for key, command in commands:
        out.say(key, "dim")
        out.console.print(Text(f"  csdesk {command} --db {quote(str(told.path))}", "cyan"), soft_wrap=True)
