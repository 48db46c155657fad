"""Links: which rows belong to an id, whatever their kind, in one table.

Each index that a commit touches costs it a page. One table in the order of ids takes their place: ids of one message
are made within a moment, so what is new stands on one page, and what joins an old ticket on that ticket's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from csdesk.domain.ids import ALPHABET, BODY_LENGTH
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.values import Cell, Cells, chunks, rows_sql

_LENGTH: Final = len("tkt_") + BODY_LENGTH
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_AS_NUMBER: Final = bytes(ord(_DIGITS[ALPHABET.index(chr(one))] if chr(one) in ALPHABET else "!") for one in range(256))
"""From the letters of Crockford's base32 to those of ``int``; from all others to what is no digit."""

_LINK: Final = "INSERT INTO csdesk_link(desk,id,role,row) VALUES{} ON CONFLICT DO NOTHING"
_UNLINK: Final = "DELETE FROM csdesk_link WHERE desk=? AND id=? AND role=? AND row=?"


class Role(IntEnum):
    """What a row is to the id."""

    ENTRY = 1
    """An entry, to its subject."""
    CAUSED = 2
    """An entry, to its cause."""
    MESSAGE = 3
    """A message, to its ticket."""
    TICKET = 4
    """A ticket, to the identity it came through."""


def link_key(text: str) -> bytes | str:
    """An id as the table holds it: its 16 bytes, then its kind; any other text as it is.

    >>> link_key("tkt_00000000000000000000000001").hex()
    '00000000000000000000000000000001746b74'
    """
    if len(text) != _LENGTH or text[3] != "_" or not text.isascii():
        return text
    written = text.encode()
    try:
        return int(written[4:].translate(_AS_NUMBER), 32).to_bytes(16, "big") + written[:3]
    except (ValueError, OverflowError):
        return text


def add(execute: Execute, rows: list[Cells]) -> None:
    """Add links: desk, key, role, row each; those that are there stay."""
    for part in chunks(rows):
        cells: list[Cell] = [cell for row in part for cell in row]
        execute(rows_sql(_LINK, "(?,?,?,?)", len(part)), cells)


def remove(execute: Execute, desk: int, text: str, role: Role, row: int) -> None:
    """Remove a link."""
    execute(_UNLINK, (desk, link_key(text), int(role), row))
