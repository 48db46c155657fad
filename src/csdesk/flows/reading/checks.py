"""What callers pass to reads and lists, checked at the door: bad values get an error that names the argument.

Commands and messages are models and check themselves; these are plain arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from csdesk._nearest import nearest
from csdesk._sentence import is_a
from csdesk.domain.ids import PhraseId, phrase_id
from csdesk.domain.records._model import Scalar, Word, clean_text, pass_a_str
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.authority import SettlementState
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.messages import Direction, Part, TextPart
from csdesk.domain.records.queues import InboxState, OutboxState
from csdesk.domain.records.tickets import Category, Priority
from csdesk.domain.rules.values import instant_text
from csdesk.errors import InvalidInput, sentence
from csdesk.ports.store import Query, SearchRequest, Where

T = TypeVar("T")
W = TypeVar("W", bound=Word)
K = TypeVar("K")

LONGEST: Final = 10_000
"""How long an id, a filter value or a cursor may be, in characters."""

_LONGEST_WAIT: Final = timedelta(minutes=5)

_CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "category": frozenset(Category),
    "presence": frozenset(Presence),
    "direction": frozenset(Direction),
}
_STATES: Final[Mapping[str, frozenset[str]]] = {
    "inbox": frozenset(InboxState),
    "outbox": frozenset(OutboxState),
    "settlement": frozenset(SettlementState),
}
"""The states of each kind of record that has some."""
_ORDERS: Final = frozenset({"created_at", "due_at", "id", "number", "priority", "updated_at"})
"""What tickets may be ordered by."""


def a_text(value: object, field: str) -> str:
    """Free text: lone surrogates and NUL are normalised away.

    Raises:
        InvalidInput: it is no str.
    """
    if not isinstance(value, str):
        raise InvalidInput(field, is_a(value), "pass a str")
    return str(clean_text(value))


def an_id(value: object, field: str) -> str:
    """An id, a name or a cursor, as it is.

    Raises:
        InvalidInput: it is no str, too long, or holds lone surrogates.
    """
    if not isinstance(value, str):
        raise InvalidInput(field, is_a(value), pass_a_str(field))
    if len(value) > LONGEST or not (value.isascii() or clean_text(value) == value):
        raise InvalidInput(
            field,
            "is too long or not text",
            sentence("pass at most {longest} characters of valid Unicode", longest=LONGEST),
        )
    return value


def a_path(value: object, field: str) -> Path:
    """The name of a file.

    Raises:
        InvalidInput: it is none.
    """
    given: object = fspath(value) if isinstance(value, PathLike) else value
    if not isinstance(given, str) or not given or "\0" in given or len(given) > LONGEST or clean_text(given) != given:
        raise InvalidInput(field, "is not the path of a file", "pass a str or a pathlib.Path")
    return Path(given)


def a_progress(value: object) -> None:
    """Something to tell progress to, or None.

    Raises:
        InvalidInput: it cannot be called.
    """
    if value is not None and not callable(value):
        raise InvalidInput("progress", is_a(value), "pass a function of two numbers")


def a_word(value: object, kind: type[W], field: str) -> W:
    """A word of a closed list, such as ``Purpose``.

    Raises:
        InvalidInput: it is none of them.
    """
    try:
        return kind(an_id(value, field))
    except ValueError:
        raise InvalidInput(field, "unknown value", sentence("choose one of: {names}", names=tuple(kind))) from None


def a_number(value: object, field: str, least: int, most: int) -> int:
    """A whole number within bounds.

    Raises:
        InvalidInput: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(field, "is out of range", sentence("pass {least} to {most}", least=least, most=most))
    return value


def a_span(value: object, field: str) -> timedelta:
    """A length of time, at most a year.

    Raises:
        InvalidInput: it is no timedelta, or too long.
    """
    if not isinstance(value, timedelta):
        raise InvalidInput(field, is_a(value), "pass a datetime.timedelta")
    if value > timedelta(days=366):
        raise InvalidInput(field, "is too long", "pass a year at most")
    return value


def an_instance(value: object, cls: type[T], field: str) -> T:
    """A value of that class.

    Raises:
        InvalidInput: it is another one.
    """
    if not isinstance(value, cls):
        raise InvalidInput(
            field,
            is_a(value),
            sentence("pass a csdesk {kind}", kind=cls.__name__),
        )
    return value


def may_see_personal(viewer: Viewer | None) -> bool:
    """True if the viewer may see what tells of customers; None may not.

    Raises:
        InvalidInput: it is no viewer.
    """
    return viewer is not None and an_instance(viewer, Viewer, "viewer").personal


def several(values: Iterable[T], field: str) -> tuple[T, ...]:
    """Several values as a tuple.

    Raises:
        InvalidInput: it is one str or one of csdesk's values, or nothing that can be gone through.
    """
    if not _is_several(values):
        raise InvalidInput(field, is_a(values), "pass a list or tuple")
    return tuple(values)


