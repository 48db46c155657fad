"""What a host's shop knows of its products, fact by fact, each with its unit and where it stands; and two compared.

Nothing of it is stored in the desk: it is asked for when somebody needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.text.units import in_unit

FactValue = StrictBool | StrictInt | Decimal | StrictFloat | Annotated[StrictStr, Field(max_length=4000)]
"""Yes or no, a number, or a text."""


class ProductFact(Value):
    """One thing that is known of a product."""

    name: Key
    """What it is about, the same for all products: ``weight``, ``容量``."""
    value: FactValue
    unit: Text = ""
    """Of a number: ``g``, ``ml``, ``小时``."""
    source: Text = ""
    """Where it stands, so that somebody can look it up."""
    at: Instant | None = None
    """When it was true; None: now."""

    @field_validator("value")
    @classmethod
    def _finite(cls, value: FactValue) -> FactValue:
        if isinstance(value, float | Decimal) and not Decimal(value).is_finite():
            raise PydanticCustomError("value_error", "is no finite number")
        return value

    @property
    def number(self) -> Decimal | None:
        """The value as an exact number; None: it is none."""
        value = self.value
        if isinstance(value, bool | str):
            return None
        return Decimal(str(value))

    @property
    def text(self) -> str:
        """The value with its unit, as it is read out."""
        return f"{self.value} {self.unit}".strip()


class Product(Value):
    """A product as the host's shop describes it."""

    sku: Key
    name: Text = ""
    facts: tuple[ProductFact, ...] = ()
    url: Text = ""

    @model_validator(mode="after")
    def _once(self) -> Product:
        names = [one.name for one in self.facts]
        if len(set(names)) < len(names):
            raise PydanticCustomError("value_error", "two facts have one name")
        return self

    def fact(self, name: str) -> ProductFact | None:
        """The fact of that name; None: nobody knows."""
        return next((one for one in self.facts if one.name == name), None)


class ProductQuestion(Value):
    """Which products somebody wants to know about."""

    skus: tuple[Key, ...] = Field(min_length=1, max_length=50)
    names: tuple[Key, ...] = ()
    """The facts that are wanted; empty: all."""
    language: str | None = None
    asked_at: Instant
    deadline: Instant
    """Nobody waits for an answer that comes later."""


Verdict = Literal["same", "differs", "only_first", "only_second"]


@dataclass(frozen=True, slots=True)
class FactPair:
    """One fact of two products.

    Attributes:
        name: what it is about.
        first: the first product's; None: nobody knows.
        second: the second product's; None: nobody knows.
        verdict: how they stand to each other; 500 g and 0.5 kg are the same.
        by: of numbers in units that convert into each other: by how much the second is more, in the first's unit.
    """

    name: str
    first: ProductFact | None
    second: ProductFact | None
    verdict: Verdict
    by: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two products side by side, fact by fact: the first one's facts in their order, then what only the second has."""

    first: Product
    second: Product
    rows: tuple[FactPair, ...]

    @property
    def differences(self) -> tuple[FactPair, ...]:
        """The rows in which the two are not the same."""
        return tuple(one for one in self.rows if one.verdict != "same")


def compared(first: Product, second: Product) -> Comparison:
    """Two products side by side."""
    return Comparison(first, second, tuple(_pairs(first, second)))


def _pairs(first: Product, second: Product) -> Iterator[FactPair]:
    for one in first.facts:
        other = second.fact(one.name)
        yield FactPair(one.name, one, None, "only_first") if other is None else _pair(one, other)
    for other in second.facts:
        if first.fact(other.name) is None:
            yield FactPair(other.name, None, other, "only_second")


def _pair(one: ProductFact, other: ProductFact) -> FactPair:
    number, theirs = one.number, other.number
    if number is not None and theirs is not None:
        same_unit = in_unit(theirs, other.unit, one.unit)
        if same_unit is not None:
            by = same_unit - number
            return FactPair(one.name, one, other, "differs" if by else "same", by)
    same = type(one.value) is type(other.value) and one.value == other.value and one.unit == other.unit
    return FactPair(one.name, one, other, "same" if same else "differs")


PRODUCT: Final = "product."
"""How the sources of variables begin that a product fills: ``product.name``, ``product.sku``, ``product.<fact>``."""


def sources_from(product: Product) -> Mapping[str, object]:
    """What variables may be filled with from a product."""
    facts = {PRODUCT + one.name: one for one in product.facts}
    return {**facts, f"{PRODUCT}sku": product.sku, **({f"{PRODUCT}name": product.name} if product.name else {})}
