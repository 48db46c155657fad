"""Letting go of the tickets of an agent who has retired, a page in each commit: they wait for somebody else."""

from __future__ import annotations

from typing import Final

from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.leases import withdraw_offer
from csdesk.domain.core.tickets import assign
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import LIVE, Ticket
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query

BATCH: Final = 50
"""How many tickets share a commit at most."""

_ACTOR: Final = Actor.system("routing")
_MORE: Final = "more"


def leave(item: DueItem, _: str | None, scope: Scope) -> Flow[tuple[int, str | None]]:
    """The next tickets that the agent has or is offered; how many they were, and whether there may be more.

    Somebody who came back meanwhile keeps what is left.
    """
    agent = item.key.partition("/")[2]
    found = yield from _held(agent)
    loaded = yield from steps.load(Needs(tickets=found, agents=(agent,), parties=True))
    work = workspace(loaded, scope)
    goes = work.agent(AgentId(agent)).retired
    for key in found if goes else ():
        _let_go(work, key, agent)
    more = goes and len(found) == BATCH
    if not more:
        work.end_due(item.key)
    yield from steps.commit(work.changes())
    return len(found) if goes else 0, _MORE if more else None


def _held(agent: str) -> Flow[tuple[str, ...]]:
    """Live tickets of the agent, and those that are offered to them."""
    found: list[str] = []
    live = tuple(one.value for one in LIVE)
    for where in ((("assignee", agent), ("category", live)), (("offered_to", agent),)):
        page = yield from steps.listed(Query(kind="ticket", where=where, limit=BATCH))
        found += [str(one.id) for one in page.items if isinstance(one, Ticket)]
    return tuple(dict.fromkeys(found))[:BATCH]


def _let_go(work: Workspace, key: str, agent: str) -> None:
    work.begin(f"leaving/{key}", _ACTOR)
    ticket = catch_up(work, work.ticket(key))
    if ticket.offer is not None and ticket.offer.agent == agent:
        ticket = withdraw_offer(work, ticket, "retired")
    if ticket.is_live and ticket.assignee == agent:
        assign(work, ticket, None, reason="retired")
    work.end(key)
