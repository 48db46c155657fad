"""Conditions in Python: ``F.ticket.priority >= Priority.HIGH`` is the test that TOML writes as a table.

Each field object knows the operators of its type, so an editor shows what can be asked and a type checker sees slips.
Join conditions with ``&``, ``|`` and ``~``; mind the brackets, which bind tighter than comparisons do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from csdesk._nearest import nearest
from csdesk.domain.records._model import Scalar
from csdesk.domain.records.tickets import Priority
from csdesk.domain.rules.fields import Op
from csdesk.domain.rules.language import Group, Test

V = TypeVar("V", bound=Scalar)
Span = timedelta | str
"""A duration: a ``timedelta``, or written like ``"7d"``."""


class _Field:
    """A field by its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: str = name

    def __repr__(self) -> str:
        return f"F.{self.name}"

    __hash__ = None  # type: ignore[assignment]  # equality makes a test

    def _test(self, op: Op, value: object = None) -> Test:
        return Test(field=self.name, op=op, value=value)  # type: ignore[arg-type]  # checked by the language

    def is_set(self) -> Test:
        """It has a value that is not empty."""
        return self._test(Op.IS_SET)

    def not_set(self) -> Test:
        """It has no value, or an empty one."""
        return self._test(Op.NOT_SET)


class _Turning(_Field, Generic[V]):
    """A field that has a value before."""

    __slots__ = ()

    def changed(self) -> Test:
        """It had another value before."""
        return self._test(Op.CHANGED)

    def changed_from(self, value: V) -> Test:
        """It had that value before, and has another one now."""
        return self._test(Op.CHANGED_FROM, value)

    def changed_to(self, value: V) -> Test:
        """It has that value now, and had another one before."""
        return self._test(Op.CHANGED_TO, value)


class _Same(_Field, Generic[V]):
    """A field whose values are compared as a whole."""

    __slots__ = ()

    def __eq__(self, value: V) -> Test:  # type: ignore[override]  # the point of it
        return self._test(Op.EQ, value)

    def __ne__(self, value: V) -> Test:  # type: ignore[override]
        return self._test(Op.NE, value)

    __hash__ = None


class _Equal(_Same[V]):
    """A field that may have one of several values."""

    __slots__ = ()

    def is_in(self, *values: V) -> Test:
        """It is one of them."""
        return self._test(Op.IN, values)

    def not_in(self, *values: V) -> Test:
        """It is none of them, or not set."""
        return self._test(Op.NOT_IN, values)


class _Ordered(_Equal[V]):
    """A field whose values have an order."""

    __slots__ = ()

    def __gt__(self, value: V) -> Test:
        return self._test(Op.GT, value)

    def __ge__(self, value: V) -> Test:
        return self._test(Op.GE, value)

    def __lt__(self, value: V) -> Test:
        return self._test(Op.LT, value)

    def __le__(self, value: V) -> Test:
        return self._test(Op.LE, value)

    def between(self, least: V, greatest: V) -> Test:
        """It lies between them, both included."""
        return self._test(Op.BETWEEN, (least, greatest))

    def increased(self) -> Test:
        """It is greater than before."""
        return self._test(Op.INCREASED)

    def decreased(self) -> Test:
        """It is less than before."""
        return self._test(Op.DECREASED)


class _Spelled(_Field):
    """A field whose values are written."""

    __slots__ = ()

    def starts_with(self, *beginnings: str) -> Test:
        """It begins with one of them."""
        return self._test(Op.STARTS_WITH, beginnings[0] if len(beginnings) == 1 else beginnings)

    def ends_with(self, *ends: str) -> Test:
        """It ends with one of them."""
        return self._test(Op.ENDS_WITH, ends[0] if len(ends) == 1 else ends)

    def matches(self, pattern: str) -> Test:
        """The regular expression is found in it; see docs/reference/rules.md for what it may hold."""
        return self._test(Op.MATCHES, pattern)

    def not_matches(self, pattern: str) -> Test:
        """The regular expression is not found in it."""
        return self._test(Op.NOT_MATCHES, pattern)


