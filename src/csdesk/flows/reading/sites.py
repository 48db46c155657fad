"""What each site has to do, and who is there for it: the report by site."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.tickets import LIVE, Category, Priority, Ticket
from csdesk.flows.reading.lists import all_pages
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """One site at a glance. What lies below it has lines of its own: sum them by ``parent`` for a region."""

    site: str
    title: str
    """In the desk's language."""
    parent: str | None
    tickets: int
    """How many tickets it has had, or had something happen to them in the stretch that was asked for."""
    live: int
    """How many of these still want something done."""
    resolved: int
    """How many of these are resolved or closed."""
    waiting: int
    """How many tickets wait for somebody now, whenever they last changed."""
    waiting_since: datetime | None
    """When the oldest of them was opened."""
    agents: int
    """Who belongs to it by name; who belongs to no site works for it besides."""
    online: int
    """How many of them take work now."""


def by_site(since: datetime | None, until: datetime | None) -> Flow[tuple[SiteLine, ...]]:
    """A line for each site of the configuration, in its order."""
    scope = yield from steps.attempt(0)
    policy = scope.policy
    if not policy.sites:
        return ()
    people = yield from all_pages(Agent, Query(kind="agent", where=(("retired", False),), limit=1000))
    agents = Counter(site for one in people for site in one.sites)
    online = Counter(site for one in people if one.takes_work for site in one.sites)
    found: tuple[SiteLine, ...] = ()
    for site in policy.sites.names:
        found += ((yield from _line(site, policy, since, until, (agents[site], online[site]))),)
    return found


def _line(
    site: str, policy: Policy, since: datetime | None, until: datetime | None, people: tuple[int, int]
) -> Flow[SiteLine]:
    here: Where = (("site", site),)
    counts: list[int] = []
    for categories in (tuple(Category), tuple(LIVE), (Category.RESOLVED, Category.CLOSED)):
        where = (*here, ("category", tuple(one.value for one in categories)))
        counts.append((yield from steps.count(Query(kind="ticket", where=where, since=since, until=until))))
    queued = (*here, ("waits", tuple(int(one) for one in Priority)))
    waiting = yield from steps.count(Query(kind="ticket", where=queued))
    oldest = yield from steps.listed(Query(kind="ticket", where=queued, order="created_at", limit=1))
    first = next((one for one in oldest.items if isinstance(one, Ticket)), None)
    kept = policy.sites.get(site)
    return SiteLine(
        site=site,
        title=kept.title_in(policy.config.locale) if kept is not None else site,
        parent=kept.parent if kept is not None else None,
        tickets=counts[0],
        live=counts[1],
        resolved=counts[2],
        waiting=waiting,
        waiting_since=first.created_at if first is not None else None,
        agents=people[0],
        online=people[1],
    )
