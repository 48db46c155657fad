"""Priorities as a configuration names them: ``low``, ``normal``, ``high``, ``urgent``."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from csdesk.domain.records._settings import unknown
from csdesk.domain.records.tickets import Priority

PRIORITIES: Final = {one.name.lower(): one for one in Priority}
"""Every priority by its name."""


def _read(value: object) -> object:
    if isinstance(value, Priority):
        return value
    if not isinstance(value, str) or value not in PRIORITIES:
        raise unknown("priority", value if isinstance(value, str) else type(value).__name__, PRIORITIES)
    return PRIORITIES[value]


def _write(value: Priority) -> str:
    return value.name.lower()


PriorityName = Annotated[
    Priority,
    BeforeValidator(_read),
    PlainSerializer(_write, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "enum": list(PRIORITIES)}),
]
"""A priority, written by its name."""
