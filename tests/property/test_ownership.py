"""Whatever leases, bots, hand-offs and transfers come in whatever order: somebody is accountable, one at most works."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conftest import many

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.core.evolve import fold
from csdesk.domain.policy.config import BotPolicy, DepartmentPolicy, QueuePolicy
from csdesk.domain.records import events as ev
from csdesk.errors import UsageError
from csdesk.ports.bots import BotAbstains, BotAnswer, BotHandsOver
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

CONFIG = DeskConfig(
    queues=(
        QueuePolicy(name="default", reception="bot_first", bot="one"),
        QueuePolicy(name="night", reception="bot_only", bot="two", hand_off_to="people"),
        QueuePolicy(name="people"),
    ),
    bots=(BotPolicy(name="one", failed_turns=2, excuse="Pardon?"), BotPolicy(name="two")),
    departments=(DepartmentPolicy(name="warehouse"),),
)
BOTS = ("one", "two")
QUEUES = ("default", "night", "people")
FEW = st.integers(0, 2)
FENCES = st.integers(-2, 0)
MINUTES = st.sampled_from((1, 3, 6, 20))
OUTCOMES = st.sampled_from(
    (BotAnswer(text="answer"), BotAnswer(text="?", confidence=0.1), BotAbstains(), BotHandsOver(brief="more"))
)
ENDS = (ev.OfferAccepted, ev.OfferDeclined, ev.OfferExpired, ev.OfferWithdrawn)


class Ownership(RuleBasedStateMachine):
    """A few tickets, three agents, two bots; the numbers choose among what there is."""

    def store(self) -> Any:
        return MemoryStore()

    @initialize()
    def begin(self) -> None:
        self.clock, self.data, self.numbers = FixedClock(), self.store(), 0
        self.desk = open_desk(self.data, config=CONFIG, clock=self.clock, ids=SerialIds())
        self.agents = [
            Actor.agent(self.desk.agents.add(f"A{number}", queues=("default", "people"), capacity=2).id)
            for number in range(3)
        ]
        self.tickets: list[Any] = []
        self.turns: list[Any] = []
        self.fences: dict[str, int] = {}
        self.write(0, "hello")

    def teardown(self) -> None:
        for ticket in self.all_tickets():
            self.check_story(ticket)
        assert problems_of(self.data) == ()
        self.desk.close()
        self.data.close()

    def pick(self, number: int) -> Any:
        return self.desk.tickets.get(self.tickets[number % len(self.tickets)])

    def tried(self, method: Any, *arguments: Any, **named: Any) -> Any:
        """What it gives; None if it was refused, which must change nothing."""
        before = self.said()
        try:
            return method(*arguments, **named)
        except UsageError:
            assert self.said() == before
            return None

    def said(self) -> int:
        return self.desk._store.count(self.desk.name, Query(kind="message"))

    # What may happen

    @rule(person=FEW, text=st.sampled_from(("hello", "转人工", "你们这些骗子", "多久发货")))
    def write(self, person: int, text: str) -> None:
        self.numbers += 1
        got = self.desk.receive(
            InboundMessage(
                account="web", dedupe_key=str(self.numbers), conversation=str(person), text=text,
                sender=Sender(external_id=str(person)),
            )
        )  # fmt: skip
        assert got.state == "stored"
        if got.ticket.id not in self.tickets:
            self.tickets.append(got.ticket.id)

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def run_due(self) -> None:
        self.desk.run_due()

    @rule(number=FEW, agent=FEW, span=st.none() | MINUTES, take_over=st.booleans(), department=st.booleans())
    def lease(self, number: int, agent: int, span: int | None, take_over: bool, department: bool) -> None:
        named = {"department": "warehouse"} if department else {}
        before = self.pick(number)
        held = self.tried(
            self.desk.tickets.lease, before.id, actor=self.agents[agent], take_over=take_over, reason="because",
            span=None if span is None else timedelta(minutes=span), **named,
        )  # fmt: skip
        if held is not None:
            assert held.fence > before.fence

    @rule(number=FEW, bot=st.sampled_from(BOTS), take_over=st.booleans())
    def lease_by_bot(self, number: int, bot: str, take_over: bool) -> None:
        before = self.pick(number)
        had = before.worker is not None and before.worker.kind != "bot" and before.worker.until is None
        held = self.tried(self.desk.tickets.lease, before.id, actor=Actor.bot(bot), take_over=take_over, reason="x")
        assert held is None or not had

    @rule(number=FEW, back=FENCES, who=st.integers(0, 4), kind=st.sampled_from(("reply", "renew", "release")))
    def under_a_fence(self, number: int, back: int, who: int, kind: str) -> None:
        """Only who shows the number of the live lease is heard."""
        before = self.pick(number)
        fence = before.fence + back
        actor = self.agents[who] if who < 3 else Actor.bot(BOTS[who - 3])
        live = before.worker is not None and (before.worker.until is None or self.clock.now() < before.worker.until)
        if kind == "reply":
            sent = self.tried(self.desk.reply, before.id, "reply", actor=actor, fence=fence, deliver=False)
        elif kind == "renew":
            sent = self.tried(self.desk.tickets.renew, before.id, fence, actor=actor, span=timedelta(minutes=5))
        else:
            sent = self.tried(self.desk.tickets.release, before.id, fence, actor=actor)
        if sent is not None:
            assert live
            assert fence == before.worker.fence
            if kind == "reply" and who >= 3:
                assert str(before.worker) == str(actor)

    @rule(number=FEW, agent=FEW)
    def reply(self, number: int, agent: int) -> None:
        ticket = self.pick(number)
        sent = self.tried(self.desk.reply, ticket.id, "hello", actor=self.agents[agent], deliver=False)
        assert sent is None or sent.ticket.worker is None or sent.ticket.worker.kind != "bot"

    @rule(bot=st.sampled_from(BOTS))
    def take_turns(self, bot: str) -> None:
        self.turns += self.desk.bots.take(bot, hold=timedelta(minutes=2))

    @rule(number=st.integers(0, 20), outcome=OUTCOMES)
    def finish_turn(self, number: int, outcome: Any) -> None:
        if self.turns:
            self.finish(self.turns[number % len(self.turns)], outcome)

    def finish(self, turn: Any, outcome: Any) -> None:
        """Only the last message is answered, once, and only while the bot has the ticket."""
        before = self.desk.tickets.get(turn.ticket)
        result = self.desk.bots.finish(turn, outcome)
        if result.outcome != "stale":
            assert str(before.worker) == f"bot:{turn.bot}"
            assert before.worker.fence == turn.fence
            assert self.clock.now() < before.worker.until
            assert before.customer_message == turn.asked
            assert self.desk.bots.finish(turn, outcome).outcome == "stale"

    @rule(person=FEW, late=st.sampled_from(("", "write", "take", "time")), outcome=OUTCOMES)
    def converse(self, person: int, late: str, outcome: Any) -> None:
        """A whole turn, and what may come in between."""
        self.write(person, "hello")
        self.take_turns("one")
        self.take_turns("two")
        if late == "write":
            self.write(person, "and one thing more")
        elif late == "take":
            self.lease(person, 0, None, True, False)
        elif late == "time":
            self.time_passes(6)
        for turn in self.turns[-2:]:
            self.finish(turn, outcome)

    @rule(number=FEW, agent=FEW, to=st.none() | st.sampled_from(QUEUES))
    def hand_back(self, number: int, agent: int, to: str | None) -> None:
        self.tried(self.desk.tickets.hand_back, self.pick(number).id, actor=self.agents[agent], queue=to)

    @rule(number=FEW)
    def hand_off(self, number: int) -> None:
        self.tried(self.desk.tickets.hand_off, self.pick(number).id, actor=Actor.system())

    @rule(number=FEW, agent=st.none() | FEW)
    def assign(self, number: int, agent: int | None) -> None:
        to = None if agent is None else self.agents[agent].id
        self.tried(self.desk.tickets.assign, self.pick(number).id, to, actor=Actor.system())

    @rule(number=FEW, agent=FEW, to=st.integers(0, 4), returns=st.booleans(), within=st.none() | MINUTES)
    def transfer(self, number: int, agent: int, to: int, returns: bool, within: int | None) -> None:
        target = ({"agent": self.agents[to].id} if to < 3 else {"department": "warehouse"}) if to < 4 else {}
        self.tried(
            self.desk.tickets.transfer, self.pick(number).id, None if target else "people",
            actor=self.agents[agent], brief="look", returns=returns and bool(target),
            return_within=None if within is None else timedelta(minutes=within), **target,
        )  # fmt: skip

    @rule(number=FEW, agent=FEW, kind=st.sampled_from(("accept", "decline", "withdraw")))
    def answer_transfer(self, number: int, agent: int, kind: str) -> None:
        desk = self.desk.tickets
        method = {"accept": desk.accept, "decline": desk.decline, "withdraw": desk.withdraw_transfer}[kind]
        self.tried(method, self.pick(number).id, actor=self.agents[agent])

    @rule(number=FEW, status=st.sampled_from(("open", "resolved", "closed", "waiting_customer")))
    def status(self, number: int, status: str) -> None:
        self.tried(self.desk.tickets.set_status, self.pick(number).id, status, actor=Actor.system())

    # What must hold

    @invariant()
    def somebody_is_accountable_and_one_at_most_works(self) -> None:
        for ticket in self.all_tickets():
            assert ticket.owner.id
            assert ticket.owner.kind in ("agent", "queue", "department")
            assert ticket.fence >= self.fences.get(ticket.id, 0)
            if ticket.worker is not None:
                assert ticket.worker.fence == ticket.fence
                if ticket.worker.kind == "bot":
                    assert ticket.queue != "people"
                    assert ticket.reception is None or not ticket.reception.is_over
            self.fences[ticket.id] = ticket.fence

    def all_tickets(self) -> list[Any]:
        return [self.desk.tickets.get(one) for one in self.tickets]

    def check_story(self, ticket: Any) -> None:
        """What stands in its stream: leases grow, each offer ends once, each turn is answered once."""
        page = self.data.query("main", Query(kind="entry", where=(("subject", ticket.id),), limit=1000))
        entries = sorted(page.items, key=lambda one: one.position)
        assert fold(entries) == ticket
        events = [event for entry in entries for event in entry.events]
        granted = [one.worker.fence for one in events if isinstance(one, ev.TicketAssigned) and one.worker]
        assert granted == sorted(set(granted))
        made = [one.offer.number for one in events if isinstance(one, ev.OfferMade)]
        ended = [one.number for one in events if isinstance(one, ENDS)]
        assert len(set(made)) == len(made)
        assert len(set(ended)) == len(ended)
        assert set(ended) <= set(made)
        assert ticket.offer is None or ticket.offer.number not in ended
        answered = Counter(one.message for one in events if isinstance(one, ev.TurnEnded) and one.outcome == "answered")
        asked = Counter(one.message for one in events if isinstance(one, ev.TurnBegan))
        assert answered <= asked


class OwnershipInSqlite(Ownership):
    def store(self) -> Any:
        self.folder = TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "desk.db", synchronous="NORMAL")

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


SLOW = list(HealthCheck)
TestOwnership = Ownership.TestCase
TestOwnership.settings = settings(
    max_examples=many(15), stateful_step_count=30, deadline=None, suppress_health_check=SLOW
)
TestOwnershipInSqlite = OwnershipInSqlite.TestCase
TestOwnershipInSqlite.settings = settings(
    max_examples=many(3), stateful_step_count=25, deadline=None, suppress_health_check=SLOW
)
