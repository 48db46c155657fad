"""What the conditions look at: a message or a change, with its ticket and its customer, as they are at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from csdesk.domain.ids import CustomerId
from csdesk.domain.records._model import Scalar, trusted
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.clocks import Clock, ClockPhase
from csdesk.domain.records.customers import Customer, Did
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.messages import MediaPart
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.tickets import Ticket, WorkerKind
from csdesk.domain.rules.fields import FIELDS, LAST, NOTHING, ORIGIN, Declared, FieldType, history_of
from csdesk.domain.rules.history import counted, last_time
from csdesk.domain.rules.values import read_instant
from csdesk.domain.text.folding import fold
from csdesk.domain.text.mood import mood_of

if TYPE_CHECKING:
    from csdesk.domain.time.counting import Timeline

Fact = Scalar | datetime | frozenset[str]
"""The value of a field: a scalar, an instant, or the names of tags."""

Reader = Callable[["Facts"], Fact]
"""Reads one field."""


class BestPhrase(NamedTuple):
    """The phrase that answers a text best: its title and its id, and how sure that is, from 0 to 1."""

    title: str = ""
    id: str = ""
    score: float = 0.0


NO_PHRASE: Final = BestPhrase()
"""What is said of a text that no phrase answers."""

Match = Callable[[str], BestPhrase]
"""Finds the phrase that answers a folded text best."""

_NOBODY: Final[Customer] = trusted(Customer)(id=CustomerId("cus_none"), created_at=datetime(1970, 1, 1, tzinfo=UTC))
WEEKDAYS: Final = FIELDS["time.weekday"].choices

_InboundMessage = trusted(InboundMessage)
_Sender = trusted(Sender)


class Facts:
    """One moment, seen by conditions. Values are worked out when they are first asked for.

    Attributes:
        message: what came; None if something changed without a message.
        text: the folded text of the message.
        ticket: the ticket, as it is before any rule.
        customer: the customer behind it.
        before: the moment before the change; None if there was none (the ticket is new).
        now: the present time.
        zone: the desk's time zone.
        match: finds the phrase that answers a text best; None if there are none, or nobody asks.
        calendars: how working calendars count, by name.
        origin: where the message came from, as far as it was told with it.
    """

    __slots__ = (
        "_best",
        "_mood",
        "_subject",
        "actor",
        "before",
        "calendars",
        "customer",
        "match",
        "message",
        "new_customer",
        "new_ticket",
        "now",
        "origin",
        "text",
        "ticket",
        "zone",
    )

    def __init__(
        self,
        message: InboundMessage | None,
        text: str,
        ticket: Ticket,
        customer: Customer,
        *,
        new_ticket: bool = False,
        new_customer: bool = False,
        now: datetime | None = None,
        zone: str = "UTC",
        before: Facts | None = None,
        actor: Actor | None = None,
        match: Match | None = None,
        calendars: Mapping[str, Timeline] = MappingProxyType({}),
        origin: Origin | None = None,
    ) -> None:
        """See ``facts_of`` and ``change_of``; ``text`` is folded."""
        self.message: InboundMessage | None = message
        self.text: str = text
        self.ticket: Ticket = ticket
        self.customer: Customer = customer
        self.new_ticket: bool = new_ticket
        self.new_customer: bool = new_customer
        self.now: datetime = ticket.updated_at if now is None else now
        self.zone: str = zone
        self.before: Facts | None = before
        self.actor: Actor | None = actor
        self.match: Match | None = match
        self.calendars: Mapping[str, Timeline] = calendars
        self.origin: Origin | None = origin
        self._subject: str | None = None
        self._best: BestPhrase | None = None
        self._mood: float | None = None

    @property
    def subject(self) -> str:
        """The folded subject of the message."""
        if self._subject is None:
            given = self.message.subject if self.message is not None else ""
            self._subject = fold(given) if given else ""
        return self._subject

    @property
    def mood(self) -> float:
        """How the message sounds, from -1 (bad) to 1 (good)."""
        if self._mood is None:
            self._mood = mood_of(self.text) if self.text else 0.0
        return self._mood

    @property
    def best(self) -> BestPhrase:
        """The phrase that answers the message best."""
        if self._best is None:
            self._best = self.match(self.text) if self.match is not None and self.text else NO_PHRASE
        return self._best

    def local(self, at: datetime) -> datetime:
        """An instant on the desk's own clock."""
        return at.astimezone(ZoneInfo(self.zone))

    def __getitem__(self, field: str) -> Fact:
        """The value of a declared or custom field; None if it is not set.

        Raises:
            KeyError: no such field is declared.
        """
        return reader_of(field)(self)


