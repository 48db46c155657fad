"""Letting go of what agents cannot do any more, a page in each commit: it waits for somebody else, as old as it is.

Who has retired loses their tickets, what was offered to them, and what they are accountable for; lent work then comes
back to the queue. Who is absent, or left a queue, loses what routing offered them there. A transfer is a question to a
person by name: it stands until it is answered or its time is up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from csdesk.domain.core.casework.leases import disown, withdraw_offer
from csdesk.domain.core.casework.tickets import assign
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import LIVE, OfferPurpose, Ticket
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query, Where

BATCH: Final = 50
"""How many tickets share a commit at most."""

_ACTOR: Final = Actor.system("routing")
_MORE: Final = "more"
_FROM: Final = "from "
"""What stands before the cursor of a list that shrinks only in part."""


def leave(item: DueItem, cursor: str | None, scope: Scope) -> Flow[tuple[int, str | None]]:
    """The next tickets that the agent has or is offered; how many they were, and how to go on (None: they are all).

    Somebody who came back meanwhile keeps what is left.
    """
    agent = AgentId(item.key.partition("/")[2])
    loaded = yield from steps.load(Needs(agents=(agent,)))
    known = loaded.snapshot.agents.get(agent)
    if known is not None and known.retired:
        found = yield from _held(agent)
        after = _MORE if len(found) == BATCH else None
    else:
        found, after = yield from _offered(agent, cursor)
    loaded = yield from steps.load(Needs(tickets=found, agents=(agent,), parties=True))
    work = workspace(loaded, scope)
    for key in found:
        _look_at(work, key, work.agent(agent))
    if after is None:
        work.end_due(item.key)
    yield from steps.commit(work.changes())
    return len(found), after


def _held(agent: str) -> Flow[tuple[str, ...]]:
    """Live tickets that the agent has, is offered, or is accountable for."""
    live = tuple(one.value for one in LIVE)
    found: list[str] = []
    wheres: tuple[Where, ...] = (
        (("assignee", agent), ("category", live)),
        (("offered_to", agent),),
        (("owner", agent), ("category", live)),
    )
    for where in wheres:
        page = yield from steps.listed(Query(kind="ticket", where=where, limit=BATCH))
        found += _keys(page.items)
    return tuple(dict.fromkeys(found))[:BATCH]


def _offered(agent: str, cursor: str | None) -> Flow[tuple[tuple[str, ...], str | None]]:
    after = cursor.removeprefix(_FROM) if cursor is not None and cursor.startswith(_FROM) else None
    page = yield from steps.listed(Query(kind="ticket", where=(("offered_to", agent),), limit=BATCH, after=after))
    return tuple(_keys(page.items)), None if page.cursor is None else f"{_FROM}{page.cursor}"


def _keys(rows: tuple[object, ...]) -> Iterator[str]:
    return (str(one.id) for one in rows if isinstance(one, Ticket))


def _look_at(work: Workspace, key: str, agent: Agent) -> None:
    reason = _why(work, work.ticket(key), agent)
    if not reason:
        return
    work.begin(f"leaving/{key}", _ACTOR)
    ticket = catch_up(work, work.ticket(key))
    if ticket.offer is not None and ticket.offer.agent == agent.id:
        ticket = withdraw_offer(work, ticket, reason)
    if agent.retired and ticket.is_live and ticket.assignee == agent.id:
        ticket = assign(work, ticket, None, reason=reason)
    if agent.retired and ticket.is_live:
        disown(work, ticket, agent.id)
    work.end(key)


def _why(work: Workspace, ticket: Ticket, agent: Agent) -> str:
    """Why an agent lets go of a ticket; empty: they need not."""
    if agent.retired:
        return "retired"
    offer = ticket.offer
    if offer is None or offer.agent != agent.id or offer.purpose is OfferPurpose.TRANSFER:
        return ""
    if agent.is_absent:
        return "absent"
    chain = work.policy.routing.terms(ticket.queue, ticket.site).stages
    return "" if any(stage.queue in agent.queues for stage in chain) else "elsewhere"
