"""Trying again what failed outside: which failures may pass by themselves, and how long a provider can make us wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csdesk.errors import ChannelError, Disposition

_PASSING: Final[frozenset[Disposition]] = frozenset({"retry", "refresh_auth", "unknown_outcome"})
MOST_ASKED: Final = timedelta(days=1)
"""The longest wait that a provider can ask for: what it says beyond that is a slip, and the message would be lost."""


def may_pass(error: ChannelError) -> bool:
    """True if the same may go well later, with nothing changed."""
    return error.disposition in _PASSING


def at_least_asked(wait: timedelta, error: Exception) -> timedelta:
    """The wait, or the longer one that the provider asked for."""
    asked = error.retry_after if isinstance(error, ChannelError) else None
    if asked is None or not asked > 0:
        return wait
    return max(wait, timedelta(seconds=min(asked, MOST_ASKED.total_seconds())))


def broken(account: str, error: Exception, disposition: Disposition) -> ChannelError:
    """The failure of an adapter that raised what no adapter may raise; it is named by its type alone."""
    return ChannelError(account, "the adapter broke", disposition=disposition, provider_code=type(error).__name__)
