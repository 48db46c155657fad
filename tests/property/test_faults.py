"""Whatever fails, and whenever: once the faults stop and everything is offered again, each thing happened once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk.bootstrap import open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.policy.config import AccountPolicy, DeskConfig, QueuePolicy, SlaPolicy, TargetPolicy
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import (
    Capabilities,
    InboundMessage,
    InboundResult,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    Sender,
)
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Direction, Message
from csdesk.domain.records.queues import InboxItem, InboxState, OutboxItem, OutboxState
from csdesk.errors import ChannelError, StoreError, UsageError
from csdesk.flows.inbound import answering, clocks, identity, reading, recording, routing, rules, threading, window
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import Fault, FaultyStore, FixedClock, SerialIds
from csdesk.testing.audit import problems_of

TALKS = 4
CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default"),),
    accounts=(AccountPolicy(name="keyed"), AccountPolicy(name="plain")),
    sla=(SlaPolicy(name="all", targets=(TargetPolicy(metric="first_reply", within=timedelta(minutes=5)),)),),
)
STEPS = (
    (identity, "identify"),
    (window, "set_times"),
    (threading, "thread"),
    (reading, "read"),
    (rules, "apply_rules"),
    (clocks, "run_clocks"),
    (routing, "route"),
    (answering, "answer"),
    (recording, "record"),
)
"""What the pipeline calls, in its order."""
ANSWERS = ("ok", "lost answer", "broken", "retry", "refused", "unknown")
Op = tuple[str, int, int, list[Fault | None], list[bool]]
_FAULTS = st.lists(st.sampled_from([None, None, None, *Fault]), max_size=8)
_OPS = st.tuples(
    st.sampled_from(
        ("receive", "many", "reply", "later", "note", "assign", "status", "merge", "due", "retry", "outbox")
    ),
    st.integers(0, 99),
    st.integers(0, 99),
    _FAULTS,
    st.lists(st.sampled_from([False] * 6 + [True]), max_size=12),
)


class ScriptedChannel:
    """Answers as told; ``sent`` is what really left."""

    def __init__(self, account: str, sent: list[str], answers: list[str]) -> None:
        self.account = account
        self.kind = "scripted"
        self.capabilities = Capabilities(idempotency="key" if account == "keyed" else "none")
        self._sent = sent
        self._answers = answers

    def receive(self, request: RawRequest) -> InboundResult:
        return InboundResult()

    def send_now(self, message: OutboundMessage) -> Receipt:
        answer = self._answers.pop(0) if self._answers else "ok"
        if answer == "broken":
            raise ZeroDivisionError
        if answer in ("retry", "refused", "unknown"):
            words = {"retry": "retry", "refused": "fix_content", "unknown": "unknown_outcome"}
            raise ChannelError(self.account, "no", disposition=words[answer])  # type: ignore[arg-type]
        self._sent.append(f"{message.account} {message.key}")
        if answer == "lost answer":
            raise ChannelError(self.account, "no answer", disposition="unknown_outcome")
        return Receipt(provider_id=f"p-{message.key}")

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        return PullPage()


class World:
    """A desk over a store that fails, and everything that was ever asked of it."""

    def __init__(self, store: Store, answers: list[str]) -> None:
        self.plain = store
        self.faults: list[Fault | None] = []
        self.breaks: list[bool] = []
        self.sent: list[str] = []
        self.answers = answers
        self.again: Counter[str] = Counter()
        """How often the outcome of a message was declared unknown and somebody chose to send it again."""
        self.messages: dict[str, InboundMessage] = {}
        self.commands: dict[str, Callable[[], object]] = {}
        self.refused: set[str] = set()
        self.clock = FixedClock()
        channels = [ScriptedChannel(name, self.sent, answers) for name in ("keyed", "plain")]
        faulty = FaultyStore(store, lambda _: self.faults.pop(0) if self.faults else None)
        self.desk: Desk = open_desk(faulty, config=CONFIG, clock=self.clock, ids=SerialIds(), channels=channels)
        for name in ("Ann", "Bo"):
            self.desk.agents.add(name, queues=("default",), capacity=1)

    @contextmanager
    def breaking_steps(self) -> Iterator[None]:
        """Any step of the pipeline raises when its turn says so."""
        with pytest.MonkeyPatch.context() as patch:
            for module, name in STEPS:
                patch.setattr(module, name, self._breaking(getattr(module, name)))
            yield

    def _breaking(self, step: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object) -> object:
            if self.breaks and self.breaks.pop(0):
                raise ZeroDivisionError
            return step(*args)

        return run

    def message(self, number: int, talk: int) -> InboundMessage:
        key = f"d{number}"
        account = ("keyed", "plain")[talk % 2]
        return self.messages.setdefault(
            key,
            InboundMessage(
                account=account,
                dedupe_key=key,
                conversation=f"c{talk}",
                sender=Sender(external_id=f"u{talk}"),
                text=f"message {key}",
            ),
        )

    def tickets(self) -> list[str]:
        return [one.id for one in self.plain.query("main", Query(kind="ticket", limit=1000)).items]  # type: ignore[union-attr]

    def agents(self) -> list[str]:
        return [one.id for one in self.plain.query("main", Query(kind="agent", limit=1000)).items]  # type: ignore[union-attr]

    def do(self, place: int, op: Op) -> None:
        kind, a, b, faults, breaks = op
        tickets = self.tickets()
        action = self._action(f"op{place}", kind, a, b, tickets)
        if action is None:
            return
        self.faults, self.breaks = list(faults), list(breaks)
        with suppress(StoreError, UsageError):
            action()
        self.faults, self.breaks = [], []
        self.clock.advance(timedelta(seconds=a))

    def _action(self, key: str, kind: str, a: int, b: int, tickets: list[str]) -> Callable[[], object] | None:
        desk = self.desk
        if kind == "receive":
            one = self.message(a, b % TALKS)
            return lambda: desk.receive(one)
        if kind == "many":
            several = [self.message((a + step) % 100, (b + step) % TALKS) for step in range(1 + b % 5)]
            return lambda: desk.receive_many(several)
        if kind == "due":
            return lambda: desk.run_due(20)
        if kind == "retry":
            parked = desk.inbox.list(limit=1000).items
            return (lambda: desk.inbox.retry(parked[a % len(parked)].id, actor=Actor.system())) if parked else None
        if kind == "outbox":
            return self._outbox(key, a)
        return self._command(key, kind, a, b, tickets) if tickets else None

    def _outbox(self, key: str, a: int) -> Callable[[], object] | None:
        stuck = [one for one in self.desk.outbox.list(limit=1000).items if one.state in ("dead", "unknown")]
        if not stuck:
            return None
        one = stuck[a % len(stuck)].message
        self.again[one] += 1
        return lambda: self.desk.outbox.retry(one, actor=Actor.system())

    def _command(self, key: str, kind: str, a: int, b: int, tickets: list[str]) -> Callable[[], object]:
        desk = self.desk
        ticket, other = tickets[a % len(tickets)], tickets[b % len(tickets)]
        agents = [*self.agents()[:2], None]
        who = desk.agents.add(key, queues=()).id  # each command has an actor of its own, to tell its entries by
        common = {"actor": Actor.agent(who), "idempotency_key": key}
        commands: dict[str, Callable[[], object]] = {
            "reply": lambda: desk.reply(ticket, f"reply {key}", **common),
            "later": lambda: desk.reply(ticket, f"reply {key}", deliver=False, **common),
            "note": lambda: desk.note(ticket, f"note {key}", **common),
            "assign": lambda: desk.tickets.assign(ticket, agents[b % 3], **common),
            "status": lambda: desk.tickets.set_status(ticket, ("resolved", "open", "closed")[b % 3], **common),
            "merge": lambda: desk.tickets.merge(ticket, other, **common),
        }
        self.commands[who] = commands[kind]
        return commands[kind]

    def settle(self) -> None:
        """The faults are over: everything is offered again, and what is due is done."""
        self.answers.clear()
        self.desk.receive_many(list(self.messages.values()))
        for _ in range(200):
            parked = self.desk.inbox.list(state=InboxState.PARKED, limit=1).items
            if not parked:
                break
            self.desk.inbox.retry(parked[0].id, actor=Actor.system())
        for action in (*self.commands.values(), *self.commands.values()):
            with suppress(UsageError):
                action()
        self.desk.receive_many(list(self.messages.values()))
        for _ in range(30):
            self.clock.advance(timedelta(hours=1))
            self.desk.run_due()

    def check(self) -> None:
        assert problems_of(self.plain) == ()
        rows = {kind: self._rows(kind) for kind in ("message", "inbox", "outbox", "entry")}
        assert not [one for one in rows["inbox"] if isinstance(one, InboxItem)]
        stored = [one for one in rows["message"] if isinstance(one, Message)]
        inbound = Counter(one.text for one in stored if one.direction is Direction.IN)
        assert inbound == Counter(one.text for one in self.messages.values())
        assert max(Counter(one.text for one in stored if one.direction is not Direction.IN).values(), default=1) == 1
        self._check_commands([one for one in rows["entry"] if isinstance(one, Entry)])
        left = [one for one in rows["outbox"] if isinstance(one, OutboxItem)]
        assert {one.state for one in left} <= {OutboxState.DEAD, OutboxState.UNKNOWN}
        for line, count in Counter(self.sent).items():
            account, key = line.split()
            assert account == "keyed" or count <= 1 + self.again[key], "sent twice"
        for one in stored:
            if one.delivery == "sent":
                assert f"{one.account} {one.id}" in self.sent

    def _rows(self, kind: str) -> list[object]:
        page = self.plain.query("main", Query(kind=kind, limit=1000))  # type: ignore[arg-type]
        assert page.cursor is None
        return list(page.items)

    def _check_commands(self, entries: list[Entry]) -> None:
        """Each command ran once: all its entries have one cause, and one of each subject."""
        causes: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            if entry.actor.id in self.commands:
                causes[entry.actor.id].add(entry.cause)
        assert all(len(found) == 1 for found in causes.values())
        assert (
            max(Counter((one.cause, one.subject) for one in entries if one.actor.id in causes).values(), default=1) == 1
        )


def _live(store: Store, ops: list[Op], answers: list[str]) -> None:
    world = World(store, answers)
    try:
        with world.breaking_steps():
            for place, op in enumerate(ops):
                world.do(place, op)
            world.settle()
        world.check()
    finally:
        world.desk.close()


@given(ops=st.lists(_OPS, min_size=3, max_size=25), answers=st.lists(st.sampled_from(ANSWERS), max_size=20))
@settings(max_examples=many(60), suppress_health_check=[HealthCheck.too_slow])
def test_faults_over_memory(ops: list[Op], answers: list[str]) -> None:
    _live(MemoryStore(), ops, answers)


@given(ops=st.lists(_OPS, min_size=3, max_size=25), answers=st.lists(st.sampled_from(ANSWERS), max_size=20))
@settings(max_examples=many(15), suppress_health_check=[HealthCheck.too_slow])
def test_faults_over_sqlite(ops: list[Op], answers: list[str]) -> None:
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "desk.db", synchronous="NORMAL")) as store:
        _live(store, ops, answers)
