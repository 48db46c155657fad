"""What conditions may look at: the declared fields, their types, and the operators each type takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, get_args

from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.channels import InboundMessage
from csdesk.domain.records.customers import COUNTED_DAYS, Did
from csdesk.domain.records.goals import GoalName, GoalState
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.origins import Traffic
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.records.tickets import Category, LinkKind


class Op(StrEnum):
    """The operators of a test."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    CONTAINS_NONE = "contains_none"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    NOT_MATCHES = "not_matches"
    LIKE_PHRASE = "like_phrase"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    OLDER_THAN = "older_than"
    WITHIN_LAST = "within_last"
    WITHIN_NEXT = "within_next"
    TODAY = "today"
    WORKING_TIME = "working_time"
    NOT_WORKING_TIME = "not_working_time"
    CHANGED = "changed"
    CHANGED_FROM = "changed_from"
    CHANGED_TO = "changed_to"
    INCREASED = "increased"
    DECREASED = "decreased"
    IS_SET = "is_set"
    NOT_SET = "not_set"


MEANINGS: Final[Mapping[Op, str]] = MappingProxyType(
    {
        Op.EQ: "is that value",
        Op.NE: "is another value, or not set",
        Op.IN: "is one of them",
        Op.NOT_IN: "is none of them, or not set",
        Op.CONTAINS: "the keyword occurs; for tags: the tag is there",
        Op.NOT_CONTAINS: "it does not occur",
        Op.CONTAINS_ANY: "at least one of them occurs",
        Op.CONTAINS_ALL: "all of them occur",
        Op.CONTAINS_NONE: "none of them occurs",
        Op.STARTS_WITH: "begins with it, or with one of the list",
        Op.ENDS_WITH: "ends with it, or with one of the list",
        Op.MATCHES: "the pattern is found somewhere in it",
        Op.NOT_MATCHES: "the pattern is not found in it",
        Op.LIKE_PHRASE: "is answered best by that phrase: `[title or id, least confidence]`, from 0 to 1",
        Op.GT: "is greater",
        Op.GE: "is greater or equal",
        Op.LT: "is less",
        Op.LE: "is less or equal",
        Op.BETWEEN: "`[least, greatest]`, both included",
        Op.BEFORE: "lies before that instant",
        Op.AFTER: "lies after that instant",
        Op.OLDER_THAN: "lies at least so long in the past",
        Op.WITHIN_LAST: "lies in the past, less than so long ago",
        Op.WITHIN_NEXT: "lies now or in the future, at most so far ahead",
        Op.TODAY: "lies on the present day in the desk's time zone",
        Op.WORKING_TIME: "lies in the working time of that calendar",
        Op.NOT_WORKING_TIME: "lies outside the working time of that calendar",
        Op.CHANGED: "had another value before",
        Op.CHANGED_FROM: "had that value before, and has another one now",
        Op.CHANGED_TO: "has that value now, and had another one before",
        Op.INCREASED: "is greater than before",
        Op.DECREASED: "is less than before",
        Op.IS_SET: "has a value that is not empty",
        Op.NOT_SET: "has no value, or an empty one",
    }
)
"""What each operator asks of the field's value."""


