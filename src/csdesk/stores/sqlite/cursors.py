"""Cursors: where a page ended, sealed with the fingerprint of its query."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256

from csdesk.stores._asked import no_cursor
from csdesk.stores.sqlite.values import Cell

Key = tuple[Cell, Cell]
"""The value of the order column and the key of the last row of a page."""


def fingerprint(*parts: object) -> str:
    """What tells one query from another; times count by their instant."""
    return sha256(json.dumps(parts, default=_told).encode()).hexdigest()[:16]


def _told(value: object) -> str:
    return str(value.timestamp()) if isinstance(value, datetime) else str(value)


def cursor_of(mark: str, key: Key) -> str:
    """The cursor of a page that ended at ``key``."""
    return urlsafe_b64encode(json.dumps([mark, *key], ensure_ascii=False).encode()).decode()


def key_of(cursor: str, mark: str) -> Key:
    """Where the page of a cursor ended.

    Raises:
        InvalidInput: it belongs to another query, or is no cursor.
    """
    try:
        found, value, key = json.loads(urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError):
        found = value = key = None
    # The decoder passes over what does not belong there: only the very text that was given counts. Anybody can write
    # such a text with another place in it, but none that is no place at all.
    if found != mark or not all(_is_cell(one) for one in (value, key)) or cursor_of(mark, (value, key)) != cursor:
        raise no_cursor()
    return value, key


def _is_cell(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)
