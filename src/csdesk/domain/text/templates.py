"""Texts with places for values: data, never code.

    您好{{ name }}，订单 {{ order }} 将于 {{ due | date: "%m-%d" }} 前发出。

The rule: a place names one variable and may pass it through filters, each with at most one constant argument. There are
no conditions, loops, attributes or calls, so a template can neither fail halfway nor reach anything but its variables.
All is checked when the template is made; filling it in can only miss a value or meet one of the wrong type, which is an
error before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Final, Literal

from csdesk.domain.text.graphemes import graphemes
from csdesk.errors import InvalidInput, sentence

VariableType = Literal["text", "number", "date"]
"""``text`` takes str, ``number`` a finite int, float or Decimal below 10^15, ``date`` a date or an aware datetime."""

TemplateValue = str | int | float | Decimal | date
"""What can stand in a place."""

LONGEST: Final = 20_000
MOST_PLACES: Final = 100
_LONGEST_VALUE: Final = 2_000
_MOST_FILTERS: Final = 5
_PLACE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]{0,63}")
_FILTER: Final = re.compile(r'\s*\|\s*([a-z]+)\s*(?::\s*(?:"([^"]*)"|(\d{1,6})))?')
_CONTROL: Final = re.compile(r"\{[%#]")
_LARGEST: Final = Decimal(10) ** 15
_CENT: Final = Decimal("0.01")
_DATE_FORM: Final = re.compile(r"(?:%[YmdHMy%]|[^%])*")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a template: the variable and its filters with their arguments."""

    variable: str
    filters: tuple[tuple[str, str | None], ...] = ()

    @property
    def default(self) -> str | None:
        """What stands there without a value, or None where one is needed."""
        return next((argument for name, argument in self.filters if name == "default"), None)


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template.

    Attributes:
        parts: literal texts and places, in order.
        types: the types of variables that are not ``text``.
    """

    parts: tuple[str | Place, ...]
    types: tuple[tuple[str, VariableType], ...] = ()

    @classmethod
    def parse(cls, text: str, types: Mapping[str, VariableType] | None = None) -> Template:
        """Read and check a template.

        Args:
            text: at most 20,000 characters with at most 100 places.
            types: the types of variables; those not named are texts.

        Raises:
            InvalidInput: something in the text is no template; the field is ``template`` or the variable.
        """
        if len(text) > LONGEST:
            raise InvalidInput(
                "template", sentence("is longer than {longest} characters", longest=LONGEST), "shorten it"
            )
        known = dict(types or {})
        parts: list[str | Place] = []
        end = 0
        for match in _PLACE.finditer(text):
            parts += [text[end : match.start()], _place(match[1], known)]
            end = match.end()
        parts.append(text[end:])
        if any("{{" in part or "}}" in part for part in parts if isinstance(part, str)):
            raise InvalidInput("template", "a place is not closed", "write places as {{ name }}")
        if any(_CONTROL.search(part) for part in parts if isinstance(part, str)):
            raise InvalidInput("template", "there are no conditions, loops or comments", "write several wordings")
        if sum(isinstance(part, Place) for part in parts) > MOST_PLACES:
            raise InvalidInput("template", sentence("has more than {most} places", most=MOST_PLACES), "split it")
        return cls(tuple(part for part in parts if part), tuple(sorted(known.items())))

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, each once, in the order of the text."""
        return tuple(dict.fromkeys(part.variable for part in self.parts if isinstance(part, Place)))

    def missing(self, values: Mapping[str, TemplateValue]) -> tuple[str, ...]:
        """The variables that need a value and have none."""
        places = [part for part in self.parts if isinstance(part, Place)]
        return tuple(dict.fromkeys(p.variable for p in places if p.default is None and not _given(values, p.variable)))

    def render(self, values: Mapping[str, TemplateValue]) -> str:
        """The text with the values in their places; what a value holds is never read as a template.

        Raises:
            InvalidInput: a value is missing, of the wrong type or longer than 2,000 characters, or the text grows
                longer than 20,000; the field is the variable.
        """
        missing = self.missing(values)
        if missing:
            raise InvalidInput(missing[0], "has no value", 'give one, or write {{ name | default: "..." }}')
        return _bounded("".join(part if isinstance(part, str) else self._filled(part, values) for part in self.parts))

    def preview(self, values: Mapping[str, TemplateValue] | None = None) -> str:
        """The text with the values that are there; the names of the others stand in ⟨brackets⟩."""
        given = values or {}
        lacking = set(self.missing(given))
        return "".join(
            part
            if isinstance(part, str)
            else f"⟨{part.variable}⟩"
            if part.variable in lacking
            else self._filled(part, given)
            for part in self.parts
        )

    def fits(self, text: str) -> bool:
        """Whether a text is this template with some values in its places; any text is a value."""
        at = 0
        for number, part in enumerate(self.parts):
            if not isinstance(part, str):
                continue
            # Between places, each literal is looked for as far to the left as possible: then the rest fits if it can.
            is_last = number == len(self.parts) - 1
            found = len(text) - len(part) if is_last else text.find(part, at)
            if found < at or not text.startswith(part, found) or (number == 0 and found != 0):
                return False
            at = found + len(part)
        return at == len(text) or bool(self.parts and isinstance(self.parts[-1], Place))

    def _filled(self, place: Place, values: Mapping[str, TemplateValue]) -> str:
        if not _given(values, place.variable):
            return place.default or ""
        value = values[place.variable]
        kind = dict(self.types).get(place.variable, "text")
        if kind == "date" and isinstance(value, datetime) and value.tzinfo is None:
            raise InvalidInput(place.variable, "is no aware datetime", "pass an aware datetime")
        if not _is_of(value, kind):
            raise InvalidInput(
                place.variable, sentence("is no {kind}", kind=kind), sentence("give a {kind}", kind=kind)
            )
        shown: TemplateValue = value
        for name, argument in place.filters:
            shown = _FILTERS[name].apply(shown, argument)
        text = plain(shown)
        if len(text) > _LONGEST_VALUE:
            raise InvalidInput(
                place.variable,
                sentence("is longer than {longest} characters", longest=_LONGEST_VALUE),
                "shorten it",
            )
        return text


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise InvalidInput(
            "template", sentence("becomes longer than {longest} characters", longest=LONGEST), "shorten the values"
        )
    return text


