"""Amounts: exact decimals at the edge, whole numbers of the smallest unit inside, never binary fractions.

An amount of money is the common case; the same holds for hours, points or percent. How many decimal places a unit has
is said where the unit is declared.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from csdesk._sentence import is_a
from csdesk.domain.records._settings import refused
from csdesk.errors import InvalidInput, sentence

MOST: Final = 10**15
"""The greatest amount, in the smallest unit: sums of thousands of them still fit a counter."""

MOST_DIGITS: Final = 6
"""How many decimal places a unit may have."""

_LONGEST: Final = 40
_REMEDY: Final = 'pass a Decimal, a whole number or text such as "12.50"'


def exact(value: object, field: str = "amount") -> Decimal:
    """The decimal that a caller means; binary fractions are refused, since they are hardly ever what they look like.

    Raises:
        InvalidInput: a float, not a finite number, or none at all.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise InvalidInput(field, is_a(value), _REMEDY)
    try:
        found = Decimal(value.strip()) if isinstance(value, str) and len(value) <= _LONGEST else Decimal(value)
    except (InvalidOperation, ValueError):
        raise InvalidInput(field, "is not a number", _REMEDY) from None
    if not found.is_finite():
        raise InvalidInput(field, "is not a finite number", _REMEDY)
    return found


def smallest(value: object, digits: int, field: str = "amount") -> int:
    """An amount in its smallest unit: greater than 0, with no more decimal places than the unit has.

    >>> smallest("12.5", 2)
    1250

    Raises:
        InvalidInput: it is zero or less, too great, or has too many decimal places; names ``field``.
    """
    given = exact(value, field)
    if given <= 0:
        raise InvalidInput(field, "is not above zero", "pass an amount greater than 0")
    if given.adjusted() > _LONGEST or given * 10**digits > MOST:
        raise InvalidInput(field, "is too great", sentence("pass at most {most}", most=MOST // 10**digits))
    scaled = given.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise InvalidInput(field, sentence("has more than {digits} decimal places", digits=digits), "round it first")
    return int(scaled)


def shown(amount: int, digits: int) -> Decimal:
    """An amount in its smallest unit as the decimal that people write.

    >>> shown(1250, 2)
    Decimal('12.50')
    """
    return Decimal(amount).scaleb(-digits)


def _stated(value: object) -> Decimal:
    try:
        found = exact(value)
    except InvalidInput as error:
        raise refused(error.problem, 'write it as text or a whole number: "12.50"') from None
    if found <= 0 or found > MOST:
        raise refused("is not above zero, or too great", sentence("write an amount between 0 and {most}", most=MOST))
    return found


Amount = Annotated[
    Decimal,
    BeforeValidator(_stated),
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}], "examples": ["12.50"]}),
]
"""An amount of a configuration: greater than 0, as text or a whole number, never a binary fraction."""

Digits = Annotated[int, Field(ge=0, le=MOST_DIGITS)]
"""How many decimal places a unit has."""
