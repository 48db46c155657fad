"""What every event is built on."""

from __future__ import annotations

from typing import ClassVar, Literal

from csdesk.domain.records._model import Record


class EventBase(Record):
    """An event; ``PERSONAL`` names the fields that stand beside its body."""

    PERSONAL: ClassVar[frozenset[str]] = frozenset()


Gone = Literal["", "expired", "group"]
"""Why a tag went that nobody took: its time was over, or another one of its exclusive group took its place."""
