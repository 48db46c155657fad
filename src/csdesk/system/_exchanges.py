"""What both HTTP clients decide alike: errors, retries, sizes, addresses, and what may be logged."""

from __future__ import annotations

import ipaddress
import logging
import random
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from csdesk.errors import ChannelError, Disposition
from csdesk.ports.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    import httpx

ATTEMPTS: Final = 3
"""How often a request is sent at most within one exchange; the outbox tries again later."""

WAITS: Final = 10
"""How many times its ``timeout``, which holds for each piece, a whole answer may take."""

BUSY: Final = frozenset({502, 503, 504})
"""Statuses after which a safe request is sent again at once."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""What of IPv6 is given to anybody (RFC 4291, section 2.4)."""

ours: ContextVar[bool] = ContextVar("csdesk_http", default=False)
"""True while a request of csdesk is under way: its URL may hold a secret."""


class Quiet(logging.Filter):
    """Keeps the URLs of our own requests out of what httpx logs; requests of others are left alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, with the host in place of the URL."""
        if ours.get() and isinstance(record.args, tuple):
            record.args = tuple(_host(one) if _is_url(one) else one for one in record.args)
        return True


def _is_url(value: object) -> bool:
    return "://" in str(value)


def _host(value: object) -> str:
    parts = urlsplit(str(value))
    return f"{parts.scheme}://{parts.hostname}/…"


_QUIET: Final = Quiet()


def keep_quiet() -> None:
    """See that httpx logs no URL of ours; doing it again changes nothing."""
    logging.getLogger("httpx").addFilter(_QUIET)


def host_of(request: HttpRequest) -> str:
    """The host of a request, for messages: the rest of the URL may hold a secret."""
    try:
        return urlsplit(request.url).hostname or "the provider"
    except ValueError:
        return "the provider"


def translated(request: HttpRequest, error: httpx.HTTPError | httpx.InvalidURL) -> ChannelError:
    """The error that an adapter sees."""
    import httpx

    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ChannelError(host_of(request), "the address cannot be used", disposition="fix_content")
    # A connection that never stood cannot have carried the request; anything later may have.
    never_left = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    disposition: Disposition = "retry" if never_left else "unknown_outcome"
    return ChannelError(host_of(request), "no answer came", disposition=disposition, provider_code=type(error).__name__)


def deadline(request: HttpRequest) -> float:
    """Until when its answer may go on, by the clock of ``check_answer``."""
    return monotonic() + WAITS * request.timeout


def check_answer(request: HttpRequest, size: int, until: float) -> None:
    """Refuse an answer that is longer than the request allows, or that trickles: each piece of it is in time.

    Raises:
        ChannelError: it is one.
    """
    if size > request.most_bytes:
        raise ChannelError(
            host_of(request), "the answer is too large", disposition="fix_content", provider_code="too_large"
        )
    if monotonic() > until:
        raise ChannelError(host_of(request), "no answer came", disposition="unknown_outcome", provider_code="too_slow")


def response(answer: httpx.Response, body: bytes) -> HttpResponse:
    """The answer as a value."""
    return HttpResponse(status=answer.status_code, headers=tuple(answer.headers.multi_items()), body=body)


def wait_before(attempt: int) -> float:
    """How long to wait before that attempt, in seconds: random, growing, at most 2."""
    return random.uniform(0, min(2.0, 0.2 * 2**attempt))  # noqa: S311  jitter, not a secret


def again(request: HttpRequest, outcome: HttpResponse | ChannelError, attempt: int) -> bool:
    """Whether the request is sent once more."""
    if attempt >= ATTEMPTS:
        return False
    if isinstance(outcome, ChannelError):
        return outcome.disposition == "retry" or (request.safe and outcome.disposition == "unknown_outcome")
    return request.safe and outcome.status in BUSY


def public_address(request: HttpRequest, found: list[str]) -> str:
    """The address to connect to.

    Raises:
        ChannelError: one of the host's addresses lies inside a private network, or it has none.
    """
    for one in found:
        if not _is_public(one.partition("%")[0]):
            raise ChannelError(
                host_of(request), "the address is private", disposition="fix_content", provider_code="private_address"
            )
    if not found:
        raise ChannelError(host_of(request), "the host has no address", disposition="fix_content")
    return found[0]


def _is_public(text: str) -> bool:
    """True for an address of the whole internet; of an IPv6 address that holds one of IPv4, both must be."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64:  # how a network without IPv4 writes an address of it (RFC 6052)
            address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        elif address not in _UNICAST or (address.sixtofour is not None and not address.sixtofour.is_global):
            return False
    return address.is_global and not address.is_multicast
