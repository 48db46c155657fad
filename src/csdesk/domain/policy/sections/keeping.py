"""How long the desk remembers."""

from __future__ import annotations

from datetime import timedelta

from csdesk.domain.records._settings import Section
from csdesk.domain.records.durations import Duration


class RetentionPolicy(Section):
    """How long claims are kept. A claim that has expired no longer guards: a replay after that counts as new."""

    inbound_claims: Duration = timedelta(days=90)
    """That a delivery was stored."""
    command_claims: Duration = timedelta(days=7)
    """That a command was run."""
    mail_claims: Duration = timedelta(days=730)
    """That a mail's id belongs to a ticket."""
    effect_claims: Duration = timedelta(days=365)
    """That a reminder was emitted."""
    outbound_claims: Duration = timedelta(days=90)
    """That an id was reserved for a message of ours."""
