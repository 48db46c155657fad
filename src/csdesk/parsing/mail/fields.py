"""Fields with parameters (Content-Type, Content-Disposition; RFC 2045, 2183, 2231), and file names made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from csdesk.parsing.mail.charsets import decode_text
from csdesk.parsing.mail.words import decode_words

MOST_PARAMETERS: Final = 100
MOST_NAME_BYTES: Final = 255
_OFTEN: Final = 100
"""Up to which length a field may be one that comes often, in characters."""

_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_RESERVED: Final = re.compile(r'[<>:"|?*\x7f]')
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


class Field(NamedTuple):
    """The value before the first semicolon, lower-cased, and the parameters by lower-case name: only to be read."""

    value: str
    parameters: Mapping[str, str]


def read_field(text: str) -> Field:
    """A field such as Content-Type; never fails. Of a parameter given twice the first counts."""
    return _often(text) if len(text) <= _OFTEN else _read(text)


@lru_cache(maxsize=256)
def _often(text: str) -> Field:
    """Most mails say one of a few things."""
    return _read(text)


def _read(text: str) -> Field:
    value, *rest = _split(text) if '"' in text else text.split(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for one in rest[:MOST_PARAMETERS]:
        name, equals, written = one.partition("=")
        base, star, section = name.strip().lower().partition("*")
        if not equals or not base:
            continue
        written = _unquoted(written)
        if not star:
            plain.setdefault(base, decode_words(written))
            continue
        number = section.rstrip("*")
        index = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
        pieces.setdefault(base, {}).setdefault(index, (written, section.endswith("*") or not section))
    joined = {base: _joined(found) for base, found in pieces.items()}
    return Field(value.strip().lower(), {**plain, **joined})


def media_type(text: str) -> str:
    """A lower-case type such as ``image/png``; ``application/octet-stream`` for what is none."""
    found = _TYPE.fullmatch(text.strip().lower())
    return found[0] if found else "application/octet-stream"


def safe_name(name: str) -> str:
    """A file name from outside as one harmless name: no path, no control or reserved signs, at most 255 bytes of UTF-8.

    Empty if nothing is left. The extension survives shortening.
    """
    if not name:
        return ""
    name = unicodedata.normalize("NFC", name[:4000].replace("\\", "/").rpartition("/")[2])
    name = "".join(sign for sign in name if sign.isprintable())
    name = _RESERVED.sub("_", name).strip(" .")
    if name.partition(".")[0].lower().strip() in _DEVICES:
        name = f"_{name}"
    return _short(name)


def _short(name: str) -> str:
    if len(name.encode()) <= MOST_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = MOST_NAME_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + extension


def _split(text: str) -> list[str]:
    """Split at semicolons outside quotes, in one pass."""
    pieces: list[str] = []
    begin, quoted, escaped = 0, False, False
    for at, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\" and quoted:
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            pieces.append(text[begin:at])
            begin = at + 1
    pieces.append(text[begin:])
    return pieces


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        text = text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:]
        # Only quotes and backslashes are escaped in practice; C:\new.txt from an old mailer is meant as it stands.
        text = re.sub(r'\\(["\\])', r"\1", text)
    return text


def _joined(found: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    content = b""
    for place, index in enumerate(sorted(found)):
        text, encoded = found[index]
        if place == 0 and encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        content += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return decode_text(content, charset)
