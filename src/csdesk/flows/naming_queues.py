"""A queue or a site that nobody knows is a slip, not an empty list: the answer is the nearest name.

One that left the configuration may still hold tickets and people: as long as it does, it is known. Who asks for a site
also asks for those below it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from csdesk._nearest import nearest
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput, sentence
from csdesk.flows import checks
from csdesk.flows.lists import count, everything, page_of, sites_below
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

R = TypeVar("R", Ticket, Agent)


def check_queue(queue: str) -> Flow[None]:
    """Refuse a queue that is in no configuration and holds nothing.

    Raises:
        InvalidInput: with the nearest name.
    """
    checks.an_id(queue, "queue")
    scope = yield from steps.attempt(0)
    if scope.policy.has_queue(queue):
        return
    where = (("queue", queue),)
    left = yield from steps.listed(Query(kind="ticket", where=where, limit=1))
    if left.items or (yield from everything(AgentGroup, Query(kind="group", where=where, limit=1000))):
        return
    raise InvalidInput("queue", sentence("no queue {queue!r}", queue=queue), nearest(queue, scope.policy.queue_names))


def page_in_queue(cls: type[R], query: Query) -> Flow[Page[R]]:
    """A page of tickets or agents; an empty one of a queue that there is."""
    query = replace(query, where=(yield from sites_below(query.where)))
    page = yield from page_of(cls, query)
    if not page.items:
        yield from _check(query)
    return page


def count_in_queue(query: Query) -> Flow[int]:
    """How many match; none of a queue that there is."""
    query = replace(query, where=(yield from sites_below(query.where)))
    found = yield from count(query)
    if not found:
        yield from _check(query)
    return found


def _check(query: Query) -> Flow[None]:
    asked = dict(query.where)
    queue, site = asked.get("queue"), asked.get("site")
    if isinstance(queue, str):
        yield from check_queue(queue)
    if isinstance(site, tuple):
        yield from check_site(str(site[0]))


def check_site(site: str) -> Flow[None]:
    """Refuse a site that is in no configuration and has no tickets.

    Raises:
        InvalidInput: with the nearest name.
    """
    scope = yield from steps.attempt(0)
    if scope.policy.sites.get(site) is not None:
        return
    if not (yield from steps.listed(Query(kind="ticket", where=(("site", site),), limit=1))).items:
        raise InvalidInput("site", sentence("no site {site!r}", site=site), nearest(site, scope.policy.sites.names))
