"""Routing in the form that decisions read: what a ticket needs at an instant, and who is asked for it.

What a ticket of a plain queue needs is worked out once for all tickets of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from csdesk.domain.policy.routing_needs import Needs, end_of
from csdesk.domain.policy.sections.routing import ORDERS, QueueRouting
from csdesk.domain.policy.service_book import ServiceBook
from csdesk.domain.policy.sites import Sites, Step
from csdesk.domain.policy.type_tree import lineage
from csdesk.domain.records._model import replaced
from csdesk.domain.records.changes import RankOrder
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import OwnerKind, Priority, Ticket
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.routing.demands import Demand, Wish, dropped_at, firm_at, wished_at
from csdesk.domain.routing.profiles import spot_of
from csdesk.domain.routing.roster import Fitting, Roster
from csdesk.domain.routing.search import Preferred, QueueTerms, Search, Stage, StageTerms
from csdesk.domain.rules.fields import NOTHING, Declared
from csdesk.domain.time.counting import EVERY_SECOND

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig

_NO_WAIT: Final = timedelta(0)
_MOST_PLAIN: Final = 1024


class RoutingBook:
    """The routing of a configuration. Immutable but for what it remembers."""

    __slots__ = ("_config", "_levels", "_needs", "_plain", "_queues", "_sites", "_terms", "limits_work")

    def __init__(self, config: DeskConfig, sites: Sites, declared: Declared = NOTHING) -> None:
        self._config = config
        self._sites = sites
        self._queues = {one.name: replaced(one.routing, hours=sites.hours_of(one)) for one in config.queues}
        self._levels = {one.name: one for one in config.levels}
        self.limits_work: bool = any(one.capacity is not None for one in self._queues.values())
        """True if a queue limits how much of its work is in hand."""
        self._needs = Needs(config.routing.needs, declared)
        self._terms: dict[tuple[str, str | None], QueueTerms] = {}
        self._plain: dict[tuple[str, int, int, tuple[Wish, ...]], tuple[Roster, Search]] = {}

    @property
    def orders(self) -> tuple[tuple[str, RankOrder], ...]:
        """The queues whose candidates come in another order than by load."""
        found = ((name, ORDERS[one.strategy]) for name, one in self._queues.items())
        return tuple((name, order) for name, order in found if order is not RankOrder.LOAD)

    def routing(self, queue: str) -> QueueRouting:
        """How a queue gives out its tickets; a queue that the configuration no longer has goes by the defaults."""
        return self._queues.get(queue) or _DEFAULT

    def terms(self, queue: str, site: str | None = None) -> QueueTerms:
        """The same in the form that searches carry; in the queue of its own site a ticket has more helpers."""
        known = self._terms.get((queue, site))
        if known is None:
            known = self._terms[queue, site] = self._worked_out(queue, site)
        return known

    def helpers(self, queue: str) -> tuple[str, ...]:
        """The queue, and all whose people may ever help out with a ticket of it."""
        sites = [None, *[one for one in self._sites.names if self._sites.queue_of(one) == queue]]
        return tuple(dict.fromkeys(stage.queue for site in sites for stage in self.terms(queue, site).stages))

    def _worked_out(self, queue: str, site: str | None) -> QueueTerms:
        routing = self.routing(queue)
        steps = routing.aging if routing.order == "priority" else _NO_WAIT
        return QueueTerms(
            name=queue,
            stages=self._chain(queue, site),
            is_offered=routing.assign == "offer",
            offer_within=routing.offer_within,
            ask_again_after=routing.ask_again_after,
            dedicated_wait=routing.dedicated_wait,
            last_agent=routing.last_agent,
            last_wait=routing.last_agent_wait,
            capacity=routing.capacity,
            save_after=routing.save_room_after,
            bonus=tuple(steps * max(0, place - int(Priority.LOW)) for place in range(int(max(Priority)) + 1)),
        )

    def _chain(self, queue: str, site: str | None) -> tuple[StageTerms, ...]:
        """The queue and all that help out, nearest first; each of them once."""
        own = self.routing(queue)
        chain = [StageTerms(queue=queue, strategy=own.strategy, hours=own.hours or "", after=_NO_WAIT)]
        chain += self._neighbours(queue, site)
        seen = {one.queue for one in chain}
        for place, stage in enumerate(chain):  # it grows on the way
            for help_ in self.routing(stage.queue).overflow:
                if help_.queue in seen:
                    continue
                seen.add(help_.queue)
                other = self.routing(help_.queue)
                after = None if help_.after is None or stage.after is None else stage.after + help_.after
                chain.append(
                    StageTerms(
                        queue=help_.queue,
                        strategy=other.strategy,
                        hours=other.hours or "",
                        helps=place,
                        after=after,
                        when_nobody="nobody" in help_.when,
                        when_closed="closed" in help_.when,
                    )
                )
        return tuple(chain)

    def _neighbours(self, queue: str, site: str | None) -> Iterator[StageTerms]:
        """The queues of the sites that help out with the tickets of a site, where these wait in its own queue."""
        if site is None or self._sites.queue_of(site) != queue:
            return
        seen = {queue}
        for after, sites in self._sites.steps[site]:
            name = self._sites.queue_of(sites[-1]) if sites else None
            if name is not None and name not in seen:
                seen.add(name)
                other = self.routing(name)
                yield StageTerms(queue=name, strategy=other.strategy, hours=other.hours or "", helps=0, after=after)

    def units(self, ticket: Ticket) -> int:
        """How many units of work a ticket is."""
        for weight in self._config.routing.weights:
            fits = not weight.queues or ticket.queue in weight.queues
            fits = fits and (not weight.accounts or ticket.account in weight.accounts)
            if fits and (not weight.types or not {*lineage(ticket.type)}.isdisjoint(weight.types)):
                return weight.units
        return 1

    def reserve(self, ticket: Ticket, level: str) -> int:
        """How much of each agent's capacity a ticket must leave free."""
        routing = self.routing(ticket.queue)
        is_special = ticket.priority >= routing.reserve_for or level in routing.reserve_levels
        return 0 if is_special else routing.reserve

    def wishes(self, ticket: Ticket, customer: Customer | None, book: ServiceBook, zone: str) -> tuple[Wish, ...]:
        """What a ticket needs of whoever gets it, each with its end."""
        found: tuple[Wish, ...] = ()
        routing = self.routing(ticket.queue)
        for need in self._needs.holding(ticket, customer, book, zone):
            wishes = need.wishes
            found += need.ending(routing.hours, book, ticket.waits_since) if wishes is None else wishes
        level = self._levels.get(customer.level) if customer is not None else None
        if level is not None and level.grade is not None:
            end = end_of(EVERY_SECOND, ticket.waits_since, level.relax_grade_after)
            found += (Wish(Demand("grade", "", level.grade), end),)
        if ticket.site is not None and (steps := self._sites.steps.get(ticket.site)) is not None:
            found += tuple(_site_wishes(steps, ticket.waits_since))
        if routing.language != "any" and ticket.language:
            end = end_of(EVERY_SECOND, ticket.waits_since, routing.relax_language_after)
            found += (Wish(Demand("language", ticket.language), end, routing.language == "should" and end is None),)
        return found

    def search(
        self,
        ticket: Ticket,
        customer: Customer | None,
        roster: Roster,
        book: ServiceBook,
        *,
        now: datetime,
        zone: str = "UTC",
        prior: Ticket | None = None,
        kept: bool = False,
        plans: bool = False,
    ) -> Search:
        """Where somebody is looked for at an instant.

        ``prior`` is the ticket that this one follows up. With ``kept`` its worker keeps it if that agent is there. With
        ``plans`` the search tells when time alone may change the answer.
        """
        terms = self.terms(ticket.queue, ticket.site)
        units, reserve = self.units(ticket), self.reserve(ticket, customer.level if customer is not None else "")
        preferred = _preferred(ticket, customer, terms, prior, kept=kept)
        wishes = self.wishes(ticket, customer, book, zone)
        asked = _asked(ticket, terms, now)
        if not (preferred or asked) and _is_plain(terms, roster) and all(one.until is None for one in wishes):
            return self._plain_search(terms, roster, (terms.name, units, reserve, wishes), now)
        off = _off(terms, roster, book, now, preferred=bool(preferred))
        stages = _stages(ticket, terms, roster, wishes, off, now, units + reserve)
        return Search(
            terms=terms,
            at=now,
            units=units,
            reserve=reserve,
            demands=firm_at(wishes, now),
            stages=stages,
            preferred=preferred,
            asked=asked,
            off=off,
            start=spot_of(ticket.identity),
            notes=_notes(terms, wishes, off, now),
            next_at=_next(ticket, terms, wishes, preferred, off, book, now) if plans else None,
        )

    def reach(
        self, ticket: Ticket, customer: Customer | None, roster: Roster, book: ServiceBook, *, zone: str = "UTC"
    ) -> tuple[Fitting, ...]:
        """Who could get a ticket if it waited for ever, queue by queue: its own, and all that may help out.

        Where no kind of agent is left, no time brings anybody.
        """
        wishes = self.wishes(ticket, customer, book, zone)
        lasting = tuple([one.demand for one in wishes if one.until is None and not one.soft])
        room = self.units(ticket) + self.reserve(ticket, customer.level if customer is not None else "")
        stages = self.terms(ticket.queue, ticket.site).stages
        return tuple([roster.fitting(stage.queue, lasting, room=room) for stage in stages])

    def look(self, queue: str, roster: Roster, book: ServiceBook, now: datetime) -> Search:
        """A search for anybody of a queue, for a ticket of one unit that asks for nothing."""
        terms = self.terms(queue)
        own = terms.stages[0]
        off = _off(terms, roster, book, now, preferred=True)
        closed = off | {""} if own.hours in off else off
        fitting = roster.fitting(queue, (), closed, 1)
        return Search(terms=terms, at=now, stages=(Stage(queue, own.strategy, fitting, fitting, closed),), off=off)

    def _plain_search(
        self, terms: QueueTerms, roster: Roster, key: tuple[str, int, int, tuple[Wish, ...]], now: datetime
    ) -> Search:
        known = self._plain.get(key)
        if known is None or known[0] is not roster:
            if len(self._plain) >= _MOST_PLAIN:
                self._plain.clear()
            _, units, reserve, wishes = key
            demands = firm_at(wishes, now)
            wished, room = wished_at(wishes, now), units + reserve
            loose = roster.fitting(terms.name, demands, room=room)
            strict = loose if wished == demands else roster.fitting(terms.name, wished, room=room)
            stage = Stage(terms.name, terms.stages[0].strategy, strict, loose)
            found = Search(terms=terms, at=now, units=units, reserve=reserve, demands=demands, stages=(stage,))
            known = self._plain[key] = roster, found
        return known[1]


