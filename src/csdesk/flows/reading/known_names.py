"""A name that nobody knows is a slip, not an empty list: the answer is the nearest name.

A queue, a site, a status or a type that left the configuration may still hold tickets and people: as long as it does,
it is known. Who asks for a site also asks for those below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.ids import CustomerId
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.reading import checks, searching
from csdesk.flows.reading.lists import count, everything, get_agent, get_customer, identities_of, page_of, sites_below
from csdesk.flows.reading.searching import Found
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query, SearchRequest, Where


def check_queue(queue: str) -> Flow[None]:
    """Refuse a queue that is in no configuration and holds nothing.

    Raises:
        InvalidInput: with the nearest name.
    """
    checks.an_id(queue, "queue")
    scope = yield from steps.attempt(0)
    if scope.policy.has_queue(queue):
        return
    groups = Query(kind="group", where=(("queue", queue),), limit=1000)
    if (yield from _left("queue", queue)) or (yield from everything(AgentGroup, groups)):
        return
    raise InvalidInput("queue", sentence("no queue {queue!r}", queue=queue), nearest(queue, scope.policy.queue_names))


def tickets(query: Query, customer: CustomerId | None) -> Flow[Page[Ticket]]:
    """A page of tickets; an empty one only if all names in the filters are known.

    Raises:
        InvalidInput: the configuration has no such queue, site, status or type, and none of its tickets are left.
        NotFound: no such customer or agent.
    """
    query = yield from _narrowed(query, customer)
    page = yield from page_of(Ticket, query)
    if not page.items:
        yield from _check(query.where)
    return page


def count_tickets(query: Query, customer: CustomerId | None) -> Flow[int]:
    """How many tickets match; errors as ``tickets``."""
    query = yield from _narrowed(query, customer)
    found = yield from count(query)
    if not found:
        yield from _check(query.where)
    return found


def agents(query: Query) -> Flow[Page[Agent]]:
    """A page of agents; an empty one of a queue that there is."""
    page = yield from page_of(Agent, query)
    if not page.items:
        yield from _check(query.where)
    return page


def search(text: str, asked: SearchRequest, customer: CustomerId | None) -> Flow[Page[Found]]:
    """The messages that contain every part of ``text``; none only if all names in the filters are known.

    Raises:
        InvalidInput: the configuration has no such queue, site or status, and none of its tickets are left.
        NotFound: no such customer or agent.
    """
    page = yield from searching.search(text, asked, customer)
    if not page.items:
        yield from _check((yield from sites_below(asked.tickets)))
    return page


def _narrowed(query: Query, customer: CustomerId | None) -> Flow[Query]:
    where = yield from sites_below(query.where)
    if customer is not None:
        where = (*where, ("identity", (yield from identities_of((yield from get_customer(customer))))))
    return replace(query, where=where)


def _check(where: Where) -> Flow[None]:
    asked = dict(where)
    for name, check in _CHECKS.items():
        if isinstance(given := asked.get(name), str):
            yield from check(given)
    if isinstance(site := asked.get("site"), tuple):
        yield from check_site(str(site[0]))


def _check_status(status: str) -> Flow[None]:
    scope = yield from steps.attempt(0)
    if not (yield from _left("status", status)):
        scope.policy.status(status)


def _check_type(type_: str) -> Flow[None]:
    scope = yield from steps.attempt(0)
    policy = scope.policy
    if not policy.has_type(type_) and not (yield from _left("type", type_)):
        problem = sentence("no ticket type {type!r}", type=type_)
        raise InvalidInput("type", problem, nearest(type_, policy.type_names))


def _check_agent(agent: str) -> Flow[None]:
    yield from get_agent(agent)


def _left(column: str, value: str) -> Flow[bool]:
    """True if any ticket has that value."""
    page = yield from steps.listed(Query(kind="ticket", where=((column, value),), limit=1))
    return bool(page.items)


_CHECKS: Final[Mapping[str, Callable[[str], Flow[None]]]] = {
    "queue": check_queue,
    "status": _check_status,
    "type": _check_type,
    "assignee": _check_agent,
    "offered_to": _check_agent,
}
"""What tells the names in a filter that nobody knows."""


def check_site(site: str) -> Flow[None]:
    """Refuse a site that is in no configuration and has no tickets.

    Raises:
        InvalidInput: with the nearest name.
    """
    scope = yield from steps.attempt(0)
    if scope.policy.sites.get(site) is not None:
        return
    if not (yield from _left("site", site)):
        raise InvalidInput("site", sentence("no site {site!r}", site=site), nearest(site, scope.policy.sites.names))
