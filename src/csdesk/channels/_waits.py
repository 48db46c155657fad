"""How long a provider wants us to wait."""

from __future__ import annotations

from typing import Final

from csdesk.ports.http import HttpResponse

_MOST_WAIT: Final = 86_400


def retry_after(answer: HttpResponse) -> float | None:
    """The seconds in Retry-After, at most a day; None if it has none (a date counts as none)."""
    given = (answer.header("Retry-After") or "").strip()
    return float(min(int(given), _MOST_WAIT)) if given.isascii() and given.isdigit() and len(given) < 10 else None
