"""Small records as plain values that one call makes text of.

The serializer of a model has a price for each call and each field that an event, with its two or three fields, feels.
A packer is made once for each class from its declared fields: it lays what differs from its default under its short
name into a dict, and the text of all events of an entry is made in one go. Large records (documents) are better off
with the serializer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from enum import Enum
from operator import attrgetter
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from csdesk.domain.records import _short
from csdesk.domain.records._model import Record
from csdesk.domain.records._short import SHORT

# ``Any``: each packer takes the values of its own class.
Packer = Callable[[Any], Any]
"""Makes what JSON can hold of a value."""

_KEPT: Final = frozenset({str, int, float, bool, bytes, datetime, timedelta, type(None)})
"""What the text is made of as it is."""

_packers: Final[dict[type, Packer | None]] = dict.fromkeys(_KEPT)
_events: Final[dict[tuple[type[Record], bool], Packer]] = {}


def as_json(value: object) -> str:
    """The text of plain values and of records among them."""
    return to_json(value, bytes_mode="base64", inf_nan_mode="null").decode()


def event_packer(cls: type[Record], *, without: Collection[str] = ()) -> Packer:
    """What packs the events of a class, their kind first; ``without`` are the personal fields that are left out."""
    key = (cls, bool(without))
    found = _events.get(key)
    if found is None:
        kind = cls.model_fields["kind"].default
        head: dict[str, object] = {"k": _short.KINDS.index(kind)} if kind in _short.KINDS else {"kind": kind}
        found = _events[key] = _record_packer(cls, head, without)
    return found


def _record_packer(cls: type[BaseModel], head: dict[str, object], without: Collection[str] = ()) -> Packer:
    """What packs the records of a class: all fields that are not at their default, and those nobody declared."""
    short = SHORT if issubclass(cls, Record) else {}
    defaults = {name: one.get_default(call_default_factory=True) for name, one in cls.model_fields.items()}
    fields = tuple(
        (name, short.get(name, name), default, type(default))
        for name, default in defaults.items()
        if name not in without
    )
    packers = _packers

    def pack(record: BaseModel) -> dict[str, object]:
        packed = head.copy()
        values = record.__dict__
        for name, given, default, usual in fields:
            value = values[name]
            if value is default:
                continue
            kind = type(value)
            packer = packers[kind] if kind in packers else _packer_of(kind)
            if packer is None:
                if value != default:
                    packed[given] = value
            elif kind is not usual or value != default:
                packed[given] = packer(value)
        if extra := record.__pydantic_extra__:
            packed.update(extra)
        return packed

    return pack


def _packer_of(kind: type) -> Packer | None:
    packer: Packer | None = None
    if issubclass(kind, BaseModel):
        packer = _record_packer(kind, {})
    elif issubclass(kind, tuple):
        packer = _pack_all
    elif issubclass(kind, Enum):
        packer = attrgetter("_value_")
    _packers[kind] = packer
    return packer


def _pack_all(values: tuple[object, ...]) -> list[object]:
    packed: list[object] = []
    for value in values:
        kind = type(value)
        packer = _packers[kind] if kind in _packers else _packer_of(kind)
        packed.append(value if packer is None else packer(value))
    return packed
