"""What a provider's failure tells, read alike by all adapters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from csdesk.errors import ChannelError
from csdesk.ports.channel import Health
from csdesk.ports.http import HttpResponse

_MOST_WAIT: Final = 86_400

_HEALTH: Final[Mapping[str, Literal["auth", "unreachable"]]] = MappingProxyType(
    {"operator": "auth", "refresh_auth": "auth", "retry": "unreachable", "unknown_outcome": "unreachable"}
)


def retry_after(answer: HttpResponse) -> float | None:
    """The seconds in Retry-After, at most a day; None if it has none (a date counts as none)."""
    given = (answer.header("Retry-After") or "").strip()
    return float(min(int(given), _MOST_WAIT)) if given.isascii() and given.isdigit() and len(given) < 10 else None


def health_of(error: ChannelError) -> Health:
    """How an account fares whose check failed so."""
    return Health(status=_HEALTH.get(error.disposition, "degraded"), code=error.provider_code or "")