def _given(values: Mapping[str, TemplateValue], name: str) -> bool:
    value = values.get(name)
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _is_of(value: object, kind: VariableType) -> bool:
    if kind == "number":
        return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and _is_bounded(value)
    return isinstance(value, date if kind == "date" else str)


def _is_bounded(value: float | Decimal) -> bool:
    """Whether it is a number that people read: "NaN" goes to nobody, and 10^99999 would fill the memory."""
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value) < _LARGEST
    return (isinstance(value, int) or isfinite(value)) and abs(value) < _LARGEST


def _exact(value: TemplateValue) -> Decimal:
    """A number as it was meant: 0.1 + 0.2 is 0.3."""
    return Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(str(value))


def plain(value: object) -> str:
    """A value as it stands where no filter says otherwise: days as 2026-01-05, instants as 2026-01-05 17:00."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return f"{_exact(value):f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter: the type it takes, what argument it needs, and what it does."""

    takes: VariableType
    argument: Callable[[str | None], bool]
    apply: Callable[[TemplateValue, str | None], TemplateValue]


def _none(argument: str | None) -> bool:
    return argument is None


def _some(argument: str | None) -> bool:
    return argument is not None


def _money(value: TemplateValue, sign: str | None) -> TemplateValue:
    amount = _exact(value).quantize(_CENT, ROUND_HALF_UP)
    return f"{'-' if amount < 0 else ''}{sign or ''}{abs(amount):,.2f}"


def _shortened(value: TemplateValue, length: str | None) -> TemplateValue:
    signs, most = list(graphemes(str(value)[:_LONGEST_VALUE])), max(1, int(length or 1))
    return "".join(signs if len(signs) <= most else [*signs[: most - 1], "…"])


def _dated(value: TemplateValue, form: str | None) -> TemplateValue:
    assert isinstance(value, date)
    return value.strftime(form or "%Y-%m-%d")


_FILTERS: Final[dict[str, _Filter]] = {
    "default": _Filter("text", _some, lambda value, _: value),
    "upper": _Filter("text", _none, lambda value, _: str(value).upper()),
    "lower": _Filter("text", _none, lambda value, _: str(value).lower()),
    "trim": _Filter("text", _none, lambda value, _: str(value).strip()),
    "truncate": _Filter("text", lambda argument: bool(argument and argument.isdigit()), _shortened),
    "money": _Filter("number", lambda argument: argument is None or len(argument) <= 5, _money),
    "round": _Filter("number", _none, lambda value, _: str(_exact(value).quantize(Decimal(1), ROUND_HALF_UP) + 0)),
    "date": _Filter("date", lambda argument: argument is None or bool(_DATE_FORM.fullmatch(argument)), _dated),
}
"""``default`` fits every type."""


def _place(inside: str, types: Mapping[str, VariableType]) -> Place:
    text = inside.strip()
    name = _NAME.match(text)
    if name is None:
        raise InvalidInput("template", "a place names no variable", "write places as {{ name }}")
    filters: list[tuple[str, str | None]] = []
    at = name.end()
    while at < len(text):
        match = _FILTER.match(text, at)
        if match is None or len(filters) == _MOST_FILTERS:
            raise InvalidInput(
                name[0], "is followed by something else than filters", 'write {{ name | filter: "..." }}'
            )
        filters.append((match[1], match[2] if match[2] is not None else match[3]))
        at = match.end()
    _check(name[0], filters, types.get(name[0], "text"))
    return Place(name[0], tuple(filters))


def _check(variable: str, filters: list[tuple[str, str | None]], kind: VariableType) -> None:
    for name, argument in filters:
        one = _FILTERS.get(name)
        if one is None:
            raise InvalidInput(
                variable,
                sentence("there is no filter {name}", name=name),
                sentence("use one of {names}", names=tuple(_FILTERS)),
            )
        if not one.argument(argument):
            raise InvalidInput(
                variable, sentence("the filter {name} cannot take this argument", name=name), "see the documentation"
            )
        if name != "default":
            if one.takes != kind:
                raise InvalidInput(
                    variable,
                    sentence("the filter {name} takes a {takes}", name=name, takes=one.takes),
                    sentence("declare it as {takes}", takes=one.takes),
                )
            kind = "text"