def ticket_value(ticket: Ticket, read: Reader) -> Fact:
    """What a reader of a ticket's own field sees."""
    return read(Facts(None, "", ticket, _NOBODY))


def reader_of(field: str, declared: Declared = NOTHING) -> Reader:
    """What reads a declared, custom or history field.

    Raises:
        KeyError: no such field is declared.
    """
    found = _READERS.get(field)
    if found is not None:
        return found
    asked = history_of(field)
    if asked is not None:
        return lambda facts: counted(facts.customer, asked, facts.local(facts.now).date())
    plain = _custom(field)
    kind = declared[field].type if field in declared else None
    if kind is FieldType.TIME:
        return lambda facts: read_instant(plain(facts))
    if kind is FieldType.TEXT:
        return lambda facts: fold(value) if isinstance(value := plain(facts), str) else value
    return plain


def _custom(field: str) -> Callable[[Facts], Scalar]:
    subject, _, name = field.partition(".x.")
    if not name:
        raise KeyError(field)
    if subject == "ticket":
        return lambda facts: facts.ticket.field(name)
    if subject == "customer":
        return lambda facts: found.value if (found := facts.customer.attribute(name)) is not None else None
    raise KeyError(field)


def _kinds(message: InboundMessage) -> frozenset[str]:
    kinds = [one.media.value if isinstance(one, MediaPart) else one.kind for one in message.parts]
    return frozenset(kinds) - {"quote"}


def _media(message: InboundMessage) -> int:
    return sum(isinstance(part, MediaPart) for part in message.parts)


def _sla_states(ticket: Ticket) -> Iterator[str]:
    for clock in ticket.clocks:
        yield clock.phase.value
        if clock.breached_at is not None:
            yield "breached"
        elif clock.warned_at is not None:
            yield "warned"


def _due(clock: Clock) -> datetime | None:
    return clock.due_at if clock.phase is ClockPhase.RUNNING else None


def _sla_due(ticket: Ticket) -> datetime | None:
    return min((at for at in map(_due, ticket.clocks) if at is not None), default=None)


def _worker(ticket: Ticket) -> str | None:
    return ticket.worker.id if ticket.worker is not None else None


def _said(read: Callable[[InboundMessage], Fact], without: Fact = None) -> Reader:
    return lambda facts: read(facts.message) if facts.message is not None else without


def _held(read: Callable[[Ticket], Fact]) -> Reader:
    return lambda facts: read(facts.ticket)


def _known(read: Callable[[Customer], Fact]) -> Reader:
    return lambda facts: read(facts.customer)


def _came(name: str, read: Callable[[Facts], Origin | None]) -> Reader:
    value = attrgetter(name)
    return lambda facts: value(origin) or None if (origin := read(facts)) is not None else None


def _first_origin(facts: Facts) -> Origin | None:
    return facts.customer.source.origin if facts.customer.source is not None else None


def _flags(flags: tuple[Flag, ...], now: datetime) -> frozenset[str]:
    """The flags in force: one whose time is over does not count, though it may not have been lifted yet."""
    return frozenset([one.name for one in flags if one.until is None or one.until > now])


def _last(did: Did) -> Reader:
    return lambda facts: last_time(facts.customer, did)


