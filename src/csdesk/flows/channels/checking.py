"""Asking channels for what is none of the desk's own business."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from csdesk._sentence import is_a
from csdesk.domain.records.channels import Health
from csdesk.errors import InvalidInput
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.channel import Exchange
from csdesk.ports.steps import Flow

T = TypeVar("T")


def check_account(account: str) -> Flow[Health]:
    """Whether the channel of an account works."""
    yield from steps.attempt(0)
    checks.an_id(account, "account")
    return (yield from steps.check(account))


def run_exchange(exchange: Exchange[T]) -> Flow[T]:
    """What an exchange of a channel ends with.

    Raises:
        InvalidInput: it is none.
    """
    yield from steps.attempt(0)
    if not isinstance(exchange, Generator):
        raise InvalidInput(
            "exchange",
            is_a(exchange),
            "pass what a method of a channel returned",
        )
    return (yield from steps.converse(exchange))