class _Holding(_Field):
    """A field that holds keywords or names."""

    __slots__ = ()

    def contains(self, one: str) -> Test:
        """It occurs."""
        return self._test(Op.CONTAINS, one)

    def not_contains(self, one: str) -> Test:
        """It does not occur."""
        return self._test(Op.NOT_CONTAINS, one)

    def contains_any(self, *several: str) -> Test:
        """At least one of them occurs."""
        return self._test(Op.CONTAINS_ANY, several)

    def contains_all(self, *several: str) -> Test:
        """All of them occur."""
        return self._test(Op.CONTAINS_ALL, several)

    def contains_none(self, *several: str) -> Test:
        """None of them occurs."""
        return self._test(Op.CONTAINS_NONE, several)


class TextField(_Equal[str], _Spelled, _Holding):
    """Free text: case, width, whitespace and traditional or simplified make no difference."""

    __slots__ = ()

    def like_phrase(self, phrase: str, score: float) -> Test:
        """That phrase (its title or id) answers it best, with at least that confidence (above 0, at most 1)."""
        return self._test(Op.LIKE_PHRASE, (phrase, score))


class WordField(_Equal[str], _Turning[str], _Spelled):
    """A name, compared exactly."""

    __slots__ = ()


class TagsField(_Holding):
    """A set of names."""

    __slots__ = ()

    def changed(self) -> Test:
        """Others were there before."""
        return self._test(Op.CHANGED)


class FlagField(_Same[bool], _Turning[bool]):
    """True or false."""

    __slots__ = ()

    def is_true(self) -> Test:
        """The same as ``== True``, which linters do not like."""
        return self._test(Op.EQ, value=True)

    def is_false(self) -> Test:
        """The same as ``== False``."""
        return self._test(Op.EQ, value=False)


class NumberField(_Ordered[float], _Turning[float]):
    """A number."""

    __slots__ = ()


class RankField(_Ordered[Priority], _Turning[Priority]):
    """A priority."""

    __slots__ = ()


class TimeField(_Field):
    """An instant."""

    __slots__ = ()

    def before(self, at: datetime | str) -> Test:
        """It lies before that instant (aware, or ISO 8601 with an offset)."""
        return self._test(Op.BEFORE, at)

    def after(self, at: datetime | str) -> Test:
        """It lies after that instant (aware, or ISO 8601 with an offset)."""
        return self._test(Op.AFTER, at)

    def older_than(self, span: Span) -> Test:
        """It lies at least so long in the past."""
        return self._test(Op.OLDER_THAN, span)

    def within_last(self, span: Span) -> Test:
        """It lies in the past, less than so long ago."""
        return self._test(Op.WITHIN_LAST, span)

    def within_next(self, span: Span) -> Test:
        """It lies now or in the future, at most so far ahead."""
        return self._test(Op.WITHIN_NEXT, span)

    def today(self) -> Test:
        """It lies on the present day in the desk's time zone."""
        return self._test(Op.TODAY)

    def in_working_time(self, calendar: str) -> Test:
        """It lies in the working time of that calendar."""
        return self._test(Op.WORKING_TIME, calendar)

    def outside_working_time(self, calendar: str) -> Test:
        """It lies outside the working time of that calendar."""
        return self._test(Op.NOT_WORKING_TIME, calendar)

    def changed(self) -> Test:
        """It was another instant before."""
        return self._test(Op.CHANGED)


class CustomField(_Ordered[Scalar], _Turning[Scalar], _Spelled, _Holding):
    """A custom field; the configuration's ``fields`` say which of these fit."""

    __slots__ = ()

    def older_than(self, span: Span) -> Test:
        """It lies at least so long in the past; for fields of type ``time``."""
        return self._test(Op.OLDER_THAN, span)

    def within_last(self, span: Span) -> Test:
        """It lies in the past, less than so long ago; for fields of type ``time``."""
        return self._test(Op.WITHIN_LAST, span)


