"""Goals: what a session with a customer should lead to.

The rule: a goal is open until it is reached or the session is over. A session is over once nobody has said anything for
``span``; whatever is said meanwhile moves its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from csdesk.domain.records._model import Instant, Record, Word, replaced


class GoalName(Word):
    """What a session should lead to.

    ``order``: the customer orders or pays. ``answer``: when it is over, nothing of the customer waits for an answer.
    ``ticket``: the matter is filed, so the ticket has another type than ``general``.
    """

    ORDER = "order"
    ANSWER = "answer"
    TICKET = "ticket"


class GoalState(Word):
    """How far a goal is."""

    OPEN = "open"
    REACHED = "reached"
    MISSED = "missed"


class Goal(Record):
    """The goal of a ticket's present or last session."""

    name: GoalName
    state: GoalState = GoalState.OPEN
    since: Instant
    span: timedelta
    """How long nobody says anything before the session is over."""
    due_at: Instant
    """When the session is over, unless something is said before; once it is settled: when that was."""

    @property
    def is_open(self) -> bool:
        """True until it is reached or missed."""
        return self.state is GoalState.OPEN

    def said(self, at: datetime) -> Goal:
        """The goal after something was said at that instant."""
        if not self.is_open or at + self.span <= self.due_at:
            return self
        return replaced(self, due_at=at + self.span)