_DEFAULT: Final = QueueRouting()
_ANY: Final = frozenset({""})


def _is_plain(terms: QueueTerms, roster: Roster) -> bool:
    """True if who is asked depends neither on time nor on the ticket."""
    is_alone = len(terms.stages) == 1 and not terms.hours and terms.stages[0].strategy != "consistent_hash"
    return is_alone and roster.shifts.get(terms.name, _ANY) == _ANY


def _preferred(
    ticket: Ticket, customer: Customer | None, terms: QueueTerms, prior: Ticket | None, *, kept: bool
) -> tuple[Preferred, ...]:
    found: list[Preferred] = []
    since = ticket.waits_since
    if kept and ticket.assignee is not None:
        found.append(Preferred(ticket.assignee, "kept"))
    if ticket.offer is not None and ticket.saved_with is not None:
        found.append(Preferred(ticket.saved_with, "saved", held=ticket.offer.units))
    if customer is not None and customer.dedicated_agent:
        found.append(Preferred(customer.dedicated_agent, "dedicated", since + terms.dedicated_wait))
    if terms.last_agent and prior is not None:
        last = prior.assignee or (prior.owner.id if prior.owner.kind is OwnerKind.AGENT else None)
        if last is not None and all(one.agent != last for one in found):
            found.append(Preferred(last, "last", since + terms.last_wait))
    return tuple(found)


