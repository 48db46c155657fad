"""What conditions may look at: the declared fields, their types, and the operators each type takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, get_args

from csdesk.domain.records.channels import InboundMessage
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.records.tickets import Category


class Op(StrEnum):
    """The operators of a test."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    CONTAINS_NONE = "contains_none"
    STARTS_WITH = "starts_with"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    IS_SET = "is_set"
    NOT_SET = "not_set"


class FieldType(StrEnum):
    """How a field's values compare.

    ``text``: free text, folded, searched by keyword. ``word``: a name, compared exactly. ``tags``: a set of names.
    ``rank``: a priority. ``scalar``: a custom value; a test whose type does not fit the stored value is false.
    """

    TEXT = "text"
    WORD = "word"
    TAGS = "tags"
    FLAG = "flag"
    NUMBER = "number"
    RANK = "rank"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field; ``choices`` lists its possible values where they are fixed."""

    type: FieldType
    choices: tuple[str, ...] = ()


_TEXT = Field(FieldType.TEXT)
_WORD = Field(FieldType.WORD)
_TAGS = Field(FieldType.TAGS)
_FLAG = Field(FieldType.FLAG)
_SCALAR = Field(FieldType.SCALAR)

FIELDS: Final[dict[str, Field]] = {
    "message.text": _TEXT,
    "message.subject": _TEXT,
    "message.any": _TEXT,
    "message.account": _WORD,
    "message.language": _WORD,
    "message.automatic": Field(FieldType.WORD, tuple(Automatic)),
    "message.author": Field(FieldType.WORD, get_args(InboundMessage.model_fields["author"].annotation)),
    "message.has_media": _FLAG,
    "ticket.priority": Field(FieldType.RANK, tuple(PRIORITIES)),
    "ticket.type": _WORD,
    "ticket.queue": _WORD,
    "ticket.category": Field(FieldType.WORD, tuple(Category)),
    "ticket.status": _WORD,
    "ticket.tags": _TAGS,
    "ticket.is_new": _FLAG,
    "ticket.messages": Field(FieldType.NUMBER),
    "customer.level": _WORD,
    "customer.stage": _WORD,
    "customer.tags": _TAGS,
    "customer.language": _WORD,
    "customer.is_new": _FLAG,
}
"""Every declared field; ``ticket.x.<name>`` and ``customer.x.<name>`` come on top."""

CUSTOM: Final = ("ticket.x.", "customer.x.")
"""How the names of custom fields begin."""

SETS: Final = frozenset({Op.IN, Op.NOT_IN, Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE})
"""The operators whose value is a list."""

UNARY: Final = frozenset({Op.IS_SET, Op.NOT_SET})
"""The operators without a value."""

_EQUAL = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN})
_HOLD = frozenset({Op.CONTAINS, Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE})
_ORDER = frozenset({Op.GT, Op.GE, Op.LT, Op.LE})

OPS: Final[dict[FieldType, frozenset[Op]]] = {
    FieldType.TEXT: _EQUAL | _HOLD | UNARY | {Op.STARTS_WITH},
    FieldType.WORD: _EQUAL | UNARY | {Op.STARTS_WITH},
    FieldType.TAGS: _HOLD | UNARY,
    FieldType.FLAG: frozenset({Op.EQ, Op.NE}),
    FieldType.NUMBER: _EQUAL | _ORDER,
    FieldType.RANK: _EQUAL | _ORDER,
    FieldType.SCALAR: frozenset(Op),
}
"""The operators that each type takes."""


def field_of(name: str) -> Field | None:
    """The declared field of that name, None if there is none."""
    if any(name.startswith(prefix) and len(name) > len(prefix) for prefix in CUSTOM):
        return _SCALAR
    return FIELDS.get(name)
