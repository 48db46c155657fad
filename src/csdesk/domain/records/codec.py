"""Records and events as text: what every store keeps.

A document leaves out what equals its default, and names its fields shortly (see ``SHORT``). Events of one entry form
one array; their personal values stand apart, and the array then carries a salted digest of them. Old schemas pass
through pure upcasters, which see the short names; newer ones are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from csdesk.domain.records._model import Record
from csdesk.domain.records._short import SHORT
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Stored
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Entry, Event
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.replies import Draft, Phrase
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, Trace, Verdict
from csdesk.errors import SchemaTooNew, StoreDamaged

EVENT_SCHEMA: Final = 1
"""The schema of event bodies; every row carries it."""

Json = dict[str, object]
Upcaster = Callable[[Json], Json]

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {}
"""From (record kind, old schema) to the function that makes the next schema's document of it; pure."""

EVENT_UPCASTERS: Final[Mapping[int, Upcaster]] = {}
"""From an old event schema to the function that makes the next schema's event of one event."""

KINDS: Final[Mapping[type[Record], str]] = {
    Customer: "customer",
    Ticket: "ticket",
    Message: "message",
    Agent: "agent",
    Phrase: "phrase",
    Draft: "draft",
    PublicHolidays: "holidays",
}
"""The name of each kind of record, as errors and stores use it."""

_events: Final[TypeAdapter[tuple[Event, ...]]] = TypeAdapter(tuple[Event, ...])
_PERSONAL: Final[Mapping[type[BaseModel], set[str]]] = {
    cls: set(cls.PERSONAL) for cls in get_args(get_args(Event)[0]) if cls.PERSONAL
}
_PARTS: Final = {"parts", "edited"}
_PARTS_HEAD: Final = b',"%b":' % SHORT["parts"].encode()

R = TypeVar("R", bound=Record)


def _tagged(model: Record, kind: str, hidden: set[str] | None = None) -> bytes:
    # The discriminator equals its default, so it is left out with the other defaults. (Nothing else is excluded where
    # nothing must be: a filter costs as much as the rest.)
    body = model.__pydantic_serializer__.to_json(model, exclude_defaults=True, exclude=hidden, by_alias=True)
    head = b'{"kind":"' + kind.encode() + b'"'
    return head + b"}" if body == b"{}" else head + b"," + body[1:]


def _part_list(parts: tuple[Record, ...]) -> bytes:
    return b"[" + b",".join([_tagged(part, part.kind) for part in parts]) + b"]"  # type: ignore[attr-defined]


def encode(record: Stored) -> str:
    """The document of a record."""
    if not isinstance(record, Message):
        return record.__pydantic_serializer__.to_json(record, exclude_defaults=True, by_alias=True).decode()
    body = record.__pydantic_serializer__.to_json(record, exclude_defaults=True, exclude=_PARTS, by_alias=True)
    tail = b""
    if record.parts:
        tail += _PARTS_HEAD + _part_list(record.parts)
    if record.edited:
        tail += b',"edited":' + _part_list(record.edited)
    return (body[:-1] + tail + b"}").decode()


def decode(cls: type[R], schema: int, document: str) -> R:
    """The record of a document.

    Raises:
        SchemaTooNew: a newer csdesk wrote it.
    """
    if schema == cls.SCHEMA:
        record: R = cls.__pydantic_validator__.validate_json(document, by_alias=True, by_name=False)
        return record
    kind = KINDS[cls]
    if schema > cls.SCHEMA:
        raise SchemaTooNew(kind, schema, cls.SCHEMA)
    values = json.loads(document)
    for step in range(schema, cls.SCHEMA):
        values = UPCASTERS[kind, step](values)
    return cls.model_validate(values, by_alias=True, by_name=False)


