"""Records that were seen lately, by version: what is known need not be decoded again.

A version names one content for ever and records are frozen, so an entry is right or not used. It saves decoding at the
next load, and the next put learns from it which columns move.

What a load of many records brings (those that are due, those to be looked at anew) is held only until the next such
load: the put that follows learns from it, and then nobody asks for it, while every record that stays alive costs each
pass of the garbage collector.
"""

from __future__ import annotations

from typing import Final, TypeVar

from csdesk.domain.records.changes import Stored
from csdesk.stores.sqlite.documents import record_of

_MOST: Final = 2048
MANY: Final = 32
"""A load of more records of one kind passes through the desk."""

Place = tuple[int, str]
"""A desk and an id."""

Aside = dict[Place, Stored]
"""What a load of many records brought."""

R = TypeVar("R", bound=Stored)


class Known:
    """The last few records of a process, by desk and id; safe between threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._records: dict[Place, Stored] = {}
        self._aside: Aside = {}

    def get(self, desk: int, key: str, version: int) -> Stored | None:
        """The record if it is known at that version."""
        place = (desk, key)
        record = self._aside.get(place) or self._records.get(place)
        return record if record is not None and record.version == version else None

    def set_aside(self) -> Aside:
        """Room for what a load of many records brings; that of the last one is forgotten."""
        self._aside = {}
        return self._aside

    def read(
        self, cls: type[R], desk: int, key: str, version: int, schema: int, document: str, aside: Aside | None = None
    ) -> R:
        """The record of a row: known, or decoded and known from now on; in ``aside`` until the next such load."""
        known = self._records.get((desk, key))
        if known is not None and known.version == version and isinstance(known, cls):
            return known
        record = record_of(cls, key, schema, document)
        if aside is None:
            self._keep((desk, key), record)
        else:
            aside[desk, key] = record
        return record

    def keep(self, desk: int, record: Stored) -> None:
        """Remember a record that is surely stored, unless the one before it came with a load of many."""
        place = (desk, record.id)
        if self._aside.pop(place, None) is None or place in self._records:
            self._keep(place, record)

    def _keep(self, place: Place, record: Stored) -> None:
        records = self._records
        if len(records) >= self._most:
            # All at once is cheaper than one by one, and what is still used comes back with its next load.
            self._records = records = {}
        records[place] = record
