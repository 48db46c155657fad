"""Conditions and rules, as a configuration states them.

A condition is a tree: *groups* join conditions (``all``, ``any``, ``none``; several in a group must all hold), *tests*
compare a declared field. What is wrong with a test is told when it is loaded, never when a message comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from csdesk.domain.records._model import Name, Scalar
from csdesk.domain.records._settings import Section, nearest, refused
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.rules import fields
from csdesk.domain.rules.actions import Action
from csdesk.domain.rules.fields import OPS, SETS, UNARY, FieldType, Op
from csdesk.domain.text.folding import fold

TestValue = Scalar | tuple[Scalar, ...]
"""What a test compares with."""


def _plain(value: object) -> object:
    """Scalars and flat lists of them; nothing else can be compared."""
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return tuple(_plain_scalar(one) for one in items)
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    raise refused("not a comparable value", "pass a text, a number, true or false, or a list of them")


class Test(Section):
    """One comparison: a declared field, an operator, and what it is compared with."""

    __test__ = False  # not a test case of ours

    field: str
    op: Op
    value: Annotated[TestValue, BeforeValidator(_plain)] = Field(default=None, validate_default=True)
    """A list for ``in``, ``not_in`` and ``contains_any/all/none``; nothing for ``is_set`` and ``not_set``."""

    @field_validator("field", mode="after")
    @classmethod
    def _declared(cls, value: str) -> str:
        if fields.field_of(value) is None:
            raise refused("unknown field", nearest(value, [*fields.FIELDS, *(f"{one}<name>" for one in fields.CUSTOM)]))
        return value

    @field_validator("op", mode="after")
    @classmethod
    def _fits_field(cls, value: Op, info: ValidationInfo) -> Op:
        declared = fields.field_of(info.data.get("field", ""))
        if declared is not None and value not in OPS[declared.type]:
            raise refused(f"{value} does not fit a {declared.type} field", nearest(value, OPS[declared.type]))
        return value

    @field_validator("value", mode="after")
    @classmethod
    def _fits_op(cls, value: TestValue, info: ValidationInfo) -> TestValue:
        declared, op = fields.field_of(info.data.get("field", "")), info.data.get("op")
        if declared is None or op is None:
            return value  # the earlier problem is told
        if op in UNARY:
            if value is not None:
                raise refused(f"{op} takes no value", "leave it out")
        elif op in SETS:
            if not isinstance(value, tuple) or not value:
                raise refused(f"{op} takes a list with at least one entry", "pass a list")
            for one in value:
                _check(one, declared, op)
        elif isinstance(value, tuple):
            raise refused(f"{op} takes one value", "pass one value, or use an operator for lists")
        else:
            _check(value, declared, op)
        return value


_ORDER: Final = frozenset({Op.GT, Op.GE, Op.LT, Op.LE})
_TEXTUAL: Final = frozenset({Op.CONTAINS, Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE, Op.STARTS_WITH})


def _check(value: object, declared: fields.Field, op: Op) -> None:
    kind = declared.type
    if kind is FieldType.SCALAR:
        kind = FieldType.NUMBER if op in _ORDER else FieldType.TEXT if op in _TEXTUAL else FieldType.SCALAR
    problem, remedy = _MISFITS[kind]
    if not _FITS[kind](value):
        raise refused(problem, remedy)
    if declared.choices and value not in declared.choices:
        raise refused("unknown value", nearest(value, declared.choices))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(fold(value))


_FITS: Final[dict[FieldType, Callable[[object], bool]]] = {
    FieldType.TEXT: _is_text,
    FieldType.WORD: _is_text,
    FieldType.TAGS: _is_text,
    FieldType.FLAG: lambda value: isinstance(value, bool),
    FieldType.NUMBER: _is_number,
    FieldType.RANK: lambda value: value in PRIORITIES,
    FieldType.SCALAR: lambda value: value is not None,
}
_MISFITS: Final[dict[FieldType, tuple[str, str]]] = {
    FieldType.TEXT: ("not a text with a visible character", "pass a text"),
    FieldType.WORD: ("not a name", "pass a text"),
    FieldType.TAGS: ("not the name of a tag", "pass a text"),
    FieldType.FLAG: ("not true or false", "pass true or false"),
    FieldType.NUMBER: ("not a number", "pass a number"),
    FieldType.RANK: ("not a priority", f"choose one of: {', '.join(PRIORITIES)}"),
    FieldType.SCALAR: ("no value", "pass a text, a number, true or false"),
}


class Group(Section):
    """Conditions joined. Where several of the three are given, all three must hold. None of them may be empty."""

    all: Some | None = None
    any: Some | None = None
    none: Some | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Group:
        if self.all is None and self.any is None and self.none is None:
            raise refused("an empty group", "add all, any or none with at least one condition")
        return self


def _shape(value: Any) -> str | None:
    # ``Any``: what a caller passed, before any check.
    if isinstance(value, Group):
        return "<group>"
    if isinstance(value, Mapping):
        return "<group>" if not value or value.keys() & {"all", "any", "none"} else "<test>"
    return "<test>" if isinstance(value, Test) else None


Condition = Annotated[
    Annotated[Group, Tag("<group>")] | Annotated[Test, Tag("<test>")],
    Discriminator(
        _shape, custom_error_type="condition", custom_error_message="not a condition: pass a test or a group"
    ),
]
"""A test, or a group of conditions."""

Some = Annotated[tuple[Condition, ...], Field(min_length=1)]
"""At least one condition."""


class RulePolicy(Section):
    """When a message fits, then these actions. Rules are tried in the order in which they stand."""

    name: Name
    when: Condition | None = None
    """None: every message fits."""
    then: tuple[Action, ...] = Field(min_length=1)
    stop: bool = False
    """No later rule is tried once this one fires."""
    enabled: bool = True
    note: str = ""
