"""Sending what the outbox holds: lease, send, record.

Messages of one conversation go in order; one in retry holds those behind it, dead and unknown ones let them pass. A
message found in state ``sending`` was left there by a crash between sending and recording: it is sent again only where
the channel promises to take a key once, otherwise nobody knows, and it is ``unknown``.
"""

from __future__ import annotations

from csdesk.flows.outbound.outbox.delivering import Sending, deliver
from csdesk.flows.outbound.outbox.results import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS

__all__ = ["FIRST_WAIT", "LONGEST_WAIT", "MOST_ATTEMPTS", "Sending", "deliver"]
