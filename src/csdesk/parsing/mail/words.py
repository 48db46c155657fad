"""Encoded words of headers (RFC 2047), with the breakage that mailers produce.

Read although the standard forbids it: words inside quotes or with spaces in them, words without space between, one
multi-byte sign split over two words (their bytes are joined before decoding), base64 without padding.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Final

from csdesk.parsing.mail.charsets import decode_text

_START: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64: Final = bytes(set(range(256)) - set(_ALPHABET))
_Piece = tuple[str, bytes | str]
"""A charset label and bytes to decode, or an empty label and plain text."""


def decode_words(value: str) -> str:
    """The value with its encoded words decoded; space between two of them vanishes."""
    if "=?" not in value:
        return value
    texts: list[str] = []
    label, waiting = "", b""
    for next_label, piece in _pieces(value):
        if isinstance(piece, bytes) and waiting and next_label == label:
            waiting += piece
            continue
        texts.append(decode_text(waiting, label))
        label, waiting = next_label, b""
        if isinstance(piece, bytes):
            waiting = piece
        else:
            texts.append(piece)
    texts.append(decode_text(waiting, label))
    return "".join(texts)


def lenient_base64(content: bytes) -> bytes:
    """The bytes that base64 text holds, foreign signs and missing padding forgiven."""
    body = content.translate(None, _NOT_BASE64)
    body = body[: len(body) - (len(body) % 4 == 1)]
    return binascii.a2b_base64(body + b"=" * (-len(body) % 4))


def _pieces(value: str) -> Iterator[_Piece]:
    at, after_word = 0, False
    for label, content, begin, end in _words(value):
        between = value[at:begin]
        if between and not (after_word and between.isspace()):
            yield "", between
        yield label, content
        at, after_word = end, True
    if value[at:]:
        yield "", value[at:]


def _words(value: str) -> Iterator[tuple[str, bytes, int, int]]:
    at = 0
    while match := _START.search(value, at):
        end = value.find("?=", match.end())
        if end < 0:
            return
        text = value[match.end() : end].encode("utf-8", "replace")
        content = lenient_base64(text) if match[2] in "bB" else binascii.a2b_qp(text, header=True)
        yield match[1].partition("*")[0], content, match.start(), end + 2
        at = end + 2
