"""What a command about authority is about: the action, the amount, for whom, under whose authority."""

from __future__ import annotations

from dataclasses import dataclass

from csdesk.domain.authority.deciding import Case
from csdesk.domain.authority.excepting import offerer_of, one_of
from csdesk.domain.authority.ledger import Matter as Counted
from csdesk.domain.authority.ledger import Place, places_of
from csdesk.domain.ids import AgentId
from csdesk.domain.policy.authority_book import SELF_SERVICE, AuthorityBook
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.sections.authority import ActionPolicy, ServicePolicy
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.authority import ExceptionState, Settlement
from csdesk.domain.records.changes import Snapshot, person_behind
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.money import smallest
from csdesk.domain.records.tickets import LinkKind, Ticket
from csdesk.errors import InvalidInput, NotFound, sentence
from csdesk.ports.steps import Loaded, Scope

DECIDING = (cmd.SettleAmount, cmd.ServeSelf, cmd.AnswerApproval, cmd.AnswerException, cmd.AnswerAlternative)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is to be given, to whom, and under whose authority."""

    action: ActionPolicy
    amount: int
    subject: str
    ticket: Ticket | None
    """The survivor, if it was merged."""
    customer: Customer
    """The survivor, if it was merged."""
    actor: Actor
    asks: AgentId | None = None

    def places(self, loaded: Loaded, scope: Scope) -> tuple[Place, ...]:
        """The counters that it counts in, as far as the tickets that lead to them are loaded."""
        kin, _ = kin_of(self.ticket, loaded.snapshot)
        counted = Counted(self.action.book, self.subject, self.ticket, self.customer, kin)
        return places_of(scope.keys, counted, str(self.actor), loaded.policy.authority.starts(scope.now))


def kin_of(ticket: Ticket | None, found: Snapshot) -> tuple[tuple[Ticket, ...], frozenset[str]]:
    """The tickets that a ticket was split from, near or far, each as its survivor; and those that were not loaded."""
    known: dict[str, Ticket] = {}
    missing: set[str] = set()
    waiting = [ticket] if ticket is not None else []
    while waiting:
        one = waiting.pop()
        for link in one.links:
            if link.kind is not LinkKind.SPLIT_FROM:
                continue
            if link.ticket not in found.tickets:
                missing.add(link.ticket)
                continue
            parent = ticket_in(found, link.ticket)
            if parent.id not in known and (ticket is None or parent.id != ticket.id):
                known[parent.id] = parent
                waiting.append(parent)
    return tuple(known.values()), frozenset(missing)


def ticket_in(snapshot: Snapshot, key: str) -> Ticket:
    """The ticket of that id; one that was merged leads to its survivor.

    Raises:
        NotFound: the snapshot does not have it.
    """
    found = snapshot.tickets.get(key)
    while found is not None and found.merged_into is not None:
        found = snapshot.tickets.get(found.merged_into)
    if found is None:
        raise NotFound("ticket", key)
    return found


def wished_on(snapshot: Snapshot, key: str) -> Ticket:
    """The ticket on which a wish stands: the one of that id while something is open there, else its survivor.

    Raises:
        NotFound: the snapshot does not have it.
    """
    named = snapshot.tickets.get(key)
    if named is not None and any(one.is_open for one in named.exceptions):
        return named
    return ticket_in(snapshot, key)


def customer_in(snapshot: Snapshot, key: str) -> Customer:
    """The customer of that id; one that was merged leads to its survivor.

    Raises:
        NotFound: the snapshot does not have it.
    """
    found = snapshot.customers.get(key)
    if found is not None and found.merged_into is not None:
        found = snapshot.customers.get(found.merged_into)
    if found is None:
        raise NotFound("customer", key)
    return found


def parties(snapshot: Snapshot, ticket: str | None, customer: str | None) -> tuple[Ticket | None, Customer]:
    """The ticket, if there is one, and the customer.

    Raises:
        NotFound: this desk has no such ticket or customer.
        InvalidInput: the customer is not the one who wants something on the ticket.
    """
    found = ticket_in(snapshot, ticket) if ticket is not None else None
    person = customer_in(snapshot, customer) if customer is not None else None
    if found is not None:
        requester = person_behind(found.identity, snapshot.homes, snapshot.customers)
        if requester is None:
            raise NotFound("customer", found.identity)
        if person is not None and person.id != requester.id:
            raise InvalidInput("customer", "is not the ticket's requester", "leave customer out")
        person = requester
    assert person is not None, "a command names a ticket or a customer"
    return found, person


def settlement_in(snapshot: Snapshot, key: str) -> Settlement:
    """The settlement of that id.

    Raises:
        NotFound: the snapshot does not have it.
    """
    found = snapshot.settlements.get(key)
    if found is None:
        raise NotFound("settlement", key)
    return found


def service_amount(book: AuthorityBook, service: ServicePolicy, command: cmd.ServeSelf) -> int:
    """How much one run of a self-service action gives.

    Raises:
        InvalidInput: the amount is fixed and another one given, none is given, or more than one run may give.
    """
    digits = book.action(service.action).digits
    if service.amount is not None:
        fixed = smallest(service.amount, digits)
        if command.amount is not None and smallest(command.amount, digits) != fixed:
            raise InvalidInput("amount", "is fixed", "leave amount out")
        return fixed
    if command.amount is None:
        raise InvalidInput("amount", "is not said", "pass amount")
    given = smallest(command.amount, digits)
    if service.most is not None and given > smallest(service.most, digits):
        raise InvalidInput(
            "amount", "is more than one run may give", sentence("pass at most {most}", most=str(service.most))
        )
    return given


def matter_of(command: cmd.AuthorityCommand, loaded: Loaded) -> Matter | None:
    """What a command wants to give; None: nothing.

    Raises:
        InvalidInput: an action, a service or an amount that there cannot be.
        NotFound: this desk has no such ticket, customer or settlement.
    """
    book, found = loaded.policy.authority, loaded.snapshot
    match command:
        case cmd.SettleAmount():
            action = book.action(command.action)
            ticket, customer = parties(found, command.ticket, command.customer)
            amount = smallest(command.amount, action.digits)
            return Matter(
                action=action,
                amount=amount,
                subject=command.subject,
                ticket=ticket,
                customer=customer,
                actor=command.actor,
            )
        case cmd.ServeSelf():
            return _self_service(command, loaded.policy, found)
        case cmd.AnswerApproval():
            return _asked_for(command, book, found)
        case cmd.AnswerException() | cmd.AnswerAlternative():
            return _exception(command, book, found)
        case _:
            return None


def _self_service(command: cmd.ServeSelf, policy: Policy, found: Snapshot) -> Matter:
    book = policy.authority
    service = book.service(command.service)
    if service.needs_subject and not command.subject:
        raise InvalidInput("subject", "is empty", "say what it is about, such as order:123")
    ticket, customer = parties(found, command.ticket, command.customer)
    return Matter(
        action=book.action(service.action),
        amount=service_amount(book, service, command),
        subject=command.subject,
        ticket=ticket,
        customer=customer,
        actor=Actor.system(SELF_SERVICE),
    )


def _asked_for(command: cmd.AnswerApproval, book: AuthorityBook, found: Snapshot) -> Matter | None:
    one = settlement_in(found, command.settlement)
    if not command.approved or not one.is_open:
        return None
    return settled_as(one, book, found, command.actor)


def settled_as(one: Settlement, book: AuthorityBook, found: Snapshot, actor: Actor) -> Matter:
    """A settlement that was asked for, under somebody's authority."""
    action = book.action(one.action)
    if (action.unit, action.digits, action.book) != (one.unit, one.digits, one.ledger):
        raise InvalidInput("settlement", "its action counts otherwise now", "withdraw it and ask again")
    return Matter(
        action=action,
        amount=one.amount,
        subject=one.subject,
        ticket=ticket_in(found, one.ticket) if one.ticket is not None else None,
        customer=customer_in(found, one.customer),
        actor=actor,
        asks=one.agent,
    )


