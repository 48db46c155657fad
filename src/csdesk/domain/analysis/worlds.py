"""Witnesses: a concrete message with its ticket and customer, made from the values that a claim asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from csdesk.domain.analysis.candidates import NOW
from csdesk.domain.ids import AgentId, CustomerId, IdentityId, TicketId
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric
from csdesk.domain.records.customers import Attribute, Customer, DayCount, Identity, SegmentMembership
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.goals import Goal, GoalName, GoalState
from csdesk.domain.records.messages import (
    ChoicePart,
    ContactPart,
    HtmlPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.domain.records.origins import Origin, Source
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import (
    AppliedSla,
    Category,
    FieldValue,
    Link,
    LinkKind,
    Owner,
    OwnerKind,
    Participant,
    Priority,
    Reception,
    Ticket,
    Worker,
    WorkerKind,
)
from csdesk.domain.rules.facts import NO_PHRASE, BestPhrase, Fact, Facts
from csdesk.domain.rules.fields import HISTORY, LAST, ORIGIN, SUMS, History, history_of
from csdesk.domain.rules.language import Trigger
from csdesk.domain.text.folding import fold
from csdesk.domain.time.counting import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A moment that shows a claim: what came (or changed), on which ticket, of which customer, at which time."""

    on: Trigger
    now: datetime
    message: InboundMessage | None
    ticket: Ticket
    customer: Customer
    new_ticket: bool = False
    new_customer: bool = False
    before: Ticket | None = None
    """The ticket as it was before; None if it is new."""
    customer_before: Customer | None = None
    actor: Actor | None = None
    origin: Origin | None = None
    """Where the message came from."""
    best: BestPhrase = NO_PHRASE
    """The phrase that answers the message best."""
    zone: str = "UTC"
    calendars: Mapping[str, Timeline] = field(default_factory=dict, compare=False, repr=False)
    shown: tuple[tuple[str, str], ...] = ()
    """The values that matter, by field."""

    def facts(self) -> Facts:
        """The moment as conditions see it."""
        was = None
        if self.before is not None:
            customer = self.customer_before or self.customer
            was = Facts(None, "", self.before, customer, now=self.now, zone=self.zone)
        return Facts(
            self.message,
            fold(self.message.text) if self.message is not None else "",
            self.ticket,
            self.customer,
            new_ticket=self.new_ticket,
            new_customer=self.new_customer,
            now=self.now,
            zone=self.zone,
            before=was,
            actor=self.actor,
            match=lambda _: self.best,
            calendars=self.calendars,
            origin=self.origin,
        )


@dataclass(slots=True)
class Draft:
    """The values of a witness in the making."""

    values: dict[str, Fact] = field(default_factory=dict)
    """By field; what is missing takes a usual value."""
    before: dict[str, Fact] = field(default_factory=dict)
    has_before: bool = False
    now: datetime = NOW
    zone: str = "UTC"
    on: Trigger = "message"
    calendars: Mapping[str, Timeline] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)
    """The category of each status that the configuration names."""

    def witness(self) -> Witness:
        """The moment that has these values."""
        new_ticket = bool(self.values.get("ticket.is_new", False))
        before = {**self.values, **self.before}
        customer = _customer(self.values, self.now, self.zone)
        return Witness(
            on=self.on,
            now=self.now,
            message=_message(self.values, self.now) if self._has_message() else None,
            ticket=_ticket(self.values, self),
            customer=customer,
            new_ticket=new_ticket,
            new_customer=bool(self.values.get("customer.is_new", False)),
            before=_ticket(before, self) if self.has_before else None,
            customer_before=_customer(before, self.now, self.zone) if self.has_before else None,
            actor=_actor(self.values),
            origin=_origin(self.values, "message.origin_"),
            best=BestPhrase(
                title=_word(self.values, "message.phrase", ""),
                score=_number(self.values, "message.phrase_score"),
            ),
            zone=self.zone,
            calendars=self.calendars,
            shown=tuple(sorted((name, _written(name, value)) for name, value in self.values.items())),
        )

    def _has_message(self) -> bool:
        asked = [value for name, value in self.values.items() if name.startswith("message.")]
        return self.on == "message" or any(value not in (None, "", 0, False, frozenset()) for value in asked)


