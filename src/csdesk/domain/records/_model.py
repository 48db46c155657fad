"""What every value of the desk is built on: frozen pydantic models whose errors are csdesk's own.

``Value`` refuses unknown fields (what a caller builds); ``Record`` keeps them (what is stored), so that data written by
a newer minor release survives a read, a change and a write by an older one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, TypeVar, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from csdesk._nearest import guess
from csdesk._sentence import sentence, told_by_pydantic
from csdesk.domain.records._short import SHORT_NAMES
from csdesk.domain.text.graphemes import clean
from csdesk.errors import CsdeskError, InvalidInput

_SCALARS = frozenset({"str", "int", "float", "bool"})

_REMEDIES = {
    "missing": "pass it",
    "too_short": "pass at least one",
    "model_type": "pass such a value",
    "extra_forbidden": "remove it or correct its name",
    "timezone_aware": "pass an aware datetime, for example with tzinfo=datetime.UTC",
    "string_too_short": "pass a longer value",
    "string_too_long": "pass a shorter value",
    "frozen_instance": "build a new value instead of changing this one",
}


_WITH_ID = frozenset({"ticket", "customer", "agent", "message", "identity"})
"""What an id is often confused with: the record itself, or its number."""


def translate(error: ValidationError, thing: str, fields: Iterable[str] = ()) -> InvalidInput:
    """The first problem of a pydantic error as ``InvalidInput``: field path, reason and remedy, without the value.

    ``fields`` are those that the thing has: a field that it lacks is probably the nearest of them.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join([thing, *_path(first["loc"])])
    if isinstance(cause := first.get("ctx", {}).get("error"), InvalidInput):
        # A value below that refused itself: the end of its path lies below what the location names.
        below = cause.field.partition(".")[2]
        return InvalidInput(f"{field}.{below}" if below else field, cause.problem, cause.remedy)
    remedy = _remedy(first["type"], first.get("ctx", {}).get("class_name", ""), field.rpartition(".")[2])
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1 and (meant := guess(first["loc"][0], fields)):
        remedy = sentence("{guess}remove it or correct its name", guess=meant)
    # This one quotes what it found, which may be anything that somebody said.
    problem = "is of an unknown kind" if first["type"] == "union_tag_invalid" else told_by_pydantic(first)
    return InvalidInput(field, problem, remedy)


def _remedy(problem_type: str, wanted: str, name: str) -> str:
    if problem_type == "model_type" and wanted == "Actor":
        return "pass Actor.agent(agent.id), Actor.system(name) or another Actor"
    if problem_type == "string_type":
        return pass_a_str(name)
    return _REMEDIES.get(problem_type, "pass a value of the documented type and range")


def pass_a_str(field: str) -> str:
    """What to do about a field that is no text."""
    return sentence("pass a str, such as {name}.id", name=field) if field in _WITH_ID else "pass a str"


def _path(location: tuple[int | str, ...]) -> list[str]:
    """The keys on the way; what pydantic calls the members of a union is left out."""
    keys = [str(part) for part in location]
    for index, key in enumerate(keys):
        if "[" in key or "(" in key:
            return keys[:index]
    return keys[:-1] if len(keys) > 1 and keys[-1] in _SCALARS else keys


if TYPE_CHECKING:
    _Checked = BaseModel
else:

    class _Meta(type(BaseModel)):
        """Turns the ValidationError of a direct construction into csdesk's own error."""

        def __call__(cls, *args, **kwargs):
            try:
                # What ``BaseModel.__init__`` does, without the two calls that lead there.
                return super().__call__(*args, **kwargs) if args else cls.__pydantic_validator__.validate_python(kwargs)
            except ValidationError as error:
                raise cls._refusal(error) from None

    class _Checked(BaseModel, metaclass=_Meta):
        pass


class _Base(_Checked):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, defer_build=True, hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64"
    )

    _ALSO: ClassVar[tuple[str, ...]] = ()
    """What may be passed beside the fields, and becomes one of them."""

    @classmethod
    def _refusal(cls, error: ValidationError) -> CsdeskError:
        return translate(error, cls.__name__, (*cls.model_fields, *cls._ALSO))


class Word(StrEnum):
    """What the kinds and states of records are built on: members are their own text.

    Serialising reads ``value`` of every member; the standard one is a Python function, this one costs a third.
    """

    if not TYPE_CHECKING:
        value = property(attrgetter("_value_"))