def _asked(ticket: Ticket, terms: QueueTerms, now: datetime) -> frozenset[str]:
    if ticket.asked_at is None or ticket.asked_at + terms.ask_again_after <= now:
        return frozenset()
    return frozenset(ticket.asked)


def _off(terms: QueueTerms, roster: Roster, book: ServiceBook, now: datetime, *, preferred: bool) -> frozenset[str]:
    """The calendars that matter and are closed now."""
    names = {stage.hours for stage in terms.stages}
    for stage in terms.stages:
        names |= roster.shifts.get(stage.queue, frozenset())
    if preferred:
        names |= {*book.times}
    return frozenset(name for name in names if name and not book.time(name).is_open(now))


def _site_wishes(steps: tuple[Step, ...], since: datetime) -> Iterator[Wish]:
    """The people of which sites are asked for, each until the next step; where steps have no wait, while there are any.

    The wishes stand one inside the other: the first that has not ended is the strictest.
    """
    for place, step in enumerate(steps):
        if step.sites:
            last = place + 1 == len(steps)
            until = None if last else since + steps[place + 1].after
            soft = until == since
            yield Wish(Demand("site", ",".join(step.sites)), None if soft else until, soft)


def _stages(
    ticket: Ticket,
    terms: QueueTerms,
    roster: Roster,
    wishes: tuple[Wish, ...],
    off: frozenset[str],
    now: datetime,
    room: int,
) -> tuple[Stage, ...]:
    waited = now - ticket.waits_since
    firm, wished = firm_at(wishes, now), wished_at(wishes, now)
    found: list[Stage] = []
    is_open = [False] * len(terms.stages)
    for place, stage in enumerate(terms.stages):
        why = _why(terms, stage, waited, off) if place == 0 or is_open[stage.helps] else None
        if why is None:
            continue
        is_open[place] = True
        # Those without a shift of their own work in the hours of the queue.
        closed = off | {""} if stage.hours in off else off
        loose = roster.fitting(stage.queue, firm, closed, room)
        strict = loose if wished == firm else roster.fitting(stage.queue, wished, closed, room)
        found.append(Stage(stage.queue, stage.strategy, strict, loose, closed, why))
    return tuple(found)


