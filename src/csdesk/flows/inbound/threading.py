"""Step 4: which ticket it belongs to.

Evidence in order: a ticket that a signed address or token proved, the message ids it answers (strongest first), the
conversation. Evidence alone never admits a stranger: unless the sender takes part in that ticket, a new one is made and
linked. A ticket that was merged leads to its survivor. A resolved or closed one reopens by policy, or is followed up.
"""

from __future__ import annotations

from csdesk.domain.core.casework.tickets import assign, change_status, happen
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.customers.acts import count_ticket
from csdesk.domain.core.customers.erasing import is_erased
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import TICKET, IdentityId, TicketId
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.changes import ClaimMode
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Category, Link, LinkKind, Move, Participant, Role, Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case
from csdesk.flows.inbound.identity import identity_of
from csdesk.ports.steps import Flow, take_number

Evidence = tuple[str, str]
"""The code of the evidence and the id of the ticket it leads to."""


_TicketOpened = trusted(ev.TicketOpened)
_MessageReceived = trusted(ev.MessageReceived)
_Participant = trusted(Participant)


def evidence(case: Case, work: Workspace) -> list[Evidence]:
    """The tickets that something speaks for, strongest evidence first."""
    keys, owners = case.keys, work.claims
    hint = case.message.ticket_hint
    found = [("thread.hint", hint)] if hint else []
    found += [("thread.reference", owner) for key in keys.references if (owner := owners.get(key)) is not None]
    if (owner := owners.get(keys.conversation)) is not None:
        found.append(("thread.conversation", owner))
    return found


def thread(case: Case, work: Workspace, customer: Customer) -> Flow[Ticket]:
    """The ticket the message joins, opened or reopened if need be; the message is counted on it."""
    found, links = _find(case, work, customer)
    if found is not None:
        case.before = found
        found = catch_up(work, found)
    if found is not None and not found.is_live and not _stays_shut(case):
        found, links = _reopen(case, work, found)
    if found is None:
        number = yield from take_number()
        found = _open_ticket(case, work, customer, number=number, links=links)
    case.ticket = found.id
    # Not whom a mail names that the receiving server calls spam: its sender may be somebody else.
    if case.message.cc and not case.new_ticket and case.is_human and not case.message.spam:
        _take_along(case, work, found)
    return _join(case, work, found)


def _find(case: Case, work: Workspace, customer: Customer) -> tuple[Ticket | None, tuple[Link, ...]]:
    links: tuple[Link, ...] = ()
    for code, owner in evidence(case, work):
        ticket = _survivor(case, work, owner)
        if ticket is None:
            continue
        if is_erased(work, ticket):
            # Not even a link: it would tell that somebody new is somebody who was erased.
            case.say("thread.erased", Outcome.REMOVED, evidence=code)
            continue
        if _admits(work, ticket, customer):
            case.say(code, Outcome.CHOSEN, ticket=ticket.id)
            return ticket, ()
        case.say("thread.stranger", Outcome.REMOVED, ticket=ticket.id, evidence=code)
        links = (Link(kind=LinkKind.RELATED, ticket=ticket.id),)
    case.say("thread.none")
    return None, links


def _survivor(case: Case, work: Workspace, ticket_id: str) -> Ticket | None:
    ticket = work.find(ticket_id)
    if isinstance(ticket, Ticket) and ticket.merged_into is not None:
        case.say("thread.merged", Outcome.NOTED, ticket=ticket.id, into=ticket.merged_into)
        ticket = work.find(ticket.merged_into)
    return ticket if isinstance(ticket, Ticket) else None


def _admits(work: Workspace, ticket: Ticket, customer: Customer) -> bool:
    requester = work.person(ticket.identity)
    if requester is not None and requester.id == customer.id:
        return True
    return any(ticket.participates(one.id) for one in customer.identities)


def _stays_shut(case: Case) -> bool:
    # An automatic answer, a notice, or one of ours elsewhere joins the ticket but never opens it again.
    return not case.is_human or case.message.spam


