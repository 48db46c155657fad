"""Times as rows hold them, and small pieces of SQL text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, TypeVar

Cell = str | int | float | bytes | None
"""What a column holds."""

Cells = tuple[Cell, ...]

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK: Final = 16


def micros(at: datetime) -> int:
    """Microseconds since the Unix epoch."""
    past = at - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


def micros_or_none(at: datetime | None) -> int | None:
    """As ``micros``; None stays None."""
    return None if at is None else micros(at)


def instant(value: int) -> datetime:
    """The instant of a column, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def instant_or_none(value: int | None) -> datetime | None:
    """As ``instant``; None stays None."""
    return None if value is None else instant(value)


@cache
def marks(count: int) -> str:
    """Question marks for that many parameters.

    >>> marks(3)
    '?,?,?'
    """
    return ",".join("?" * count)


@cache
def value_rows(row: str, count: int) -> str:
    """The rows of a VALUES clause."""
    return ",".join([row] * count)


@cache
def rows_sql(statement: str, row: str, count: int) -> str:
    """The statement with that many rows in the place of its braces; the same text each time, so that it stays prepared.

    >>> rows_sql("INSERT INTO t VALUES{}", "(?)", 2)
    'INSERT INTO t VALUES(?),(?)'
    """
    return statement.format(value_rows(row, count))


def padded(keys: Sequence[T]) -> Sequence[T]:
    """The keys with the last one repeated up to a round count, so that few different statements are prepared."""
    count = len(keys)
    if count <= 4:
        return keys
    return [*keys, *[keys[-1]] * ((1 << (count - 1).bit_length()) - count)]


def chunks(rows: Sequence[T]) -> Sequence[Sequence[T]]:
    """The rows in parts of at most 16: one INSERT each, and at most 16 different texts of every INSERT."""
    if len(rows) <= _CHUNK:
        return (rows,)
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
