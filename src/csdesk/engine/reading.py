"""Reading page by page, said once for every engine: a generator asks, the engine fetches, blocking or awaited."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Final, Literal, TypeVar

from csdesk.domain.records import events as ev
from csdesk.domain.records.articles import Article
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.ports.store import Page, Query

T = TypeVar("T")
R = TypeVar("R", LibraryPhrase, Article, PublicHolidays, AgentGroup)

PAGE: Final = 200
"""How many entries are read at a time."""

Reading = Generator[Query | None, Any, T]
"""Asks for what it lacks. ``Any``: a page for a query, a ``DeskRow`` for None."""


def all_of(cls: type[R], kind: Literal["phrase", "article", "holidays", "group"]) -> Reading[list[R]]:
    """Every record of that kind."""
    found: list[R] = []
    asked = Query(kind=kind, limit=1000)
    while True:
        page: Page[Any] = yield asked
        found += [one for one in page.items if isinstance(one, cls)]
        if page.cursor is None:
            return found
        asked = replace(asked, after=page.cursor)


def newest_of(subject: str) -> Reading[str]:
    """The position of a stream's last entry; empty: it has none."""
    page: Page[Any] = yield Query(
        kind="entry", where=(("subject", subject),), order="position", descending=True, limit=1
    )
    return page.items[0].position if page.items else ""


def since(subject: str, position: str) -> Reading[list[ev.Entry]]:
    """The entries of a stream behind a position, in their order."""
    found: list[ev.Entry] = []
    asked = Query(kind="entry", where=(("subject", subject),), order="position", descending=True, limit=PAGE)
    while True:
        page: Page[Any] = yield asked
        for entry in page.items:
            if entry.position == position:
                return found[::-1]
            found.append(entry)
        if page.cursor is None:
            return found[::-1]
        asked = replace(asked, after=page.cursor)
