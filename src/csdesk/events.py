"""The events that happen in a desk, for hosts that tell them apart by class: see docs/how-to/handle-events.md."""

from csdesk.domain.records import events as _events
from csdesk.domain.records.events import *  # noqa: F403  all of them are public, and listed there

__all__ = []
__all__ += _events.__all__
