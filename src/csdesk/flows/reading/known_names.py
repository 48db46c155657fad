"""A name that nobody knows is a slip, not an empty list: the answer is the nearest name.

The rule of all lists, counts and searches: a name in a filter is known while the configuration lists it, or while a
record is left that has it. Accounts, tags and levels need not be listed; of each of these the configuration lists all
it has, or none. Nothing is looked up unless nothing was found. Who asks for a site also asks for those below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, Literal, NamedTuple, TypeVar

from csdesk._nearest import nearest
from csdesk.domain.ids import CustomerId, by_another_name
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.type_tree import lineage
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.tags import namespace_of
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.errors import InvalidInput, NotFound, sentence
from csdesk.flows.reading import checks, searching
from csdesk.flows.reading.lists import count, get_customer, identities_of, page_of, read, sites_below
from csdesk.flows.reading.searching import Found
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query, SearchRequest, Where

R = TypeVar("R")


def listed(cls: type[R], query: Query) -> Flow[Page[R]]:
    """A page of one kind of record; an empty one only if all names in the filters are known.

    Raises:
        InvalidInput: the configuration has no such name, and no record is left that has it.
        NotFound: no such agent.
    """
    page = yield from page_of(cls, query)
    if not page.items:
        yield from check_names(query.where)
    return page


def tickets(query: Query, customer: CustomerId | None) -> Flow[Page[Ticket]]:
    """A page of tickets, as ``listed``.

    Raises:
        NotFound: no such customer or agent.
    """
    page = yield from page_of(Ticket, (yield from _narrowed(query, customer)))
    if not page.items:
        yield from check_names(query.where)
    return page


def count_tickets(query: Query, customer: CustomerId | None) -> Flow[int]:
    """How many tickets match; errors as ``tickets``."""
    found = yield from count((yield from _narrowed(query, customer)))
    if not found:
        yield from check_names(query.where)
    return found


def search(text: str, asked: SearchRequest, customer: CustomerId | None) -> Flow[Page[Found]]:
    """The messages that contain every part of ``text``; errors as ``tickets``."""
    page = yield from searching.search(text, asked, customer)
    if not page.items:
        yield from check_names(asked.messages + asked.tickets)
    return page


def _narrowed(query: Query, customer: CustomerId | None) -> Flow[Query]:
    where = _with_category((yield from sites_below(query.where)))
    if customer is not None:
        where = (*where, ("identity", (yield from identities_of((yield from get_customer(customer))))))
    return replace(query, where=where)


def _with_category(where: Where) -> Where:
    """The filters with the category of a status that is called like one: no other category may have it."""
    given = dict(where)
    status = given.get("status")
    if isinstance(status, str) and status in _CATEGORIES and "category" not in given:
        return (*where, ("category", status))
    return where


_CATEGORIES: Final = frozenset(Category)


class _Names(NamedTuple):
    """The names of one kind."""

    listed: Callable[[Policy], Iterable[str]]
    """What the configuration lists."""
    kinds: tuple[Literal["ticket", "customer", "group", "inbox", "outbox", "settlement"], ...]
    """The records that may be left with a name that it no longer lists."""
    need_listing: bool = True
    forms: Callable[[str], Iterable[str]] = lambda name: (name,)
    """The names of which one has to be listed for this one to be known."""


_NAMES: Final[Mapping[str, _Names]] = {
    "queue": _Names(lambda policy: policy.queue_names, ("ticket", "group")),
    "site": _Names(lambda policy: policy.sites.names, ("ticket",)),
    "status": _Names(lambda policy: policy.status_names, ("ticket",)),
    "type": _Names(lambda policy: policy.type_names, ("ticket",), forms=lineage),
    "segment": _Names(lambda policy: policy.segments.names, ("customer",)),
    "action": _Names(lambda policy: policy.authority.actions, ("settlement",)),
    "account": _Names(
        lambda policy: [one.name for one in policy.config.accounts], ("ticket", "inbox", "outbox"), need_listing=False
    ),
    "level": _Names(lambda policy: [one.name for one in policy.config.levels], ("customer",), need_listing=False),
    "tag": _Names(lambda policy: [one.name for one in policy.config.tags], ("ticket", "customer"), need_listing=False),
}
"""The columns whose values the configuration names."""

_WORKERS: Final = frozenset({"assignee", "offered_to"})
"""The columns that hold ids of agents of the desk."""

_ACTORS: Final = frozenset({"author_id", "agent"})
"""The columns that hold ids of agents whom the host may keep elsewhere: then the desk has none."""


def check_names(where: Where) -> Flow[None]:
    """Refuse names in filters that nobody knows.

    Raises:
        InvalidInput: with the nearest name.
        NotFound: no such agent.
    """
    for column, given in where:
        if isinstance(given, str) and column in _NAMES:
            yield from _check(column, given)
        elif isinstance(given, str) and column in _WORKERS | _ACTORS:
            yield from _check_agent(given, may_be_elsewhere=column in _ACTORS)


def _check(column: str, name: str) -> Flow[None]:
    checks.an_id(name, column)
    scope = yield from steps.attempt(0)
    if _is_known(column, name, scope.policy) or (column == "account" and name in scope.channels):
        return
    policy = (yield from steps.load(Needs())).policy  # another process may have changed it
    if not _is_known(column, name, policy) and not (yield from _is_left(column, name)):
        raise unknown(column, name, policy)


def unknown(column: str, name: str, policy: Policy) -> InvalidInput:
    """The error for a name that nobody knows."""
    problem = sentence("no {kind} {name!r}", kind=column, name=name)
    return InvalidInput(column, problem, nearest(name, _NAMES[column].listed(policy)))


def _is_known(column: str, name: str, policy: Policy) -> bool:
    names = _NAMES[column]
    known = frozenset(names.listed(policy))
    if column == "tag" and namespace_of(name):
        return True  # a system outside has it, which declares nothing here
    return not known.isdisjoint(names.forms(name)) or not (known or names.need_listing)


def _is_left(column: str, name: str) -> Flow[bool]:
    for kind in _NAMES[column].kinds:
        if (yield from steps.listed(Query(kind=kind, where=((column, name),), limit=1))).items:
            return True
    return False


def _check_agent(agent: str, *, may_be_elsewhere: bool) -> Flow[None]:
    loaded = yield from read(Needs(agents=(agent,)))
    if agent in loaded.snapshot.agents:
        return
    if not may_be_elsewhere or (yield from steps.listed(Query(kind="agent", limit=1))).items:
        raise NotFound("agent", agent, remedy=by_another_name("agent", agent))
