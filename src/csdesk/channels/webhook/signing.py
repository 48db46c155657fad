"""Signatures of Standard Webhooks: base64 of HMAC-SHA-256 over ``id.timestamp.body``, one for each secret.

The specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from csdesk.channels._settings import check_span, several
from csdesk.errors import InvalidInput, RequestRejected, sentence
from csdesk.ports.channel import RawRequest

TOLERANCE: Final = timedelta(minutes=5)
"""How far the time of a request may be from ours, either way, unless told otherwise."""

_PREFIX: Final = "whsec_"
_LEAST, _MOST = 24, 64
_REMEDY: Final = sentence(
    "pass {prefix} and the base64 of {least} to {most} random bytes", prefix=_PREFIX, least=_LEAST, most=_MOST
)
_MOST_ID: Final = 200
_MOST_SIGNATURES: Final = 32


class WebhookSigner:
    """Signs and verifies with one or more secrets; more than one while they are being changed.

    Args:
        secrets: each ``whsec_`` and the base64 of 24 to 64 random bytes; the prefix may be missing.
        tolerance: how far the time of a request may be from ours.

    Raises:
        InvalidInput: there is no secret, or one is malformed.
    """

    def __init__(self, secrets: Iterable[str], *, tolerance: timedelta = TOLERANCE) -> None:
        alone = [secrets] if isinstance(secrets, str) else secrets
        given = several("secrets", alone, str, _REMEDY)
        self._keys = tuple(_key(one) for one in given)
        check_span("tolerance", tolerance)
        self._tolerance = tolerance
        if not self._keys:
            raise InvalidInput("secrets", "is empty", "pass at least one secret")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._keys)} secrets)"

    def headers(self, id: str, at: datetime, body: bytes) -> tuple[tuple[str, str], ...]:  # noqa: A002  its name there
        """The three headers of a request: signed with every secret, so that the other side may have changed or not.

        Args:
            id: the message's own id, the same for each attempt.
            at: when this attempt is made; aware.
        """
        seconds = int(at.timestamp())
        signatures = " ".join(_signature(key, id, str(seconds), body) for key in self._keys)
        return ("webhook-id", id), ("webhook-timestamp", str(seconds)), ("webhook-signature", signatures)

    def verify(self, request: RawRequest) -> str:
        """The id of a genuine request.

        Raises:
            RequestRejected: ``bad_id``, ``bad_time`` (missing, malformed, too old or from the future; or nobody said in
                ``received_at`` when it came), ``bad_signature``.
        """
        found, seconds = request.header("webhook-id") or "", request.header("webhook-timestamp") or ""
        if not found or len(found) > _MOST_ID or not (found.isascii() and found.isprintable()):
            raise RequestRejected("bad_id")
        self._check_time(seconds, request.received_at)
        given = (request.header("webhook-signature") or "").split(" ")[:_MOST_SIGNATURES]
        known = [_signature(key, found, seconds, request.body).encode() for key in self._keys]
        # A sum: every pair is compared, whichever fits.
        if not sum(_is_same(ours, one) for ours in known for one in given):
            raise RequestRejected("bad_signature")
        return found

    def _check_time(self, seconds: str, received_at: datetime | None) -> None:
        if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 12 or received_at is None:
            raise RequestRejected("bad_time")
        if abs(received_at.timestamp() - int(seconds)) > self._tolerance.total_seconds():
            raise RequestRejected("bad_time")


def _key(secret: str) -> bytes:
    problem = InvalidInput("secrets", "holds something that is no secret", _REMEDY)
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise problem from None
    if not _LEAST <= len(key) <= _MOST:
        raise problem
    return key


def _is_same(ours: bytes, given: str) -> bool:
    return hmac.compare_digest(ours, given.encode("utf-8", "replace"))


def _signature(key: bytes, found: str, seconds: str, body: bytes) -> str:
    digest = hmac.digest(key, f"{found}.{seconds}.".encode() + body, "sha256")
    return f"v1,{b64encode(digest).decode()}"