def _written(name: str, value: Fact) -> str:
    if name == "ticket.priority" and isinstance(value, int):
        return Priority(value).name.lower()
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)


def _word(values: Mapping[str, Fact], name: str, usual: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) and value else usual


def _count(values: Mapping[str, Fact], name: str, usual: int) -> int:
    value = values.get(name)
    return int(value) if isinstance(value, int | float) else usual


def _number(values: Mapping[str, Fact], name: str) -> float:
    value = values.get(name)
    return value if isinstance(value, int | float) else 0.0


def _names(values: Mapping[str, Fact], name: str) -> frozenset[str]:
    value = values.get(name)
    return value if isinstance(value, frozenset) else frozenset()


def _instant(values: Mapping[str, Fact], name: str, usual: datetime | None) -> datetime | None:
    value = values.get(name, usual)
    return value if isinstance(value, datetime) else usual if value is not None else None


def _message(values: Mapping[str, Fact], now: datetime) -> InboundMessage:
    return InboundMessage.model_validate(
        {
            "account": _word(values, "message.account", "web"),
            "dedupe_key": "witness-1",
            "conversation": "witness",
            "sender": Sender(kind=_word(values, "message.channel", "external"), external_id="witness"),
            "cc": [Sender(external_id=f"copy-{n}") for n in range(min(_count(values, "message.copied", 0), 1000))],
            "subject": _word(values, "message.subject", ""),
            "parts": _parts(values),
            "references": ("earlier",) if values.get("message.is_reply") else (),
            "sent_at": now,
            "author": _word(values, "message.author", "customer"),
            "automatic": _word(values, "message.automatic", "no"),
            "language": values.get("message.language"),
        }
    )


def _parts(values: Mapping[str, Fact]) -> tuple[Part, ...]:
    kinds = _names(values, "message.kinds")
    text = _word(values, "message.text", "") or _sounding(_number(values, "message.mood"))
    length = _count(values, "message.length", len(text))
    if len(text) < length <= 100_000:
        text = f"{text}{' ' if text else ''}".ljust(length, "。")
    parts: list[Part] = [TextPart(text=text)] if text or "text" in kinds or "message.kinds" not in values else []
    parts += [_OF_A_KIND[kind] for kind in sorted(kinds) if kind in _OF_A_KIND]
    media = [MediaPart(media=MediaKind(kind)) for kind in sorted(kinds) if kind in set(MediaKind)]
    wanted = _count(values, "message.attachments", 1 if values.get("message.has_media") else 0)
    while len(media) < min(wanted, 1000):
        media.append(media[0] if media else MediaPart(media=MediaKind.IMAGE))
    return (*parts, *media)


def _sounding(mood: float) -> str:
    """A text that sounds about so."""
    return "" if not mood else _BAD * 5 if mood < -0.7 else _BAD if mood < 0 else _GOOD if mood < 0.7 else _GOOD * 5


_BAD: Final = "投诉,"
_GOOD: Final = "谢谢,"

_OF_A_KIND: dict[str, Part] = {
    "html": HtmlPart(html="<p></p>"),
    "location": LocationPart(latitude=0, longitude=0),
    "link": LinkPart(url="https://shop.example/"),
    "contact": ContactPart(),
    "choice": ChoicePart(id="1"),
    "other": OtherPart(provider_type="other"),
}


def _tags(values: Mapping[str, Fact], name: str, now: datetime) -> tuple[TagAssignment, ...]:
    return tuple(TagAssignment(name=one, at=now - timedelta(days=1)) for one in sorted(_names(values, name)))


