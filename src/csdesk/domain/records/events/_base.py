"""What every event is built on."""

from __future__ import annotations

from typing import ClassVar

from csdesk.domain.records._model import Record


class EventBase(Record):
    """An event; ``PERSONAL`` names the fields that stand beside its body."""

    PERSONAL: ClassVar[frozenset[str]] = frozenset()
