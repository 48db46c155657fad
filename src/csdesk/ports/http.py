"""HTTP as values: what an adapter's flow yields, and what it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request to a provider; ``timeout`` in seconds. URL and headers may hold secrets: they are not in its repr."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A provider's answer, whole."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


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
