"""Places: where the record of an id stands, for all that messages bring along, in one table.

A table's own index of ids costs each commit a page for every kind of record it stores. One table in the order of ids
takes their place: its keys have their kind behind them, and ids of one message are made within a moment, so all that
is new stands on one page. An identity's place is its customer's.
"""

from __future__ import annotations

from typing import Final

from csdesk.domain.ids import IDENTITY
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.values import Cell, Cells, chunks, rows_sql

ROW: Final = "(SELECT row FROM csdesk_place WHERE desk=? AND id=?)"
"""The row of a place, as a term of a statement; NULL if there is none."""

_ADD: Final = (
    "INSERT INTO csdesk_place(desk,id,row) VALUES{} ON CONFLICT(desk,id) DO UPDATE SET row=excluded.row"
    f" WHERE substr(id,-4)='{IDENTITY}'"
)


def place_key(text: str, prefix: str) -> str:
    """An id of that kind as the table holds it.

    >>> place_key("tkt_00000000000000000000000001", "tkt_")
    '00000000000000000000000001tkt_'
    """
    return text[4:] + prefix if text.startswith(prefix) else f"{text}/{prefix}"


def place_sql(term: str, prefix: str) -> str:
    """``place_key`` of an id of that kind that a statement finds."""
    return f"substr({term},5)||'{prefix}'"


def id_of(place: str) -> str:
    """The id that stands at a place.

    >>> id_of("00000000000000000000000001tkt_")
    'tkt_00000000000000000000000001'
    """
    return place[-4:] + place[:-4]


def add(execute: Execute, rows: list[Cells]) -> bool:
    """Add places: desk, key, row each. False if one of them is taken; that of an identity moves."""
    added = 0
    for part in chunks(rows):
        cells: list[Cell] = [cell for row in part for cell in row]
        added += execute(rows_sql(_ADD, "(?,?,?)", len(part)), cells).rowcount
    return added == len(rows)
