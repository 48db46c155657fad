"""Loading what a decision about authority rests on: what is found first tells what else there is to see.

An agent leads to a lead, a customer to counters. Each load asks for everything again, so the last one is of one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from csdesk.domain.authority.deciding import Case
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.changes import Needs, Snapshot
from csdesk.errors import VersionConflict
from csdesk.flows.authority.matters import Matter, agents_of, case_of, kin_of, matter_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded, Scope

LOADS: Final = 6
"""How many loads an attempt may take: parties, agents, counters, the tickets it was split from, and more of them."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen, of one moment; ``case`` None: nothing is to be given."""

    loaded: Loaded
    matter: Matter | None = None
    case: Case | None = None


def see(command: cmd.AuthorityCommand, key: str, scope: Scope) -> Flow[Sight]:
    """Everything that a command's decision rests on; if the command has run before, no more than that it has."""
    needs = _first(command, key)
    for _ in range(LOADS - 1):
        loaded = yield from steps.load(needs)
        if key in loaded.snapshot.claims:
            return Sight(loaded)
        matter = None if _misses(command, loaded.snapshot) else matter_of(command, loaded)
        more = _more(needs, command, matter, loaded, scope)
        if more == needs:
            if matter is None:
                return Sight(loaded)
            places = matter.places(loaded, scope)
            return Sight(loaded, matter, case_of(matter, places, loaded.snapshot, scope))
        needs = more
    raise VersionConflict("settlement", key, expected=0)


def see_matter(first: Needs, make: Callable[[Loaded], Matter], scope: Scope) -> Flow[Sight]:
    """The same for something that is only asked, or comes due: ``make`` tells from a load what it is."""
    needs = first
    for _ in range(LOADS - 1):
        loaded = yield from steps.load(needs)
        matter = make(loaded)
        more = _with(needs, matter, loaded, scope)
        if more == needs:
            places = matter.places(loaded, scope)
            return Sight(loaded, matter, case_of(matter, places, loaded.snapshot, scope))
        needs = more
    raise VersionConflict("settlement", "", expected=0)


def _first(command: cmd.AuthorityCommand, key: str) -> Needs:
    agents = [command.actor.id] if command.actor.kind is ActorKind.AGENT else []
    agents += [one for one in (getattr(command, "agent", None), getattr(command, "to", None)) if one is not None]
    return Needs(
        claims=(key,),
        tickets=_given(command, "ticket"),
        customers=_given(command, "customer"),
        settlements=_given(command, "settlement"),
        agents=tuple(sorted({*agents})),
        parties=True,
    )


def _given(command: cmd.AuthorityCommand, name: str) -> tuple[str, ...]:
    value: str | None = getattr(command, name, None)
    return (value,) if value is not None else ()


def _misses(command: cmd.AuthorityCommand, found: Snapshot) -> bool:
    """True if a settlement leads to records that were not asked for yet."""
    one = found.settlements.get(getattr(command, "settlement", ""))
    if one is None:
        return False
    return one.customer not in found.customers or (one.ticket is not None and one.ticket not in found.tickets)


def _more(needs: Needs, command: cmd.AuthorityCommand, matter: Matter | None, loaded: Loaded, scope: Scope) -> Needs:
    one = loaded.snapshot.settlements.get(getattr(command, "settlement", ""))
    if one is not None:
        tickets = (one.ticket,) if one.ticket is not None else ()
        needs = needs._replace(
            tickets=_joined(needs.tickets, tickets),
            customers=_joined(needs.customers, (one.customer,)),
            agents=_joined(needs.agents, (one.agent,) if one.agent is not None else ()),
        )
    return needs if matter is None else _with(needs, matter, loaded, scope)


def _with(needs: Needs, matter: Matter, loaded: Loaded, scope: Scope) -> Needs:
    places = matter.places(loaded, scope)
    counters = (name for place in places for name in place.counters)
    _, missing = kin_of(matter.ticket, loaded.snapshot)
    return needs._replace(
        tickets=_joined(needs.tickets, missing),
        agents=_joined(needs.agents, agents_of(matter, loaded.snapshot)),
        counters=_joined(needs.counters, counters),
    )


def _joined(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*known, *more}))
