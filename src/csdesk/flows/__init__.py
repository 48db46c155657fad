"""One generator per use case: load, decide, commit.

The flows that the shells call are loaded when they are first called: ``import csdesk`` stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csdesk import _lazy

if TYPE_CHECKING:
    from csdesk.flows.channels import handling, reports
    from csdesk.flows.due import upkeep
    from csdesk.flows.inbound import pipeline
    from csdesk.flows.outbound import sending
    from csdesk.flows.reading import checks, lists

__all__ = ["checks", "handling", "lists", "pipeline", "reports", "sending", "upkeep"]

_PLACES: Final = (
    "channels.handling",
    "channels.reports",
    "due.upkeep",
    "inbound.pipeline",
    "outbound.sending",
    "reading.checks",
    "reading.lists",
)
_HOMES: Final = {place.rpartition(".")[2]: f"{__name__}.{place}" for place in _PLACES}

__getattr__ = _lazy.modules(__name__, _HOMES)
