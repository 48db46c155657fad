"""What the sections of a configuration are built on: errors that name the path, the problem and the nearest remedy.

The rule: every section catches the first problem below it and passes it on with its own part of the path in front. List
items stand in the path by their name, where they have one: ``rules.urgent-refund.when.all.0.op``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import BaseModel, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from csdesk._nearest import nearest
from csdesk._sentence import told_by_pydantic
from csdesk.domain.records._model import Value
from csdesk.errors import ConfigError, CsdeskError, InvalidInput, Problem, sentence

if TYPE_CHECKING:
    from pydantic import ModelWrapValidatorHandler
    from pydantic_core import ErrorDetails

_REFUSED: Final = "csdesk_refused"
_MORE: Final = "more"
_LONGEST_PATH: Final = 200
_MOST: Final = 100
"""How many problems are told at once."""
_QUOTED: Final = re.compile(r"'([^']*)'")
_REMEDIES: Final = {
    "tuple_type": ("not a list", "pass a list; TOML writes a list of tables as [[name]], each with its own settings"),
    "model_type": ("not a table", "write its settings one by one: name = value"),
    "model_attributes_type": ("not a table", "write its settings one by one: name = value"),
    "missing": ("it is missing", "add it"),
    "too_short": ("it is empty", "add at least one entry, or leave it out"),
    "string_type": ("not a text", "write it in quotes"),
    "bool_type": ("not true or false", "write true or false, without quotes"),
    "bool_parsing": ("not true or false", "write true or false, without quotes"),
    "int_type": ("not a whole number", "write digits, without quotes"),
    "int_parsing": ("not a whole number", "write digits, without quotes"),
    "int_from_float": ("not a whole number", "write digits, without quotes"),
    "float_type": ("not a number", "write digits, without quotes"),
    "float_parsing": ("not a number", "write digits, without quotes"),
}
_NAME: Final = (
    "not a usable name",
    "use letters of any script, digits and _ . / : -, beginning with a letter, digit or _",
)
CUSTOM_FIELD: Final = r"^(ticket|customer)\.x\..+$"
OWN_FIELD: Final = r"^x\..+$"
TIME_OF_DAY: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
PREFIX: Final = r"^\+?\d{1,15}$"
_FORMS: Final = {
    CUSTOM_FIELD: ("not the name of a custom field", "begin it with ticket.x. or customer.x."),
    OWN_FIELD: ("not the name of a custom field", "begin it with x."),
    TIME_OF_DAY: ("not a time of day", 'write it like "09:30"'),
    PREFIX: ("not how a telephone number begins", "write 1 to 15 digits, perhaps with + before them"),
}
"""What settings look like that are no names, by their pattern."""


def refused(problem: str, remedy: str, *path: str | int) -> PydanticCustomError:
    """An error to raise in a validator of a section; ``path`` leads from that section to the value."""
    where = ".".join(str(part) for part in path)
    return PydanticCustomError(_REFUSED, "{problem}; {remedy}", {"problem": problem, "remedy": remedy, "path": where})


def unknown(kind: str, given: str, known: Iterable[str], *path: str | int) -> PydanticCustomError:
    """An error about a reference to something that the configuration does not have."""
    return refused(sentence("unknown {kind} {given!r}", kind=kind, given=given), nearest(given, known), *path)


class Section(Value):
    """A part of the configuration: frozen, strict about its keys, its errors are ``ConfigError`` with a path."""

    @model_validator(mode="wrap")
    @classmethod
    def _with_path(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        # ``Any``: what a caller passed, before any check.
        problems: list[Problem] = []
        if isinstance(given, Mapping):
            strange = [key for key in given if key not in cls.model_fields]
            problems = [Problem(str(key), "unknown setting", nearest(key, cls.model_fields)) for key in strange]
            if strange:
                given = {key: value for key, value in given.items() if key in cls.model_fields}
        try:
            made = handler(given)
        except ValidationError as error:
            raise _refused_all([*problems, *_problems(error, given)]) from None
        if problems:
            raise _refused_all(problems)
        return made

    @classmethod
    def _refusal(cls, error: ValidationError) -> CsdeskError:
        root = cls._root()
        found = [_below([root] if root else [], one) for one in _problems(error, None)]
        first, *more = [one._replace(path=one.path or "document") for one in found]
        return ConfigError(*first, more=tuple(more))

    @classmethod
    def _root(cls) -> str:
        return cls.__name__


def _refused_all(problems: list[Problem]) -> PydanticCustomError:
    first, *more = problems
    context = {"problem": first.problem, "remedy": first.remedy, "path": first.path, _MORE: more}
    return PydanticCustomError(_REFUSED, "{problem}; {remedy}", context)


def _problems(error: ValidationError, given: object) -> list[Problem]:
    """What is wrong, with paths from ``given`` on: for each setting, and each item of a list, what was found first.

    More is not told of one value, since each member of a union would have its say.
    """
    found: dict[tuple[str | int, ...], list[Problem]] = {}
    for one in error.errors(include_url=False):
        where = one["loc"][: 2 if len(one["loc"]) > 1 and isinstance(one["loc"][1], int) else 1]
        if where not in found:
            head = _named(one["loc"], given)
            found[where] = [_below(head, told) for told in _told(one)]
    lists = {where[:1] for where in found if len(where) > 1}
    # A list of which items were refused looks too short besides.
    kept = (several for where, several in found.items() if where not in lists)
    return [problem for several in kept for problem in several][:_MOST]


def _below(head: Sequence[str], told: Problem) -> Problem:
    path = ".".join((*head, told.path) if told.path else head)
    if len(path) > _LONGEST_PATH:
        path = f"{path[:_LONGEST_PATH]}..."
    return told._replace(path=path)


def _told(detail: ErrorDetails) -> list[Problem]:
    """The problems behind one detail, never the refused value itself; those of a section below have come here whole."""
    context = detail.get("ctx", {})
    problem, remedy, path = _first(detail, context)
    return [Problem(path, problem, remedy), *context.get(_MORE, ())]


def _first(  # noqa: PLR0911  one return for each kind of problem
    first: ErrorDetails, context: dict[str, Any]
) -> tuple[str, str, str]:
    """The problem, the remedy and the rest of the path."""
    kind = first["type"]
    if kind == _REFUSED:
        return context["problem"], context["remedy"], context["path"]
    if kind == "string_pattern_mismatch":
        problem, remedy = _FORMS.get(context["pattern"], _NAME)
        return problem, remedy, ""
    if kind in _REMEDIES:
        problem, remedy = _REMEDIES[kind]
        return problem, remedy, ""
    if kind == "value_error" and isinstance(cause := context.get("error"), InvalidInput):
        # A value of csdesk's own that refused itself: the end of its path lies below what the location names.
        return cause.problem, cause.remedy, cause.field.partition(".")[2]
    if kind in ("enum", "literal_error"):
        return "unknown value", nearest(first["input"], _QUOTED.findall(context["expected"])), ""
    if kind == "union_tag_invalid":
        expected = _QUOTED.findall(context["expected_tags"])
        return "unknown value", nearest(context["tag"], expected), context["discriminator"].strip("'")
    if kind == "union_tag_not_found":
        return "it is missing", "add it", context["discriminator"].strip("'")
    return told_by_pydantic(first), "pass a value of the documented type and range", ""


def _named(location: Sequence[str | int], given: object) -> list[str]:
    path: list[str] = []
    parts = iter(location)
    for part in parts:
        if isinstance(part, str) and (part.startswith("<") or part == _get(given, "do")):
            continue  # the label of a union's member, not a key
        if isinstance(given, Mapping) and isinstance(part, int):
            # A mapping read as sorted pairs: the key names the pair.
            path.append(str(sorted(given, key=str)[part]))
            next(parts, None)
            continue
        given = _get(given, part)
        # An action's name (of a field, of an alert) is not its own.
        name = _get(given, "name") if isinstance(part, int) and _get(given, "do") is None else None
        path.append(name if isinstance(name, str) and name else str(part))
    return path


def _get(container: object, key: str | int) -> object:
    if isinstance(container, Mapping):
        return container.get(key)
    if isinstance(container, BaseModel):
        return getattr(container, str(key), None)
    if isinstance(container, Sequence) and not isinstance(container, str) and isinstance(key, int):
        return container[key] if key < len(container) else None
    return None