def all_of(*conditions: Group | Test) -> Group:
    """All of them hold."""
    return Group(all=conditions)


def any_of(*conditions: Group | Test) -> Group:
    """At least one of them holds."""
    return Group(any=conditions)


def none_of(*conditions: Group | Test) -> Group:
    """None of them holds."""
    return Group(none=conditions)


class _Subject:
    """What fields are about."""

    if not TYPE_CHECKING:  # a checker knows the fields, and sees slips by itself

        def __getattr__(self, name: str) -> object:
            kind = type(self).__name__.strip("_").lower()
            known = [one for one in dir(type(self)) if not one.startswith("_")]
            raise AttributeError(f"F.{kind} has no field {name!r}: {nearest(name, known)}")


class _Message(_Subject):
    """What came."""

    text = TextField("message.text")
    subject = TextField("message.subject")
    any = TextField("message.any")
    account = WordField("message.account")
    channel = WordField("message.channel")
    language = WordField("message.language")
    automatic = WordField("message.automatic")
    author = WordField("message.author")
    origin_scene = WordField("message.origin_scene")
    origin_param = WordField("message.origin_param")
    origin_entry = WordField("message.origin_entry")
    origin_campaign = WordField("message.origin_campaign")
    origin_live_room = WordField("message.origin_live_room")
    origin_product = WordField("message.origin_product")
    origin_order = WordField("message.origin_order")
    kinds = TagsField("message.kinds")
    has_media = FlagField("message.has_media")
    is_reply = FlagField("message.is_reply")
    length = NumberField("message.length")
    attachments = NumberField("message.attachments")
    copied = NumberField("message.copied")
    mood = NumberField("message.mood")
    phrase = WordField("message.phrase")
    phrase_score = NumberField("message.phrase_score")


class _Ticket(_Subject):
    """The ticket, as it is before any rule."""

    subject = TextField("ticket.subject")
    priority = RankField("ticket.priority")
    type = WordField("ticket.type")
    queue = WordField("ticket.queue")
    category = WordField("ticket.category")
    status = WordField("ticket.status")
    tags = TagsField("ticket.tags")
    flags = TagsField("ticket.flags")
    goal = WordField("ticket.goal")
    goal_state = WordField("ticket.goal_state")
    language = WordField("ticket.language")
    site = WordField("ticket.site")
    account = WordField("ticket.account")
    origin_scene = WordField("ticket.origin_scene")
    origin_param = WordField("ticket.origin_param")
    origin_entry = WordField("ticket.origin_entry")
    origin_campaign = WordField("ticket.origin_campaign")
    origin_live_room = WordField("ticket.origin_live_room")
    origin_product = WordField("ticket.origin_product")
    origin_order = WordField("ticket.origin_order")
    owner = WordField("ticket.owner")
    worker = WordField("ticket.worker")
    is_assigned = FlagField("ticket.is_assigned")
    is_with_bot = FlagField("ticket.is_with_bot")
    bot_turns = NumberField("ticket.bot_turns")
    failed_turns = NumberField("ticket.failed_turns")
    hand_offs = NumberField("ticket.hand_offs")
    is_new = FlagField("ticket.is_new")
    is_merged = FlagField("ticket.is_merged")
    links = TagsField("ticket.links")
    close_reason = WordField("ticket.close_reason")
    messages = NumberField("ticket.messages")
    unanswered = NumberField("ticket.unanswered")
    reopens = NumberField("ticket.reopens")
    participants = NumberField("ticket.participants")
    sla = WordField("ticket.sla")
    sla_states = TagsField("ticket.sla_states")
    sla_due_at = TimeField("ticket.sla_due_at")
    created_at = TimeField("ticket.created_at")
    updated_at = TimeField("ticket.updated_at")
    customer_at = TimeField("ticket.customer_at")
    replied_at = TimeField("ticket.replied_at")
    waiting_since = TimeField("ticket.waiting_since")
    resolved_at = TimeField("ticket.resolved_at")
    closed_at = TimeField("ticket.closed_at")

    def x(self, name: str) -> CustomField:
        """The custom field of that name."""
        return CustomField(f"ticket.x.{name}")