_READERS: Final[dict[str, Reader]] = {
    "message.text": lambda facts: facts.text,
    "message.subject": lambda facts: facts.subject,
    "message.any": lambda facts: f"{facts.subject} {facts.text}".strip(),
    "message.account": _said(lambda message: message.account),
    "message.channel": _said(lambda message: message.sender.kind),
    "message.language": _said(lambda message: message.language),
    "message.automatic": _said(lambda message: message.automatic.value),
    "message.author": _said(lambda message: message.author),
    **{f"message.origin_{one}": _came(one, lambda facts: facts.origin) for one in ORIGIN},
    "message.kinds": _said(_kinds, frozenset()),
    "message.has_media": _said(lambda message: _media(message) > 0, without=False),
    "message.is_reply": _said(lambda message: bool(message.references), without=False),
    "message.length": _said(lambda message: len(message.text), 0),
    "message.attachments": _said(_media, 0),
    "message.copied": _said(lambda message: len(message.cc), 0),
    "message.mood": lambda facts: facts.mood,
    "message.phrase": lambda facts: facts.best.title or None,
    "message.phrase_score": lambda facts: facts.best.score,
    "ticket.subject": _held(lambda ticket: fold(ticket.subject)),
    "ticket.priority": _held(lambda ticket: int(ticket.priority)),
    "ticket.type": _held(lambda ticket: ticket.type),
    "ticket.queue": _held(lambda ticket: ticket.queue),
    "ticket.category": _held(lambda ticket: ticket.category.value),
    "ticket.status": _held(lambda ticket: ticket.status),
    "ticket.tags": _held(lambda ticket: frozenset([tag.name for tag in ticket.tags])),
    "ticket.flags": lambda facts: _flags(facts.ticket.flags, facts.now),
    "ticket.goal": _held(lambda ticket: ticket.goal.name.value if ticket.goal is not None else None),
    "ticket.goal_state": _held(lambda ticket: ticket.goal.state.value if ticket.goal is not None else None),
    "ticket.language": _held(lambda ticket: ticket.language),
    "ticket.site": _held(lambda ticket: ticket.site),
    "ticket.account": _held(lambda ticket: ticket.account),
    **{f"ticket.origin_{one}": _came(one, lambda facts: facts.ticket.origin) for one in ORIGIN},
    "ticket.owner": _held(lambda ticket: ticket.owner.id),
    "ticket.worker": _held(_worker),
    "ticket.is_assigned": _held(lambda ticket: ticket.worker is not None and ticket.worker.kind is WorkerKind.AGENT),
    "ticket.is_with_bot": _held(lambda ticket: ticket.worker is not None and ticket.worker.kind is WorkerKind.BOT),
    "ticket.bot_turns": _held(lambda ticket: ticket.reception.turns if ticket.reception is not None else 0),
    "ticket.failed_turns": _held(lambda ticket: ticket.reception.failed if ticket.reception is not None else 0),
    "ticket.hand_offs": _held(lambda ticket: ticket.hand_offs),
    "ticket.is_new": lambda facts: facts.new_ticket,
    "ticket.is_merged": _held(lambda ticket: bool(ticket.absorbed)),
    "ticket.links": _held(lambda ticket: frozenset([link.kind.value for link in ticket.links])),
    "ticket.close_reason": _held(lambda ticket: ticket.close_reason or None),
    "ticket.messages": _held(lambda ticket: ticket.messages),
    "ticket.unanswered": _held(lambda ticket: ticket.unanswered),
    "ticket.reopens": _held(lambda ticket: ticket.cycle - 1),
    "ticket.participants": _held(lambda ticket: len(ticket.participants)),
    "ticket.sla": _held(lambda ticket: ticket.sla.policy if ticket.sla is not None else None),
    "ticket.sla_states": _held(lambda ticket: frozenset(_sla_states(ticket))),
    "ticket.sla_due_at": _held(_sla_due),
    "ticket.created_at": _held(lambda ticket: ticket.created_at),
    "ticket.updated_at": _held(lambda ticket: ticket.updated_at),
    "ticket.customer_at": _held(lambda ticket: ticket.customer_at),
    "ticket.replied_at": _held(lambda ticket: ticket.replied_at),
    "ticket.waiting_since": _held(lambda ticket: ticket.waiting_since),
    "ticket.resolved_at": _held(lambda ticket: ticket.resolved_at),
    "ticket.closed_at": _held(lambda ticket: ticket.closed_at),
    "customer.name": _known(lambda customer: fold(customer.name)),
    "customer.level": _known(lambda customer: customer.level or None),
    "customer.stage": _known(lambda customer: customer.stage or None),
    "customer.tags": _known(lambda customer: frozenset([tag.name for tag in customer.tags])),
    "customer.segments": _known(lambda customer: frozenset([one.name for one in customer.segments])),
    "customer.flags": lambda facts: _flags(facts.customer.flags, facts.now),
    "customer.language": _known(lambda customer: customer.language),
    "customer.account": _known(lambda customer: customer.first_account or None),
    **{f"customer.source_{one}": _came(one, _first_origin) for one in ORIGIN},
    "customer.source_traffic": _known(
        lambda customer: customer.source.traffic if customer.source is not None else None
    ),
    "customer.agent": _known(lambda customer: customer.dedicated_agent),
    "customer.is_new": lambda facts: facts.new_customer,
    "customer.is_merged": _known(lambda customer: bool(customer.members)),
    "customer.identities": _known(lambda customer: len(customer.identities)),
    "customer.created_at": _known(lambda customer: customer.created_at),
    **{name: _last(did) for name, did in LAST.items()},
    "actor.kind": lambda facts: facts.actor.kind.value if facts.actor is not None else None,
    "actor.id": lambda facts: facts.actor.id if facts.actor is not None else None,
    "time.now": lambda facts: facts.now.astimezone(UTC),
    "time.hour": lambda facts: facts.local(facts.now).hour,
    "time.weekday": lambda facts: WEEKDAYS[facts.local(facts.now).weekday()],
    "time.date": lambda facts: facts.local(facts.now).date().isoformat(),
}