def _is_several(given: object) -> bool:
    # A text is a series of letters and a record one of its fields: nobody means that.
    return isinstance(given, Iterable) and not isinstance(given, str | bytes | BaseModel)


def some_parts(said: str | Iterable[Part], field: str) -> tuple[Part, ...]:
    """The parts of a message: a text is one.

    Raises:
        InvalidInput: it is neither a text nor several parts.
    """
    if isinstance(said, str):
        return (TextPart(text=said),)
    if not _is_several(said):
        raise InvalidInput(field, is_a(said), "pass a str, or a list of parts")
    return tuple(said)


def pairs(values: Mapping[K, T], field: str) -> tuple[tuple[K, T], ...]:
    """The items of a mapping.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(values, Mapping):
        raise InvalidInput(field, is_a(values), "pass a dict")
    return tuple(values.items())


def needs(given: Needs) -> Needs:
    """What a caller asks for by id.

    Raises:
        InvalidInput: an id is no id.
    """
    for name, value in given._asdict().items():
        if isinstance(value, tuple):
            for key in value:
                an_id(key, "identity" if name == "identities" else name.removesuffix("s"))
    return given


def query(given: Query) -> Query:
    """A list that a caller asks for.

    Raises:
        InvalidInput: a filter, a bound, the limit or the cursor cannot be used; names it.
    """
    if given.kind == "ticket":
        # A cursor holds what it is ordered by: that must not be what a viewer may not see.
        _choice("order", given.order, _ORDERS)
    for name, value in given.where:
        if name == "state":
            _choice(name, value, _STATES[given.kind])
    _narrowing(given, given.where)
    return given


def search(given: SearchRequest) -> SearchRequest:
    """A search that a caller asks for.

    Raises:
        InvalidInput: a filter, a bound, the limit or the cursor cannot be used; names it.
    """
    _narrowing(given, given.messages + given.tickets)
    return given


def an_instant(at: object, field: str) -> None:
    """A moment with its time zone.

    Raises:
        InvalidInput: it is none.
    """
    _instant(field, at)


def _narrowing(given: Query | SearchRequest, where: Where) -> None:
    for name, value in where:
        for one in value if isinstance(value, tuple) else (value,):
            _filter(name, one)
    for name, at in (("since", given.since), ("until", given.until)):
        if at is not None:
            _instant(name, at)
    a_number(given.limit, "limit", 1, 1000)
    if given.after is not None:
        an_id(given.after, "cursor")


def _filter(name: str, value: object) -> None:
    if name in _CHOICES:
        _choice(name, value, _CHOICES[name])
    if name == "priority" and not isinstance(value, Priority):
        raise InvalidInput(name, is_a(value), "pass a csdesk Priority, such as Priority.HIGH")
    if isinstance(value, str):
        an_id(value, name)
    elif isinstance(value, datetime):
        _instant(name, value)
    elif value is not None and not (isinstance(value, int | float) and abs(value) < 2**63):
        raise InvalidInput(
            name, sentence("cannot be a {type}", type=type(value).__name__), "pass a value of the documented type"
        )


def _choice(name: str, value: object, known: frozenset[str]) -> None:
    """Refuse a word that there is none of: the list would be empty, for no reason that anybody could see."""
    for one in value if isinstance(value, tuple) else (value,):
        if not (isinstance(one, str) and one in known):
            raise InvalidInput(name, "unknown value", nearest(one, known))


def _instant(name: str, at: object) -> None:
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise InvalidInput(name, "is no aware datetime", "pass one, for example with tzinfo=datetime.UTC")


def phrases(names: Iterable[str], field: str) -> tuple[PhraseId, ...]:
    """Several phrases, by the ids or names that people use.

    Raises:
        InvalidInput: one is no name of a phrase.
    """
    return tuple(phrase_id(one) for one in several(names, field))


def patience(within: timedelta) -> None:
    """Check how long somebody waits for a system of the host.

    Raises:
        InvalidInput: it is no span, or a very long one.
    """
    given: object = within
    if not isinstance(given, timedelta) or not timedelta(0) < given <= _LONGEST_WAIT:
        raise InvalidInput("within", "cannot be used", "pass a timedelta up to 5 minutes")


def a_scalar(value: Scalar | datetime, field: str) -> Scalar:
    """The value of a custom field: an instant as the text that conditions compare.

    Raises:
        InvalidInput: it is a naive datetime, or one that UTC has no year for.
    """
    if not isinstance(value, datetime):
        return value
    an_instant(value, field)
    try:
        return instant_text(value)
    except OverflowError:
        told = "lies outside the years 1 to 9999 in UTC"
        raise InvalidInput(field, told, "pass an instant in these years") from None
