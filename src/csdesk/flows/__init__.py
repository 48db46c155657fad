"""One generator per use case: load, decide, commit.

The flows that the shells call are loaded when they are first called: ``import csdesk`` stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csdesk import _lazy

if TYPE_CHECKING:
    from csdesk.flows import checks, handling, lists, reports, sending, upkeep
    from csdesk.flows.inbound import pipeline

__all__ = ["checks", "handling", "lists", "pipeline", "reports", "sending", "upkeep"]

_HOMES: Final = {name: f"{__name__}.{name}" for name in __all__} | {"pipeline": f"{__name__}.inbound.pipeline"}

__getattr__ = _lazy.modules(__name__, _HOMES)
