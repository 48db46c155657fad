"""For whom phrases are looked for: what the desk knows of a customer, as conditions and as values of variables."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from csdesk.domain.matching.book import Asker
from csdesk.domain.matching.phrases import Context
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket


def asker_of(
    policy: Policy,
    ticket: Ticket,
    customer: Customer | None,
    *,
    now: datetime,
    language: str | None = None,
    agent: Agent | None = None,
) -> Asker:
    """The one who asks on a ticket.

    Args:
        policy: the desk's configuration, for its zone and for the phrases that wait for a scenario which is off.
        ticket: where it is asked.
        customer: who asks; None: nobody knows.
        now: when (aware).
        language: the language of the question; None: that of the ticket or of the customer.
        agent: who answers, if it is a person.
    """
    kind = next((one.kind for one in customer.identities if one.id == ticket.identity), None) if customer else None
    context = Context(
        now=now,
        channel=kind,
        account=ticket.account,
        language=language or ticket.language or (customer.language if customer is not None else None),
        level=customer.level if customer is not None else "",
        barred=policy.barred(now),
    )
    return Asker(context=context, sources=MappingProxyType(sources_of(policy, ticket, customer, agent)))


def sources_of(
    policy: Policy, ticket: Ticket, customer: Customer | None, agent: Agent | None = None
) -> dict[str, object]:
    """What variables may be filled with, by its name; see ``csdesk.domain.records.phrases.SOURCES``."""
    found: dict[str, object] = {
        "ticket.number": ticket.number,
        "ticket.subject": ticket.subject,
        "ticket.queue": ticket.queue,
        "ticket.type": ticket.type,
        "ticket.created_at": ticket.created_at.astimezone(ZoneInfo(policy.zone)),
        **{f"ticket.x.{one.name}": one.value for one in ticket.fields},
    }
    if customer is not None:
        found |= {
            "customer.name": customer.name,
            "customer.level": customer.level,
            "customer.language": customer.language,
            **{f"customer.x.{one.name}": one.value for one in customer.attributes},
        }
    if agent is not None:
        found["agent.name"] = agent.name
    return found
