"""Why a ticket's clocks stand where they stand."""

from __future__ import annotations

from csdesk._nearest import nearest
from csdesk.domain.core.casework.accounts import SlaAccount, account
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.events import Entry
from csdesk.domain.time.calendar import WorkingCalendar
from csdesk.errors import NotFound
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import everything, read
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query


def explain(ticket: str) -> Flow[SlaAccount]:
    """The account of a ticket, up to now.

    Raises:
        NotFound: this desk has no such ticket.
    """
    checks.an_id(ticket, "ticket")
    scope = yield from steps.attempt(0)
    loaded = yield from read(Needs(tickets=(ticket,)))
    found = loaded.snapshot.tickets.get(ticket)
    if found is None:
        raise NotFound("ticket", ticket)
    entries = yield from everything(
        Entry, Query(kind="entry", where=(("subject", ticket),), order="position", limit=500)
    )
    return account(entries, loaded.policy.service, max(scope.now, found.updated_at))


def calendar(name: str | None) -> Flow[WorkingCalendar]:
    """A calendar as it stands now; None: the default one.

    Raises:
        NotFound: there is none.
    """
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs())
    book = loaded.policy.service
    wanted = book.default if name is None else checks.an_id(name, "name")
    found = book.calendars.get(wanted)
    if found is None:
        raise NotFound("calendar", wanted or "(default)", remedy=nearest(wanted, book.calendars))
    return found
