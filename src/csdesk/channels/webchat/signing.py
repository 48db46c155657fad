"""What a stranger may carry around: texts that prove by themselves that this account made them, for one purpose.

    PURPOSE.PAYLOAD.MAC     payload: JSON in base64url; MAC: HMAC-SHA-256 (RFC 2104) in base64url

The key of each purpose is derived from a secret, the purpose and the account, so nothing can be used for another one.
The first secret signs and each is believed: a new one is put in front, the old one leaves when what it signed is over.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from csdesk._sentence import is_a
from csdesk.errors import InvalidInput, RequestRejected, sentence

LEAST: Final = 32
"""The shortest secret, in bytes."""

_MOST: Final = 4096


class Seal:
    """Signs and verifies for one account."""

    def __init__(self, account: str, secrets: Iterable[str | bytes]) -> None:
        self._account = account
        self._secrets = checked_secrets(secrets, "secrets")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._account!r}, {len(self._secrets)} secrets)"

    def sign(self, purpose: str, payload: Mapping[str, object]) -> str:
        """The payload, signed."""
        told = encoded(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{purpose}.{told}.{encoded(self._mac(self._secrets[0], purpose, told))}"

    def read(self, purpose: str, text: str) -> dict[str, object]:
        """The payload of a genuine text.

        Raises:
            RequestRejected: ``bad_token``: it is not ours, or for something else.
        """
        given, told, mac = _parts(text)
        if given != purpose or not is_among(mac, (self._mac(one, purpose, told) for one in self._secrets)):
            raise RequestRejected("bad_token")
        payload = json_of(decoded(told))
        if not isinstance(payload, dict):
            raise RequestRejected("bad_token")
        return payload

    def tag(self, purpose: str, *told: str) -> str:
        """16 characters that only this account can make of these words."""
        return encoded(self._mac(self._secrets[0], purpose, "\0".join(told)))[:16]

    def proves(self, tag: str, purpose: str, *told: str) -> bool:
        """True for a tag of these words, made with any of the secrets."""
        known = (encoded(self._mac(one, purpose, "\0".join(told)))[:16].encode() for one in self._secrets)
        return is_among(tag.encode("utf-8", "replace"), known)

    def _mac(self, secret: bytes, purpose: str, told: str) -> bytes:
        key = hmac.digest(secret, f"csdesk.webchat\0{purpose}\0{self._account}".encode(), sha256)
        return hmac.digest(key, told.encode("utf-8", "replace"), sha256)


def is_among(mac: bytes, known: Iterable[bytes]) -> bool:
    """True if it is one of them; how long that takes does not tell which, nor how nearly."""
    same = 0
    for ours in known:
        same += hmac.compare_digest(ours, mac)
    return same > 0


def checked_secrets(secrets: Iterable[str | bytes], field: str) -> tuple[bytes, ...]:
    """Secrets as bytes.

    Raises:
        InvalidInput: there is none, or one is shorter than 32 bytes.
    """
    found = secrets_of(secrets, field)
    if not found:
        raise InvalidInput(
            field, "is empty", sentence("pass at least one secret of {least} random bytes or more", least=LEAST)
        )
    return found


def secrets_of(secrets: Iterable[str | bytes], field: str) -> tuple[bytes, ...]:
    """Secrets as bytes, if there are any.

    Raises:
        InvalidInput: it is no collection of them, or one is shorter than 32 bytes.
    """
    if not isinstance(secrets, Iterable):
        raise InvalidInput(field, is_a(secrets), "pass a list of secrets")
    given: list[object] = [secrets] if isinstance(secrets, str | bytes) else list(secrets)
    found = []
    for one in given:
        secret = one.encode("utf-8", "replace") if isinstance(one, str) else one
        if not isinstance(secret, bytes) or len(secret) < LEAST:
            raise InvalidInput(
                field, "holds a secret that is too short", sentence("use {least} random bytes or more", least=LEAST)
            )
        found.append(secret)
    return tuple(found)


def encoded(content: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding, in its one canonical form.

    Raises:
        RequestRejected: ``bad_token``: it is none.
    """
    try:
        content = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise RequestRejected("bad_token") from None
    if encoded(content) != text:
        raise RequestRejected("bad_token")
    return content


def json_of(content: bytes) -> object:
    """The value of a JSON text.

    Raises:
        RequestRejected: ``bad_token``: it is none.
    """
    try:
        value: object = json.loads(content)
    except (ValueError, RecursionError):
        raise RequestRejected("bad_token") from None
    return value


def _parts(text: str) -> tuple[str, str, bytes]:
    pieces = text.split(".") if len(text) <= _MOST else ()
    if len(pieces) != 3:
        raise RequestRejected("bad_token")
    return pieces[0], pieces[1], decoded(pieces[2])
