"""The XML of callbacks: flat, without a document type, so without entities. Read strictly, written in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

from csdesk.errors import RequestRejected

_DECLARED: Final = re.compile(rb"<!(?!\[CDATA\[|--)")
_MOST_ELEMENTS: Final = 200
_DEEPEST: Final = 4

Fields = Mapping[str, tuple[str, ...]]
"""The texts of each element below the root, in order; names may repeat."""


def fields_of(xml: bytes) -> Fields:
    """The elements of a callback.

    Raises:
        RequestRejected: it is no such XML; a document type is refused, whatever it says.
    """
    if _DECLARED.search(xml) or b"\0" in xml:
        raise RequestRejected("bad_xml")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.declared  # in an encoding that the search above cannot see through
    try:
        parser.Parse(xml, True)  # noqa: FBT003  the whole of it
    except (expat.ExpatError, ValueError, LookupError):
        raise RequestRejected("bad_xml") from None
    return {name: tuple(texts) for name, texts in reader.found.items()}


class _Reader:
    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._pieces: list[str] = []
        self._count = 0

    def start(self, name: str, _: Mapping[str, str]) -> None:
        self._path.append(name)
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._path) > _DEEPEST:
            raise RequestRejected("bad_xml")
        self._pieces = []

    def end(self, name: str) -> None:
        if len(self._path) > 1:
            self.found.setdefault(name, []).append("".join(self._pieces))
        self._path.pop()
        self._pieces = []

    def text(self, piece: str) -> None:
        self._pieces.append(piece)

    def declared(self, *_: object) -> None:
        raise RequestRejected("bad_xml")


def cipher_of(body: bytes) -> str:
    """The cipher text of a posted envelope.

    Raises:
        RequestRejected: there is none, or more than one.
    """
    found = fields_of(body).get("Encrypt", ())
    if len(found) != 1 or not found[0]:
        raise RequestRejected("bad_xml")
    return found[0]


def envelope(encrypt: str, signature: str, timestamp: str, nonce: str) -> bytes:
    """The XML of an encrypted answer. None of the values can hold the end of a CDATA section."""
    return (
        f"<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ).encode()
