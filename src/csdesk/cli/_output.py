"""What a command shows: tables for people, JSON for programs; progress on standard error, for people alone."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from csdesk.cli._words import Locale, word

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""What can be printed as JSON."""

Tick = Callable[[int], None]
"""Says that so many more are done."""

Gauge = Callable[[int, int], None]
"""Says how many are done, and of how many."""

_STEERS: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, and a terminal obeys: control characters beyond ASCII, marks that turn lines around."""


class Output:
    """Where a command writes.

    Attributes:
        as_json: print JSON instead of tables.
        locale: the language of tables and texts.
        console: standard output, for people.
    """

    def __init__(self, *, as_json: bool, locale: Locale) -> None:
        self.as_json = as_json
        self.locale: Locale = locale
        self.console = Console(highlight=False, soft_wrap=False)

    def word(self, key: str, /, **params: object) -> str:
        """A text of the command line in the chosen language."""
        return word(key, self.locale, **params)

    def document(self, value: JsonValue) -> None:
        """Print one JSON document."""
        _write(json.dumps(value, ensure_ascii=not _speaks_unicode(), indent=2))

    def lines(self, values: Iterable[JsonValue]) -> None:
        """Print JSON Lines."""
        for one in values:
            _write(json.dumps(one, ensure_ascii=not _speaks_unicode()))

    def say(self, key: str, /, style: str = "", **params: object) -> None:
        """Print a text of the command line."""
        self.print(self.word(key, **params), style)

    def print(self, text: str, style: str = "") -> None:
        """Print a text as it is, line by line: nothing in it is read as markup, and nothing steers the terminal."""
        self.console.print(Text(harmless(text), style=style))

    def table(self, *columns: str, title: str = "") -> Table:
        """An empty table; ``columns`` are keys of texts, ``>`` in front aligns to the right."""
        table = Table(box=SIMPLE, title=title or None, title_justify="left", title_style="bold", padding=(0, 1, 0, 0))
        for column in columns:
            table.add_column(
                self.word(column.lstrip(">")), justify="right" if column.startswith(">") else "left", overflow="fold"
            )
        return table

    def show(self, table: Table) -> None:
        """Print a table."""
        self.console.print(table)

    @contextmanager
    def progress(self, key: str, total: int | None = None) -> Iterator[Tick]:
        """A progress bar on standard error; only where that is a terminal."""
        with _bar() as bar:
            task = bar.add_task(self.word(key), total=total)
            yield lambda amount: bar.advance(task, amount)

    @contextmanager
    def gauge(self, key: str) -> Iterator[Gauge]:
        """A progress bar as ``progress`` has it, for work that tells how far it is."""
        with _bar() as bar:
            task = bar.add_task(self.word(key), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def _bar() -> Progress:
    errors = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def cell(value: object, style: str = "") -> Text:
    """A cell of a table: text as it is, on one line, never markup; control characters are shown as blanks."""
    return Text(harmless(str(value).replace("\n", " ")), style=style)


def harmless(text: str) -> str:
    """The text with its line ends; blanks for other control characters: with them a stranger would steer a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def shortened(text: str, longest: int) -> str:
    """The text on one line, cut after so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def fitted(text: str, width: int) -> Text:
    """The text on one line, cut to so many columns of a terminal; a Chinese character takes two."""
    line = cell(" ".join(text.split()))
    line.truncate(width, overflow="ellipsis")
    return line


def instant(at: datetime | None) -> str | None:
    """An instant as JSON shows it: ISO 8601 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def local(at: datetime | None) -> str:
    """An instant as a table shows it: in the zone of the machine, to the minute."""
    return "" if at is None else at.astimezone().strftime("%m-%d %H:%M")


def _speaks_unicode() -> bool:
    return "utf" in (sys.stdout.encoding or "").lower()


def _write(line: str) -> None:
    # Outside of its texts JSON has no such characters, so what is escaped stays the same document.
    print(_STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", line), file=sys.stdout)
