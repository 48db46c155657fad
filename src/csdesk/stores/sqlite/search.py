"""Full text over messages: FTS5 over csdesk's own tokens.

Each token carries its desk's number in front, so desks never meet in a word's list. Texts are indexed by upkeep, in
order of their rows; what lies behind the mark is read as it is. Queries are built here from tokens, never passed on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from csdesk.domain.records.codec import said_in
from csdesk.domain.records.messages import Message
from csdesk.domain.text.features import search_tokens, tokens_match
from csdesk.ports.store import Page, SearchHit, SearchRequest
from csdesk.stores._asked import no_cursor
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.cursors import cursor_of, fingerprint, key_of
from csdesk.stores.sqlite.documents import record_of
from csdesk.stores.sqlite.tables import TABLES, read_sql
from csdesk.stores.sqlite.values import Cell

_MARK: Final = "SELECT last FROM csdesk_search_mark"
_TAIL: Final = (
    "SELECT pk,id,schema,doc FROM csdesk_message m WHERE pk>(SELECT last FROM csdesk_search_mark) AND pk<? AND desk=?{}"
    " ORDER BY pk DESC"
)
_MATCH: Final = (
    f"SELECT m.pk,m.id,{read_sql(Message, 'ticket', of='m.doc')} FROM csdesk_search s"  # noqa: S608  # a constant
    " CROSS JOIN csdesk_message m ON m.pk=s.rowid"
    " WHERE s.csdesk_search MATCH ? AND s.rowid<? AND m.desk=?{} ORDER BY s.rowid DESC LIMIT ?"
)
"""The index gives its rows in this order by itself: who asks for a page of a common word reads no more than that."""
_FEW: Final = (
    "SELECT pk,id,schema,doc FROM csdesk_message m WHERE pk IN (SELECT value FROM json_each(?)) AND pk<? AND +desk=?{}"
    " ORDER BY pk DESC"
)
_WAITING: Final = (
    "SELECT pk,desk,version,schema,doc FROM csdesk_message WHERE pk>(SELECT last FROM csdesk_search_mark)"
    " ORDER BY pk LIMIT ?"
)
_VERSIONS: Final = "SELECT pk,version FROM csdesk_message WHERE pk>? AND pk<=?"
_ONE: Final = "SELECT schema,doc FROM csdesk_message WHERE pk=?"
_ADD: Final = "INSERT INTO csdesk_search(rowid,tokens) VALUES(?,?)"
_REMOVE: Final = "INSERT INTO csdesk_search(csdesk_search,rowid,tokens) VALUES('delete',?,?)"
_MESSAGES: Final = TABLES[Message]
_INDEXED: Final = f"SELECT pk FROM csdesk_message WHERE {_MESSAGES.where} AND pk<=(SELECT last FROM csdesk_search_mark)"  # noqa: S608  # a constant

_AFTER_ALL: Final = 1 << 62
_SEAM: Final = "x"
"""Stands between subject and text, so that no phrase spans both; no token of a desk is equal to it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A message whose text is another one now."""

    before: Message
    after: Message


def tokens_of(said: tuple[str, str]) -> list[str]:
    """The tokens of a subject and text; the empty one between them keeps phrases from spanning both."""
    subject, text = map(search_tokens, said)
    return [*subject, "", *text] if subject and text else subject or text


def indexed_text(desk: int, said: tuple[str, str]) -> str:
    """What the index holds of a message with that subject and text."""
    mark = f"{desk}x"
    return f" {_SEAM} ".join([mark + f" {mark}".join(tokens) for tokens in map(search_tokens, said) if tokens])


def _said(message: Message) -> tuple[str, str]:
    return message.subject, message.whole_text


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Conditions on the messages of a search (table ``m``), beside its words."""

    sql: str = ""
    cells: tuple[Cell, ...] = ()
    among: tuple[int, ...] | None = None
    """The rows that come into question, if they are known and few."""


