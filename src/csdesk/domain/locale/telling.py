"""The values that an event's text names, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from csdesk.domain.locale.happenings import REASONS_OF_CHANGES, WORDS_ZH
from csdesk.domain.records.clocks import Clock
from csdesk.domain.records.durations import format_duration
from csdesk.domain.records.events import Event, TicketFieldSet
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Link, Offer, OfferPurpose, Priority, Worker

_OF_FIXED_SETS: Final = frozenset(
    {"action", "after", "author", "before", "clock", "clocks", "fate", "metric", "outcome", "state", "what"}
)
"""Fields whose texts may be words of a fixed set."""


def facts_of(event: Event, *, chinese: bool) -> Mapping[str, str]:
    """The fields of an event as text; empty and personal ones are left out."""
    found = {}
    for name in type(event).model_fields:
        if name not in event.PERSONAL and name != "kind":
            text = _text(getattr(event, name))
            if text:
                found[name] = _worded(name, text, chinese=chinese)
    if getattr(event, "status", None) == getattr(event, "after", ""):
        found.pop("status", None)  # a state without a name of the desk's own
    if isinstance(event, TicketFieldSet):
        found |= _property(event, chinese=chinese)
    return found


def _property(event: TicketFieldSet, *, chinese: bool) -> Mapping[str, str]:
    """The name of a property, and of the priorities, which are numbers in the event."""
    found = {"name": WORDS_ZH.get(event.name, event.name) if chinese else event.name}
    if event.name == "priority":
        for name, value in (("before", event.before), ("after", event.after)):
            found[name] = _worded(name, _text(Priority(int(value or Priority.NORMAL))), chinese=chinese)
    return found


def _worded(name: str, text: str, *, chinese: bool) -> str:
    if name == "reason" and text in REASONS_OF_CHANGES:
        return REASONS_OF_CHANGES[text][chinese]
    if name not in _OF_FIXED_SETS:
        return text
    words = text.split(", ")
    if chinese:
        return "、".join(WORDS_ZH.get(one, one) for one in words)
    return ", ".join(one.replace("_", " ") if one in WORDS_ZH else one for one in words)


def _text(value: object) -> str:  # noqa: C901, PLR0911  one return for each kind of value
    match value:
        case None | bool():
            return ""
        case tuple():
            return ", ".join(dict.fromkeys(text for one in value if (text := _text(one))))
        case IntEnum():
            return value.name.lower()
        case datetime():
            return value.isoformat(sep=" ", timespec="minutes")
        case timedelta():
            return format_duration(value)
        case Worker():
            return value.id
        case TagAssignment():
            return value.name
        case Link():
            return value.ticket
        case Offer():
            name = value.agent or value.queue
            return name if value.purpose is not OfferPurpose.ROOM else f"{name} ({value.purpose})"
        case Clock():
            return str(value.metric)
        case str() | int() | float():
            return str(value)
        case _:
            return ""
