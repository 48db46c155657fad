"""Searches that look at some messages alone: the filters of a search as conditions beside its words."""

from __future__ import annotations

from typing import Final

from csdesk.domain.ids import TICKET
from csdesk.domain.records.messages import Message
from csdesk.ports.store import Page, Query, SearchHit, SearchRequest
from csdesk.stores.sqlite import search as words
from csdesk.stores.sqlite.conditions import Conditions, way_of
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.links import Role, link_key
from csdesk.stores.sqlite.places import place_sql
from csdesk.stores.sqlite.query import conditions
from csdesk.stores.sqlite.tables import read_sql
from csdesk.stores.sqlite.values import Cell, marks

_TICKET: Final = place_sql(read_sql(Message, "ticket", of="m.doc"), TICKET)
# The ticket is looked up by its place for each message that has the words: nothing wider is read.
_PLACE: Final = f"SELECT row FROM csdesk_place p WHERE p.desk=m.desk AND p.id={_TICKET}"  # noqa: S608  # a constant
_HELD: Final = f" AND EXISTS(SELECT 1 FROM csdesk_ticket WHERE pk=({_PLACE}) AND {{}})"  # noqa: S608  # a constant


_MOST: Final = 1000
"""How many messages are read one by one, rather than all that have the words looked through for them."""
_MESSAGES: Final = "SELECT row FROM csdesk_link WHERE desk=? AND id IN ({}) AND role=? LIMIT ?"


def search(execute: Execute, desk: int, asked: SearchRequest) -> Page[SearchHit]:
    """The newest messages that match every phrase and every filter."""
    sql = ""
    cells: list[Cell] = []
    if asked.messages or asked.since is not None or asked.until is not None:
        about = Query(kind="message", where=asked.messages, since=asked.since, until=asked.until)
        mine, cells = conditions(desk, about)
        sql = f" AND {mine}"
    if asked.tickets:
        theirs, more = conditions(desk, Query(kind="ticket", where=asked.tickets))
        sql += _HELD.format(theirs)
        cells = [*cells, *more]
    return words.search(execute, desk, asked, words.Narrowed(sql, tuple(cells), _held(execute, desk, asked)))


def _held(execute: Execute, desk: int, asked: SearchRequest) -> tuple[int, ...] | None:
    """The messages on the tickets that are asked for; None if all are, or too many, or if no index finds them."""
    tickets = Query(kind="ticket", where=asked.tickets)
    way = way_of(tickets)
    if way == "all":
        return None
    where = Conditions(desk, tickets, way)
    sql = f"SELECT id FROM {where.source} WHERE {where.sql} LIMIT ?"  # noqa: S608  # names of the tables
    held = execute(sql, (*where.cells, _MOST + 1)).fetchall()
    if len(held) > _MOST:
        return None
    keys = [link_key(row[0]) for row in held]
    rows = execute(_MESSAGES.format(marks(len(keys))), (desk, *keys, int(Role.MESSAGE), _MOST + 1)).fetchall()
    return tuple([row[0] for row in rows]) if len(rows) <= _MOST else None
