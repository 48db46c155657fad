"""What may be asked of a store: the same for every store that is bundled."""

from __future__ import annotations

from collections.abc import Container

from csdesk.errors import InvalidInput, sentence
from csdesk.ports.store import QUERY_COLUMNS, TIME_COLUMN, Query


def check_limit(limit: int) -> None:
    """Refuse a limit below one.

    Raises:
        InvalidInput: it is.
    """
    if limit < 1:
        raise InvalidInput("limit", "must be positive", "ask for at least one row")


def check_page(asked: Query) -> None:
    """Refuse a page of no rows, or of more than a thousand.

    Raises:
        InvalidInput: it is one.
    """
    if not 1 <= asked.limit <= 1000:
        raise InvalidInput("limit", "out of range", "pass 1 to 1000")


def no_cursor() -> InvalidInput:
    """What a cursor is refused with that no page of the query gave."""
    return InvalidInput("cursor", "not a cursor of this query", "pass the cursor of an earlier page of the same query")


def check_column(kind: str, column: str, field: str) -> None:
    """Refuse a column that the kind does not have.

    Raises:
        InvalidInput: it has none of that name; ``field`` is where it was named.
    """
    known = QUERY_COLUMNS.get(kind, frozenset()) | {"id"}
    if column not in known:
        raise InvalidInput(
            field,
            sentence("{kind} has no column {column!r}", kind=kind, column=column),
            sentence("pass one of {names}", names=tuple(sorted(known))),
        )


def check_order(asked: Query, many: Container[tuple[str, str]]) -> None:
    """Refuse an order by a column that there is not, or that has many values.

    Args:
        asked: what is asked for.
        many: the kinds and their columns that have many values.

    Raises:
        InvalidInput: it is ordered so.
    """
    check_column(asked.kind, asked.order, "order")
    if (asked.kind, asked.order) in many:
        raise InvalidInput("order", sentence("{order!r} has many values", order=asked.order), "order by another column")


def time_column(kind: str) -> str:
    """The column that ``since`` and ``until`` bound.

    Raises:
        InvalidInput: the kind has none.
    """
    column = TIME_COLUMN.get(kind)
    if column is None:
        raise InvalidInput("since", sentence("{kind} has no time", kind=kind), "leave since and until out")
    return column
