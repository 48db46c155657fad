"""What both shells check about their arguments before anything is done, so that a slip is told by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from csdesk.domain.records.channels import InboundMessage
from csdesk.errors import InvalidInput

T = TypeVar("T")


def listed(name: str, values: Sequence[T] | None) -> tuple[T, ...]:
    """The values as a tuple; None is none.

    Raises:
        InvalidInput: it is a single text, which would fall apart into its characters.
    """
    if isinstance(values, str):
        raise InvalidInput(name, "is one text", "pass a list of texts")
    return tuple(values or ())


def given(name: str, values: Sequence[T] | None) -> tuple[T, ...] | None:
    """As ``listed``, but None stays None: leave as it is."""
    return None if values is None else listed(name, values)


def messages(values: Iterable[InboundMessage]) -> Iterable[InboundMessage]:
    """The messages, each one checked.

    Raises:
        InvalidInput: something else is among them.
    """
    whole: object = values
    if isinstance(whole, InboundMessage):
        raise InvalidInput("messages", "is one message", "pass a list, or call receive")
    for one in values:
        part: object = one
        if not isinstance(part, InboundMessage):
            raise InvalidInput("message", f"is a {type(part).__name__}", "pass an InboundMessage")
        yield part


def span(name: str, value: object) -> timedelta:
    """The duration.

    Raises:
        InvalidInput: it is not one, or below zero.
    """
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise InvalidInput(name, "is no duration", "pass a timedelta of zero or more")
    return value
