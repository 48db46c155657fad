"""An ``AsyncDesk`` for whoever cannot await: every call runs the loop until it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from csdesk import open_async_desk
from csdesk.aio.shell import AsyncDesk


class Awaited:
    """The desk, or one of its method groups, with the calls of a ``Desk``."""

    def __init__(self, loop: asyncio.Runner, part: Any) -> None:
        self._loop = loop
        self._part = part

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, "aclose" if name == "close" else name)
        if not iscoroutinefunction(found):
            return Awaited(self._loop, found)
        return lambda *given, **named: self._loop.run(found(*given, **named))


def opening(loop: asyncio.Runner, over: Callable[[Any], Any] = lambda store: store) -> Callable[..., Awaited]:
    """Opens desks on a loop; ``over`` tells what a desk works on, given the store of its side."""

    def opened(store: Any, **given: Any) -> Awaited:
        desk: AsyncDesk = loop.run(open_async_desk(over(store), **given))
        return Awaited(loop, desk)

    return opened
