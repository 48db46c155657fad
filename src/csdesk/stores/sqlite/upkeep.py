"""Upkeep off the path of commits: expired claims, the search index, the checkpoint.

Claims have no index by the time they expire, which every commit would pay for: each round looks at the next few
thousand keys and begins anew at the end. Texts are read and cut into tokens without a lock; then the file is held for
one batch. The checkpoint is a passive one on a reading connection: it waits for nobody and nobody waits for it. The
write-ahead log keeps its size, because writing into a growing file is slower.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from csdesk.ports.store import Maintained
from csdesk.stores.sqlite import search
from csdesk.stores.sqlite.connection import Execute, Hands, Writing
from csdesk.stores.sqlite.values import micros
from csdesk.stores.sqlite.write import finish

_WINDOW: Final = 10_000
"""How many claims a round looks at."""

_PART: Final = "SELECT key,expires_at FROM csdesk_claim WHERE desk=? AND key>? ORDER BY key LIMIT ?"
_EXPIRED: Final = f"SELECT max(key),count(*),json_group_array(key) FILTER (WHERE expires_at<=?) FROM ({_PART})"  # noqa: S608
_EXPIRE: Final = "DELETE FROM csdesk_claim WHERE desk=? AND key=? AND expires_at<=?"


class Upkeep:
    """Remembers how far the walk over each desk's claims has come; the walk of a new process begins anew."""

    def __init__(self, window: int = _WINDOW) -> None:
        self._window = window
        self._reached: dict[int, str] = {}

    def maintain(self, connections: Hands, desk: int, now: datetime, limit: int) -> Maintained:
        """One round."""
        keys, is_more = connections.aside(self._expired, desk, micros(now), limit)
        texts, is_text_left = connections.aside(search.waiting, limit)
        expired = indexed = 0
        if keys or texts:
            expired, indexed = connections.write(_do, desk, keys, micros(now), texts)
        return Maintained(
            claims_expired=expired,
            searches_indexed=indexed,
            checkpointed=connections.checkpoint(),
            more=is_text_left or is_more,
        )

    def _expired(self, execute: Execute, desk: int, now: int, limit: int) -> tuple[list[str], bool]:
        """The expired claims among the next ones, and whether the limit left some of them."""
        start = self._reached.get(desk, "")
        end, count, keys = execute(_EXPIRED, (now, desk, start, self._window)).fetchone()
        found: list[str] = sorted(json.loads(keys))
        if len(found) > limit:
            self._reached[desk] = found[limit - 1]
        else:
            self._reached[desk] = end if count == self._window else ""
        return found[:limit], len(found) > limit


def _do(connection: Writing, desk: int, keys: list[str], now: int, texts: list[search.Waiting]) -> tuple[int, int]:
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
