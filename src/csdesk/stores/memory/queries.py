"""Filtered, ordered, paged reads, and the cursors that lead from page to page."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from csdesk.domain.records.changes import AgentGroup, Burden, WaitingLine
from csdesk.domain.records.counters import LOAD, WORK
from csdesk.domain.records.tickets import NEVER_DUE, burdens_of
from csdesk.errors import InvalidInput, sentence
from csdesk.ports.store import Page, Query, Row
from csdesk.stores._asked import check_column, check_order, check_page, no_cursor, time_column
from csdesk.stores.memory.state import DeskState

SortKey = tuple[tuple[object, ...], str]

_KEYS: Final[Mapping[str, str]] = {"outbox": "message", "entry": "position", "config": "digest", "burden": "counter"}
"""What "id" means for kinds whose rows have no field of that name."""

# ``Any``: each function takes the rows of its own kind.
_MANY: Final[dict[tuple[str, str], Callable[[Any], Iterable[str]]]] = {
    ("ticket", "tag"): lambda row: [tag.name for tag in row.tags],
    ("ticket", "site"): lambda row: [row.site] if row.site is not None else [],
    ("customer", "tag"): lambda row: [tag.name for tag in row.tags],
    ("customer", "segment"): lambda row: [one.name for one in row.segments],
    ("customer", "identity"): lambda row: [identity.id for identity in row.identities],
    ("agent", "queue"): lambda row: row.queues,
}
"""Columns with many values: they filter, they give no order."""


def query(desk: DeskState, asked: Query) -> Page[Row]:
    """One page."""
    check_page(asked)
    check_order(asked, _MANY)
    mark = fingerprint(asked.kind, asked.where, asked.since, asked.until, asked.order, asked.descending)
    keyed = sorted(((_sort_key(desk, asked, row), row) for row in _matching(desk, asked)), key=lambda pair: pair[0])
    if asked.descending:
        keyed.reverse()
    if asked.after is not None:
        last = last_key(asked.after, mark)
        try:
            keyed = [pair for pair in keyed if (pair[0] < last if asked.descending else pair[0] > last)]
        except TypeError:  # somebody wrote a place into it that is none
            raise no_cursor() from None
    items = keyed[: asked.limit]
    cursor = make_cursor(mark, items[-1][0]) if len(keyed) > asked.limit else None
    return Page(tuple(row for _, row in items), cursor)


def count(desk: DeskState, asked: Query) -> int:
    """How many rows match."""
    return len(_matching(desk, asked))


def tests_of(desk: DeskState, asked: Query) -> list[Callable[[Row], bool]]:
    """The filters of a query, one by one."""
    tests = [_test(desk, asked.kind, column, value) for column, value in asked.where]
    if asked.since is not None or asked.until is not None:
        tests.append(_time_test(asked))
    return tests


def _matching(desk: DeskState, asked: Query) -> list[Row]:
    tests = tests_of(desk, asked)
    return [row for row in _rows(desk, asked.kind) if all(test(row) for test in tests)]


def _rows(desk: DeskState, kind: str) -> Iterable[Row]:
    tables: Mapping[str, Iterable[Row]] = {
        "ticket": desk.tickets.values(),
        "customer": desk.customers.values(),
        "message": desk.messages.values(),
        "agent": desk.agents.values(),
        "phrase": desk.phrases.values(),
        "article": desk.articles.values(),
        "asset": desk.assets.values(),
        "draft": desk.drafts.values(),
        "holidays": desk.holidays.values(),
        "settlement": desk.settlements.values(),
        "inbox": desk.inbox.values(),
        "outbox": desk.outbox.values(),
        "entry": desk.entries,
        "config": desk.configs.values(),
        "group": desk.seats.groups(),
        "line": _lines(desk),
        "burden": _burdens(desk),
    }
    if kind not in tables:
        raise InvalidInput("kind", "unknown", sentence("pass one of {names}", names=tuple(sorted(tables))))
    return tables[kind]


def _lines(desk: DeskState) -> list[WaitingLine]:
    """The lines of tickets that wait, by queue and priority."""
    found: dict[tuple[str, int], list[datetime]] = {}
    for ticket in desk.tickets.values():
        if ticket.waits is not None:
            found.setdefault((ticket.queue, int(ticket.waits)), []).append(ticket.created_at)
    return [WaitingLine(queue, priority, len(times), min(times)) for (queue, priority), times in found.items()]


def _burdens(desk: DeskState) -> list[Burden]:
    """What the counters of routing say, and what the tickets do."""
    carried: Counter[str] = Counter()
    for ticket in desk.tickets.values():
        burdens = burdens_of(ticket)
        carried.update({LOAD + agent: units for agent, units in burdens.items()})
        if ticket.assignee in burdens:
            carried[WORK + ticket.queue] += ticket.units
    names = {
        *(LOAD + agent for agent in desk.agents),
        *(one for one in (*carried, *desk.counters) if one.startswith(WORK)),
    }
    return [Burden(name, desk.counters.get(name, 0), carried[name]) for name in names]


def _value(desk: DeskState, kind: str, column: str, row: Row) -> object:
    if (kind, column) == ("customer", "seen_at"):
        return desk.seen.get(row.id)  # type: ignore[union-attr]  # a customer, by its kind
    if (kind, column) == ("ticket", "owner"):
        return row.owner.id  # type: ignore[union-attr]  # a ticket, by its kind
    if (kind, column) == ("ticket", "due_at"):
        return row.due_at or NEVER_DUE  # type: ignore[union-attr]  # a ticket, by its kind
    if column == "id":
        if isinstance(row, AgentGroup | WaitingLine):
            return f"{row.queue}/{row.profile if isinstance(row, AgentGroup) else row.priority}"
        column = _KEYS.get(kind, "id")
    value: object = getattr(row, column)
    return value


def _test(desk: DeskState, kind: str, column: str, value: object) -> Callable[[Row], bool]:
    check_column(kind, column, f"where.{column}")
    wanted = value if isinstance(value, tuple) else (value,)
    many = _MANY.get((kind, column))
    if many is not None:
        return lambda row: any(one in wanted for one in many(row))
    return lambda row: _value(desk, kind, column, row) in wanted


def _time_test(asked: Query) -> Callable[[Row], bool]:
    column = time_column(asked.kind)
    since, until = asked.since, asked.until

    def in_time(row: Row) -> bool:
        at: datetime = getattr(row, column)
        return (since is None or since <= at) and (until is None or at < until)

    return in_time


def _sort_key(desk: DeskState, asked: Query, row: Row) -> SortKey:
    # A missing value comes first: () is less than (value,).
    value = _value(desk, asked.kind, asked.order, row)
    return () if value is None else (value,), str(_value(desk, asked.kind, "id", row))


def fingerprint(*parts: object) -> str:
    """What tells one query from another."""
    return sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def make_cursor(mark: str, key: SortKey) -> str:
    """An opaque cursor: the fingerprint of its query and the key of the last row."""
    text = json.dumps([mark, key], default=lambda at: {"at": at.isoformat()})
    return urlsafe_b64encode(text.encode()).decode()


def last_key(cursor: str, mark: str) -> SortKey:
    """The key of the row that a cursor stands after.

    Raises:
        InvalidInput: it is no cursor of this query.
    """
    last: SortKey = ((), "")
    try:
        found, (values, key) = json.loads(urlsafe_b64decode(cursor.encode()))
        last = tuple(datetime.fromisoformat(one["at"]) if isinstance(one, dict) else one for one in values), str(key)
    except (ValueError, TypeError, KeyError, RecursionError):
        found = None
    if found != mark:
        raise no_cursor()
    return last
