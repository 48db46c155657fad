"""How long the desk remembers."""

from __future__ import annotations

from datetime import timedelta

from csdesk.domain.records._settings import Section
from csdesk.domain.records.durations import Duration


class RetentionPolicy(Section):
    """How long things are kept, by kind. What is None is kept for good.

    A claim that has expired no longer guards: a replay after that counts as new. What a customer said is removed by
    ``run_due``, which reports it, and every removal is an event.
    """

    inbound_claims: Duration = timedelta(days=90)
    """That a delivery was stored."""
    command_claims: Duration = timedelta(days=7)
    """That a command was run."""
    mail_claims: Duration = timedelta(days=730)
    """That a mail's id belongs to a ticket."""
    outbound_claims: Duration = timedelta(days=90)
    """That an id was reserved for a message of ours."""
    raw: Duration | None = None
    """Providers' payloads, from the message's arrival on; the message stays."""
    closed_tickets: Duration | None = None
    """What was said on a ticket, from its close on: texts, files, drafts, custom fields, and what its events tell of
    them. Its numbers stay."""
    discarded_inbox: Duration | None = None
    """Discarded messages of the inbox, from their arrival on."""
    dead_outbox: Duration | None = None
    """Messages that were not sent, from when they were written on; they leave the outbox and stay on their tickets."""
    orphaned_media: Duration = timedelta(hours=1)
    """Files to which nothing refers, from their last writing on: longer than any commit takes to follow its files."""
