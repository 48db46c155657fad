"""The numbers of a day, counted from the desk's own events and records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from csdesk.cli._output import JsonValue, instant
from csdesk.cli._rows import People
from csdesk.cli._words import Locale
from csdesk.cli.demo import giving
from csdesk.cli.demo.play import Log
from csdesk.desk.shell import Desk
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.bots import TurnOutcome
from csdesk.domain.records.events import Entry
from csdesk.domain.records.tickets import LIVE, Category, Ticket

_CONSUMER = "demo"
_MOVES = {
    Category.SNOOZED: "snoozed",
    Category.RESOLVED: "resolved",
    Category.CLOSED: "closed",
}


@dataclass
class Figures:
    """What happened on the day."""

    states: dict[str, dict[str, int]]
    """Per account: how many messages were stored, duplicate, blocked, parked, waiting."""
    reports: int
    languages: dict[str, int]
    tickets: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    got: Counter[str] = field(default_factory=Counter)
    """Per agent: how many tickets were given to them."""
    load: dict[str, int] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    """``automatic``, ``by_suggestion``, ``by_hand``."""
    by_agent: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    delivery: Counter[str] = field(default_factory=Counter)
    """How many replies reached each state of delivery."""
    bot: Counter[str] = field(default_factory=Counter)
    """What came of the bot's turns: ``answered``, ``handed_off``."""
    goals: Counter[str] = field(default_factory=Counter)
    """How the goals of sessions stand: ``reached``, ``missed``, ``open``."""
    given: Counter[str] = field(default_factory=Counter)
    """What customers were given: ``on_the_spot``, ``approved``, ``instead``, ``refused``, ``amount`` in yuan."""
    events: Counter[type[ev.Event]] = field(default_factory=Counter)
    why: tuple[str, ...] = ()
    """The rendered trace of the complaint."""
    late: tuple[tuple[Ticket, datetime], ...] = ()
    """Live tickets with a clock that ran out and was not met, and when it was due; the latest last."""

    @property
    def customers(self) -> int:
        """How many people wrote for the first time."""
        return self.events[ev.CustomerCreated]

    @property
    def alerts(self) -> int:
        """How many alerts rules raised."""
        return self.events[ev.AlertRaised]

    @property
    def warned(self) -> int:
        """How many clocks came to a warning."""
        return self.events[ev.ClockWarned]

    @property
    def breached(self) -> int:
        """How many clocks ran out."""
        return self.events[ev.ClockBreached]

    @property
    def released(self) -> int:
        """How many messages left the inbox and came in after all."""
        return self.events[ev.MessageReleased]

    def came(self, state: str) -> int:
        """How many messages of all accounts ended in that state."""
        return sum(one.get(state, 0) for one in self.states.values())

    def document(self) -> dict[str, JsonValue]:
        """The figures as JSON."""
        return {
            "came": {
                "accounts": self.states,
                "messages": sum(sum(one.values()) for one in self.states.values()),
                **{state: self.came(state) for state in ("stored", "duplicate", "blocked", "parked", "waiting")},
                "released": self.released,
                "other_events": self.reports,
            },
            "found": {
                "tickets": self.tickets,
                "customers": self.customers,
                "languages": self.languages,
                "tags": dict(self.tags.most_common()),
                "categories": dict(self.categories),
                "alerts": self.alerts,
            },
            "got": [
                {"agent": name, "assigned": self.got[name], "answered": self.by_agent[name], "load": self.load[name]}
                for name in self.load
            ],
            "answered": {name: self.answered[name] for name in ("automatic", "by_suggestion", "by_hand")},
            "bot": {name: self.bot[name] for name in ("answered", "handed_off")},
            "goals": {name: self.goals[name] for name in ("reached", "missed", "open")},
            "given": dict(sorted(self.given.items())),
            "moves": dict(sorted(self.moves.items())),
            "delivery": {"delivered": self.delivery["delivered"], "undelivered": self.delivery["failed"]},
            "late": {
                "warned": self.warned,
                "breached": self.breached,
                "still_late": [{"number": one.number, "due_at": instant(due)} for one, due in self.late],
            },
        }


def count(desk: Desk, log: Log, locale: Locale) -> Figures:
    """The figures of a day that was played on a fresh desk; ``locale`` is the language of the reasons."""
    figures = Figures(
        states={account: dict(states) for account, states in sorted(log.states.items())},
        reports=sum(log.reports.values()),
        languages=dict(log.languages.most_common()),
    )
    people = People(desk)
    for entry in _entries(desk):
        for event in entry.events:
            _count(figures, entry, event, people)
    tickets = tuple(_tickets(desk))
    figures.tickets = len(tickets)
    figures.categories.update(one.category.value for one in tickets)
    figures.goals["open"] = sum(one.goal is not None and one.goal.is_open for one in tickets)
    figures.tags.update(tag.name for one in tickets for tag in one.tags)
    figures.load = {agent.name: desk.agents.get(agent.id).load for agent in people.agents.values()}
    figures.late = _late(tickets)
    figures.given = giving.given(desk)
    if log.complaint is not None:
        figures.why = tuple(people.reasons(log.complaint.trace, locale))
    return figures


def _entries(desk: Desk) -> Iterator[Entry]:
    while entries := desk.events.read(_CONSUMER, limit=1000):
        yield from entries
        desk.events.ack(_CONSUMER, entries[-1].position)


def _tickets(desk: Desk) -> Iterator[Ticket]:
    cursor: str | None = None
    while True:
        page = desk.tickets.list(order="number", descending=False, limit=500, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def _count(figures: Figures, entry: Entry, event: ev.Event, people: People) -> None:
    figures.events[type(event)] += 1
    match event:
        case ev.TicketAssigned(worker=worker) if worker is not None:
            figures.got[people.agent(worker.id)] += 1
            figures.moves["reassigned"] += event.before is not None
        case ev.ReplyQueued():
            figures.answered["by_hand" if event.by_person else "automatic"] += 1
            if event.by_person and entry.actor.kind is ActorKind.AGENT:
                figures.by_agent[people.agent(entry.actor.id)] += 1
        case ev.PhraseUsed() if entry.actor.kind is ActorKind.AGENT:
            # The same reply was counted as one by hand: it was one by suggestion.
            figures.answered["by_suggestion"] += 1
            figures.answered["by_hand"] -= 1
        case ev.TurnEnded(outcome=TurnOutcome.ANSWERED):
            figures.bot["answered"] += 1
        case ev.TicketHandedOff():
            figures.bot["handed_off"] += 1
        case ev.GoalSettled():
            figures.goals["reached" if event.reached else "missed"] += 1
        case ev.StatusChanged():
            _count_move(figures, event)
        case ev.DeliveryChanged():
            figures.delivery[event.after.value] += 1
        case _:
            pass


def _count_move(figures: Figures, event: ev.StatusChanged) -> None:
    if event.after in _MOVES:
        figures.moves[_MOVES[event.after]] += 1
    elif event.before in (Category.RESOLVED, Category.CLOSED):
        figures.moves["reopened"] += 1
    elif event.before is Category.SNOOZED:
        figures.moves["woken"] += 1


def _late(tickets: Sequence[Ticket]) -> tuple[tuple[Ticket, datetime], ...]:
    found: list[tuple[Ticket, datetime]] = []
    for ticket in tickets:
        missed = [one.due_at for one in ticket.clocks if one.is_live and one.breached_at is not None and one.due_at]
        if ticket.category in LIVE and missed:
            found.append((ticket, min(missed)))
    return tuple(sorted(found, key=lambda one: one[1]))