def facts_of(
    message: InboundMessage,
    folded: str,
    ticket: Ticket,
    customer: Customer,
    *,
    new_ticket: bool,
    new_customer: bool,
    now: datetime | None = None,
    zone: str = "UTC",
    before: Facts | None = None,
    actor: Actor | None = None,
    match: Match | None = None,
    calendars: Mapping[str, Timeline] = MappingProxyType({}),
    origin: Origin | None = None,
) -> Facts:
    """The facts of one message.

    Args:
        message: what came.
        folded: the message's text as ``csdesk.domain.text.folding.fold`` returns it.
        ticket: the ticket it reached, as it is before the rules.
        customer: the one who wrote.
        new_ticket: was the ticket opened by this message?
        new_customer: was the customer first met with this message?
        now: the present time; None: that of the ticket's last event.
        zone: the time zone of hours, weekdays and dates.
        before: the ticket before the message; None for a new one.
        actor: who brought the message in.
        match: finds the phrase that answers a text best.
        calendars: how working calendars count, by name.
        origin: where it came from, as far as it was told with it.
    """
    return Facts(
        message,
        folded,
        ticket,
        customer,
        new_ticket=new_ticket,
        new_customer=new_customer,
        now=now,
        zone=zone,
        before=before,
        actor=actor,
        match=match,
        calendars=calendars,
        origin=origin,
    )


def ticket_facts(
    ticket: Ticket,
    customer: Customer,
    *,
    now: datetime | None = None,
    zone: str = "UTC",
    calendars: Mapping[str, Timeline] = MappingProxyType({}),
) -> Facts:
    """The facts of a ticket when no message is at hand: what conditions say about the message does not hold."""
    message: InboundMessage = _InboundMessage(
        account=ticket.account,
        dedupe_key="",
        conversation=ticket.conversation,
        sender=_Sender(external_id=""),
        language=ticket.language,
    )
    return Facts(
        message, "", ticket, customer, new_ticket=False, new_customer=False, now=now, zone=zone, calendars=calendars
    )