class Value(_Base):
    """A frozen value that a caller builds; unknown fields are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Record(_Base):
    """A frozen value that is stored; unknown fields are kept. ``SCHEMA`` is the version of its document."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        alias_generator=SHORT_NAMES,
        # The constructor, errors and what hosts read go by the names; only stored documents by the short ones.
        validate_by_name=True,
        validate_by_alias=False,
        loc_by_alias=False,
    )

    SCHEMA: ClassVar[int] = 1


ModelT = TypeVar("ModelT", bound=BaseModel)


# What pydantic keeps beside an instance's own ``__dict__``, set without the search that ``setattr`` makes.
_set_values: Final = BaseModel.__dict__["__dict__"].__set__
_set_fields: Final = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Final = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Final = BaseModel.__dict__["__pydantic_private__"].__set__
_new: Final = object.__new__

# How to read fast: an attribute of a model costs several times what it costs elsewhere, since pydantic's own
# ``__getattr__`` keeps the interpreter from its short cuts. What every message runs, and reads several fields of one
# record, asks for its ``__dict__`` once and reads from that.

_all_fields: Final[dict[type[BaseModel], set[str]]] = {}
# One set for all values of a class, and one empty dict: every further object is work for the garbage collector, and
# frozen models never write to either.
_NOTHING_EXTRA: Final[dict[str, object]] = {}

_SHARED: Final = 4096
"""How many records of a class are kept for sharing."""


def _fields_of(cls: type[BaseModel]) -> set[str]:
    found = _all_fields.get(cls)
    if found is None:
        found = _all_fields[cls] = set(cls.model_fields)
    return found


def replaced(record: ModelT, **changes: object) -> ModelT:
    """A copy with other field values, without validation: for values that csdesk itself has computed.

    Three times as fast as ``model_copy``, which the ingest path would feel (several copies per message). All fields
    count as set.
    """
    cls = type(record)
    new = _new(cls)
    # The four slots are what pydantic's own __copy__ fills; a test compares this helper with model_copy.
    _set_values(new, record.__dict__ | changes)
    _set_fields(new, _all_fields.get(cls) or _fields_of(cls))
    _set_extra(new, record.__pydantic_extra__)
    _set_private(new, None)
    return new


def trusted(cls: type[ModelT]) -> type[ModelT]:
    """A constructor without validation, for values that csdesk itself has computed from validated ones.

    It is called like the class, and type checkers check it so; at run time it only lays the values over the defaults,
    several times faster than a validating constructor. All fields count as set. A test compares the two.
    """
    defaults = {name: field.get_default(call_default_factory=True) for name, field in cls.model_fields.items()}
    extra = _NOTHING_EXTRA if cls.model_config.get("extra") == "allow" else None
    fields = _fields_of(cls)

    def build(**values: object) -> ModelT:
        new = _new(cls)
        _set_values(new, defaults | values)
        _set_fields(new, fields)
        _set_extra(new, extra)
        _set_private(new, None)
        return new

    return cast("type[ModelT]", build)


def shared(cls: type[ModelT]) -> type[ModelT]:
    """As ``trusted``, for small records that many others have alike: equal values give one and the same record.

    A look-up costs a quarter of building one, and what is not built is no work for the garbage collector either.
    Not for records with personal values, which must not be kept.
    """
    return cast("type[ModelT]", lru_cache(maxsize=_SHARED, typed=True)(trusted(cls)))


def clean_text(value: object) -> object:
    """Free text at the edge: lone surrogates become U+FFFD and NUL is dropped; nothing else changes."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    return clean(value.replace("\0", ""))


def clean_scalar(value: object) -> object:
    """A scalar at the edge: text as ``clean_text`` leaves it; numbers must be finite and fit 64 bits."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a number must be finite")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("a whole number must fit 64 bits")
    return clean_text(value)


def plain_key(value: str) -> str:
    """An identifier without control characters."""
    if not value.isprintable():
        raise ValueError("a key may not contain control characters")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value if value.tzinfo is UTC else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None


Text = Annotated[str, BeforeValidator(clean_text)]
"""Free text from outside: any str is accepted; lone surrogates and NUL are normalised away."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(plain_key)]
"""An identifier given by a provider or a host: 1 to 1000 printable characters, compared exactly."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w][\w./:-]*$")]
"""A name that a configuration gives: letters of any script, digits, ``_ . / : -``; at most 64 characters."""

Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware datetime, kept in UTC. A naive one is refused."""

Scalar = str | int | float | bool | None
"""The value of a custom field or a profile attribute."""

GivenScalar = Annotated[Scalar, BeforeValidator(clean_scalar)]
"""A scalar as a caller gives it: text is cleaned, numbers are finite and fit 64 bits."""