def _ticket(values: Mapping[str, Fact], draft: Draft) -> Ticket:
    now = draft.now
    is_new = bool(values.get("ticket.is_new", False))
    status = _word(values, "ticket.status", "")
    usual = draft.categories.get(status, Category.NEW if is_new else Category.OPEN)
    category = Category(_word(values, "ticket.category", usual.value))
    queue = _word(values, "ticket.queue", "default")
    worker = _worker(values)
    updated = _instant(values, "ticket.updated_at", now - timedelta(minutes=1)) or now
    created = _instant(values, "ticket.created_at", now - timedelta(hours=1)) or now
    owner = _word(values, "ticket.owner", worker.id if worker is not None else queue)
    return Ticket(
        id=TicketId("tkt_witness"),
        number=1,
        subject=_word(values, "ticket.subject", ""),
        type=_word(values, "ticket.type", "general"),
        category=category,
        status=status or category.value,
        priority=Priority(_count(values, "ticket.priority", 2)),
        queue=queue,
        language=_optional(values, "ticket.language"),
        site=_optional(values, "ticket.site"),
        identity=IdentityId("idn_witness"),
        account=_word(values, "ticket.account", _word(values, "message.account", "web")),
        conversation="witness",
        origin=_origin(values, "ticket.origin_"),
        owner=Owner(kind=OwnerKind.AGENT if worker is not None else OwnerKind.QUEUE, id=owner),
        worker=worker,
        fence=1,
        reception=_reception(values, worker),
        hand_offs=_count(values, "ticket.hand_offs", 0),
        participants=tuple(
            Participant(identity=IdentityId("idn_witness" if n == 0 else f"idn_copy{n}"))
            for n in range(min(_count(values, "ticket.participants", 1), 1000))
        ),
        tags=_tags(values, "ticket.tags", now),
        flags=tuple(Flag(name=one, at=now) for one in sorted(_names(values, "ticket.flags"))),
        goal=_goal(values, now),
        fields=tuple(_custom(values, "ticket.x.")),
        clocks=_clocks(values, now),
        sla=AppliedSla(policy=policy) if (policy := _optional(values, "ticket.sla")) is not None else None,
        links=tuple(
            Link(kind=LinkKind(one), ticket=TicketId("tkt_other")) for one in sorted(_names(values, "ticket.links"))
        ),
        absorbed=(TicketId("tkt_absorbed"),) if values.get("ticket.is_merged") else (),
        close_reason=_word(values, "ticket.close_reason", ""),
        created_at=created,
        updated_at=updated,
        customer_at=_instant(values, "ticket.customer_at", None),
        replied_at=_instant(values, "ticket.replied_at", None),
        waiting_since=_instant(values, "ticket.waiting_since", None),
        resolved_at=_instant(values, "ticket.resolved_at", None),
        closed_at=_instant(values, "ticket.closed_at", None),
        cycle=_count(values, "ticket.reopens", 0) + 1,
        messages=_count(values, "ticket.messages", 1),
        unanswered=_count(values, "ticket.unanswered", 0),
    )


