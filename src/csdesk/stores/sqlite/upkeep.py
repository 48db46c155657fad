"""Upkeep off the path of commits: expired claims, the search index, the checkpoint.

Texts are read and cut into tokens without a lock; then the file is held for one batch. The checkpoint is a passive one
on a reading connection: it waits for nobody and nobody waits for it. The write-ahead log keeps its size, because
writing into a growing file is slower.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from csdesk.ports.store import Maintained
from csdesk.stores.sqlite import search
from csdesk.stores.sqlite.connection import Connections
from csdesk.stores.sqlite.values import micros
from csdesk.stores.sqlite.write import finish

_EXPIRED: Final = "SELECT key FROM claim WHERE desk=? AND expires_at IS NOT NULL AND expires_at<=? LIMIT ?"
_EXPIRE: Final = "DELETE FROM claim WHERE desk=? AND key=? AND expires_at<=?"


def maintain(connections: Connections, desk: int, now: datetime, limit: int) -> Maintained:
    """One round of upkeep."""
    reader = connections.reader()
    keys = [row[0] for row in reader.execute(_EXPIRED, (desk, micros(now), limit + 1)).fetchall()]
    texts, is_more = search.waiting(reader.execute, limit)
    expired = indexed = 0
    if keys or texts:
        expired, indexed = connections.write(_do, desk, keys[:limit], micros(now), texts)
    busy, log, moved = reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return Maintained(
        claims_expired=expired,
        searches_indexed=indexed,
        checkpointed=not busy and log == moved,
        more=is_more or len(keys) > limit,
    )


def _do(
    connection: sqlite3.Connection, desk: int, keys: list[str], now: int, texts: list[search.Waiting]
) -> tuple[int, int]:
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        # Looked at again under the lock: a claim may have been taken for longer meanwhile.
        expired = connection.executemany(_EXPIRE, [(desk, key, now) for key in keys]).rowcount if keys else 0
        indexed = search.index(execute, texts)
    except BaseException:
        execute("ROLLBACK")
        raise
    finish(connection)
    return expired, indexed
