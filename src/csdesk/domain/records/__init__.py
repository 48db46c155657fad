"""The desk's values: records that are stored, commands that are asked for, events that happened, changes to commit.

Commands and messages are loaded when they are first asked for: ``import csdesk`` stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from csdesk import _lazy

if TYPE_CHECKING:
    from csdesk.domain.records import commands, messages

__all__ = ["commands", "messages"]

__getattr__ = _lazy.modules(__name__, {name: f"{__name__}.{name}" for name in __all__})
