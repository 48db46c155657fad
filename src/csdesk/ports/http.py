"""HTTP as values: what an adapter's flow yields, and what it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request to a provider. URL and headers may hold secrets: they are not in its repr.

    Attributes:
        timeout: in seconds, for the connection and for each piece of the answer; the whole may take ten times as long.
        safe: sending it twice does no harm: it is tried again at once, a few times, if no answer comes or the provider
            is overloaded. Any request is tried again if its connection never stood.
        share: while the same request is under way, and for so many seconds after its answer, its answer serves all who
            ask: what a new access token needs. 0: never.
        share_key: tells requests apart that are the same otherwise, so that an answer is only shared under one key.
        most_bytes: the largest body that is read; a longer answer is a ``ChannelError`` with the code ``too_large``.
        public: the URL came from outside: an address inside a private network is refused.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float = 10.0
    safe: bool = False
    share: float = 0.0
    share_key: str = field(default="", repr=False)
    most_bytes: int = 50_000_000
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A provider's answer, whole."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of that header, None if it is missing; names compare without case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Http(Protocol):
    """A blocking HTTP client."""

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer; redirects are not followed.

        Raises:
            ChannelError: no answer came (``unknown_outcome`` if the request may have been taken).
        """
        ...


class AsyncHttp(Protocol):
    """A coroutine HTTP client."""

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """As ``Http.exchange``."""
        ...
