"""Erasing personal values of entries, and knowing which media are referred to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from csdesk.domain.records.assets import Asset
from csdesk.domain.records.changes import Strip
from csdesk.domain.records.codec import stripped_text
from csdesk.domain.records.messages import Message, media_of
from csdesk.domain.records.queues import InboxItem, media_in
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.entries import row_of
from csdesk.stores.sqlite.tables import TABLES
from csdesk.stores.sqlite.values import chunks, marks, padded

_PERSONAL: Final = "SELECT body,personal FROM csdesk_entry WHERE pk=? AND personal IS NOT NULL"
_STRIP: Final = "UPDATE csdesk_entry SET body=?, personal=? WHERE pk=?"

_REFER: Final = "INSERT INTO csdesk_media(desk,sha256,holder) VALUES(?,?,?) ON CONFLICT DO NOTHING"
_FORGET: Final = "DELETE FROM csdesk_media WHERE desk=? AND holder=?"
_IN_USE: Final = (
    "SELECT DISTINCT sha256 FROM csdesk_media WHERE desk IN (SELECT pk FROM csdesk_desk) AND sha256 IN ({})"
)

_IDENTITY: Final = TABLES[Message].read["identity"]
_WINDOW: Final = (
    f"SELECT pk,id,{_IDENTITY} AS identity FROM csdesk_message"  # noqa: S608
    " WHERE pk>? AND desk=? ORDER BY pk LIMIT ?"
)
_WRITTEN: Final = (
    "SELECT max(pk),count(*),group_concat(CASE WHEN identity IN ({}) THEN id END)"  # noqa: S608
    f" FROM ({_WINDOW})"
)


def strip(execute: Execute, desk: int, strips: Sequence[Strip]) -> None:
    """Erase personal values of stored entries."""
    for one in strips:
        pk = row_of(desk, one.position)
        row = execute(_PERSONAL, (pk,)).fetchone()
        if row is not None:
            execute(_STRIP, (*stripped_text(row[0], row[1], one.events), pk))


def refer(execute: Execute, desk: int, records: Sequence[Message | Asset]) -> None:
    """Note the media of new messages, and of assets."""
    for one in records:
        for digest in media_of(one) if isinstance(one, Message) else one.media:
            execute(_REFER, (desk, digest, one.id))


def refer_again(execute: Execute, desk: int, message: Message) -> None:
    """Note the media of a message that had others."""
    execute(_FORGET, (desk, message.id))
    refer(execute, desk, (message,))


def refer_items(execute: Execute, desk: int, gone: Sequence[str], items: Sequence[InboxItem]) -> None:
    """Note the media of inbox items that came, and forget those that went or were replaced."""
    for key in (*gone, *(item.id for item in items)):
        execute(_FORGET, (desk, f"inbox/{key}"))
    for item in items:
        for digest in media_in(item):
            execute(_REFER, (desk, digest, f"inbox/{item.id}"))


def media_in_use(execute: Execute, digests: Sequence[str]) -> frozenset[str]:
    """Which of these media any desk of the file refers to."""
    used: set[str] = set()
    for part in chunks(digests):
        if part:
            keys = padded(part)
            used.update(row[0] for row in execute(_IN_USE.format(marks(len(keys))), tuple(keys)).fetchall())
    return frozenset(used)


def written_by(
    execute: Execute, desk: int, identities: Sequence[str], after: str, limit: int
) -> tuple[tuple[str, ...], str]:
    """The messages with these identities among the next ``limit`` ones of the desk, and where to go on."""
    sql = _WRITTEN.format(marks(len(identities)))
    last, looked, found = execute(sql, (*identities, int(after or 0), desk, limit)).fetchone()
    return tuple(found.split(",")) if found else (), str(last) if looked == limit else ""
