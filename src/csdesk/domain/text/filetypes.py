"""What bytes are, by how they begin: a name or a header that a stranger sent says nothing."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "application/octet-stream"

_SIGNATURES: Final = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x02#!SILK", "audio/silk"),
    (0, b"#!SILK", "audio/silk"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"MZ", "application/x-msdownload"),
    (0, b"\x7fELF", "application/x-executable"),
)
_MARKUP: Final = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml")
_ACTIVE: Final = "text/html"


def sniffed(content: bytes) -> str:
    """The MIME type that the first bytes tell; empty if they tell none.

    >>> sniffed(b"%PDF-1.7")
    'application/pdf'
    """
    for at, signature, type_ in _SIGNATURES:
        if content.startswith(signature, at):
            return type_
    return _ACTIVE if content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP) else ""


def fits(declared: str, found: str) -> bool:
    """True if bytes that look like ``found`` may be called ``declared``: a picture is a picture, a document anything.

    Only types that browsers and players open by themselves have to be what they say.
    """
    kind = declared.partition("/")[0].strip().lower()
    if not found or kind not in ("image", "audio", "video"):
        return True
    return found.partition("/")[0] == kind or {kind, found.partition("/")[0]} == {"audio", "video"}
