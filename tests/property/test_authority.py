"""Whatever is given, split, taken back and approved by whomever, at whatever time: no limit is ever passed.

A plain model keeps what was given as a list and adds it up anew for each question. The desk must say yes exactly when
the sums stay within every limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conftest import many

from csdesk import Actor, DeskConfig, InboundMessage, InvalidInput, Sender, open_desk
from csdesk.domain.core.evolve import fold
from csdesk.errors import OutsideAuthority
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

ZONE = "Asia/Shanghai"
CASE = {"junior": 50, "senior": 120}
DAY = {"junior": 90, "senior": 10_000}
WEEK_OF_CUSTOMER = {"junior": 70, "senior": 200}
CAP_OF_CASE, CAP_OF_CUSTOMER = 100, 150
CONFIG = DeskConfig.from_toml(
    f"""
zone = "{ZONE}"
[[authority.actions]]
name = "refund"
cap_per_case = {CAP_OF_CASE}
cap_per_customer = [{{ period = "month", amount = {CAP_OF_CUSTOMER} }}]
approvers = [{{ grade = 5, within = "1h" }}]
[[authority.actions]]
name = "gift"
ledger = "refund"
[[authority.limits]]
action = "refund"
grade = 5
per_case = {CASE["senior"]}
per_agent = [{{ period = "day", amount = {DAY["senior"]} }}]
per_customer = [{{ period = "week", amount = {WEEK_OF_CUSTOMER["senior"]} }}]
[[authority.limits]]
action = "refund"
per_case = {CASE["junior"]}
per_agent = [{{ period = "day", amount = {DAY["junior"]} }}]
per_customer = [{{ period = "week", amount = {WEEK_OF_CUSTOMER["junior"]} }}]
[[authority.limits]]
action = "gift"
per_case = {CASE["junior"]}
per_agent = [{{ period = "day", amount = {DAY["junior"]} }}]
per_customer = [{{ period = "week", amount = {WEEK_OF_CUSTOMER["junior"]} }}]
"""
)
FEW = st.integers(0, 2)
AMOUNTS = st.integers(1, 60)
SUBJECTS = st.sampled_from(("", "order:1", "order:2"))


@dataclass(frozen=True)
class Given:
    """What was given: by whom, to whom, on which ticket, about what, when."""

    amount: int
    agent: int
    customer: int
    ticket: int
    subject: str
    at: datetime


def day(at: datetime) -> tuple[int, ...]:
    """The calendar day, as the desk sees it."""
    return tuple(at.astimezone(ZoneInfo(ZONE)).timetuple()[:3])


def week(at: datetime) -> tuple[int, ...]:
    """The calendar week."""
    return tuple(at.astimezone(ZoneInfo(ZONE)).isocalendar()[:2])


class Ledger(RuleBasedStateMachine):
    """Two juniors and a senior, three customers with a ticket each."""

    @initialize()
    def begin(self) -> None:
        self.clock, self.store = FixedClock(), MemoryStore()
        self.desk = open_desk(self.store, config=CONFIG, clock=self.clock, ids=SerialIds())
        grades = (1, 1, 6)
        self.ranks = ("junior", "junior", "senior")
        self.agents = [Actor.agent(self.desk.agents.add(f"A{grade}", grade=grade).id) for grade in grades]
        self.tickets: list[Any] = [self._ticket(f"c{number}", number) for number in range(3)]
        self.given: dict[str, Given] = {}
        self.asked: dict[str, Given] = {}

    def _ticket(self, by: str, number: int) -> Any:
        message = InboundMessage(
            account="web", dedupe_key=str(number), conversation=by, sender=Sender(external_id=by), text="refund"
        )
        return self.desk.receive(message).ticket

    def fits(self, wish: Given, agent: int) -> bool:
        """What the plain sums say."""
        rank = self.ranks[agent]
        case = max(self._sum(ticket=wish.ticket), self._sum(subject=wish.subject) if wish.subject else 0)
        now = self.clock.now()
        of_day = sum(one.amount for one in self.given.values() if one.agent == agent and day(one.at) == day(now))
        theirs = [one for one in self.given.values() if one.customer == wish.customer]
        of_week = sum(one.amount for one in theirs if week(one.at) == week(now))
        of_month = sum(one.amount for one in theirs if day(one.at)[:2] == day(now)[:2])
        return (
            case + wish.amount <= min(CASE[rank], CAP_OF_CASE)
            and of_day + wish.amount <= DAY[rank]
            and of_week + wish.amount <= WEEK_OF_CUSTOMER[rank]
            and of_month + wish.amount <= CAP_OF_CUSTOMER
        )

    def _sum(self, **where: Any) -> int:
        ((name, value),) = where.items()
        return sum(one.amount for one in self.given.values() if getattr(one, name) == value)

    @rule(amount=AMOUNTS, agent=FEW, ticket=FEW, subject=SUBJECTS)
    def settle(self, amount: int, agent: int, ticket: int, subject: str) -> None:
        wish = Given(amount, agent, ticket, ticket, subject, self.clock.now())
        expected = self.fits(wish, agent)
        told = self.desk.authority.decide(
            self.tickets[ticket].id, "refund", amount=amount, actor=self.agents[agent], subject=subject
        )
        assert told.is_allowed is expected
        try:
            done = self.desk.authority.settle(
                self.tickets[ticket].id, "refund", amount=amount, actor=self.agents[agent], subject=subject
            )
        except OutsideAuthority:
            assert not expected
        else:
            assert expected
            self.given[done.id] = wish

    @rule(amount=AMOUNTS, agent=st.integers(0, 1), ticket=FEW)
    def give_as_another_action(self, amount: int, agent: int, ticket: int) -> None:
        wish = Given(amount, agent, ticket, ticket, "", self.clock.now())
        rank = self.ranks[agent]
        now = self.clock.now()
        theirs = [one for one in self.given.values() if one.customer == ticket and week(one.at) == week(now)]
        mine = [one for one in self.given.values() if one.agent == agent and day(one.at) == day(now)]
        expected = (
            self._sum(ticket=ticket) + amount <= CASE[rank]
            and sum(one.amount for one in mine) + amount <= DAY[rank]
            and sum(one.amount for one in theirs) + amount <= WEEK_OF_CUSTOMER[rank]
        )
        try:
            done = self.desk.authority.settle(self.tickets[ticket].id, "gift", amount=amount, actor=self.agents[agent])
        except OutsideAuthority:
            assert not expected
        else:
            assert expected
            self.given[done.id] = wish

    @rule(place=FEW)
    def take_back(self, place: int) -> None:
        if self.given:
            key = sorted(self.given)[-1 - place % len(self.given)]
            self.desk.authority.reverse(key, actor=self.agents[0])  # type: ignore[arg-type]
            del self.given[key]

    @rule(amount=AMOUNTS, agent=st.integers(0, 1), ticket=FEW, subject=SUBJECTS)
    def ask(self, amount: int, agent: int, ticket: int, subject: str) -> None:
        wish = Given(amount, agent, ticket, ticket, subject, self.clock.now())
        try:
            asked = self.desk.authority.request(
                self.tickets[ticket].id, "refund", amount=amount, actor=self.agents[agent], brief="b", subject=subject
            )
        except InvalidInput:
            assert self.fits(wish, agent)
        except OutsideAuthority:
            assert not self.fits(wish, agent)
        else:
            self.asked[asked.id] = wish

    @rule(place=FEW)
    def approve(self, place: int) -> None:
        if not self.asked:
            return
        key = sorted(self.asked)[-1 - place % len(self.asked)]
        wish = self.asked[key]
        if not self.desk.authority.get(key).is_open:  # type: ignore[arg-type]
            del self.asked[key]  # it lapsed
            return
        try:
            self.desk.authority.approve(key, actor=self.agents[2])  # type: ignore[arg-type]
        except OutsideAuthority:
            assert not self.fits(wish, 2)
        else:
            assert self.fits(wish, 2)
            del self.asked[key]
            self.given[key] = Given(wish.amount, 2, wish.customer, wish.ticket, wish.subject, self.clock.now())

    @rule(hours=st.sampled_from((1, 8, 24, 24 * 7)))
    def time_goes_by(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.desk.run_due()

    @invariant()
    def nothing_is_above_a_cap(self) -> None:
        for total in self._totals():
            assert total <= max(CAP_OF_CASE, *CASE.values())

    def _totals(self) -> Iterator[int]:
        for number in range(3):
            yield self._sum(ticket=number)
        for subject in ("order:1", "order:2"):
            yield self._sum(subject=subject)

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        counting = {one.id for one in self.desk.authority.list(limit=1000).items if one.counts}
        assert counting == self.given.keys()
        for one in self.desk.authority.list(limit=1000).items:
            told = self.store.query("main", Query(kind="entry", where=(("subject", one.id),), order="position"))
            assert fold(told.items) == one  # type: ignore[arg-type]
        assert problems_of(self.store) == ()


class TestLedger(Ledger.TestCase):  # type: ignore[misc,name-defined]
    settings = settings(
        max_examples=many(25), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
