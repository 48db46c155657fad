"""The tree of a mail's parts as places in its bytes: nothing is copied until a leaf is read.

Each multipart is split once, inside the bounds that its parent found, so a mail costs at most ``MOST_DEPTH`` passes.
What lies deeper, or after ``MOST_PARTS`` parts, stays whole as a leaf.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csdesk.parsing.mail.charsets import decode_text
from csdesk.parsing.mail.fields import Field, media_type, read_field, safe_name
from csdesk.parsing.mail.headers import Headers, read_headers
from csdesk.parsing.mail.words import lenient_base64

MOST_DEPTH: Final = 20
MOST_PARTS: Final = 500


@dataclass(frozen=True, slots=True)
class Node:
    """One part: its header, and its body as ``content[begin:end]``."""

    content: bytes
    headers: Headers
    begin: int
    end: int
    field: Field
    type: str
    """The media type; a missing or impossible one is ``text/plain`` (RFC 2045 §5.2)."""
    children: tuple[Node, ...] = ()

    @property
    def disposition(self) -> Field:
        """How it says that it wants to be shown."""
        return read_field(self.headers.get("content-disposition"))

    @property
    def name(self) -> str:
        """The file name it claims, made harmless; empty if it claims none."""
        return safe_name(self.disposition.parameters.get("filename") or self.field.parameters.get("name", ""))

    @property
    def is_attachment(self) -> bool:
        """True if it says so, or has a file name."""
        if "content-disposition" in self.headers:
            return self.disposition.value == "attachment" or bool(self.name)
        return "name" in self.field.parameters and bool(self.name)

    def body(self) -> bytes:
        """The bytes it holds, its transfer encoding undone as far as it goes."""
        content = self.content[self.begin : self.end]
        encoding = self.headers.get("content-transfer-encoding").strip("\"' \t").lower()
        if encoding == "base64":
            return lenient_base64(content)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(content)
        return content

    def text(self, *, most: int) -> str:
        """Its body as text with plain line feeds, at most that many bytes of it."""
        content = self.body()[:most]
        text = decode_text(content, self.field.parameters.get("charset", "") or _declared_in_html(self.type, content))
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def walk(self) -> Iterator[Node]:
        """This part and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_tree(content: bytes) -> Node:
    """The tree of a whole mail; never fails."""
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    return _node(content, 0, len(content), depth=0, room=[MOST_PARTS], default="text/plain")


def nested(node: Node) -> Headers:
    """The header of the mail that a ``message/rfc822`` or ``text/rfc822-headers`` part holds."""
    content = node.body()
    return read_headers(content, _skip_blank(content, 0), len(content))[0]


def _node(content: bytes, begin: int, end: int, *, depth: int, room: list[int], default: str) -> Node:
    headers, body = read_headers(content, begin if depth else _skip_blank(content, begin), end)
    field = read_field(headers.get("content-type") or default)
    children: tuple[Node, ...] = ()
    boundary = field.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    if field.value.startswith("multipart/") and boundary and depth < MOST_DEPTH:
        below = "message/rfc822" if field.value == "multipart/digest" else "text/plain"
        children = tuple(
            _node(content, first, last, depth=depth + 1, room=room, default=below)
            for first, last in _split(content, body, end, b"--" + boundary, room)
        )
    if field.value.startswith("multipart/") and not children and depth < MOST_DEPTH:
        field = Field("text/plain", {})  # it says that it has parts, but no delimiter is there
    kind = media_type(field.value) if "/" in field.value else "text/plain"
    return Node(content, headers, body, end, field, kind, children)


def _skip_blank(content: bytes, begin: int) -> int:
    while begin < len(content) and content[begin] in b"\r\n":
        begin += 1
    return begin


def _split(content: bytes, begin: int, end: int, delimiter: bytes, room: list[int]) -> list[tuple[int, int]]:
    """The bounds of the parts between delimiter lines; the last runs to the end if it is not closed."""
    bounds: list[tuple[int, int]] = []
    start = -1
    for line, after, closes in _delimiters(content, begin, end, delimiter):
        if start >= 0:
            bounds.append((start, max(start, _before_newline(content, line))))
            room[0] -= 1
        start = -1 if closes else after
        if closes or room[0] <= 0:
            break
    if start >= 0:
        bounds.append((start, end))
    return bounds


def _delimiters(content: bytes, begin: int, end: int, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    at = content.find(delimiter, begin, end)
    while at >= 0:
        following = at + 1
        if at == begin or content[at - 1] in b"\r\n":  # asked first: the rest of a line is looked at once per line
            following = content.find(b"\n", at, end) + 1 or end
            rest = content[at + len(delimiter) : min(following, at + len(delimiter) + 100)].strip()
            if rest in {b"", b"--"}:
                yield at, following, rest == b"--"
        at = content.find(delimiter, following, end)


def _before_newline(content: bytes, line: int) -> int:
    line -= content[line - 1 : line] == b"\n"
    line -= content[line - 1 : line] == b"\r"
    return line


def _declared_in_html(kind: str, content: bytes) -> str:
    if kind != "text/html":
        return ""
    head = content[:2048].lower()
    _, found, rest = head.partition(b"charset=")
    label = rest[:40].lstrip(b"\"' ") if found else b""
    for stop in b"\"' />;":
        label = label.split(bytes((stop,)))[0]
    return label.decode("ascii", "replace")
