"""What both applications decide alike: whose hook it is, which methods it has, and how an outcome is answered.

What is answered with 2xx is stored. Whatever kept a request from being stored is answered so that the provider delivers
it again; the answer then holds a code of csdesk and nothing else, no text of a customer and no stack trace.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit
from wsgiref.util import is_hop_by_hop

from csdesk.domain.records.channels import RawRequest, RawResponse
from csdesk.errors import CsdeskError, DeskClosed, InvalidInput, NotFound, StoreError

MOST_BYTES: Final = 10_000_000
"""The largest body that is read unless told otherwise, in bytes."""

ALLOWED: Final = (("Allow", "GET, HEAD, OPTIONS, POST"),)
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_AS_THEY_ARE: Final = "/:@!$&'()*+,;=~"
"""What stands in a path beside letters, digits and ``_.-`` without being escaped (RFC 3986, section 3.3)."""

_log: Final = logging.getLogger("csdesk.web")


def refusal(status: int, code: str, headers: Iterable[tuple[str, str]] = ()) -> RawResponse:
    """An answer that says no: a code, as JSON."""
    body = json.dumps({"error": code}).encode()
    return RawResponse(status=status, headers=(("Content-Type", "application/json"), *headers), body=body)


def early_answer(method: str, account: str, length: str | None, most: int, *, asks: bool) -> RawResponse | None:
    """The answer to what is not handed to the desk, before anything of its body is read; None: go on.

    ``asks``: a browser asks for a page of another site what it may send, which only the channel can say.
    """
    if not account:
        return refusal(404, "web.no_account")
    if method == "OPTIONS" and not asks:
        return RawResponse(status=204, headers=ALLOWED)
    if method not in _METHODS and method != "OPTIONS":
        return refusal(405, "web.method", ALLOWED)
    if length is None or length == "":
        return None
    # Not isdigit(): that takes digits of every script.
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        return refusal(400, "web.length")
    return TOO_LARGE if int(length) > most else None


TOO_LARGE: Final = refusal(413, "web.too_large")
CUT_OFF: Final = refusal(400, "web.cut_off")
NOT_OPEN: Final = refusal(503, "web.not_open")
FULL: Final = refusal(503, "web.full", (("Retry-After", "5"),))
FOR_PAGES: Final = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Vary")
"""The headers without which a page of another site cannot read an answer."""


def request_of(
    method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes, remote: str, *, streams: bool = False
) -> RawRequest:
    """The request as an adapter wants it: HEAD asks for what GET would answer."""
    return RawRequest(
        method="GET" if method == "HEAD" else method,
        url=url,
        headers=tuple(headers),
        body=body,
        remote=remote,
        streams=streams and method == "GET",
    )


def url_of(base: str, account: str, query: str) -> str:
    """The address of an account's hook under the address of the mount."""
    return f"{base}/{quote(account, safe=_AS_THEY_ARE)}" + (f"?{query}" if query else "")


def server_url(scheme: str, host: str | None, port: int | None, root: str) -> str:
    """The address of the mount as the server itself knows it; only a path where it has no host, as on a Unix socket."""
    path = quote(root.rstrip("/"), safe=_AS_THEY_ARE)
    if not host or port is None:
        return path
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{'' if port == {'http': 80, 'https': 443}.get(scheme) else f':{port}'}{path}"


def checked_url(public_url: str | None) -> str | None:
    """The public address, without its last slash.

    Raises:
        InvalidInput: it is no absolute http or https URL, or it has a query.
    """
    if public_url is None:
        return None
    problem = InvalidInput("public_url", "is no address of a mount", "pass one such as https://example.com/hooks")
    try:
        parts = urlsplit(public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise problem
    except ValueError:
        raise problem from None
    return public_url.rstrip("/")


def checked_most(most_bytes: int) -> int:
    """The limit of a body.

    Raises:
        InvalidInput: it is not positive.
    """
    if most_bytes < 1:
        raise InvalidInput("most_bytes", "is not positive", "pass the largest body in bytes")
    return most_bytes


def answer_to(error: Exception) -> RawResponse:
    """The answer where the desk raised: 503 if the same delivery may be stored later, else the error's own status."""
    if not isinstance(error, CsdeskError):
        _log.error("a web request failed unexpectedly (%s)", type(error).__name__, exc_info=error)
        return refusal(500, "error")
    if isinstance(error, NotFound):
        return refusal(404, error.code)
    _log.warning("a web request was not taken (%s)", error.code)
    if isinstance(error, StoreError | DeskClosed):
        return refusal(503, error.code, (("Retry-After", "5"),))
    return refusal(error.status_hint, error.code)


def log_cut(error: Exception) -> None:
    """Tell the host's log why an answer that had begun was ended."""
    code = error.code if isinstance(error, CsdeskError) else type(error).__name__
    _log.warning("an answer that went on was ended (%s)", code)


def log_unopened(error: Exception) -> None:
    """Tell the host's log why the desk could not be opened."""
    _log.error("the desk cannot be opened", exc_info=error)


def headers_of(answer: RawResponse) -> list[tuple[str, str]]:
    """The headers of an answer, with its type and length; values keep to what a header can hold."""
    told = [
        (name, value.encode("latin-1", "replace").decode("latin-1"))
        for name, value in answer.headers
        if not is_hop_by_hop(name)  # those are the server's; a WSGI server fails on them
    ]
    if answer.status < 200 or answer.status in (204, 304):
        return told
    names = {name.lower() for name, _ in told}
    own = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(answer.body))))
    return told + [one for one in own if one[0].lower() not in names]


def status_line(status: int) -> str:
    """A status with its phrase."""
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"{status} {known.get(status, 'Unknown')}"