def encode_events(entry: Entry) -> tuple[str, str | None]:
    """The body of an entry's events, and their personal values (None if there are none)."""
    bodies = []
    personal = b""
    for index, event in enumerate(entry.events):
        hidden = _PERSONAL.get(type(event))
        bodies.append(_tagged(event, event.kind, hidden))
        if hidden is not None and any(getattr(event, name) for name in hidden):
            values = event.__pydantic_serializer__.to_json(event, include=hidden, by_alias=True)
            personal += b'"%d":%b,' % (index, values)
    body = b"[" + b",".join(bodies) + b"]"
    if not personal:
        return body.decode(), None
    text = (b"{" + personal + b'"salt":' + to_json(entry.salt) + b"}").decode()
    return f'{{"events":{body.decode()},"digest":"{personal_digest(text)}"}}', text


def personal_digest(personal: str) -> str:
    """The digest that an event body holds of the personal column beside it: 128 bits of SHA-256, salt included."""
    return sha256(personal.encode()).hexdigest()[:32]


def decode_events(schema: int, body: str, personal: str | None) -> tuple[Event, ...]:
    """The events of a row; personal fields are None where the column was erased.

    Raises:
        SchemaTooNew: a newer csdesk wrote the row.
        StoreDamaged: the personal column is not the one the body was written with.
    """
    if schema > EVENT_SCHEMA:
        raise SchemaTooNew("event", schema, EVENT_SCHEMA)
    if schema == EVENT_SCHEMA and body.startswith("["):
        return _events.validate_json(body, by_alias=True, by_name=False)
    raw = json.loads(body)
    items, digest = (raw["events"], raw["digest"]) if isinstance(raw, dict) else (raw, None)
    for step in range(schema, EVENT_SCHEMA):
        items = [EVENT_UPCASTERS[step](item) for item in items]
    if personal is not None and personal_digest(personal) != digest:
        raise StoreDamaged("an event's personal values do not match the digest in its body")
    known = json.loads(personal) if personal is not None else None
    filled = [_filled(item, index, known) for index, item in enumerate(items)]
    return _events.validate_python(filled, by_alias=True, by_name=False)


_by_kind: Final[Mapping[str, tuple[str, ...]]] = {
    cls.model_fields["kind"].default: tuple(SHORT.get(name, name) for name in hidden)
    for cls, hidden in _PERSONAL.items()
}


def _filled(item: Json, index: int, known: Mapping[str, Json] | None) -> Json:
    hidden = _by_kind.get(str(item["kind"]))
    if hidden is None:
        return item
    if known is None:
        return {**item, **dict.fromkeys(hidden)}
    return {**item, **known.get(str(index), {})}


def encode_trace(trace: Trace | None) -> str | None:
    """A trace as text, None for none: each verdict is ``[code, outcome, parameters, verdicts below]``.

    The outcome is its first letter; what is empty at the end is left out.
    """
    if trace is None or not trace.verdicts:
        return None
    return to_json([_packed(one) for one in trace.verdicts]).decode()


def decode_trace(text: str | None) -> Trace | None:
    """The trace of a text."""
    return None if text is None else Trace(verdicts=tuple(_unpacked(one) for one in json.loads(text)))


_LEFT_OUT: Final[tuple[Any, ...]] = (Outcome.NOTED.value[0], {}, [])

_OUTCOMES: Final = {outcome.value[0]: outcome for outcome in Outcome}


def _packed(verdict: Verdict) -> list[object]:
    packed: list[object] = [verdict.code]
    if verdict.below:
        packed += [verdict.outcome.value[0], dict(verdict.params), [_packed(one) for one in verdict.below]]
    elif verdict.params:
        packed += [verdict.outcome.value[0], dict(verdict.params)]
    elif verdict.outcome is not Outcome.NOTED:
        packed.append(verdict.outcome.value[0])
    return packed


# ``Any``: what JSON gives; the records check it.
def _unpacked(packed: list[Any]) -> Verdict:
    code, outcome, params, below = (*packed, *_LEFT_OUT[len(packed) - 1 :])
    return Verdict(
        code=code,
        outcome=_OUTCOMES[outcome],
        params=tuple(params.items()),
        below=tuple(_unpacked(one) for one in below),
    )
