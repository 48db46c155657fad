"""What can be asked of a field in Python, by its type: each method makes one test of a condition."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Generic, TypeVar

from csdesk.domain.records._model import Scalar
from csdesk.domain.records.tickets import Priority
from csdesk.domain.rules.fields import Op
from csdesk.domain.rules.language import Test

V = TypeVar("V", bound=Scalar)
Span = timedelta | str
"""A duration: a ``timedelta``, or written like ``"7d"``."""


class Askable:
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


class _Turning(Askable, Generic[V]):
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


class _Same(Askable, Generic[V]):
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


class _Spelled(Askable):
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


class _Holding(Askable):
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


class TimeField(Askable):
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
