"""The events that happen in a desk, for hosts that tell them apart by class: see docs/how-to/handle-events.md."""

import csdesk.domain.records.events as _events  # by "import": pyright then reads which names are public
from csdesk.domain.records.events import *  # noqa: F403  all of them are public, and listed there

__all__ = []
__all__ += _events.__all__
