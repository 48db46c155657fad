"""``evolve(record, event)``: the only way in which a record changes.

Folding a subject's entries in order gives the stored record; the store contract checks it after random commands.
A version counts the entries of its subject. Each module holds the functions for one kind of subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.core.evolve import _authority, _customers, _desk, _messages, _tickets
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.changes import Stored
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket

# ``Any``: each function takes the record and event of its own row; a test walks the tables.
_FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Any]]] = {
    **_customers.FOLDS,
    **_tickets.FOLDS,
    **_desk.FOLDS,
    **_authority.FOLDS,
}

ON_MESSAGES: Final = _messages.FOLDS
"""What changes a message after its birth: events of the message's own stream."""


def evolve(record: Stored | None, event: ev.Event, at: datetime) -> Stored:
    """The record after the event; None before a subject's first event."""
    fold = _FOLDS.get(type(event))
    if fold is None:
        assert record is not None
        return record
    result: Stored = fold(record, event, at)
    return result


def evolve_message(message: Message, event: ev.Event, at: datetime) -> Message:
    """The message after an event that changes it."""
    return ON_MESSAGES[type(event)](message, event, at)


def sealed(record: Stored, version: int, at: datetime) -> Stored:
    """The record as one entry leaves it: its version, and for a ticket the time of its last event (never earlier)."""
    if type(record) is Ticket:
        return replaced(record, version=version, updated_at=max(record.updated_at, at))
    return replaced(record, version=version)


def fold(entries: Iterable[ev.Entry]) -> Stored | None:
    """The record that a subject's entries, in order, make."""
    record: Stored | None = None
    for version, entry in enumerate(entries, start=1):
        for event in entry.events:
            record = evolve(record, event, entry.at)
        if record is not None:
            record = sealed(record, version, entry.at)
    return record