class FieldType(StrEnum):
    """How a field's values compare.

    ``text``: free text, folded, searched by keyword. ``word``: a name, compared exactly. ``tags``: a set of names.
    ``rank``: a priority. ``time``: an instant. ``scalar``: a custom value that the configuration does not declare; a
    test whose type does not fit the stored value is false.
    """

    TEXT = "text"
    WORD = "word"
    TAGS = "tags"
    FLAG = "flag"
    NUMBER = "number"
    RANK = "rank"
    TIME = "time"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field; ``choices`` lists its possible values where they are fixed.

    ``whole``: its numbers are whole. ``optional``: it may be unset. ``personal``: its values are shown only to those
    who may see them.
    """

    type: FieldType
    choices: tuple[str, ...] = ()
    whole: bool = False
    optional: bool = False
    personal: bool = False


_WORD = Field(FieldType.WORD)
_MAYBE = Field(FieldType.WORD, optional=True)
_TAGS = Field(FieldType.TAGS)
_FLAG = Field(FieldType.FLAG)
_COUNT = Field(FieldType.NUMBER, whole=True)
_TIME = Field(FieldType.TIME)
_MAYBE_TIME = Field(FieldType.TIME, optional=True)
_SAID = Field(FieldType.TEXT, personal=True)
_CUSTOM = Field(FieldType.SCALAR, optional=True, personal=True)

_FROM = Field(FieldType.WORD, optional=True, personal=True)

ORIGIN: Final = ("scene", "param", "entry", "campaign", "live_room", "product", "order")
"""What may be asked of where a conversation or a customer came from."""

PART_KINDS: Final = ("text", "html", "image", "voice", "video", "file", "sticker", "location", "link", "contact")
"""What a message can hold, for ``message.kinds``; ``choice`` and ``other`` come on top."""

FIELDS: Final[dict[str, Field]] = {
    "message.text": _SAID,
    "message.subject": _SAID,
    "message.any": _SAID,
    "message.account": _MAYBE,
    "message.channel": _MAYBE,
    "message.language": _MAYBE,
    "message.automatic": Field(FieldType.WORD, tuple(Automatic), optional=True),
    "message.author": Field(FieldType.WORD, get_args(InboundMessage.model_fields["author"].annotation), optional=True),
    **dict.fromkeys((f"message.origin_{one}" for one in ORIGIN), _FROM),
    "message.kinds": Field(FieldType.TAGS, (*PART_KINDS, "choice", "other")),
    "message.has_media": _FLAG,
    "message.is_reply": _FLAG,
    "message.length": _COUNT,
    "message.attachments": _COUNT,
    "message.copied": _COUNT,
    "message.mood": Field(FieldType.NUMBER),
    "message.phrase": _MAYBE,
    "message.phrase_score": Field(FieldType.NUMBER),
    "ticket.subject": _SAID,
    "ticket.priority": Field(FieldType.RANK, tuple(PRIORITIES)),
    "ticket.type": _WORD,
    "ticket.queue": _WORD,
    "ticket.category": Field(FieldType.WORD, tuple(Category)),
    "ticket.status": _WORD,
    "ticket.tags": _TAGS,
    "ticket.flags": _TAGS,
    "ticket.goal": Field(FieldType.WORD, tuple(GoalName), optional=True),
    "ticket.goal_state": Field(FieldType.WORD, tuple(GoalState), optional=True),
    "ticket.language": _MAYBE,
    "ticket.site": _MAYBE,
    "ticket.account": _WORD,
    **dict.fromkeys((f"ticket.origin_{one}" for one in ORIGIN), _FROM),
    "ticket.owner": _WORD,
    "ticket.worker": _MAYBE,
    "ticket.is_assigned": _FLAG,
    "ticket.is_with_bot": _FLAG,
    "ticket.bot_turns": _COUNT,
    "ticket.failed_turns": _COUNT,
    "ticket.hand_offs": _COUNT,
    "ticket.is_new": _FLAG,
    "ticket.is_merged": _FLAG,
    "ticket.links": Field(FieldType.TAGS, tuple(LinkKind)),
    "ticket.close_reason": _MAYBE,
    "ticket.messages": _COUNT,
    "ticket.unanswered": _COUNT,
    "ticket.reopens": _COUNT,
    "ticket.participants": _COUNT,
    "ticket.sla": _MAYBE,
    "ticket.sla_states": Field(FieldType.TAGS, ("running", "paused", "met", "cancelled", "warned", "breached")),
    "ticket.sla_due_at": _MAYBE_TIME,
    "ticket.created_at": _TIME,
    "ticket.updated_at": _TIME,
    "ticket.customer_at": _MAYBE_TIME,
    "ticket.replied_at": _MAYBE_TIME,
    "ticket.waiting_since": _MAYBE_TIME,
    "ticket.resolved_at": _MAYBE_TIME,
    "ticket.closed_at": _MAYBE_TIME,
    "customer.name": Field(FieldType.TEXT, personal=True),
    "customer.level": _MAYBE,
    "customer.stage": _MAYBE,
    "customer.tags": _TAGS,
    "customer.segments": _TAGS,
    "customer.flags": _TAGS,
    "customer.language": _MAYBE,
    "customer.account": _MAYBE,
    **dict.fromkeys((f"customer.source_{one}" for one in ORIGIN), _FROM),
    "customer.source_traffic": Field(FieldType.WORD, get_args(Traffic), optional=True),
    "customer.agent": _MAYBE,
    "customer.is_new": _FLAG,
    "customer.is_merged": _FLAG,
    "customer.identities": _COUNT,
    "customer.created_at": _TIME,
    "customer.ticket_at": _MAYBE_TIME,
    "customer.browse_at": _MAYBE_TIME,
    "customer.cart_at": _MAYBE_TIME,
    "customer.order_at": _MAYBE_TIME,
    "customer.payment_at": _MAYBE_TIME,
    "customer.refund_at": _MAYBE_TIME,
    "customer.redeem_at": _MAYBE_TIME,
    "actor.kind": Field(FieldType.WORD, tuple(ActorKind), optional=True),
    "actor.id": _MAYBE,
    "time.now": _TIME,
    "time.hour": Field(FieldType.NUMBER, whole=True),
    "time.weekday": Field(FieldType.WORD, ("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
    "time.date": _WORD,
}
"""Every declared field; custom fields and ``HISTORY`` come on top."""

BY_PHRASE: Final = frozenset({"message.phrase", "message.phrase_score"})
"""The fields that are worked out last: a text is looked up among all phrases."""

CUSTOM: Final = ("ticket.x.", "customer.x.")
"""How the names of custom fields begin."""


class History(NamedTuple):
    """A count over a customer's past: how many of ``what`` in the last ``days``."""

    what: str
    days: int


