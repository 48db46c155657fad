"""Self-service: what a customer may do alone now, and why not the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from csdesk.domain.authority.deciding import decide
from csdesk.domain.authority.verdicts import AuthorityDecision
from csdesk.domain.ids import CustomerId, TicketId
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.sections.authority import ServicePolicy
from csdesk.domain.policy.segments import NO_TICKET
from csdesk.domain.records import commands as cmd
from csdesk.domain.records._model import Scalar, clean_scalar, replaced, trusted
from csdesk.domain.records.actors import Actor, ActorKind, Viewer
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.tickets import FieldValue
from csdesk.domain.records.trace import Outcome, Trace, verdict
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.why import Looking, Reason, reason
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.authority.matters import Matter, matter_of, parties
from csdesk.flows.authority.seeing import LOADS, see_matter
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded

Given = tuple[tuple[str, Scalar], ...]

_FieldValue = trusted(FieldValue)
_LEAST: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOffer:
    """A self-service action, and whether this customer may use it now."""

    service: str
    zh: str
    en: str
    action: str
    unit: str
    amount: Decimal | None
    """The amount that it gives; None: the caller says it."""
    most: Decimal | None
    """The most that one run may give, where the caller says the amount."""
    is_offered: bool
    condition: Reason | None = None
    """How its condition came out; None: it has none."""
    decision: AuthorityDecision | None = None
    """What the limits say of its amount (of the smallest one, where the caller says it); None: its condition fails."""

    @property
    def trace(self) -> Trace:
        """Why, for ``csdesk.render``."""
        below = [] if self.condition is None else [self.condition.verdict()]
        below += [] if self.decision is None else self.decision.trace.verdicts
        if self.is_offered:
            return Trace(verdicts=(verdict("service.offered", Outcome.CHOSEN, *below, service=self.service),))
        return Trace(verdicts=(verdict("service.not_offered", Outcome.REMOVED, *below, service=self.service),))


def who_serves(customer: CustomerId | None) -> Actor:
    """Who acts where nobody is named: the customer, or the system for a ticket."""
    return Actor.system() if customer is None else Actor(kind=ActorKind.CUSTOMER, id=customer)


def facts_of(policy: Policy, matter: Matter, given: Given, now: datetime) -> Facts:
    """What the condition of a self-service action sees: ticket, customer, and what is known of the subject."""
    ticket = matter.ticket if matter.ticket is not None else NO_TICKET
    if given:
        names = {name for name, _ in given}
        kept = tuple(one for one in ticket.fields if one.name not in names)
        fields = (*kept, *(_FieldValue(name=name, value=value) for name, value in given))
        ticket = replaced(ticket, fields=fields)
    times = policy.service.times
    return Facts(None, "", ticket, matter.customer, now=now, zone=policy.zone, calendars=times)


def offered(
    ticket: TicketId | None,
    customer: CustomerId | None,
    subject: str,
    facts: Mapping[str, Scalar],
    viewer: Viewer | None,
) -> Flow[tuple[ServiceOffer, ...]]:
    """Every self-service action of the configuration, with why it is offered or not.

    Raises:
        InvalidInput: give one of ticket and customer.
        NotFound: this desk has no such record.
    """
    if ticket is None and customer is None:
        raise InvalidInput("customer", "nobody is named", "pass ticket= or customer=")
    for name, value in (("ticket", ticket), ("customer", customer), ("subject", subject)):
        if value is not None:
            checks.an_id(value, name)
    given = tuple((checks.an_id(name, "facts"), _scalar(value)) for name, value in checks.pairs(facts, "facts"))
    personal = checks.may_see_personal(viewer)
    yield from steps.attempt(0)
    loaded = yield from steps.load(_needs(ticket, customer))
    parties(loaded.snapshot, ticket, customer)
    found: list[ServiceOffer] = []
    for service in loaded.policy.authority.services:
        wanted = cmd.ServeSelf(
            service=service.name,
            ticket=ticket,
            customer=customer,
            subject=subject or "-",
            amount=_amount(service, loaded),
        )
        found.append((yield from _offer(wanted, service.name, given, personal)))
    return tuple(found)


def _scalar(value: object) -> Scalar:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise InvalidInput(
            "facts", sentence("holds a {type}", type=type(value).__name__), "pass texts, numbers, True, False or None"
        )
    try:
        return clean_scalar(value)  # type: ignore[return-value]  # a scalar stays one
    except ValueError:
        raise InvalidInput("facts", "holds a number that cannot be kept", "pass finite numbers of 64 bits") from None


def _needs(ticket: str | None, customer: str | None) -> Needs:
    return Needs(
        tickets=(ticket,) if ticket is not None else (),
        customers=(customer,) if customer is not None else (),
        parties=True,
    )


def _amount(service: ServicePolicy, loaded: Loaded) -> Decimal | None:
    """What to ask the limits about: the fixed amount, or the smallest there is."""
    if service.amount is not None:
        return None
    return Decimal(_LEAST).scaleb(-loaded.policy.authority.action(service.action).digits)


def _offer(wanted: cmd.ServeSelf, name: str, given: Given, personal: bool) -> Flow[ServiceOffer]:
    scope = yield from steps.attempt(0, loads=LOADS)

    def make(loaded: Loaded) -> Matter:
        found = matter_of(wanted, loaded)
        assert found is not None, "self-service gives something"
        return found

    sight = yield from see_matter(_needs(wanted.ticket, wanted.customer), make, scope)
    assert sight.matter is not None, "it was made"
    assert sight.case is not None, "it was made"
    policy = sight.loaded.policy
    service = policy.authority.service(name)
    facts = facts_of(policy, sight.matter, given, scope.now)
    holds = policy.authority.fits(service, facts)
    decision = decide(policy.authority, sight.case).decision if holds else None
    is_offered = decision is not None and (
        decision.is_allowed or (decision.outcome == "needs_approval" and service.otherwise == "request")
    )
    return ServiceOffer(
        service=service.name,
        zh=service.titles.zh,
        en=service.titles.en,
        action=service.action,
        unit=sight.case.action.unit,
        amount=service.amount,
        most=service.most,
        is_offered=is_offered,
        condition=_why(policy, service, sight.matter, facts, personal),
        decision=decision,
    )


def _why(policy: Policy, service: ServicePolicy, matter: Matter, facts: Facts, personal: bool) -> Reason | None:
    if service.when is None:
        return None
    records = {
        "customer": str(matter.customer.id),
        "ticket": str(matter.ticket.id) if matter.ticket is not None else "",
    }
    looking = Looking(facts, records, personal=personal, declared=policy.declared)
    return reason(service.when, looking)
