"""Reading page by page, said once for every engine: a generator asks, the engine fetches, blocking or awaited."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Literal, TypeVar

from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.ports.store import Page, Query

T = TypeVar("T")
R = TypeVar("R", LibraryPhrase, PublicHolidays, AgentGroup)

Reading = Generator[Query | None, Any, T]
"""Asks for what it lacks. ``Any``: a page for a query, a ``DeskRow`` for None."""


def all_of(cls: type[R], kind: Literal["phrase", "holidays", "group"]) -> Reading[list[R]]:
    """Every record of that kind."""
    found: list[R] = []
    asked = Query(kind=kind, limit=1000)
    while True:
        page: Page[Any] = yield asked
        found += [one for one in page.items if isinstance(one, cls)]
        if page.cursor is None:
            return found
        asked = replace(asked, after=page.cursor)
