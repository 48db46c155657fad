"""Which pages may speak to the channel, and the heads of its answers (Fetch Standard, CORS protocol)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from csdesk.errors import InvalidInput, RequestRejected
from csdesk.ports.channel import RawRequest, RawResponse

ANY: Final = "*"

_HEADERS: Final = "Authorization, Content-Type, Last-Event-ID"
_STATUS: Final = {
    "no_token": 401,
    "bad_token": 401,
    "expired_token": 401,
    "future_token": 401,
    "bad_user": 401,
    "expired_user": 401,
    "bad_origin": 403,
    "not_found": 404,
    "bad_method": 405,
    "too_large": 413,
    "bad_type": 415,
    "bad_body": 400,
    "bad_fields": 422,
    "too_many": 429,
    "no_desk": 503,
}


class Doors:
    """Lets the pages of some sites in."""

    def __init__(self, origins: Iterable[str]) -> None:
        given = [origins] if isinstance(origins, str) else list(origins)
        self._origins = frozenset(one if one == ANY else _checked(one) for one in given)

    def check(self, request: RawRequest) -> None:
        """Refuse a page of another site. A request without an origin is not made by a page of another site.

        Raises:
            RequestRejected: ``bad_origin``.
        """
        if not self._lets_in(request):
            raise RequestRejected("bad_origin")

    def headers(self, request: RawRequest) -> tuple[tuple[str, str], ...]:
        """What lets the page read the answer."""
        origin = request.header("Origin")
        if origin is None or not self._lets_in(request):
            return (("Vary", "Origin"),)
        return (
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", "Retry-After"),
            ("Vary", "Origin"),
        )

    def preflight(self, request: RawRequest) -> RawResponse:
        """The answer to a browser that asks what the page may send.

        Raises:
            RequestRejected: ``bad_origin``.
        """
        self.check(request)
        allowed = (
            ("Access-Control-Allow-Methods", "GET, POST"),
            ("Access-Control-Allow-Headers", _HEADERS),
            ("Access-Control-Max-Age", "7200"),
        )
        return RawResponse(status=204, headers=(*self.headers(request), *allowed))

    def _lets_in(self, request: RawRequest) -> bool:
        origin = request.header("Origin")
        if origin is None or ANY in self._origins or origin in self._origins:
            return True
        # Pages of the same site as the mount itself, as far as its address is known.
        return "://" in request.url and origin == _origin_of(request.url)


def refusal(reason: str, *, after: int = 0, allow: str = "") -> RawResponse:
    """The answer to what is refused: a code, as JSON; when it may be tried again, or with which methods."""
    wait = (("Retry-After", str(after)),) if after else (("Allow", allow),) if allow else ()
    body = json.dumps({"error": reason}).encode()
    return RawResponse(status=_STATUS[reason], headers=(*JSON, *wait), body=body)


JSON: Final = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
STREAM: Final = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),  # else some proxies hold an answer back until it ends
)


def _checked(origin: str) -> str:
    found = _origin_of(origin)
    if not found or found != origin:
        raise InvalidInput("origins", "holds something that is no origin", "pass such as https://shop.example")
    return origin


def _origin_of(url: str) -> str:
    """Scheme, host and port, as a browser writes them; empty if there are none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}{'' if port in (None, standard) else f':{port}'}"
