"""Records and events as text: what every store keeps.

A document leaves out what equals its default, and names its fields shortly (see ``SHORT``). Events of one entry form
one array; their personal values stand apart, and the array then carries a salted digest of them. Old schemas pass
through pure upcasters, which see the short names; newer ones are refused.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from csdesk.domain.records import _short
from csdesk.domain.records._model import Record, replaced
from csdesk.domain.records._short import SHORT
from csdesk.domain.records._writing import event_writer, text_of
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import Stored
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.events import Entry, Event
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message, whole_text_of
from csdesk.domain.records.phrases import LibraryPhrase
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
    LibraryPhrase: "phrase",
    Article: "article",
    Asset: "asset",
    Draft: "draft",
    PublicHolidays: "holidays",
    Settlement: "settlement",
}
"""The name of each kind of record, as errors and stores use it."""

_events: Final[TypeAdapter[tuple[Event, ...]]] = TypeAdapter(tuple[Event, ...])
_PERSONAL: Final[Mapping[type[BaseModel], Mapping[str, str]]] = {
    cls: {name: SHORT.get(name, name) for name in cls.PERSONAL} for cls in get_args(get_args(Event)[0]) if cls.PERSONAL
}
"""Of each kind of event that has some: the names of its personal fields, with their short forms."""
_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")
_NOTHING: Final[tuple[object, ...]] = ("", (), None)
"""What a personal field holds when there is nothing to hide."""
_PARTS_NAME, _SUBJECT_NAME, _TEXT_NAME = (SHORT[name] for name in ("parts", "subject", "text"))

R = TypeVar("R", bound=Record)


def encode(record: Stored) -> str:
    """The document of a record."""
    return text_of(record)


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


def said_in(schema: int, document: str) -> tuple[str, str]:
    """The subject and the whole text in the document of a message: what there is to search, without the record.

    Raises:
        SchemaTooNew: a newer csdesk wrote it.
    """
    if schema != Message.SCHEMA:
        message = decode(Message, schema, document)
        return message.subject, message.whole_text
    values = json.loads(document)
    parts = values.get("edited") or values.get(_PARTS_NAME, ())
    return values.get(_SUBJECT_NAME, ""), whole_text_of([(one["kind"], one.get(_TEXT_NAME, "")) for one in parts])


_SUBJECT: Final = '{"":0}'
_CAUSE: Final = '{"":1}'
"""What stands for the entry's subject and cause inside it: stores keep these beside it, and no event looks so."""


def _condensed(entry: Entry, text: str) -> str:
    # Quotes inside texts are escaped, so only whole values are found.
    return text.replace(f'"{entry.subject}"', _SUBJECT).replace(f'"{entry.cause}"', _CAUSE)


def _parsed(text: str, subject: str, cause: str) -> Any:  # ``Any``: what JSON gives; the records check it
    def hook(found: Json) -> Json | str:
        return (subject, cause)[found[""] == 1] if "" in found and len(found) == 1 else found

    return json.loads(text, object_hook=hook)


def encode_events(entry: Entry) -> tuple[str, str | None]:
    """The body of an entry's events, and their personal values (None if there are none)."""
    texts: list[str] = []
    personal: list[str] = []
    for index, event in enumerate(entry.events):
        cls = type(event)
        hidden = _PERSONAL.get(cls)
        if hidden is None or not holds_personal(event):
            texts.append(event_writer(cls)(event))
            continue
        texts.append(event_writer(cls, without=hidden)(event))
        values = event.__dict__
        held = ",".join(
            [f'"{short}":{text_of(values[name])}' for name, short in hidden.items() if values[name] is not None]
        )
        personal.append(f'"{index}":{{{held}}}')
    body = _condensed(entry, f"[{','.join(texts)}]")
    if not personal:
        return body, None
    text = f'{{{",".join(personal)},"salt":{text_of(entry.salt)}}}'
    return f'{{"events":{body},"digest":"{personal_digest(text)}"}}', text


def holds_personal(event: Event) -> bool:
    """True if the event holds personal values that are not erased."""
    values = event.__dict__
    for name in event.PERSONAL:  # noqa: SIM110  every event is asked, and a generator costs twice the loop
        if values[name] not in _NOTHING:
            return True
    return False


def stripped(entry: Entry, events: tuple[int, ...] = ()) -> Entry:
    """The entry as it is read after the personal values of some events (none named: of all) were erased."""
    gone = set(events) or set(range(len(entry.events)))
    left = tuple(
        replaced(event, **dict.fromkeys(event.PERSONAL)) if index in gone and event.PERSONAL else event
        for index, event in enumerate(entry.events)
    )
    return entry._replace(events=left, salt=entry.salt if any(map(holds_personal, left)) else "")