HISTORY: Final[Mapping[str, Did]] = MappingProxyType(
    {
        "tickets": "ticket",
        "browses": "browse",
        "carts": "cart",
        "orders": "order",
        "payments": "payment",
        "refunds": "refund",
        "redeems": "redeem",
        "spent": "payment",
    }
)
"""What is counted: the field is ``customer.<what>_<days>d``, for example ``customer.tickets_7d``.

``spent`` is the sum of payments, in the smallest unit of the shop's currency.
"""

SUMS: Final = frozenset({"spent"})
"""The counts that are sums of amounts."""

LAST: Final[Mapping[str, Did]] = MappingProxyType({f"customer.{did}_at": did for did in get_args(Did)})
"""The fields that tell when the customer last did something."""

_HISTORY: Final = re.compile(rf"customer\.({'|'.join(HISTORY)})_([1-9]\d{{0,2}})d")
LONGEST_HISTORY: Final = COUNTED_DAYS
"""How many days a history field may look back, the present one included."""

SETS: Final = frozenset({Op.IN, Op.NOT_IN, Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE})
"""The operators whose value is a list."""

PAIRS: Final = frozenset({Op.BETWEEN, Op.LIKE_PHRASE})
"""The operators whose value is a list of two."""

LISTABLE: Final = frozenset({Op.STARTS_WITH, Op.ENDS_WITH})
"""The operators whose value is one, or a list."""

UNARY: Final = frozenset({Op.IS_SET, Op.NOT_SET, Op.TODAY, Op.CHANGED, Op.INCREASED, Op.DECREASED})
"""The operators without a value."""

PATTERNS: Final = frozenset({Op.MATCHES, Op.NOT_MATCHES})
"""The operators whose value is a pattern."""

KEYWORD: Final = frozenset({Op.CONTAINS, Op.NOT_CONTAINS, Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE})
"""The operators that ask what a text or a set holds."""

SINCE: Final = frozenset({Op.CHANGED, Op.CHANGED_FROM, Op.CHANGED_TO, Op.INCREASED, Op.DECREASED})
"""The operators that compare with the value before."""

ORDER: Final = frozenset({Op.GT, Op.GE, Op.LT, Op.LE, Op.BETWEEN})
"""The operators that compare by size."""

CALENDAR: Final = frozenset({Op.WORKING_TIME, Op.NOT_WORKING_TIME})
"""The operators whose value is the name of a calendar."""

LASTING: Final = frozenset({Op.OLDER_THAN, Op.WITHIN_LAST, Op.WITHIN_NEXT})
"""The operators whose value is a duration."""

INSTANT: Final = frozenset({Op.BEFORE, Op.AFTER})
"""The operators whose value is an instant."""

TIMED: Final = CALENDAR | LASTING | INSTANT | {Op.TODAY}
"""The operators that only an instant takes."""

_EQUAL = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN})
_SET = frozenset({Op.IS_SET, Op.NOT_SET})
_ENDS = frozenset({Op.STARTS_WITH, Op.ENDS_WITH}) | PATTERNS
_TURNED = frozenset({Op.CHANGED, Op.CHANGED_FROM, Op.CHANGED_TO})
_MOVED = frozenset({Op.INCREASED, Op.DECREASED})

OPS: Final[dict[FieldType, frozenset[Op]]] = {
    FieldType.TEXT: _EQUAL | KEYWORD | _SET | _ENDS | {Op.LIKE_PHRASE},
    FieldType.WORD: _EQUAL | _SET | _ENDS | _TURNED,
    FieldType.TAGS: KEYWORD | _SET | {Op.CHANGED},
    FieldType.FLAG: frozenset({Op.EQ, Op.NE}) | _SET | _TURNED,
    FieldType.NUMBER: _EQUAL | ORDER | _SET | _TURNED | _MOVED,
    FieldType.RANK: _EQUAL | ORDER | _TURNED | _MOVED,
    FieldType.TIME: TIMED | _SET | {Op.CHANGED},
    FieldType.SCALAR: frozenset(Op) - {Op.LIKE_PHRASE},  # those for instants need a declaration
}
"""The operators that each type takes."""

CHANGING: Final = ("ticket.", "customer.")
"""How the names of fields begin that have a value before; those of a message or of the time have none."""

Declared = Mapping[str, Field]
"""The custom fields of a configuration, by their full name."""

NOTHING: Final[Declared] = MappingProxyType({})


def history_of(name: str) -> History | None:
    """The count that a history field asks for, None if it is no history field."""
    found = _HISTORY.fullmatch(name)
    if found is None or int(found[2]) > LONGEST_HISTORY:
        return None
    return History(found[1], int(found[2]))


def field_of(name: str, declared: Declared = NOTHING) -> Field | None:
    """The field of that name, None if there is none."""
    found = FIELDS.get(name) or declared.get(name)
    if found is not None:
        return found
    if any(name.startswith(prefix) and len(name) > len(prefix) for prefix in CUSTOM):
        return _CUSTOM
    return _COUNT if history_of(name) is not None else None


def ops_of(name: str, field: Field) -> frozenset[Op]:
    """The operators that a field takes."""
    return OPS[field.type] if name.startswith(CHANGING) else OPS[field.type] - SINCE
