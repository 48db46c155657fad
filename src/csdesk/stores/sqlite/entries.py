"""Entries: one row each, in order of commits. A row's number holds its desk's above a count of the desk's entries."""

from __future__ import annotations

import json
from typing import Any, Final

from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.codec import EVENT_SCHEMA, decode_events, decode_trace, encode_events, encode_trace
from csdesk.domain.records.events import Entry, Epochs
from csdesk.errors import InvalidInput
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.links import Role, link_key
from csdesk.stores.sqlite.values import Cell, Cells, chunks, instant, micros, rows_sql

COLUMNS: Final = "pk,subject,cause,at,actor,epochs,schema,personal,trace,body"

Keys = tuple[bytes | str, bytes | str]
"""Subject and cause of an entry, as links hold them."""

_ABOUT: Final = int(Role.ENTRY)
_CAUSED: Final = int(Role.CAUSED)
_BITS: Final = 40
_LOW: Final = (1 << _BITS) - 1
_INSERT: Final = "INSERT INTO csdesk_entry(pk,desk,subject,cause,at,actor,epochs,schema,personal,trace,body) VALUES{}"
_NEXT: Final = (
    f"SELECT {COLUMNS} FROM csdesk_entry WHERE pk>"  # noqa: S608
    "coalesce((SELECT position FROM csdesk_consumer WHERE desk=? AND name=?),?) AND pk<=? ORDER BY pk LIMIT ?"
)
_ACK: Final = (
    "INSERT INTO csdesk_consumer(desk,name,position) VALUES(?,?,?)"
    " ON CONFLICT(desk,name) DO UPDATE SET position=excluded.position WHERE excluded.position>position"
)


def first_row(desk: int) -> int:
    """The number just below the desk's first row."""
    return desk << _BITS


def last_row(desk: int) -> int:
    """The highest number that a row of the desk can have."""
    return (desk << _BITS) | _LOW


def position_of(row: int) -> str:
    """The position of a row: equal widths, so that positions compare as strings.

    >>> position_of((3 << 40) + 7)
    '00000000000000000007'
    """
    return f"{row & _LOW:020d}"


def row_of(desk: int, position: str) -> int:
    """The row of a position.

    Raises:
        InvalidInput: this store never gave such a position.
    """
    if not (position.isascii() and position.isdigit()) or int(position) > _LOW:
        raise InvalidInput("position", "not a position of this store", "pass the position of an entry that was read")
    return first_row(desk) + int(position)


def entry_cells(desk: int, entries: tuple[Entry, ...]) -> list[Cells]:
    """The rows of the entries, without their numbers."""
    rows: list[Cells] = []
    for entry in entries:
        body, personal = encode_events(entry)
        epochs = entry.epochs
        rows.append(
            (
                desk,
                entry.subject,
                entry.cause,
                micros(entry.at),
                f"{entry.actor.kind.value}:{entry.actor.id}",
                _epochs_text(epochs),
                EVENT_SCHEMA,
                personal,
                encode_trace(entry),
                body,
            )
        )
    return rows


def _epochs_text(epochs: Epochs) -> str:
    """Numbers with points between; zeros at the end are left out."""
    if epochs.phrases or epochs.agents or epochs.calendars:
        return f"{epochs.config}.{epochs.phrases}.{epochs.agents}.{epochs.calendars}"
    return str(epochs.config)


def append(execute: Execute, last: int, rows: list[Cells]) -> int:
    """Add the rows after the row ``last``; the number of the last one added."""
    for part in chunks(rows):
        cells: list[Cell] = []
        for row in part:
            last += 1
            cells.append(last)
            cells += row
        execute(rows_sql(_INSERT, "(?,?,?,?,?,?,?,?,?,?,?)", len(part)), cells)
    return last


def entry_keys(entries: tuple[Entry, ...]) -> list[Keys]:
    """What each entry is linked to: its subject and its cause."""
    made = {text: link_key(text) for entry in entries for text in (entry.subject, entry.cause)}
    return [(made[entry.subject], made[entry.cause]) for entry in entries]


def links(desk: int, last: int, keys: list[Keys]) -> list[Cells]:
    """The links of the entries behind the row ``last``, by their numbers in the desk."""
    rows: list[Cells] = []
    for row, (subject, cause) in enumerate(keys, (last & _LOW) + 1):
        rows += ((desk, subject, _ABOUT, row), (desk, cause, _CAUSED, row))
    return rows


# ``Any``: a row of the driver.
def entry_of(row: tuple[Any, ...]) -> Entry:
    """The entry of a row of ``COLUMNS``."""
    number, subject, cause, at, actor, epochs, schema, personal, trace, body = row
    kind, _, name = actor.partition(":")
    return Entry(
        subject=subject,
        at=instant(at),
        actor=Actor(kind=ActorKind(kind), id=name),
        cause=cause,
        epochs=Epochs(*map(int, epochs.split("."))),
        events=decode_events(schema, body, personal, subject=subject, cause=cause),
        trace=decode_trace(trace, subject=subject, cause=cause),
        salt="" if personal is None else json.loads(personal)["salt"],
        position=position_of(number),
    )


def following(execute: Execute, desk: int, consumer: str, limit: int) -> tuple[Entry, ...]:
    """The next entries after what the consumer acknowledged."""
    rows = execute(_NEXT, (desk, consumer, first_row(desk), last_row(desk), limit)).fetchall()
    return tuple(map(entry_of, rows))


def acknowledge(execute: Execute, desk: int, consumer: str, row: int) -> None:
    """Move the consumer's mark forward."""
    execute(_ACK, (desk, consumer, row))
