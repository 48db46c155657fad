"""Tickets and people as tables and JSON show them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from csdesk.cli._output import JsonValue, Output, instant
from csdesk.cli._words import Locale
from csdesk.desk.shell import Desk
from csdesk.domain.ids import IdentityId
from csdesk.domain.locale.render import render
from csdesk.domain.locale.zh_cn import KINDS
from csdesk.domain.records._model import Record
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.clocks import Clock
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import AuthorKind, Direction, MediaPart, Message
from csdesk.domain.records.tickets import Ticket, WorkerKind
from csdesk.domain.records.trace import Trace
from csdesk.errors import NotFound

_AGENT: Final = re.compile(r"agt_[0-9a-z]{26}")


class People:
    """Looks up names of agents and customers, each once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._agents: dict[str, Agent] | None = None
        self._customers: dict[str, Customer | None] = {}

    @property
    def agents(self) -> dict[str, Agent]:
        """Every agent by id."""
        if self._agents is None:
            self._agents = {one.id: one for one in self._desk.agents.list(limit=1000).items}
        return self._agents

    def agent(self, agent_id: str) -> str:
        """The name of an agent; the id of one that is unknown."""
        agent = self.agents.get(agent_id)
        return agent.name if agent is not None else agent_id

    def actor(self, actor: Actor, locale: Locale) -> str:
        """What to call somebody or something that acts: an agent by name, others by their kind and id."""
        if actor.kind is ActorKind.AGENT:
            return self.agent(actor.id)
        kind = KINDS.get(actor.kind, actor.kind) if locale == "zh-CN" else actor.kind
        return f"{kind} {actor.id}"

    def reasons(self, trace: Trace, locale: Locale) -> list[str]:
        """The lines of a rendered trace, with the names of agents for their ids."""
        return self._named(render(trace, locale)).splitlines()

    def told(self, entry: Entry, locale: Locale) -> str:
        """What happened, in one text, with the names of agents for their ids."""
        return self._named(" · ".join(dict.fromkeys(render(event, locale) for event in entry.events)))

    def _named(self, text: str) -> str:
        return _AGENT.sub(lambda match: self.agent(match[0]), text)

    def customer(self, identity: str) -> Customer | None:
        """The customer behind an identity."""
        if identity not in self._customers:
            try:
                self._customers[identity] = self._desk.customers.of(IdentityId(identity))
            except NotFound:
                self._customers[identity] = None
        return self._customers[identity]


def customer_name(customer: Customer | None) -> str:
    """What to call a customer: the name, or what the channel knows them by."""
    if customer is None:
        return ""
    return customer.name or next((one.external_id for one in customer.identities if one.external_id), customer.id)


def worker_name(ticket: Ticket, people: People) -> str:
    """Who works on the ticket; empty if nobody does."""
    worker = ticket.worker
    if worker is None:
        return ""
    return people.agent(worker.id) if worker.kind is WorkerKind.AGENT else worker.id


def next_due(ticket: Ticket) -> Clock | None:
    """The live clock that is due first."""
    running = [one for one in ticket.clocks if one.is_live and one.due_at is not None]
    return min(running, key=lambda one: one.due_at or datetime.max.replace(tzinfo=one.started_at.tzinfo), default=None)


def topic(desk: Desk, ticket: Ticket) -> str:
    """The subject of the ticket, or how its first message begins."""
    if ticket.subject:
        return ticket.subject
    first = desk.tickets.messages(ticket.id, descending=False, limit=1).items
    return said(first[0]) if first else ""


def said(message: Message) -> str:
    """The text of a message; parts that are no text are named."""
    shown = message.text
    media = [
        f"[{part.media}{': ' + part.name if part.name else ''}]"
        for part in message.parts
        if isinstance(part, MediaPart)
    ]
    other = [f"[{part.kind}]" for part in message.parts if part.kind in ("location", "link", "contact", "menu")]
    return " ".join((shown, *media, *other)).strip()


def author(message: Message, people: People, out: Output) -> str:
    """Who wrote a message, by name where there is one."""
    if message.direction is Direction.NOTE:
        return f"{out.word('author.note')} {people.agent(message.author_id)}"
    if message.author is AuthorKind.AGENT:
        return people.agent(message.author_id)
    if message.author is AuthorKind.CUSTOMER and message.identity is not None:
        return customer_name(people.customer(message.identity)) or out.word("author.customer")
    return out.word(f"author.{message.author}")


def ticket_row(ticket: Ticket, people: People, subject: str) -> dict[str, JsonValue]:
    """A ticket as JSON."""
    customer = people.customer(ticket.identity)
    due = next_due(ticket)
    return {
        "number": ticket.number,
        "id": ticket.id,
        "subject": subject,
        "customer": customer_name(customer),
        "customer_id": customer.id if customer is not None else None,
        "category": ticket.category.value,
        "status": ticket.status,
        "queue": ticket.queue,
        "account": ticket.account,
        "origin": plain_row(ticket.origin),
        "worker": worker_name(ticket, people) or None,
        "worker_id": ticket.worker.id if ticket.worker is not None else None,
        "priority": ticket.priority.name.lower(),
        "language": ticket.language,
        "site": ticket.site,
        "tags": [one.name for one in ticket.tags],
        "flags": [one.name for one in ticket.flags],
        "goal": ticket.goal.name.value if ticket.goal is not None else None,
        "goal_state": ticket.goal.state.value if ticket.goal is not None else None,
        "messages": ticket.messages,
        "next_due": instant(due.due_at) if due is not None else None,
        "breached": any(one.breached_at is not None for one in ticket.clocks),
        "created_at": instant(ticket.created_at),
        "updated_at": instant(ticket.updated_at),
        "erased_at": instant(ticket.erased_at),
    }


def plain_row(record: Record | None) -> JsonValue:
    """A small record as JSON, without what is not set."""
    return None if record is None else record.model_dump(mode="json", exclude_defaults=True)


def clock_row(clock: Clock) -> dict[str, JsonValue]:
    """A clock as JSON; the amount is in seconds."""
    return {
        "metric": clock.metric.value,
        "cycle": clock.cycle,
        "policy": clock.policy,
        "phase": clock.phase.value,
        "amount_seconds": clock.amount.total_seconds(),
        "due_at": instant(clock.due_at),
        "warned_at": instant(clock.warned_at),
        "breached_at": instant(clock.breached_at),
        "met_at": instant(clock.met_at),
    }


def message_row(message: Message) -> dict[str, JsonValue]:
    """A message as JSON."""
    return {
        "id": message.id,
        "ticket": message.ticket,
        "direction": message.direction.value,
        "author": message.author.value,
        "author_id": message.author_id,
        "subject": message.subject,
        "text": message.text,
        "parts": [part.kind for part in message.parts],
        "at": instant(message.occurred_at),
        "delivery": message.delivery.value,
        "automatic": message.automatic.value,
        "language": message.language,
        "origin": plain_row(message.origin),
        "erased_at": instant(message.erased_at),
    }