def stripped_text(body: str, personal: str, events: tuple[int, ...] = ()) -> tuple[str, str | None]:
    """The body and the personal values of a row after those of some events (none named: of all) were erased.

    A body whose values are all gone keeps its digest. Where some stay, it carries a digest of those, and the erased
    ones stand as null: no digest of a value outlives it together with its salt.
    """
    known = json.loads(personal)
    gone = {str(index) for index in events} or {key for key in known if key != "salt"}
    left = {key: None if key in gone else value for key, value in known.items()}
    if not any(value for key, value in left.items() if key != "salt"):
        return body, None
    text = to_json(left).decode()
    return to_json({**json.loads(body), "digest": personal_digest(text)}).decode(), text


def personal_digest(personal: str) -> str:
    """The digest that an event body holds of the personal column beside it: 128 bits of SHA-256, salt included."""
    return b2a_base64(sha256(personal.encode()).digest()[:16])[:22].translate(_URLSAFE).decode()


def decode_events(
    schema: int, body: str, personal: str | None, *, subject: str = "", cause: str = ""
) -> tuple[Event, ...]:
    """The events of a row; personal fields are None where the column was erased.

    Raises:
        SchemaTooNew: a newer csdesk wrote the row.
        StoreDamaged: the personal column is not the one the body was written with.
    """
    if schema > EVENT_SCHEMA:
        raise SchemaTooNew("event", schema, EVENT_SCHEMA)
    raw = _parsed(body, subject, cause)
    items, digest = (raw["events"], raw["digest"]) if isinstance(raw, dict) else (raw, None)
    for step in range(schema, EVENT_SCHEMA):
        items = [EVENT_UPCASTERS[step](item) for item in items]
    if personal is not None and personal_digest(personal) != digest:
        raise StoreDamaged("an event's personal values do not match the digest in its body")
    known = json.loads(personal) if personal is not None else None
    named = [_named(item) for item in items]
    if digest is not None:
        named = [_filled(item, index, known) for index, item in enumerate(named)]
    return _events.validate_python(named, by_alias=True, by_name=False)


def _named(item: Json) -> Json:
    place = item.pop("k", None)
    return {"kind": _short.KINDS[place], **item} if isinstance(place, int) else item


_by_kind: Final[Mapping[str, tuple[str, ...]]] = {
    cls.model_fields["kind"].default: tuple(hidden.values()) for cls, hidden in _PERSONAL.items()
}


_UNTOUCHED: Final[Json] = {}


def _filled(item: Json, index: int, known: Mapping[str, Json | None] | None) -> Json:
    hidden = _by_kind.get(str(item["kind"]))
    if hidden is None:
        return item
    values = known.get(str(index), _UNTOUCHED) if known is not None else None
    return {**item, **(dict.fromkeys(hidden) if values is None else values)}


def encode_trace(entry: Entry) -> str | None:
    """The trace of an entry as text, None for none: each verdict is ``[code, outcome, parameters, verdicts below]``.

    The outcome is its first letter, parameters stand one behind the other; what is empty at the end is left out.
    """
    if entry.trace is None or not entry.trace.verdicts:
        return None
    return _condensed(entry, f"[{','.join([_written(one) for one in entry.trace.verdicts])}]")


def decode_trace(text: str | None, *, subject: str = "", cause: str = "") -> Trace | None:
    """The trace of a text."""
    return None if text is None else Trace(verdicts=tuple(_unpacked(one) for one in _parsed(text, subject, cause)))


_LEFT_OUT: Final[tuple[Any, ...]] = (Outcome.NOTED.value[0], [], [])

_OUTCOMES: Final = {outcome.value[0]: outcome for outcome in Outcome}
_LETTERS: Final = {outcome: f'"{outcome.value[0]}"' for outcome in Outcome}
_CODES: Final = {code: str(place) for place, code in enumerate(_short.CODES)}
_PARAMETERS: Final = {name: str(place) for place, name in enumerate(_short.PARAMETERS)}


def _written(verdict: Verdict) -> str:
    code, outcome, given, below = verdict
    head = _CODES.get(code) or text_of(code)
    if not (given or below):
        return f"[{head}]" if outcome is Outcome.NOTED else f"[{head},{_LETTERS[outcome]}]"
    params = ",".join([f"{_PARAMETERS.get(name) or text_of(name)},{text_of(value)}" for name, value in given])
    if not below:
        return f"[{head},{_LETTERS[outcome]},[{params}]]"
    return f"[{head},{_LETTERS[outcome]},[{params}],[{','.join(map(_written, below))}]]"


# ``Any``: what JSON gives; the records check it.
def _unpacked(packed: list[Any]) -> Verdict:
    code, outcome, params, below = (*packed, *_LEFT_OUT[len(packed) - 1 :])
    names = (_named_by(_short.PARAMETERS, one) for one in params[::2])
    return Verdict(
        code=_named_by(_short.CODES, code),
        outcome=_OUTCOMES[outcome],
        params=tuple(zip(names, params[1::2], strict=True)),
        below=tuple(_unpacked(one) for one in below),
    )


def _named_by(names: tuple[str, ...], given: int | str) -> str:
    return names[given] if isinstance(given, int) else given
