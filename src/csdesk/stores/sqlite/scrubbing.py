"""What deleted rows leave behind, and how it goes.

Deleted and replaced content is overwritten as it goes (``secure_delete``). Two places keep it all the same: segments of
the search index that were not merged since, where a deleted row is only marked, and the write-ahead log. ``scrub``
merges the index, a few pages at a time, and then truncates the log.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from csdesk.ports.store import Scrubbed
from csdesk.stores.sqlite.connection import Connections
from csdesk.stores.sqlite.write import finish

_MERGE: Final = "INSERT INTO csdesk_search(csdesk_search,rank) VALUES('merge',?)"
_PAGES: Final = 100
"""How many pages of the search index one merge writes: about 0.4 MB."""


def scrub(connections: Connections, limit: int) -> Scrubbed:
    """Merge the search index, then truncate the write-ahead log."""
    for _ in range(max(1, limit // _PAGES)):
        if connections.write(_merge):
            break
    else:
        return "more"
    busy, _, _ = connections.write(_truncate)
    return "busy" if busy else "done"


def _merge(connection: sqlite3.Connection) -> bool:
    """One piece of the merge of all segments into one; True if there was nothing to merge."""
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        before = connection.total_changes
        execute(_MERGE, (-_PAGES,))
        # As FTS5 documents it: a merge that changes fewer than two rows had nothing to do.
        is_done = connection.total_changes - before < 2
    except BaseException:
        execute("ROLLBACK")
        raise
    finish(connection)
    return is_done


def _truncate(connection: sqlite3.Connection) -> tuple[int, int, int]:
    # Whoever reads an old state is not waited for: nothing could be written here meanwhile.
    waits = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout=0").fetchall()
    try:
        row: tuple[int, int, int] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return row
    finally:
        connection.execute(f"PRAGMA busy_timeout={waits}").fetchall()
