"""The desk's values: records that are stored, commands that are asked for, events that happened, changes to commit.

Commands and messages are loaded when they are first asked for: ``import csdesk`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from csdesk.domain.records import commands, messages

__all__ = ["commands", "messages"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
