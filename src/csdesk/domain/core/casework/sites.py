"""Which site a ticket belongs to, once somebody says so. Pure: events are laid into the workspace."""

from __future__ import annotations

from csdesk.domain.core.casework.tickets import set_field
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tickets import Ticket


def place(work: Workspace, ticket: Ticket, site: str | None) -> Ticket:
    """Let the ticket belong to a site (None: to none).

    What waits where its former site's tickets wait by default goes on to where those of the new one do; a queue that
    something else chose stays.
    """
    if ticket.site == site:
        return ticket
    usual, wanted = (_usual(work, one) for one in (ticket.site, site))
    placed = set_field(work, ticket, "site", site)
    return set_field(work, placed, "queue", wanted) if placed.queue == usual else placed


def _usual(work: Workspace, site: str | None) -> str:
    return work.policy.sites.queue_of(site) or work.policy.config.default_queue
