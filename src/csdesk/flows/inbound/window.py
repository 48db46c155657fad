"""Step 3: when it was said. ``occurred_at`` is what the provider said, clamped to what can be believed."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case


def set_times(case: Case, work: Workspace) -> None:
    """Clamp ``sent_at`` to [arrival - backlog limit, arrival]; older messages are backlog and never auto-answered."""
    sent = case.message.sent_at
    if sent is None:
        return
    earliest = case.received_at - work.policy.backlog_for(case.message.account)
    case.backlog = sent < earliest
    case.occurred_at = min(max(sent, earliest), case.received_at)
    if case.occurred_at != sent:
        case.clamped = case.occurred_at - sent
        case.say("time.clamped", Outcome.NOTED, seconds=int(case.clamped.total_seconds()))
