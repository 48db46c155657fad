"""Addresses of a header: names and addr-specs, in one pass over the text.

Tolerant where mailers are: groups, comments, routes, unclosed quotes, encoded words in quotes, a whole mailbox inside
one encoded word, semicolons between addresses. An address that could not be written to is left out.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from csdesk.parsing.mail.words import decode_words

MOST_ADDRESSES: Final = 100
"""How many addresses of one header are read."""

_MOST_NAME: Final = 200
_MOST_ADDRESS: Final = 320
_SPACES: Final = re.compile(r"\s+")
_ONE: Final = re.compile(r"([^\"(<>,;:\\]{0,400})<([^<>:\\]{1,400})>\s{0,100}")
"""One mailbox as most headers have it; all else is scanned."""
_SIGNS: Final = re.compile(r"[\"(<,;:]")
_DOMAIN: Final = re.compile(r"\[[^\]]+\]|[^<>()\[\],;:\"\\@]+")
_NEVER_BARE: Final = re.compile(r"[<>()\[\],;:\"\\]")


class Mailbox(NamedTuple):
    """A name (may be empty) and a lower-cased addr-spec."""

    name: str
    address: str


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """The mailboxes of a header value that is not decoded yet, in order, each address once."""
    if not value:
        return ()
    found = _read(value)
    if not found and "=?" in value:
        found = _read(decode_words(value))
    return tuple(found.values())


def address_of(text: str) -> str:
    """A lower-cased addr-spec, empty if the text is none."""
    text = "".join(text.split()).strip("<>'\"").lower()
    local, at, domain = text.rpartition("@")
    if not (local and at) or not _DOMAIN.fullmatch(domain) or len(text) > _MOST_ADDRESS or not text.isprintable():
        return ""
    return text if local.startswith('"') or not _NEVER_BARE.search(local) else ""


def without_tag(address: str) -> str:
    """The address without a plus tag: ``support+x@example.com`` is ``support@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _read(value: str) -> dict[str, Mailbox]:
    found: dict[str, Mailbox] = {}
    for name, written in _pairs(value):
        address = address_of(written)
        if address and address not in found:
            found[address] = Mailbox(_clean_name(name, address), address)
        if len(found) == MOST_ADDRESSES:
            break
    return found


def _pairs(value: str) -> list[tuple[str, str]]:
    """Every (name, address as written)."""
    one = _ONE.fullmatch(value)
    if one is not None:
        return [(one[1], one[2])]
    return _Scanner(value).pairs() if _SIGNS.search(value) else [("", value)]


def _clean_name(name: str, address: str) -> str:
    if not name:
        return ""
    text = _SPACES.sub(" ", decode_words(name)).strip(" '\"")
    text = "".join(sign for sign in text if sign.isprintable())[:_MOST_NAME].strip()
    return "" if text.lower() == address else text


class _Scanner:
    """Goes once over the value; what is open at its end counts as closed there."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._at = 0
        self._pairs: list[tuple[str, str]] = []
        self._clear()

    def pairs(self) -> list[tuple[str, str]]:
        """Every (name, address as written)."""
        steps = {
            '"': self._quoted,
            "(": self._comment,
            "<": self._angle,
            ",": self._end,
            ";": self._end,
            ":": self._group,
        }
        while self._at < len(self._value):
            sign = self._value[self._at]
            self._at += 1
            step = steps.get(sign)
            if step is not None:
                step()
            else:
                self._plain.append(sign)
                self._phrase.append(sign)
        self._end()
        return self._pairs

    def _clear(self) -> None:
        self._plain: list[str] = []
        """What an address without angle brackets is made of: quotes stay."""
        self._phrase: list[str] = []
        self._notes: list[str] = []
        self._address: str | None = None

    def _end(self) -> None:
        phrase = "".join(self._phrase)
        if self._address is not None:
            self._pairs.append((phrase, self._address))
        elif self._plain:
            self._pairs.append(("".join(self._notes), "".join(self._plain)))
        self._clear()

    def _group(self) -> None:
        self._clear()

    def _quoted(self) -> None:
        if self._value.find('"', self._at) < 0:
            return  # one quote too many
        text = self._until('"')
        self._phrase.append(text)
        self._plain.append(f'"{text}"')

    def _angle(self) -> None:
        text = self._until(">")
        self._address = text.rpartition(":")[2]  # an old route: <@relay,@relay:name@example.com>

    def _until(self, closing: str) -> str:
        text: list[str] = []
        while self._at < len(self._value):
            sign = self._value[self._at]
            self._at += 1
            if sign == closing:
                break
            if sign == "\\" and self._at < len(self._value):
                sign = self._value[self._at]
                self._at += 1
            text.append(sign)
        return "".join(text)

    def _comment(self) -> None:
        depth, begin = 1, self._at
        while self._at < len(self._value) and depth:
            sign = self._value[self._at]
            self._at += 2 if sign == "\\" else 1
            depth += (sign == "(") - (sign == ")")
        self._notes.append(self._value[begin : self._at].rstrip(")"))