def search(execute: Execute, desk: int, asked: SearchRequest, narrowed: Narrowed) -> Page[SearchHit]:
    """The messages that match every phrase, those stored last first."""
    mark = fingerprint("search", *asked.asked)
    before = _AFTER_ALL if asked.after is None else _row_of(asked.after, mark)
    phrases = [phrase for phrase in asked.phrases if phrase]
    if not phrases or not all(_is_token(token) for phrase in phrases for token in phrase):
        return Page(())
    wanted = asked.limit + 1
    execute("BEGIN")
    try:
        if narrowed.among is None:
            rows = list(islice(_unindexed(execute, desk, phrases, narrowed, before), wanted))
            cells = (_match(desk, phrases), before, desk, *narrowed.cells, wanted - len(rows))
            rows += execute(_MATCH.format(narrowed.sql), cells).fetchall() if len(rows) < wanted else []
        else:
            rows = list(islice(_among(execute, desk, phrases, narrowed, before), wanted))
    finally:
        execute("COMMIT")
    hits = tuple(SearchHit(message=key, ticket=ticket) for _, key, ticket in rows[: asked.limit])
    return Page(hits, cursor_of(mark, (None, rows[asked.limit - 1][0])) if len(rows) == wanted else None)


def _row_of(cursor: str, mark: str) -> int:
    row = key_of(cursor, mark)[1]
    if type(row) is not int or abs(row) > _AFTER_ALL:
        raise no_cursor()
    return row


def _is_token(token: str) -> bool:
    # Only what a text can be cut into may reach the index: it holds no mark of FTS5's query language.
    return search_tokens(token) == [token]


def _match(desk: int, phrases: list[tuple[str, ...]]) -> str:
    return " AND ".join('"' + " ".join([f"{desk}x{token}" for token in phrase]) + '"' for phrase in phrases)


_Phrases = list[tuple[str, ...]]
_Found = Iterator[tuple[int, str, str]]
"""Rows of messages with the ids of message and ticket."""


def _unindexed(execute: Execute, desk: int, phrases: _Phrases, narrowed: Narrowed, before: int) -> _Found:
    """What is not in the index yet, read one by one."""
    return _read(execute(_TAIL.format(narrowed.sql), (before, desk, *narrowed.cells)), phrases)


def _among(execute: Execute, desk: int, phrases: _Phrases, narrowed: Narrowed, before: int) -> _Found:
    """What stands in the rows that the search is narrowed to: they are few, so the index is not asked."""
    cells = (json.dumps(narrowed.among), before, desk, *narrowed.cells)
    return _read(execute(_FEW.format(narrowed.sql), cells), phrases)


def _read(rows: Iterable[tuple[Any, ...]], phrases: _Phrases) -> _Found:
    for row, key, schema, document in rows:
        if tokens_match(tokens_of(said_in(schema, document)), phrases):
            yield row, key, record_of(Message, key, schema, document).ticket


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text to index: what it was cut into, and the version it was read at."""

    row: int
    desk: int
    version: int
    text: str


def waiting(execute: Execute, limit: int) -> tuple[list[Waiting], bool]:
    """The next texts to index, of all desks, and whether more wait."""
    # ``Any``: rows of the driver.
    rows: list[tuple[Any, ...]] = execute(_WAITING, (limit + 1,)).fetchall()
    texts = [
        Waiting(row, desk, version, indexed_text(desk, said_in(schema, document)))
        for row, desk, version, schema, document in rows[:limit]
    ]
    return texts, len(rows) > limit


def index(execute: Execute, texts: list[Waiting]) -> int:
    """Index the texts that nobody has indexed meanwhile; how many there were. Inside a transaction."""
    mark: int = execute(_MARK).fetchone()[0]
    fresh = [one for one in texts if one.row > mark]
    if not fresh:
        return 0
    versions = dict(execute(_VERSIONS, (mark, fresh[-1].row)).fetchall())
    for one in fresh:
        text = one.text if versions[one.row] == one.version else _text_now(execute, one)
        execute(_ADD, (one.row, text))
    execute("UPDATE csdesk_search_mark SET last=?", (fresh[-1].row,))
    return len(fresh)


def _text_now(execute: Execute, one: Waiting) -> str:
    schema, document = execute(_ONE, (one.row,)).fetchone()
    return indexed_text(one.desk, said_in(schema, document))


def index_again(execute: Execute, desk: int, changed: list[Changed]) -> None:
    """Exchange the texts of messages that are indexed already."""
    for one in changed:
        row = execute(_INDEXED, (desk, _MESSAGES.key(one.after.id))).fetchone()
        if row is not None:
            execute(_REMOVE, (row[0], indexed_text(desk, _said(one.before))))
            execute(_ADD, (row[0], indexed_text(desk, _said(one.after))))
