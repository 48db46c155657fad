"""A queue that nobody knows is a slip, not an empty list: what is asked of it is answered with the nearest name.

A queue that left the configuration may still hold tickets and people: as long as it does, it is known.
"""

from __future__ import annotations

from typing import TypeVar

from csdesk._nearest import nearest
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput, sentence
from csdesk.flows import checks
from csdesk.flows.lists import count, everything, page_of
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
    page = yield from page_of(cls, query)
    if not page.items:
        yield from _check(query)
    return page


def count_in_queue(query: Query) -> Flow[int]:
    """How many match; none of a queue that there is."""
    found = yield from count(query)
    if not found:
        yield from _check(query)
    return found


def _check(query: Query) -> Flow[None]:
    queue = dict(query.where).get("queue")
    if isinstance(queue, str):
        yield from check_queue(queue)
