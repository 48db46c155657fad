"""Records as JSON text, written straight from their fields.

A writer is made once for each class: a function of one line a field, which passes over what is at its default, names
the rest shortly, and writes each value as its type asks. It is made as text and compiled, as dataclasses make their
methods: a loop over the fields would take half as long again, and every message writes some twenty records.

An instant is a number: the seconds since 1970, in UTC, with as many decimals as it has. That is half of what a date and
a time of day take, and every document, event and index page holds several. What such a number cannot hold exactly is
written as ISO 8601; readers take both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from json.encoder import encode_basestring
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic_core import PydanticUndefined, to_json

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
    known: dict[str, Any] = {"quoted": encode_basestring, "text_of": text_of, "instants": _instants}
    known |= {"instant_text": _instant_text, "tuple_text": _tuple_text, "undeclared": _undeclared}
    short = SHORT if issubclass(cls, Record) else {}
    # Values stand in the order of their fields, however a record was made: they are taken out all at once.
    places = {f"v{place}": name for place, name in enumerate(cls.model_fields)}
    lines = [f"[{', '.join(places)}] = record.__dict__.values()", f"texts = {[head] if head else []}"]
    for place, name in places.items():
        if name not in without:
            field = cls.model_fields[name]
            default = known[f"default_{place}"] = field.get_default(call_default_factory=True)
            lines.append(_field_code(place, f'"{short.get(name, name)}":', _kinds_of(field.annotation), default))
    lines += ["if record.__pydantic_extra__: texts += undeclared(record.__pydantic_extra__)"]
    lines += ["return '{' + ','.join(texts) + '}'"]
    source = "\n ".join(["def write(record):", *lines])
    exec(compile(source, f"<writer of {cls.__name__}>", "exec"), known)  # noqa: S102  made of the names of fields alone
    writer: Writer = known["write"]
    return writer


def _field_code(place: str, key: str, kinds: frozenset[type], default: object) -> str:
    told = _told_code(place, kinds, default)
    added = f"texts.append({key!r} + {_text_code(place, kinds, default)})"
    return f"if {told}: {added}" if told else added


def _told_code(place: str, kinds: frozenset[type], default: object) -> str:
    """The condition under which a field is written, which is that its value is not the default; empty for always."""
    if default is PydanticUndefined:
        return ""
    other = f"{place} is not default_{place}"
    if default is None or default in ("", ()) or isinstance(default, bool | Enum):
        return other  # of these there is only one
    differs = f"{place} != default_{place}"
    return f"{other} and {differs if len(kinds) == 1 else f'(type({place}) is not type(default_{place}) or {differs})'}"


def _text_code(place: str, kinds: frozenset[type], default: object) -> str:
    """What gives the text of a value that can be of these kinds, and is no default."""
    if default is None:
        kinds -= {NoneType}
    if kinds and all(issubclass(kind, str) for kind in kinds):
        return f"quoted({place})"
    if kinds == {datetime}:
        return f"(instants.get({place}) or instant_text({place}))"
    if kinds == {int}:
        return f"int.__repr__({place})"
    if kinds == {bool} and default is False:
        return "'true'"
    return f"tuple_text({place})" if kinds == {tuple} else f"text_of({place})"


def _kinds_of(annotation: Any) -> frozenset[type]:  # ``Any``: whatever may stand behind a field's name
    """The types that values of a field can have; none where that cannot be told."""
    annotation = getattr(annotation, "__supertype__", annotation)  # a ``NewType``
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds_of(annotation.__origin__)
    if origin in (Union, UnionType):
        kinds = [_kinds_of(one) for one in get_args(annotation)]
        return frozenset().union(*kinds) if all(kinds) else frozenset()
    if origin is Literal:
        return frozenset(map(type, get_args(annotation)))
    found = datetime if annotation is AwareDatetime else origin or annotation
    return frozenset({found}) if isinstance(found, type) else frozenset()


def _undeclared(values: Mapping[str, object]) -> Iterator[str]:
    return (f"{encode_basestring(name)}:{text_of(value)}" for name, value in values.items())


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
    known = _writers
    return "[" + ",".join([(known.get(type(one)) or _writer_of(type(one)))(one) for one in values]) + "]"


def _instant_text(value: datetime) -> str:
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
        return _plain_text(value.astimezone(UTC))
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
