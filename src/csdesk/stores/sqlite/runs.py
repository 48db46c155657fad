"""Lists in the order of ids that are read off an index: a page costs its rows, however many more match.

An index with the id as its last column holds a run of ids, in their order, for each combination of values before it. A
page is made of the first rows of every run that is asked for: it costs the number of runs (queues and categories, or
tags), and never that of old tickets.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from csdesk.ports.store import Query
from csdesk.stores.sqlite import entries
from csdesk.stores.sqlite.conditions import ANY_CATEGORY, LABELS, LINKED, Conditions, Way, cells_of
from csdesk.stores.sqlite.values import Cell, Cells

_FIRST: Final = (
    "(SELECT pk FROM csdesk_ticket INDEXED BY csdesk_ticket_category WHERE desk=?{} ORDER BY category,queue LIMIT 1)"
)
_NEXT: Final = (
    f"coalesce({_FIRST.format(' AND category=pair.category AND queue>pair.queue')},"
    f"{_FIRST.format(' AND category>pair.category')})"
)
_PAIRS: Final = (
    "(WITH RECURSIVE pair(category,queue) AS (SELECT category,queue FROM csdesk_ticket"  # noqa: S608  # constants
    f" WHERE pk={_FIRST.format('')} UNION ALL SELECT t.category,t.queue FROM pair CROSS JOIN csdesk_ticket t"
    f" ON t.pk={_NEXT}) SELECT category,queue FROM pair WHERE category IN (SELECT value FROM json_each(?)){{}})"
)
"""The categories and queues that have tickets, each found with one step into the index."""
_IN_QUEUES: Final = " AND queue IN (SELECT value FROM json_each(?))"
_HANDS: Final = "(SELECT a.value AS assignee,c.value AS category FROM json_each(?) a CROSS JOIN json_each(?) c)"
_NAMES: Final = "(SELECT value AS tag FROM json_each(?))"

_ROWS: Final = "SELECT pk FROM csdesk_ticket INDEXED BY csdesk_ticket_{0} WHERE {1}=run.{1} AND {2}=run.{2}"
_RUN: Final = {
    "category": _ROWS.format("category", "category", "queue"),
    "assignee": _ROWS.format("assignee", "assignee", "category"),
}
_TAG: Final = "SELECT record AS pk FROM csdesk_{0}_tag g WHERE g.desk=? AND g.tag=run.tag"
_IF: Final = " AND EXISTS(SELECT 1 FROM csdesk_{0} WHERE pk=g.record AND {1})"


@dataclass(frozen=True, slots=True)
class Read:
    """A select of the rows at the head of all runs, and its parameters."""

    sql: str
    cells: Cells


def heads(desk: int, asked: Query, way: Way, after: str | None) -> Read | None:
    """The first rows of each run, one more than a page has; None if the way has no runs.

    ``after`` is the id that the page before ended at.
    """
    if way not in ("tag", "category", "assignee"):
        return None
    given = {column: cells_of(desk, asked.kind, column, value) for column, value in asked.where}
    label = next((column for column, _ in asked.where if column in LABELS), "") if way == "tag" else ""
    runs, cells = _runs(desk, given, way, label)
    mine = {"tag": {label}, "category": {"category", "queue"}, "assignee": {"assignee", "category"}}[way]
    rows, more = _one_run(desk, asked, way, frozenset(mine))
    if after is not None:
        rows, more = f"{rows} AND id{_beyond(asked)}?", (*more, after)
    return _heads(asked, runs, rows, "id", (*cells, *more))


def positions(desk: int, asked: Query, after: Cell) -> Read | None:
    """The rows of the next entries of each subject or cause that is asked for; None if something else is asked too.

    ``after`` is the row that the page before ended at.
    """
    if asked.kind != "entry" or asked.order not in ("id", "position") or len(asked.where) != 1:
        return None
    column, value = asked.where[0]
    role, keys = LINKED.get(("entry", column)), cells_of(desk, "entry", column, value)
    if role is None or not keys or asked.since is not None or asked.until is not None:
        return None
    base = entries.first_row(desk)
    rows = f"SELECT row+{base} AS pk FROM csdesk_link WHERE desk=? AND id=run.column1 AND role=?"  # noqa: S608
    cells: Cells = (*keys, desk, int(role))
    if after is not None:
        rows, cells = f"{rows} AND row{_beyond(asked)}?-{base}", (*cells, after)
    return _heads(asked, f"(VALUES {','.join(['(?)'] * len(keys))})", rows, "row", cells)


def _beyond(asked: Query) -> str:
    return "<" if asked.descending else ">"


def _heads(asked: Query, runs: str, rows: str, by: str, cells: Cells) -> Read:
    """The first of the rows of each run, by the column that it stands in the order of."""
    first = f"{rows} ORDER BY {by}{' DESC' if asked.descending else ''} LIMIT ?"
    sql = f"SELECT value FROM {runs} run,json_each((SELECT json_group_array(pk) FROM ({first})))"  # noqa: S608
    return Read(sql, (*cells, asked.limit + 1))


def _runs(desk: int, given: dict[str, list[Cell]], way: Way, label: str) -> tuple[str, Cells]:
    """Which runs there are."""
    categories = json.dumps(given.get("category", ANY_CATEGORY))
    if way == "tag":
        return _NAMES, (json.dumps(given[label]),)
    if way == "assignee":
        return _HANDS, (json.dumps(given["assignee"]), categories)
    queues = (json.dumps(given["queue"]),) if "queue" in given else ()
    return _PAIRS.format(_IN_QUEUES if queues else ""), (desk, desk, desk, categories, *queues)


def _one_run(desk: int, asked: Query, way: Way, mine: frozenset[str]) -> tuple[str, Cells]:
    """The rows of one run, with all other conditions."""
    if way != "tag":
        where = Conditions(desk, asked, way, mine)
        return f"{_RUN[way]} AND {where.sql}", tuple(where.cells)
    rows, cells = _TAG.format(asked.kind), (desk,)
    where = Conditions(desk, asked, "index", mine)
    if len(where.conditions) == 1:
        return rows, cells
    return rows + _IF.format(asked.kind, where.sql), (*cells, *where.cells)