def _optional(values: Mapping[str, Fact], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _worker(values: Mapping[str, Fact]) -> Worker | None:
    name = _optional(values, "ticket.worker")
    assigned = values.get("ticket.is_assigned")
    with_bot = values.get("ticket.is_with_bot")
    if name is None and assigned is not True and with_bot is not True:
        return None
    kind = WorkerKind.BOT if assigned is False or with_bot is True else WorkerKind.AGENT
    return Worker(kind=kind, id=name or "agt_witness", fence=1)


def _reception(values: Mapping[str, Fact], worker: Worker | None) -> Reception | None:
    turns, failed = _count(values, "ticket.bot_turns", 0), _count(values, "ticket.failed_turns", 0)
    if not (turns or failed or (worker is not None and worker.kind is WorkerKind.BOT)):
        return None
    return Reception(
        bot=worker.id if worker is not None and worker.kind is WorkerKind.BOT else "bot", turns=turns, failed=failed
    )


def _goal(values: Mapping[str, Fact], now: datetime) -> Goal | None:
    name, state = _optional(values, "ticket.goal"), _optional(values, "ticket.goal_state")
    if name is None and (state is None or "ticket.goal" in values):
        return None
    return Goal(
        name=GoalName(name or "answer"),
        state=GoalState(state or "open"),
        since=now - timedelta(hours=1),
        span=timedelta(days=2),
        due_at=now + timedelta(days=2),
    )


def _custom(values: Mapping[str, Fact], prefix: str) -> list[FieldValue]:
    return [
        FieldValue(name=name.removeprefix(prefix), value=_stored(value))
        for name, value in sorted(values.items())
        if name.startswith(prefix) and value is not None and not isinstance(value, frozenset)
    ]


def _stored(value: Fact) -> str | float | bool | None:
    return value.isoformat() if isinstance(value, datetime) else None if isinstance(value, frozenset) else value


def _clocks(values: Mapping[str, Fact], now: datetime) -> tuple[Clock, ...]:
    states, policy = _names(values, "ticket.sla_states"), _optional(values, "ticket.sla")
    due = _instant(values, "ticket.sla_due_at", None)
    phases = [one for one in ClockPhase if one.value in states]
    if due is not None and ClockPhase.RUNNING not in phases:
        phases.append(ClockPhase.RUNNING)
    return tuple(
        Clock(
            metric=Metric.FIRST_REPLY,
            cycle=n,
            policy=policy or "standard",
            phase=phase,
            amount=timedelta(hours=1),
            started_at=now,
            due_at=due if phase is ClockPhase.RUNNING else None,
            warned_at=now if "warned" in states and n == 1 else None,
            breached_at=now if "breached" in states and n == len(phases) else None,
        )
        for n, phase in enumerate(phases, start=1)
    )


def _acts(values: Mapping[str, Fact], now: datetime, zone: str) -> Iterator[DayCount]:
    """Days that make up the counts: of each kind the shorter a window, the nearer its days."""
    counts = [(asked, _count(values, name, 0)) for name in values if (asked := history_of(name)) is not None]
    today = now.astimezone(ZoneInfo(zone)).date()
    for did in dict.fromkeys(HISTORY[asked.what] for asked, _ in counts):
        before = 0
        for asked, count in sorted(((one, n) for one, n in counts if HISTORY[one.what] == did), key=_days):
            day = today - timedelta(days=asked.days - 1)
            if asked.what in SUMS:
                yield DayCount(did=did, day=day, count=0, amount=count, last_at=now)
            elif count > before:
                yield DayCount(did=did, day=day, count=count - before, last_at=now)
                before = count
    for name, did in LAST.items():
        at = _instant(values, name, None)
        if at is not None:
            yield DayCount(did=did, day=at.astimezone(ZoneInfo(zone)).date(), count=0, last_at=at)


def _days(pair: tuple[History, int]) -> int:
    return pair[0].days


def _customer(values: Mapping[str, Fact], now: datetime, zone: str) -> Customer:
    agent = _optional(values, "customer.agent")
    identities = min(_count(values, "customer.identities", 1), 1000)
    return Customer(
        id=CustomerId("cus_witness"),
        name=_word(values, "customer.name", ""),
        level=_word(values, "customer.level", ""),
        stage=_word(values, "customer.stage", "" if "customer.stage" in values else "new"),
        language=_optional(values, "customer.language"),
        attributes=tuple(Attribute(name=one.name, value=one.value, at=now) for one in _custom(values, "customer.x.")),
        identities=tuple(
            Identity(
                id=IdentityId("idn_witness" if n == 0 else f"idn_more{n}"),
                kind="external",
                external_id=f"witness-{n}",
                linked_at=now,
            )
            for n in range(identities)
        ),
        tags=_tags(values, "customer.tags", now),
        flags=tuple(Flag(name=one, at=now) for one in sorted(_names(values, "customer.flags"))),
        segments=tuple(SegmentMembership(name=one, since=now) for one in sorted(_names(values, "customer.segments"))),
        acts=tuple(_acts(values, now, zone)),
        dedicated_agent=AgentId(agent) if agent is not None else None,
        first_account=_word(values, "customer.account", ""),
        source=_source(values),
        members=(CustomerId("cus_absorbed"),) if values.get("customer.is_merged") else (),
        created_at=_instant(values, "customer.created_at", now - timedelta(days=1)) or now,
    )


def _origin(values: Mapping[str, Fact], prefix: str) -> Origin | None:
    said = {one: value for one in ORIGIN if (value := _word(values, f"{prefix}{one}", ""))}
    return Origin.model_validate(said) if said else None


def _source(values: Mapping[str, Fact]) -> Source | None:
    traffic, origin = _optional(values, "customer.source_traffic"), _origin(values, "customer.source_")
    if traffic is None and origin is None:
        return None
    return Source.model_validate({"account": "web", "traffic": traffic, "origin": origin})


def _actor(values: Mapping[str, Fact]) -> Actor | None:
    kind, name = _optional(values, "actor.kind"), _optional(values, "actor.id")
    if kind is None and name is None:
        return None
    return Actor(kind=ActorKind(kind or "agent"), id=name or "agt_witness")
