"""A desk in the middle of its life: what people, customers, channels and the clock may do to it, chosen by numbers.

Each deed takes a side (a desk over one store) and four numbers that choose among what there is, so the same deeds can
be done on two sides and must come to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from csdesk import Actor, DeskConfig, InboundMessage, Presence, Sender, TextPart, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records import channels as ch
from csdesk.ports.bots import BotAbstains, BotAnswer, BotHandsOver
from csdesk.ports.store import Query, Store
from csdesk.testing import FixedClock, ScriptedChannel, SerialIds

KINDS = (
    *("ticket", "customer", "message", "agent", "phrase", "draft", "inbox", "outbox", "entry", "config"),
    *("group", "line", "burden"),
)
"""Everything that a desk keeps, and what it works out from that."""
QUEUES = ("default", "shop", "bots", "wares")
WORDS = ("hello", "answer", "发票")
TEXTS = ("hello", "now please", "refund 退款", "发票 invoice", "转人工", "the parcel A1234", "hello " * 50)
STATUSES = ("open", "waiting_customer", "snoozed", "resolved", "closed")
PEOPLE = 4
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

_BASE: dict[str, Any] = {
    "locale": "en",
    "queues": [
        {"name": "default", "goal": "answer"},
        {"name": "shop", "auto_reply": True},
        {"name": "bots", "reception": "bot_first", "bot": "echo", "hand_off_to": "default"},
        {"name": "wares", "routing": {"assign": "offer", "capacity": 3}},
    ],
    "bots": [{"name": "echo", "failed_turns": 2, "excuse": "Pardon?", "farewell": "Bye"}],
    "departments": [{"name": "warehouse", "queue": "wares"}],
    "accounts": [
        {"name": "web"},
        {"name": "mail", "queue": "shop", "auto_reply": True},
        {"name": "chat", "queue": "bots"},
    ],
    "tags": [{"name": "soon", "keywords": ["now"]}, {"name": "t1"}, {"name": "t2", "lasts": "2h"}],
    "types": [{"name": "refund"}],
    "segments": [{"name": "loud", "when": {"field": "customer.tags", "op": "contains", "value": "t1"}}],
    "rules": [
        {
            "name": "refund",
            "when": {"field": "message.text", "op": "contains", "value": "refund"},
            "then": [{"do": "set_type", "type": "refund"}, {"do": "add_tags", "tags": ["t1"]}],
        }
    ],
    "reopen": {"grace": "6h", "window": "3d"},
    "sla": [
        {
            "name": "std",
            "targets": [
                {"metric": "first_reply", "within": "30m", "warn_at": [0.5]},
                {"metric": "next_reply", "within": "1h"},
                {"metric": "resolution", "within": "1d", "pause_on": ["waiting_customer"]},
            ],
        }
    ],
    "close_resolved_after": "2d",
    "retention": {
        "inbound_claims": "3000d",
        "command_claims": "3000d",
        "closed_tickets": "10d",
        "dead_outbox": "5d",
        "raw": "3d",
    },
}
_OTHER = {
    **_BASE,
    "zone": "America/New_York",
    "queues": [{"name": "default", "routing": {"strategy": "round_robin"}}, *_BASE["queues"][1:]],
    "rules": [],
    "sla": [{"name": "std", "targets": [{"metric": "resolution", "within": "4h"}]}],
    "close_resolved_after": "4h",
}
CONFIGS = tuple(DeskConfig.model_validate(one) for one in (_BASE, _OTHER))


class Echo:
    """A bot that gives up at refunds, and hands parcels over."""

    name = "echo"

    def answer(self, turn: Any) -> Any:
        if "refund" in turn.text:
            return BotAbstains()
        return BotHandsOver(brief="more") if "A1234" in turn.text else BotAnswer(text=f"answer {turn.text[:9]}")


class Channel(ScriptedChannel):
    """A channel that can do everything, and notes what its provider took over."""

    def __init__(self, account: str, **able: Any) -> None:
        super().__init__(account, capabilities=ch.Capabilities(**able))
        self.taken: list[str] = []

    def send_now(self, message: ch.OutboundMessage) -> ch.Receipt:
        receipt = super().send_now(message)
        if self.capabilities.idempotency != "key" or message.key not in self.taken:
            self.taken.append(message.key)
        return receipt

    def edit_now(self, sent: Any, part: Any) -> None:
        """Done."""

    def recall_now(self, sent: Any) -> None:
        """Done."""


@dataclass
class Side:
    """A desk over one store, with a clock, ids and channels of its own."""

    make_store: Callable[[], Store]
    opening: Callable[..., Any] = open_desk
    """Opens a desk over the store, or over the same file as the store."""
    processes: int = 1
    """How many desks are open at once; ``turn`` says which of them does the next deed."""
    turn: int = 0
    name: str = "main"
    """The name of the desk in the store."""
    erases: bool = True
    """False where a desk over an ``AsyncStore`` takes part, which cannot."""
    teaches: bool = True
    """False where several processes take part: each learns from a judgement in its own next round."""
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 3, 2, 1, tzinfo=UTC)))
    ids: SerialIds = field(default_factory=SerialIds)
    config: DeskConfig = CONFIGS[0]
    said: list[InboundMessage] = field(default_factory=list)
    keyed: list[tuple[Callable[[], Any], Any, str | None]] = field(default_factory=list)
    was_in_doubt: bool = False
    is_crowded: bool = False
    """While several deeds are done at once."""
    number: int = 0

    def __post_init__(self) -> None:
        self.channels = (
            Channel("web", edit_within=timedelta(days=1), recall_within=timedelta(days=1)),
            Channel("mail", idempotency="key"),
        )
        self.desks: dict[int, Desk] = {}
        self.store = self.make_store()
        self.store.open_desk(self.name, secret=b"s" * 32)
        for number in range(2):  # one process opens it again, so that as many ids were taken
            self.turn = number % self.processes
            self.open()
        self.agents = [
            self.desk.agents.add(name, queues=QUEUES[:number], capacity=3).id
            for number, name in enumerate(("Lin", "Ann", "Bo"), 2)
        ]
        self.desk.replies.add(
            "Invoice",
            "It comes by mail.",
            name="inv",
            questions=["where is my invoice", "发票 invoice"],
            auto_reply=True,
        )

    def open(self) -> None:
        """Open the desk whose turn it is, perhaps again."""
        if self.turn in self.desks:
            self.desk.close()
        self.desks[self.turn] = self.opening(self.store, **self.parts)

    def close(self) -> None:
        for desk in self.desks.values():
            desk.close()
        self.store.close()

    @property
    def parts(self) -> dict[str, Any]:
        """What every desk of this side is opened with."""
        return {
            "desk": self.name,
            "config": self.config,
            "clock": self.clock,
            "ids": self.ids,
            "channels": self.channels,
            "bots": (Echo(),),
        }

    @property
    def desk(self) -> Desk:
        return self.desks[self.turn]

    def all(self, kind: Any) -> list[Any]:
        return list(pages(lambda after: self.store.query(self.name, Query(kind=kind, limit=1000, after=after))))

    def pick(self, kind: Any, number: int) -> Any:
        """One of what there is; raises ``NothingYet``."""
        return chosen(self.all(kind), number)

    def live(self, number: int) -> Any:
        """A ticket: mostly one on which something can be done."""
        found = self.all("ticket")
        return chosen([one for one in found if number % 5 == 0 or one.is_live] or found, number)

    def who(self, number: int) -> Actor:
        return chosen([*map(Actor.agent, self.agents), Actor.system(), Actor.agent("ghost")], number)

    def ahead(self, number: int) -> datetime:
        """An instant that is soon; seldom one that has passed."""
        return self.clock.now() + timedelta(minutes=number % 200 - 10)


class NothingYet(Exception):
    """There is nothing to do that to."""


def chosen(found: Any, number: int) -> Any:
    if not found:
        raise NothingYet
    return found[number % len(found)]


def pages(read: Callable[[str | None], Any]) -> Iterator[Any]:
    """What stands on all pages."""
    cursor = None
    while True:
        page = read(cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


Deed = Callable[[Side, int, int, int, int], Any]
DEEDS: dict[str, Deed] = {}


def deed(one: Deed) -> Deed:
    DEEDS[one.__name__] = one
    return one


def sender(number: int, kind: str = "email") -> Sender:
    return Sender(kind=kind, external_id=f"{number % PEOPLE}@example.org")


def _message(side: Side, a: int, b: int, c: int, d: int) -> InboundMessage:
    side.number += 1
    late = timedelta(minutes=-(d % 300) - 150)
    return InboundMessage(
        account=("web", "mail", "chat", "elsewhere")[b % 4],
        dedupe_key=f"k{side.number}",
        provider_id=f"<{side.number}@x>",
        conversation=f"c{c % 4}",
        sender=sender(a),
        references=(f"<{max(1, side.number - d % 7)}@x>",) if d % 3 == 0 else (),
        also=(sender(a, "phone"),) if d % 5 == 0 else (sender(a + 1, "phone"),) if d % 11 == 0 else (),
        cc=(sender(a + 1),) if c % 5 == 0 else (),
        subject=f"S{d % 3}",
        text=TEXTS[d % len(TEXTS)],
        sent_at=side.clock.now() + late if c % 3 == 0 else None,
        provider_order=d % 4,
        author=("customer", "customer", "customer", "customer", "elsewhere", "bot")[a % 6],
        automatic=("no", "no", "no", "no", "no", "reply", "bounce")[b // 4 % 7],
        spam=d % 17 == 0,
        raw=b"raw" * (d % 3),
    )


@deed
def receive(side: Side, a: int, b: int, c: int, d: int) -> Any:
    side.said.append(_message(side, a, b, c, d))
    return side.desk.receive(side.said[-1])


@deed
def receive_many(side: Side, a: int, b: int, c: int, d: int) -> Any:
    new = [_message(side, a + number, b, c + number * d, d + number) for number in range(a % 4)]
    side.said += new
    return side.desk.receive_many([*new, *side.said[:2]])


@deed
def report(side: Side, a: int, b: int, c: int, d: int) -> Any:
    """What a channel tells beside messages."""
    side.number += 1
    account = ("web", "mail", "chat")[b % 3]
    sent = [one.id for one in side.all("message") if one.direction == "out"] or ["msg_none"]
    head: dict[str, Any] = {"account": account, "dedupe_key": f"e{side.number}"}
    theirs, ours = f"<{max(1, side.number - d % 9)}@x>", chosen(sent, d)
    state: Any = ("sent", "delivered", "read", "failed", "blocked", "opted_out")[d % 6]
    conversation = f"c{d % 4}"
    events: tuple[Callable[[], Any], ...] = (
        lambda: ch.EditEvent(**head, provider_id=theirs, parts=(TextPart(text=TEXTS[a % len(TEXTS)]),)),
        lambda: ch.DeleteEvent(**head, provider_id=theirs),
        lambda: ch.ReactionEvent(**head, provider_id=theirs, sender=sender(a), sign="+" * (d % 2)),
        lambda: ch.StatusEvent(**head, key=ours, status=state),
        lambda: ch.ContactEvent(**head, sender=sender(a), allowed=bool(d % 2)),
        lambda: ch.IdentityEvent(**head, sender=sender(a), also=(sender(a + d % 2, "id"),), joins=d % 3 == 0),
        lambda: ch.SessionEvent(
            **head, conversation=conversation, sender=sender(a), what=("started", "ended", "window")[a % 3]
        ),
        lambda: ch.HandoffEvent(**head, conversation=conversation, to="p", agent=side.agents[a % 3] if a % 2 else ""),
        lambda: ch.EchoEvent(
            **head, conversation=conversation, to=sender(a), key=ours if a % 2 else "", parts=(TextPart(text="hello"),)
        ),
    )
    return side.desk.take(account, [chosen(events, c)()])


@deed
def reply(side: Side, a: int, b: int, c: int, d: int) -> Any:
    purpose: Any = ("service", "service", "marketing")[d % 3]
    ticket = side.live(a)
    return side.desk.reply(ticket.id, f"answer {d % 3}", actor=side.who(b), deliver=bool(c % 2), purpose=purpose)


@deed
def provider_fails(side: Side, a: int, b: int, c: int, d: int) -> Any:
    trouble: Any = ("retry", "fix_content", "unknown_outcome", "wait_customer", "refresh_auth")[b % 5]
    side.channels[a % 2].fail(trouble, times=c % 2 + 1, after=60.0 if d % 2 else None)


@deed
def settle_outbox(side: Side, a: int, b: int, _c: int, d: int) -> Any:
    item = side.pick("outbox", a)
    side.was_in_doubt = side.was_in_doubt or item.state == "unknown"
    outbox = side.desk.outbox
    return (outbox.retry if d % 3 else outbox.discard)(item.message, actor=side.who(b))


@deed
def settle_inbox(side: Side, a: int, b: int, _c: int, d: int) -> Any:
    inbox = side.desk.inbox
    return (inbox.retry if d % 3 else inbox.discard)(side.pick("inbox", a).id, actor=side.who(b))


@deed
def edit(side: Side, a: int, b: int, c: int, _d: int) -> Any:
    ours = chosen([one.id for one in side.all("message") if one.direction == "out"], a)
    if c % 2:
        return side.desk.channels.edit(ours, "answer 新", actor=side.who(b))
    return side.desk.channels.recall(ours, actor=side.who(b))


@deed
def mark(side: Side, a: int, b: int, c: int, d: int) -> Any:
    """Small changes of a ticket."""
    desk, ticket, by = side.desk, side.live(a), {"actor": side.who(b)}
    tag, until = ("soon", "t1", "t2")[d % 3], side.ahead(d)
    agent = side.agents[d % 3] if d % 4 else None
    identity = side.pick("ticket", d).identity
    changes: tuple[Callable[[], Any], ...] = (
        lambda: desk.tickets.assign(ticket.id, agent, **by),
        lambda: desk.tickets.set_status(ticket.id, STATUSES[d % 5], until=until if d % 5 == 2 else None, **by),
        lambda: desk.tickets.set_status(ticket.id, "closed", reason="spam", **by),
        lambda: desk.tickets.tag(ticket.id, tag, expires_at=until if d % 2 else None, **by),
        lambda: desk.tickets.untag(ticket.id, tag, **by),
        lambda: desk.tickets.flag(ticket.id, "press", until=until, **by),
        lambda: desk.tickets.set_field(ticket.id, "priority", ("low", "urgent")[d % 2], **by),
        lambda: desk.tickets.set_field(ticket.id, "type", "refund", **by),
        lambda: desk.tickets.set_goal(ticket.id, ("answer", "order", None)[d % 3], **by),
        lambda: desk.tickets.participants(
            ticket.id, **({"add": [identity]} if d % 3 else {"remove": [identity]}), **by
        ),
        lambda: desk.sla.promise(ticket.id, within=timedelta(minutes=d % 300 + 1), **by),
        lambda: desk.sla.settle(ticket.id, kept=bool(d % 2), **by),
        lambda: desk.sla.reassess(ticket.id, mode=("pin", "forward", "retro")[d % 3], **by),
        lambda: desk.note(ticket.id, "answer for us", **by),
        lambda: desk.tickets.drafts.save(ticket.id, "answer?", **by),
    )
    return chosen(changes, c)()


@deed
def hold(side: Side, a: int, b: int, c: int, d: int) -> Any:
    """Who works on a ticket."""
    ticket, by, tickets = side.live(a), {"actor": side.who(b)}, side.desk.tickets
    fence = ticket.worker.fence if ticket.worker else 1
    to: dict[str, Any] = (
        {"queue": "shop"},
        {"agent": side.agents[c % 3]},
        {"department": "warehouse"},
        {"queue": "bots"},
        {"queue": "default", "returns": True, "return_within": timedelta(minutes=c % 60 + 1)},
    )[d % 5]
    span = timedelta(minutes=d % 50 + 1)
    ways: tuple[Callable[[], Any], ...] = (
        lambda: tickets.transfer(ticket.id, ask=(None, True, False)[d % 3], brief="b", **to, **by),
        lambda: tickets.transfer(ticket.id, ask=True, brief="b", within=span, **to, **by),
        lambda: tickets.accept(ticket.id, **by),
        lambda: tickets.decline(ticket.id, **by),
        lambda: tickets.withdraw_transfer(ticket.id, **by),
        lambda: tickets.lease(ticket.id, span=span if d % 2 else None, take_over=bool(d % 3), reason="r", **by),
        lambda: tickets.renew(ticket.id, fence, span=span, **by),
        lambda: tickets.release(ticket.id, fence, **by),
        lambda: tickets.hand_off(ticket.id, **by),
        lambda: tickets.hand_back(ticket.id, queue="bots" if d % 2 else None, **by),
    )
    return chosen(ways, c)()


@deed
def join(side: Side, a: int, b: int, c: int, d: int) -> Any:
    """Tickets that become one, or two."""
    by, tickets = {"actor": side.who(d)}, side.desk.tickets
    if c % 4 < 2:
        return tickets.merge(side.live(a).id, side.live(b).id, **by)
    if c % 4 == 2:
        return tickets.unmerge(chosen([one for one in side.all("ticket") if one.merged_into], a).id, **by)
    first, other = side.pick("message", a), side.pick("message", b)
    return tickets.split(first.ticket, [first.id] if d % 2 else [first.id, other.id], **by)


@deed
def know(side: Side, a: int, b: int, c: int, d: int) -> Any:
    """What is known of customers, and which of them are one."""
    one, other, by = side.pick("customer", a), side.pick("customer", b), {"actor": side.who(d)}
    merged = [each.id for each in side.all("customer") if each.merged_into] or [one.id]
    customers = side.desk.customers
    until = side.ahead(d)
    ways: tuple[Callable[[], Any], ...] = (
        lambda: customers.merge(one.id, other.id, **by),
        lambda: customers.unmerge(chosen(merged, b), **by),
        lambda: customers.link(one.id, sender(b, ("email", "phone", "id")[d % 3]), **by),
        lambda: customers.unlink(chosen(one.identities, b).id, **by),
        lambda: customers.block(one.id, blocked=bool(d % 2), until=until if d % 4 == 1 else None, **by),
        lambda: customers.tag(one.id, "t1", "t2", expires_at=until if d % 2 else None, **by),
        lambda: customers.untag(one.id, "t1", **by),
        lambda: customers.flag(one.id, "press", until=until, **by),
        lambda: customers.set_profile(one.id, name=f"N{d % 3}", dedicated_agent=side.agents[b % 3], **by),
        lambda: customers.record(one.id, "order", reference=f"A{d % 3}", **by),
        lambda: customers.erase(one.id, **by) if d % 3 == 0 and side.erases else None,
    )
    return chosen(ways, c)()


@deed
def staff(side: Side, a: int, b: int, c: int, _d: int) -> Any:
    agent, agents = side.agents[a % 3], side.desk.agents
    ways: tuple[Callable[[], Any], ...] = (
        lambda: agents.set_presence(agent, tuple(Presence)[b % len(Presence)]),
        lambda: agents.change(agent, capacity=b % 5),
        lambda: agents.change(agent, queues=QUEUES[: b % 4]),
        lambda: agents.change(agent, retired=b % 3 == 0),
    )
    return chosen(ways, c)()


@deed
def suggest(side: Side, a: int, b: int, c: int, d: int) -> Any:
    message = side.pick("message", a).id
    if c % 2 or not side.teaches:
        return side.desk.replies.suggest(message)
    fate: Any = ("shown", "picked", "edited", "ignored", "wrong")[d % 5]
    picked = "inv" if fate in ("picked", "edited") else None
    return side.desk.learning.judge(message, fate, picked=picked, shown=["inv"], actor=side.who(b))


@deed
def activate(side: Side, a: int, _b: int, _c: int, _d: int) -> Any:
    side.config = CONFIGS[a % 2]
    return side.desk.config.activate(side.config)


@deed
def wait(side: Side, a: int, _b: int, _c: int, _d: int) -> Any:
    """The clock goes on, or is put back."""
    side.clock.advance(timedelta(seconds=(1, 60, 1800, 7200, 86400, 3 * 86400, 11 * 86400, -60, -3600)[a % 9]))


@deed
def run_due(side: Side, _a: int, _b: int, _c: int, _d: int) -> Any:
    return side.desk.run_due()


@deed
def run_due_twice(side: Side, _a: int, _b: int, _c: int, _d: int) -> Any:
    """Where nothing is left, nothing is done, and nothing is due earlier than was said."""
    report = side.desk.run_due()
    while report.more:
        report = side.desk.run_due()
    before, again = everything(side), side.desk.run_due()
    assert everything(side) == before
    assert (report.next_due_at or NEVER) <= (again.next_due_at or NEVER)
    return again


@deed
def do_keyed(side: Side, a: int, b: int, c: int, d: int) -> Any:
    """Something under a key of its own, which ``do_again`` repeats."""
    side.number += 1
    ticket, other, customer, into = side.live(a), side.live(b), side.pick("customer", b), side.pick("customer", a)
    by: dict[str, Any] = {"actor": side.who(c), "idempotency_key": f"key{side.number}"}
    ways: tuple[Callable[[], Any], ...] = (
        lambda: side.desk.note(ticket.id, "answer", **by),
        lambda: side.desk.reply(ticket.id, "answer", deliver=False, **by),
        lambda: side.desk.tickets.assign(ticket.id, side.agents[b % 3], **by),
        lambda: side.desk.tickets.set_status(ticket.id, STATUSES[3 + b % 2], **by),
        lambda: side.desk.tickets.merge(ticket.id, other.id, **by),
        lambda: side.desk.tickets.transfer(ticket.id, agent=side.agents[b % 3], brief="b", **by),
        lambda: side.desk.customers.merge(customer.id, into.id, **by),
        lambda: side.desk.agents.add("New", **by),
        lambda: side.desk.sla.promise(ticket.id, within=timedelta(hours=1), **by),
    )
    way = chosen(ways, d)
    done = way()
    side.keyed.append((way, ids_in(done), ticket.id if way is ways[4] else None))
    return done


def ids_in(done: Any) -> tuple[Any, ...]:
    """What a result is about."""
    parts = (done, getattr(done, "message", None), getattr(done, "ticket", None))
    return tuple(getattr(part, "id", None) for part in parts)


def whereabouts(side: Side, ticket: str) -> str:
    """The ticket that a merged one is part of now, or itself."""
    (found,) = [one for one in side.all("ticket") if one.id == ticket]
    return str(found.merged_into or found.id)


@deed
def do_again(side: Side, a: int, _b: int, _c: int, _d: int) -> Any:
    way, first, merged = chosen(side.keyed, a)
    before = everything(side)
    if merged is not None:  # a merge of tickets tells what has become of it since
        first = (whereabouts(side, merged), *first[1:])
    assert ids_in(way()) == first, "the first outcome comes back"
    assert everything(side) == before, "nothing happens twice"


@deed
def reopen(side: Side, _a: int, _b: int, _c: int, _d: int) -> Any:
    before = everything(side)
    side.open()
    assert everything(side) == before


def everything(side: Side) -> dict[str, list[Any]]:
    """All that a desk keeps, without the salts of what holds nothing personal and traces of nothing."""
    found = {kind: side.all(kind) for kind in KINDS}
    found["entry"] = [one._replace(salt="", trace=one.trace or None) for one in found["entry"]]
    return found


def check_sent(side: Side) -> None:
    """Nothing was handed over again that the provider had taken, unless somebody sent it again while in doubt."""
    for channel in side.channels:
        taken = Counter(channel.taken)
        assert side.was_in_doubt or all(count == 1 for count in taken.values()), taken
