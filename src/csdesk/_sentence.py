"""Sentences that can be told in another language: an English template, and the values that its places hold.

A ``Sentence`` *is* its English text, so whatever takes a str takes it. Beside the text it keeps what a translation
needs: the template, under which the other languages keep theirs, and the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Self

__all__ = ["Sentence", "SentenceValue", "is_a", "line_at", "sentence", "told_by_pydantic"]

SentenceValue = str | int | float | date | tuple[str, ...] | None
"""What may stand in a place: a name, a number, a day or an instant, names in a row, or another sentence."""

_TELLING: Final = frozenset(
    {"actual_length", "class_name", "decimal_places", "expected", "ge", "gt", "le", "lt", "max_digits", "max_length"}
    | {"min_length", "multiple_of", "pattern", "whole_digits"}
)
"""What of a pydantic error's context comes from the schema, and so can be told; the rest may quote what was given."""


class Sentence(str):
    """An English sentence with its template and values.

    Attributes:
        template: the sentence with ``{name}`` where a value stands; the key of its translations.
        params: the values by name.
    """

    __slots__ = ("params", "template")

    template: str
    params: Mapping[str, SentenceValue]

    def __new__(cls, text: str, template: str, params: Mapping[str, SentenceValue]) -> Self:
        """Keep the text beside what it was made of."""
        made = super().__new__(cls, text)
        made.template = template
        made.params = params
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, dict[str, SentenceValue]]]:
        return type(self), (str(self), self.template, dict(self.params))


def sentence(template: str, /, **params: SentenceValue) -> Sentence:
    """The sentence that a template makes with these values, as ``str.format`` does it.

    Names in a tuple are joined by commas; an instant is shown to the minute, with its offset.

    >>> sentence("no queue {queue!r}; choose one of: {names}", queue="vp", names=("vip", "web"))
    "no queue 'vp'; choose one of: vip, web"
    """
    return Sentence(template.format(**{name: _shown(value) for name, value in params.items()}), template, params)


def is_a(value: object) -> Sentence:
    """That a value is of a type that nobody wants here; of a class, that it is one and not an object of it.

    >>> is_a(5), is_a("a"), is_a(None), is_a(int)
    ('is an int', 'is a str', 'is None', 'is the class int')
    """
    if value is None:
        return sentence("is None")
    if isinstance(value, type):
        return sentence("is the class {kind}", kind=value.__name__)
    kind = type(value).__name__
    return sentence("is an {type}", type=kind) if kind[0] in "aeiouAEIOU" else sentence("is a {type}", type=kind)


def line_at(number: int, field: str = "") -> Sentence:
    """A line of a file, and a field on it, as what an error is about."""
    if field:
        return sentence("line {number}.{field}", number=number, field=field)
    return sentence("line {number}", number=number)


def _shown(value: SentenceValue) -> object:
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, datetime) else value


def told_by_pydantic(detail: Mapping[str, Any]) -> Sentence | str:
    """What pydantic's detail of an error says, never the value that was refused.

    A ``ValueError`` of a validator gives its own sentence; one of pydantic's gets the kind of error as its template.
    """
    # ``Any``: the values of pydantic's ``ErrorDetails``, of which only texts and numbers are kept.
    context = detail.get("ctx", {})
    cause = context.get("error")
    if detail["type"] == "value_error":
        told = cause.args[0] if isinstance(cause, ValueError) and cause.args else detail["msg"]
        return told if isinstance(told, Sentence) else str(told)
    values = {
        name: value for name, value in context.items() if name in _TELLING and isinstance(value, str | int | float)
    }
    message: str = detail["msg"]
    return Sentence(message[:1].lower() + message[1:], f"pydantic.{detail['type']}", values)
