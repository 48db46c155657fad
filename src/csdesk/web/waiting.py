"""Answers that wait or go on: how many may, and what each of them does next.

Somebody who waits holds no message and no cursor of the store, only the mark of what they have. The numbers of all
conversations that somebody waits for are asked for in one load, by whoever is the first to find them old; the others
take what that one found. So a thousand open pages cost one load in each ``every``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from csdesk.aio.shell import AsyncDesk
from csdesk.desk.shell import Desk
from csdesk.domain.records.channels import Feed, RawResponse
from csdesk.errors import InvalidInput, StoreError
from csdesk.web.places import Places, checked_per_address

EVERY: Final = timedelta(seconds=0.5)
"""How often the desk is asked whether anything is new, unless told otherwise."""

STREAMS: Final = 1000
"""How many answers may go on at once in one process, unless told otherwise."""

PER_CONVERSATION: Final = 8
"""How many of them for one conversation: a visitor has a few tabs, not hundreds."""

BEAT: Final = 15.0
"""After how many quiet seconds a stream says that it is still there: proxies close what is silent for long."""

COMMENT: Final = b": still here\n\n"

Said = Callable[[bytes], Awaitable[None]]
"""Sends a piece of the answer; waits while the reader is slow."""


class Waiting:
    """Those who wait for news under an ``AsyncDesk``, in one event loop."""

    def __init__(
        self, desk: Callable[[], AsyncDesk | None], every: timedelta, most: int, per_address: int | None
    ) -> None:
        self._desk = desk
        self._every = checked_every(every)
        self.places: Final = Places(most, PER_CONVERSATION, checked_per_address(per_address))
        self._numbers: dict[tuple[str, str], int] = {}
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._asked_at = 0.0
        self._lock = asyncio.Lock()

    @contextmanager
    def place(self, feed: Feed, remote: str) -> Iterator[bool]:
        """A place among those who wait; False: there is none."""
        key = _key(feed)
        with self.places.place(feed, remote) as free:
            if free:
                self._feeds[key] = feed
            yield free
        if key not in self.places.conversations:
            self._feeds.pop(key, None)
            self._numbers.pop(key, None)

    async def for_news(self, feed: Feed, gone: asyncio.Future[None], seconds: float) -> bool:
        """Wait until there is news (True), the time is over or the reader is gone (False)."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0:
            await asyncio.wait({gone}, timeout=min(self._every, left))
            if gone.done():
                return False
            if await self._number(feed) != feed.number:
                return True
        return False

    async def stream(self, feed: Feed, send: Said, gone: asyncio.Future[None]) -> None:
        """Send what is new as it comes, for ``feed.wait`` seconds or until the reader is gone."""
        loop = asyncio.get_running_loop()
        end = loop.time() + feed.wait
        while (left := end - loop.time()) > 0 and not gone.done():
            if await self.for_news(feed, gone, min(BEAT, left)):
                desk = self._desk()
                assert desk is not None, "it was open when the stream began"
                answer = await desk.channels.feed(feed)
                assert answer.feed is not None, "the answer to a feed names the next one"
                feed = answer.feed
                await send(answer.body)
            elif not gone.done():
                await send(COMMENT)

    async def _number(self, feed: Feed) -> int:
        """The present number of a feed, at most ``every`` old; the one it has if the store cannot tell now."""
        key, loop = _key(feed), asyncio.get_running_loop()
        async with self._lock:
            if loop.time() - self._asked_at >= self._every * 0.9:
                await self._ask()
                self._asked_at = loop.time()
        return self._numbers.get(key, feed.number)

    async def _ask(self) -> None:
        desk = self._desk()
        if desk is None:
            return
        keys = list(self._feeds)
        try:
            numbers = await desk.channels.news([self._feeds[key] for key in keys])
        except StoreError:
            return  # a busy store is no news; the next round asks again
        self._numbers = dict(zip(keys, numbers, strict=True))


class Threads:
    """Those who wait for news under a blocking ``Desk``: each holds a thread of the server, so only a few may."""

    def __init__(self, desk: Desk, every: timedelta, hold: timedelta, most: int) -> None:
        self._desk = desk
        self._every = checked_every(every)
        self._hold = hold.total_seconds()
        self.places: Final = Places(most, 1, max(1, most // 2))

    def answer(self, answer: RawResponse, remote: str, sleep: Callable[[float], None]) -> RawResponse:
        """The answer, with what came while it waited; at once if it has news or nobody else may wait."""
        feed = answer.feed
        if feed is None or feed.wait <= 0:
            return answer
        with self.places.place(feed, remote) as free:
            left = min(feed.wait, self._hold) if free else 0.0
            while left > 0:
                sleep(min(self._every, left))
                left -= self._every
                if self._desk.channels.news([feed]) != (feed.number,):
                    return answer.model_copy(update={"body": self._desk.channels.feed(feed).body})
        return answer


def checked_every(every: timedelta) -> float:
    """The pause between two looks, in seconds.

    Raises:
        InvalidInput: it is shorter than 10 milliseconds or longer than a minute.
    """
    if not timedelta(milliseconds=10) <= every <= timedelta(minutes=1):
        raise InvalidInput("every", "is out of range", "pass 10 milliseconds to 1 minute")
    return every.total_seconds()


def _key(feed: Feed) -> tuple[str, str]:
    return feed.account, feed.conversation
