"""One attempt at a command about authority: what was seen, and the workspace in which it happens."""

from __future__ import annotations

from dataclasses import dataclass

from csdesk.domain.authority.deciding import Case, Ruling, decide
from csdesk.domain.core.customers.erasing import is_erased
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import TicketId
from csdesk.domain.policy.authority_book import AuthorityBook
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import IllegalTransition
from csdesk.flows.authority.matters import Matter, ticket_in
from csdesk.flows.authority.seeing import Sight
from csdesk.ports.steps import Scope


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt."""

    work: Workspace
    sight: Sight
    id: str
    scope: Scope

    @property
    def book(self) -> AuthorityBook:
        """The authority of the configuration."""
        return self.work.policy.authority

    @property
    def case(self) -> Case:
        """What is to be given, as a decision sees it."""
        assert self.sight.case is not None, "something is to be given"
        return self.sight.case

    @property
    def matter(self) -> Matter:
        """What is to be given."""
        assert self.sight.matter is not None, "something is to be given"
        return self.sight.matter

    def ticket_of(self, one: Settlement) -> TicketId | None:
        """The ticket whose timeline tells of a settlement; None: it has none, or nothing may happen there any more."""
        if one.ticket is None:
            return None
        ticket = ticket_in(self.sight.loaded.snapshot, one.ticket)
        return None if is_erased(self.work, ticket) else ticket.id


def live(work: Workspace, ticket: Ticket, kind: str) -> Ticket:
    """The ticket, if anything may happen to it.

    Raises:
        IllegalTransition: it was erased.
    """
    if is_erased(work, ticket):
        raise IllegalTransition(ticket.id, "erased", kind)
    return ticket


def check_parties(run: Attempt, kind: str) -> TicketId | None:
    """Refuse to give anything to who was erased."""
    matter = run.matter
    if matter.customer.erasure is not None:
        raise IllegalTransition(matter.customer.id, "erased", kind)
    return live(run.work, matter.ticket, kind).id if matter.ticket is not None else None


def ruled(run: Attempt) -> Ruling:
    """The decision about it, left in the trace."""
    ruling = decide(run.book, run.case)
    run.work.tell(*ruling.decision.trace.verdicts)
    return ruling
