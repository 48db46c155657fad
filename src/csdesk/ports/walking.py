"""Walking over a list, page after page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import ParamSpec, TypeVar

from csdesk.errors import InvalidInput
from csdesk.ports.store import Page

P = ParamSpec("P")
T = TypeVar("T")


def walk(read: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Everything in a list, read page by page as it is asked for.

    Whatever is there all the time comes exactly once in the order of ids, the usual one; in an order that changes, such
    as ``updated_at``, it may come twice or be missed. What comes or goes meanwhile may be missed.

    >>> from csdesk import open_desk, walk
    >>> desk = open_desk("memory://")
    >>> mei, lin = desk.agents.add("Mei"), desk.agents.add("Lin")
    >>> [agent.name for agent in walk(desk.agents.list, limit=1)]
    ['Mei', 'Lin']

    Args:
        read: a method that gives a ``Page`` and takes a ``cursor``, such as ``desk.tickets.list``.
        args: what else it takes: the same for every page.
        kwargs: the filters, and with ``limit`` the size of a page.

    Raises:
        InvalidInput: ``read`` gives no pages: that of an ``AsyncDesk`` is for ``awalk``.
    """
    while True:
        page = read(*args, **kwargs)
        _check(page, "pass a list of a Desk; those of an AsyncDesk are for awalk")
        yield from page.items
        if page.cursor is None:
            return
        kwargs["cursor"] = page.cursor


async def awalk(read: Callable[P, Awaitable[Page[T]]], *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
    """Everything in a list of an ``AsyncDesk``, for ``async for``; otherwise like ``walk``.

    Raises:
        InvalidInput: ``read`` gives no pages, or does not await them: that of a ``Desk`` is for ``walk``.
    """
    while True:
        asked = read(*args, **kwargs)
        if not isinstance(asked, Awaitable):
            raise InvalidInput("read", "awaits nothing", "pass a list of an AsyncDesk; those of a Desk are for walk")
        page = await asked
        _check(page, "pass a method that gives a Page, such as desk.tickets.list")
        for one in page.items:
            yield one
        if page.cursor is None:
            return
        kwargs["cursor"] = page.cursor


def _check(page: object, remedy: str) -> None:
    if isinstance(page, Coroutine):
        page.close()
    if not isinstance(page, Page):
        raise InvalidInput("read", "gives no pages", remedy)
