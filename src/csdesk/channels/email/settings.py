"""What an account's settings have to be, and what mail can do."""

from __future__ import annotations

from typing import Final

from csdesk._sentence import is_a
from csdesk.channels._settings import several
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.mail.addresses import address_of
from csdesk.ports.channel import Capabilities, Limit

MOST_BYTES: Final = 50_000_000
"""The largest mail that is read, in bytes."""

MOST_TEXT: Final = 65_536
"""The longest text of one mail, in bytes; the desk takes no longer reply."""

MOST_FILE: Final = 15_000_000
"""The largest file that is sent, in bytes: encoded it grows by a third, and many servers stop at 25 MB."""

SENDS: Final = frozenset({"text", "html", "media", "link", "location"})
"""The parts of a mail that is sent."""

CAPABILITIES: Final = Capabilities(
    text=Limit(amount=MOST_TEXT, unit="bytes"),
    parts=SENDS,
    media_bytes=MOST_FILE,
    receipts=frozenset({"sent", "delivered", "read"}),
    threads=True,
    may_start=True,
)
"""What mail can do; servers and the rate are those of an account."""

_LEAST_KEY: Final = 16
_LONGEST_LOCAL: Final = 64
_TAG: Final = 44
"""What a signed tag adds to the local part of an address."""


def check_server(field: str, given: object, kind: type) -> None:
    """Refuse what is no such server."""
    if given is not None and not isinstance(given, kind):
        raise InvalidInput(field, is_a(given), sentence("pass {kind}(...)", kind=kind.__name__))


def own_address(field: str, address: str) -> str:
    """An address of ours, as it is compared."""
    known = address_of(address)
    if not known or not known.isascii():
        raise InvalidInput(field, "is no mail address", "pass one such as help@shop.example")
    return known


def checked_tags(address: str, tagged: bool) -> bool:
    """Whether answers go to a tagged address, which must not become too long."""
    if tagged and len(address.partition("@")[0]) + _TAG > _LONGEST_LOCAL:
        raise InvalidInput("tagged_replies", "makes the address too long", "take an address of at most 20 characters")
    return tagged


def checked_keys(given: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The keys that sign."""
    keys = several("signing_keys", given, bytes, 'pass a tuple of bytes, such as (os.environb[b"MAIL_KEY"],)')
    if not keys or any(len(one) < _LEAST_KEY for one in keys):
        raise InvalidInput("signing_keys", "are missing or too short", "pass at least one of 16 bytes or more")
    return keys


def bearers_of(given: tuple[str, ...]) -> tuple[bytes, ...]:
    """What a request with one of the secrets shows."""
    secrets = several("webhook_secrets", given, str, "pass a tuple of secrets, or none")
    if "" in secrets:
        raise InvalidInput("webhook_secrets", "hold an empty secret", "pass a tuple of secrets, or none")
    return tuple(f"Bearer {one}".encode() for one in secrets)