def _exception(
    command: cmd.AnswerException | cmd.AnswerAlternative, book: AuthorityBook, found: Snapshot
) -> Matter | None:
    ticket, customer = parties(found, command.ticket, None)
    assert ticket is not None, "its id was given"
    wished = wished_on(found, command.ticket)
    if isinstance(command, cmd.AnswerAlternative):
        if not command.accepted:
            return None
        one = one_of(wished, command.number, ExceptionState.OFFERED)
        return _alternative(book, one.alternative or "", ticket, customer, offerer_of(one), one.subject or "")
    one = one_of(wished, command.number, ExceptionState.ASKED)
    if command.alternative is not None:
        return _alternative(book, command.alternative, ticket, customer, command.actor, one.subject or "")
    if command.outcome != "granted" or one.action is None or not one.amount:
        return None
    return Matter(
        action=book.action(one.action),
        amount=one.amount,
        subject=one.subject or "",
        ticket=ticket,
        customer=customer,
        actor=command.actor,
    )


def _alternative(
    book: AuthorityBook, name: str, ticket: Ticket, customer: Customer, actor: Actor, subject: str
) -> Matter | None:
    policy = book.alternative(name)
    if policy.action is None:
        return None
    action = book.action(policy.action)
    return Matter(
        action=action,
        amount=smallest(policy.amount if policy.amount is not None else 1, action.digits),
        subject=subject,
        ticket=ticket,
        customer=customer,
        actor=actor,
    )


def case_of(matter: Matter, places: tuple[Place, ...], found: Snapshot, scope: Scope) -> Case:
    """A matter as a decision sees it."""
    agent = found.agents.get(matter.actor.id) if matter.actor.kind is ActorKind.AGENT else None
    if matter.actor.kind is ActorKind.AGENT and agent is None:
        raise NotFound("agent", matter.actor.id)
    asker = found.agents.get(matter.asks) if matter.asks is not None else agent
    lead = found.agents.get(asker.lead) if asker is not None and asker.lead is not None else None
    return Case(
        action=matter.action,
        amount=matter.amount,
        subject=matter.subject,
        level=matter.customer.level,
        actor=matter.actor,
        agent=agent,
        asks=matter.asks,
        lead=lead,
        named=found.agents,
        places=places,
        values=found.counters,
        now=scope.now,
    )


def agents_of(matter: Matter, found: Snapshot) -> frozenset[str]:
    """The agents that a decision about it looks at."""
    keys = {one for approver in matter.action.approvers for one in approver.agents}
    if matter.actor.kind is ActorKind.AGENT:
        keys.add(matter.actor.id)
    if matter.asks is not None:
        keys.add(matter.asks)
    asker = found.agents.get(matter.asks or matter.actor.id)
    if asker is not None and asker.lead is not None:
        keys.add(asker.lead)
    return frozenset(keys)
