"""One generator per use case: load, decide, commit.

The flows that the shells call are loaded when they are first called: ``import csdesk`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

    from csdesk.flows import checks, handling, lists, reports, sending, upkeep
    from csdesk.flows.inbound import pipeline

__all__ = ["checks", "handling", "lists", "pipeline", "reports", "sending", "upkeep"]

_ELSEWHERE: Final = {"pipeline": "csdesk.flows.inbound.pipeline"}


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = globals()[name] = import_module(_ELSEWHERE.get(name, f"{__name__}.{name}"))
    return module