class _Customer(_Subject):
    """The customer behind the ticket."""

    name = TextField("customer.name")
    level = WordField("customer.level")
    stage = WordField("customer.stage")
    tags = TagsField("customer.tags")
    segments = TagsField("customer.segments")
    flags = TagsField("customer.flags")
    language = WordField("customer.language")
    account = WordField("customer.account")
    source_scene = WordField("customer.source_scene")
    source_param = WordField("customer.source_param")
    source_entry = WordField("customer.source_entry")
    source_campaign = WordField("customer.source_campaign")
    source_live_room = WordField("customer.source_live_room")
    source_product = WordField("customer.source_product")
    source_order = WordField("customer.source_order")
    source_traffic = WordField("customer.source_traffic")
    agent = WordField("customer.agent")
    is_new = FlagField("customer.is_new")
    is_merged = FlagField("customer.is_merged")
    identities = NumberField("customer.identities")
    created_at = TimeField("customer.created_at")
    ticket_at = TimeField("customer.ticket_at")
    browse_at = TimeField("customer.browse_at")
    cart_at = TimeField("customer.cart_at")
    order_at = TimeField("customer.order_at")
    payment_at = TimeField("customer.payment_at")
    refund_at = TimeField("customer.refund_at")
    redeem_at = TimeField("customer.redeem_at")

    def x(self, name: str) -> CustomField:
        """The custom field (profile value) of that name."""
        return CustomField(f"customer.x.{name}")

    def tickets(self, *, days: int) -> NumberField:
        """How many tickets they opened today and in the days before it, so many days in all (1 to 366)."""
        return NumberField(f"customer.tickets_{days}d")

    def browses(self, *, days: int) -> NumberField:
        """How often they looked at something in the shop in the last days (1 to 366)."""
        return NumberField(f"customer.browses_{days}d")

    def carts(self, *, days: int) -> NumberField:
        """How often they put something into the cart in the last days (1 to 366)."""
        return NumberField(f"customer.carts_{days}d")

    def orders(self, *, days: int) -> NumberField:
        """How many orders they made in the last days (1 to 366)."""
        return NumberField(f"customer.orders_{days}d")

    def payments(self, *, days: int) -> NumberField:
        """How often they paid in the last days (1 to 366)."""
        return NumberField(f"customer.payments_{days}d")

    def refunds(self, *, days: int) -> NumberField:
        """How many refunds they got in the last days (1 to 366)."""
        return NumberField(f"customer.refunds_{days}d")

    def redeems(self, *, days: int) -> NumberField:
        """How often they redeemed something in the last days (1 to 366)."""
        return NumberField(f"customer.redeems_{days}d")

    def spent(self, *, days: int) -> NumberField:
        """How much they paid in the last days (1 to 366), in the smallest unit of the shop's currency."""
        return NumberField(f"customer.spent_{days}d")


class _Actor(_Subject):
    """Who brought the message or made the change."""

    kind = WordField("actor.kind")
    id = WordField("actor.id")


class _Time(_Subject):
    """The present moment."""

    now = TimeField("time.now")
    hour = NumberField("time.hour")
    weekday = WordField("time.weekday")
    date = WordField("time.date")


class Fields:
    """Every field that conditions can ask; use the ready ``F``."""

    message = _Message()
    ticket = _Ticket()
    customer = _Customer()
    actor = _Actor()
    time = _Time()


F: Final = Fields()
"""The fields: ``F.message.text.contains_any("退款", "退货")``."""
