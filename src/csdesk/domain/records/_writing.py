"""Records as JSON text, written straight from their fields.

A writer is made once for each class. It passes over what is at its default, names the rest shortly, and puts the text
together from the text of each value: most fields of a record are at their default, and most others are strings.

An instant is a number: the seconds since 1970, in UTC, with as many decimals as it has. That is half of what a date and
a time of day take, and every document, event and index page holds several. What such a number cannot hold exactly, and
what is not in UTC, is written as ISO 8601; readers take both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from enum import Enum
from json.encoder import encode_basestring
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import to_json

from csdesk.domain.records import _short
from csdesk.domain.records._model import Record
from csdesk.domain.records._short import SHORT

# ``Any``: each writer takes the values of its own class.
Writer = Callable[[Any], str]
"""Makes the JSON text of a value."""

_KEPT: Final = 1024
"""How many instants and spans are remembered with their texts: one message writes the same few again and again."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT: Final = 2**33
"""The seconds below which a double tells one microsecond from the next: until the year 2242."""

_instants: Final[dict[datetime, str]] = {}
_spans: Final[dict[timedelta, str]] = {}
_events: Final[dict[tuple[type[Record], bool], Writer]] = {}


def text_of(value: object) -> str:
    """The text of a value: plain ones, records, tuples of both."""
    kind = type(value)
    return (_writers.get(kind) or _writer_of(kind))(value)


def event_writer(cls: type[Record], *, without: Collection[str] = ()) -> Writer:
    """What writes the events of a class, their kind first; ``without`` are the personal fields that are left out."""
    key = (cls, bool(without))
    found = _events.get(key)
    if found is None:
        kind = cls.model_fields["kind"].default
        head = f'"k":{_short.KINDS.index(kind)}' if kind in _short.KINDS else f'"kind":{encode_basestring(kind)}'
        found = _events[key] = _record_writer(cls, head, without)
    return found


def _record_writer(cls: type[BaseModel], head: str, without: Collection[str] = ()) -> Writer:
    """What writes the records of a class: all fields that are not at their default, and those nobody declared."""
    short = SHORT if issubclass(cls, Record) else {}
    defaults = {name: one.get_default(call_default_factory=True) for name, one in cls.model_fields.items()}
    fields = tuple(
        (name, f'"{short.get(name, name)}":', default, type(default))
        for name, default in defaults.items()
        if name not in without
    )
    start = [head] if head else []
    writers, quoted = _writers, encode_basestring

    def write(record: BaseModel) -> str:
        texts = start.copy()
        values = record.__dict__
        for name, key, default, usual in fields:
            value = values[name]
            if value is default:
                continue
            kind = type(value)
            if kind is usual and value == default:
                continue
            texts.append(key + (quoted(value) if kind is str else (writers.get(kind) or _writer_of(kind))(value)))
        if extra := record.__pydantic_extra__:
            texts += [f"{quoted(name)}:{text_of(value)}" for name, value in extra.items()]
        return "{" + ",".join(texts) + "}"

    return write


def _writer_of(kind: type) -> Writer:
    if issubclass(kind, BaseModel):
        writer = _record_writer(kind, _mark_of(kind))
    elif issubclass(kind, tuple):
        writer = _tuple_text
    elif issubclass(kind, Enum):
        writer = {member: _plain_text(member.value) for member in kind}.__getitem__
    else:
        writer = _plain_text
    _writers[kind] = writer
    return writer


def _mark_of(cls: type[BaseModel]) -> str:
    """What tells the members of a union apart: it equals its default, and would be left out with the other defaults."""
    kind = cls.model_fields.get("kind")
    marks = get_args(kind.annotation) if kind is not None else ()
    return f'"kind":{encode_basestring(marks[0])}' if len(marks) == 1 else ""


def _plain_text(value: object) -> str:
    return to_json(value, bytes_mode="base64", inf_nan_mode="null").decode()


def _tuple_text(values: tuple[object, ...]) -> str:
    return "[" + ",".join([text_of(value) for value in values]) + "]"


def _instant_text(value: datetime) -> str:
    if value.tzinfo is not UTC:
        return _plain_text(value)
    text = _instants.get(value)
    if text is None:
        if len(_instants) >= _KEPT:
            _instants.clear()
        text = _instants[value] = _seconds_text(value)
    return text


def _seconds_text(value: datetime) -> str:
    since = value - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    if not 0 <= seconds < _EXACT:
        return _plain_text(value)
    return f"{seconds}.{since.microseconds:06d}".rstrip("0") if since.microseconds else str(seconds)


def _span_text(value: timedelta) -> str:
    text = _spans.get(value)
    if text is None:
        if len(_spans) >= _KEPT:
            _spans.clear()
        text = _spans[value] = _plain_text(value)
    return text


_writers: Final[dict[type, Writer]] = {
    str: encode_basestring,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
    datetime: _instant_text,
    timedelta: _span_text,
}
