"""Records that were seen lately, by version: what is known need not be decoded again.

A version names one content for ever and records are frozen, so an entry is right or not used. It saves decoding at the
next load, and the next put learns from it which columns move.
"""

from __future__ import annotations

from typing import Final, TypeVar

from csdesk.domain.records.changes import Stored
from csdesk.stores.sqlite.documents import record_of

_MOST: Final = 2048

R = TypeVar("R", bound=Stored)


class Known:
    """The last few records of a process, by desk and id; safe between threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._records: dict[tuple[int, str], Stored] = {}

    def get(self, desk: int, key: str, version: int) -> Stored | None:
        """The record if it is known at that version."""
        record = self._records.get((desk, key))
        return record if record is not None and record.version == version else None

    def read(self, cls: type[R], desk: int, key: str, version: int, schema: int, document: str) -> R:
        """The record of a row: the known one, or decoded and known from now on."""
        known = self._records.get((desk, key))
        if known is not None and known.version == version and isinstance(known, cls):
            return known
        record = record_of(cls, key, schema, document)
        self.keep(desk, record)
        return record

    def keep(self, desk: int, record: Stored) -> None:
        """Remember a record that is surely stored."""
        records = self._records
        if len(records) >= self._most:
            # All at once is cheaper than one by one, and what is still used comes back with its next load.
            self._records = records = {}
        records[desk, record.id] = record