def _reopen(case: Case, work: Workspace, ticket: Ticket) -> tuple[Ticket | None, tuple[Link, ...]]:
    policy = work.policy.reopen_for(ticket.type)
    ended = ticket.resolved_at if ticket.category is Category.RESOLVED else ticket.closed_at
    span = policy.window if ticket.category is Category.RESOLVED else policy.grace
    at = work.time_of(ticket.id)
    if policy.mode == "reopen" and ended is not None and at <= ended + span:
        case.say("thread.reopened", Outcome.CHOSEN, ticket=ticket.id)
        ticket = change_status(work, ticket, Move.REOPEN)
        case.reopened = True
        return (ticket if policy.keep_worker else assign(work, ticket, None, reason="reopened")), ()
    case.say("thread.follow_up", Outcome.NOTED, ticket=ticket.id)
    return None, (Link(kind=LinkKind.FOLLOW_UP_OF, ticket=ticket.id),)


def _open_ticket(case: Case, work: Workspace, customer: Customer, *, number: int, links: tuple[Link, ...]) -> Ticket:
    message = case.message
    assert case.identity is not None
    ticket_id = TicketId(work.ids.new(TICKET))
    entry = case.origin.entry if case.origin is not None else ""
    site = work.policy.site_for(message.account, entry, customer)
    work.emit(
        ticket_id,
        _TicketOpened(
            id=ticket_id,
            number=number,
            subject=message.subject,
            queue=work.policy.queue_for(message.account, entry, site),
            language=case.spoken() or _usual_language(work, message.account, entry, customer, site),
            site=site,
            identity=case.identity,
            account=message.account,
            conversation=message.conversation,
            participants=_participants(case, work),
            links=links,
            origin=case.origin,
        ),
    )
    _receive_here(case, work, ticket_id)
    count_ticket(work, customer.id)
    case.new_ticket, case.before = True, None
    case.say("ticket.opened", Outcome.CHOSEN, ticket=ticket_id)
    return work.ticket(ticket_id)


def _usual_language(work: Workspace, account: str, entry: str, customer: Customer, site: str | None) -> str | None:
    """The language of a message that does not tell its own: the entry point's, the customer's, account's, site's."""
    point = work.policy.entry_point(account, entry) if entry else None
    named = point.language if point is not None else None
    return named or customer.language or work.policy.language_for(account) or work.policy.sites.language_of(site)


def _participants(case: Case, work: Workspace) -> tuple[Participant, ...]:
    assert case.identity is not None
    found = {case.identity: _Participant(identity=case.identity)}
    for person in case.people[1 + len(case.message.also) :]:
        identity = IdentityId(identity_of(work, person, account=case.message.account))
        found.setdefault(identity, _Participant(identity=identity, role=Role.CC))
    return tuple(found.values())


def _take_along(case: Case, work: Workspace, ticket: Ticket) -> None:
    """Let people take part whom somebody who takes part puts in copy."""
    added = tuple(one for one in _participants(case, work) if not ticket.participates(one.identity))
    if added:
        happen(work, ticket.id, ev.ParticipantsChanged(added=added))


def _receive_here(case: Case, work: Workspace, ticket: TicketId) -> None:
    key = case.keys.conversation
    before = work.claims.get(key)
    if before is None:
        work.claim(key, ticket)
    else:
        work.move_claim(key, before, ticket)


def _join(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    message = case.message
    if message.sender.kind == "email":
        for reference in (message.provider_id, *message.references[:5]):
            key = work.keys.mail(message.account, reference)
            if reference and key not in work.claims:
                work.claim(key, ticket.id, ClaimMode.FIRST_WINS, work.policy.config.retention.mail_claims)
    joined = happen(
        work,
        ticket.id,
        _MessageReceived(
            message=case.id,
            identity=case.identity,
            occurred_at=case.occurred_at,
            elsewhere=message.author == "elsewhere",
            bot=message.author == "bot",
            automatic=message.automatic,
            clamped=case.clamped,
        ),
    )
    return change_status(work, joined, Move.CUSTOMER_MESSAGE) if case.is_human else joined