def _why(terms: QueueTerms, stage: StageTerms, waited: timedelta, off: frozenset[str]) -> str | None:
    """Why a stage is open to the ticket; None: it is not."""
    if stage.helps < 0:
        return ""
    if stage.after is not None and waited >= stage.after:
        return "waited"
    if stage.when_closed and terms.stages[stage.helps].hours in off:
        return "closed"
    return "nobody" if stage.when_nobody else None


def _notes(terms: QueueTerms, wishes: tuple[Wish, ...], off: frozenset[str], now: datetime) -> tuple[Verdict, ...]:
    dropped = dict.fromkeys(dropped_at(wishes, now))
    told = [verdict("route.relaxed", Outcome.NOTED, kind=one.kind, what=one.told) for one in dropped]
    if terms.hours in off:
        told.append(verdict("route.closed", Outcome.NOTED, queue=terms.name, hours=terms.hours))
    return tuple(told)


def _next(
    ticket: Ticket,
    terms: QueueTerms,
    wishes: tuple[Wish, ...],
    preferred: tuple[Preferred, ...],
    off: frozenset[str],
    book: ServiceBook,
    now: datetime,
) -> datetime | None:
    since = ticket.waits_since
    marks = [one.until for one in wishes] + [one.until for one in preferred]
    marks += [since + stage.after for stage in terms.stages if stage.after is not None]
    marks += [book.time(name).add(now, _NO_WAIT, snap=True) for name in off]
    if ticket.asked_at is not None:
        marks.append(ticket.asked_at + terms.ask_again_after)
    return min((at for at in marks if at is not None and at > now), default=None)
