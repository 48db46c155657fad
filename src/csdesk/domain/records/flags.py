"""Flags: warnings that those who serve must see, with their reason, their evidence and their end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from csdesk.domain.records._model import Instant, Name, Record


class Flag(Record):
    """A warning about a customer or a ticket: why, on what evidence, by whom, until when."""

    name: Name
    reason: str = ""
    evidence: tuple[str, ...] = ()
    """Ids of tickets and messages, addresses of files, numbers of orders."""
    by: str = ""
    """Who wrote it, as ``kind:id``."""
    at: Instant
    until: Instant | None = None
    """When ``run_due`` lifts it; None: somebody has to."""


def ended_flags(flags: Iterable[Flag], now: datetime) -> list[str]:
    """The names of the flags whose time is over."""
    return [flag.name for flag in flags if flag.until is not None and flag.until <= now]
