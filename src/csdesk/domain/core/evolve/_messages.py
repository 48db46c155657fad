"""How the events of a message's own stream change it after its birth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.messages import Delivery, Message


def _delivery_changed(message: Message, event: ev.DeliveryChanged, _: datetime) -> Message:
    known = event.provider_id or message.provider_id
    return replaced(
        message,
        delivery=Delivery(event.after),
        delivery_reason=event.reason or "",
        delivery_needs=event.needs,
        provider_id=known,
    )


def _piece_sent(message: Message, event: ev.PieceSent, _: datetime) -> Message:
    return replaced(message, pieces=(*message.pieces[: event.number - 1], event.provider_id or ""))


def _media_stored(message: Message, event: ev.MediaStored, _: datetime) -> Message:
    stored = [
        replaced(one, ref=event.ref, problem=event.problem or "") if at == event.part else one
        for at, one in enumerate(message.parts)
    ]
    return replaced(message, parts=tuple(stored))


def _message_recalled(message: Message, _event: ev.MessageRecalled, at: datetime) -> Message:
    return replaced(message, recalled_at=at)


def _message_reacted(message: Message, _event: ev.MessageReacted, _: datetime) -> Message:
    return message  # signs stand in the log alone


def _message_edited(message: Message, event: ev.MessageEdited, _: datetime) -> Message:
    return replaced(message, edited=event.parts or ())


def _message_erased(message: Message, _event: ev.MessageErased, at: datetime) -> Message:
    gone = {"subject": "", "origin": None, "parts": (), "edited": (), "raw": b"", "raw_media": None}
    blank = {"conversation": "", "provider_id": "", "delivery_reason": "", "pieces": ("",) * len(message.pieces)}
    return replaced(message, **gone, **blank, erased_at=at)


def _raw_removed(message: Message, _event: ev.RawRemoved, _: datetime) -> Message:
    return replaced(message, raw=b"", raw_media=None)


def _message_moved(message: Message, event: ev.MessageMoved, _: datetime) -> Message:
    return replaced(message, ticket=event.after)


# ``Any``: each function takes the record and event of its own row; a test walks the table.
FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Message]]] = {
    ev.DeliveryChanged: _delivery_changed,
    ev.PieceSent: _piece_sent,
    ev.MediaStored: _media_stored,
    ev.MessageRecalled: _message_recalled,
    ev.MessageReacted: _message_reacted,
    ev.MessageEdited: _message_edited,
    ev.MessageErased: _message_erased,
    ev.RawRemoved: _raw_removed,
    ev.MessageMoved: _message_moved,
}
