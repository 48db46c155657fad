"""Routing under random commands, and the choice by the index against the choice by looking at everybody."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conftest import many

from csdesk import Actor, DeskConfig, InboundMessage, Sender, Skill, open_desk
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.changes import CandidateNeed, ChangeSet, ConfigRow, Delta, Needs
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.routing.choice import Found, choose, first
from csdesk.domain.routing.demands import is_met
from csdesk.domain.routing.judging import judged
from csdesk.domain.routing.profiles import key_of, profile_of
from csdesk.domain.routing.roster import Roster
from csdesk.domain.routing.search import needs_of
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing import builders as build
from csdesk.testing.audit import problems_of

LEAD = Actor.agent("lead")
SKILLS = ("refund", "japanese")
QUEUES = ("a", "b")


def config(**more):
    needs = [
        {"name": one, "when": {"field": "ticket.tags", "op": "contains", "value": one}, "skills": [{"name": one}]}
        for one in SKILLS
    ]
    return DeskConfig.model_validate(
        {
            "queues": [
                {"name": "a", "routing": {"overflow": [{"queue": "b", "when": ["nobody"]}], **more}},
                {"name": "b", "routing": {"strategy": "round_robin"}},
            ],
            "default_queue": "a",
            "accounts": [{"name": "a", "queue": "a"}, {"name": "b", "queue": "b"}],
            "tags": [{"name": one, "keywords": [one]} for one in SKILLS],
            "routing": {"needs": needs},
        }
    )


class Office(RuleBasedStateMachine):
    """Customers write, agents come and go, tickets are closed and offers answered, in any order."""

    @initialize(offers=st.booleans())
    def open(self, offers):
        self.clock = FixedClock()
        self.store = MemoryStore()
        more = {"assign": "offer", "offer_within": "5m", "ask_again_after": "10m"} if offers else {}
        self.desk = open_desk(self.store, config=config(**more), clock=self.clock, ids=SerialIds())
        self.numbers = count(1)
        self.agents = []
        self.before = {}

    def teardown(self):
        if hasattr(self, "desk"):
            assert problems_of(self.store, self.desk.name) == ()

    # What is known

    def tickets(self):
        return self.store.query(self.desk.name, Query(kind="ticket", limit=1000)).items

    def holder(self, ticket):
        return ticket.assignee or (ticket.offered_to if ticket.saved_with is None else None)

    def wishes(self, ticket: Ticket):
        return {one for one in SKILLS if ticket.has_tag(one)}

    def may(self, agent, ticket):
        queues = {"a": {"a", "b"}, "b": {"b"}}[ticket.queue]
        has = {one.name for one in agent.skills}
        return agent.takes_work and bool(queues & {*agent.queues}) and self.wishes(ticket) <= has

    def load(self, agent):
        """What the agent has in hand, or is offered; room that is saved is not in use."""
        mine = [one for one in self.tickets() if self.holder(one) == agent.id and one.saved_with is None]
        return sum(one.units if one.offer is None else one.offer.units for one in mine if one.is_live)

    def given(self):
        """The tickets that found somebody since the last look, each checked."""
        found = []
        agents = {key: self.desk.agents.get(key).agent for key in self.agents}
        for ticket in self.tickets():
            holder = self.holder(ticket)
            if holder is not None and self.before.get(ticket.id) != holder:
                assert self.may(agents[holder], ticket), "an agent who may not have it"
                assert self.load(agents[holder]) <= agents[holder].capacity, "above capacity"
                found.append((ticket, agents[holder]))
        self.before = {ticket.id: self.holder(ticket) for ticket in self.tickets()}
        return found

    # What happens

    @rule(
        queues=st.lists(st.sampled_from(QUEUES), min_size=1, unique=True),
        skills=st.lists(st.sampled_from(SKILLS), unique=True),
        capacity=st.integers(1, 3),
    )
    def hire(self, queues, skills, capacity):
        if len(self.agents) < 5:
            given = [Skill(name=one) for one in skills]
            agent = self.desk.agents.add("A", queues=queues, skills=given, capacity=capacity)
            self.agents.append(agent.id)

    @rule(place=st.integers(0, 9), presence=st.sampled_from(["online", "online", "busy", "offline"]))
    def come_or_go(self, place, presence):
        if self.agents:
            self.desk.agents.set_presence(self.agents[place % len(self.agents)], presence)

    @rule(queue=st.sampled_from(QUEUES), words=st.lists(st.sampled_from(SKILLS), unique=True))
    def write(self, queue, words):
        number = next(self.numbers)
        self.clock.advance(timedelta(seconds=1))
        who = Sender(external_id=f"u{number}")
        text = " ".join(["hello", *words])
        self.desk.receive(
            InboundMessage(account=queue, dedupe_key=str(number), conversation=str(number), sender=who, text=text)
        )
        for ticket, agent in self.given():
            ahead = [one for one in self.tickets() if one.waits is not None and one.queue == ticket.queue]
            assert all(one.created_at > ticket.created_at for one in ahead), "a new ticket overtook an older one"
            assert agent is not None

    @rule(place=st.integers(0, 99))
    def close(self, place):
        mine = [one for one in self.tickets() if one.assignee is not None and one.is_live]
        if mine:
            self.desk.tickets.set_status(mine[place % len(mine)].id, "closed", actor=LEAD)
            self.before = {ticket.id: self.holder(ticket) for ticket in self.tickets()}

    @rule(place=st.integers(0, 99), takes=st.booleans())
    def answer(self, place, takes):
        offered = [one for one in self.tickets() if one.offer is not None and one.saved_with is None]
        if offered:
            ticket = offered[place % len(offered)]
            answer = self.desk.tickets.accept if takes else self.desk.tickets.decline
            answer(ticket.id, actor=Actor.agent(ticket.offered_to))
            self.before = {one.id: self.holder(one) for one in self.tickets()}

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def work(self):
        stood = {ticket.id: ticket for ticket in self.tickets()}
        while self.desk.run_due().more:
            pass
        given = self.given()
        waiting = [one for one in self.tickets() if one.waits is not None]
        for ticket, agent in given:
            for other in waiting:
                asked = agent.id in other.asked
                older = (other.created_at, other.id) < (ticket.created_at, ticket.id)
                was_there = other.id in stood and stood[other.id].waits is not None
                assert not (older and was_there and self.may(agent, other) and not asked), "not the oldest"
        for ticket in self.tickets():
            if ticket.offer is not None:
                asked_one = self.desk.agents.get(ticket.offered_to).agent
                assert not asked_one.is_absent, "an offer outlived its agent"
        people = [self.desk.agents.get(key) for key in self.agents]
        for ticket in waiting:
            for row in people:
                free = self.may(row.agent, ticket) and row.load < row.agent.capacity
                assert not free or row.agent.id in ticket.asked, "somebody is free and the ticket waits"

    @invariant()
    def loads_are_true(self):
        if hasattr(self, "desk"):
            rows = self.store.query(self.desk.name, Query(kind="burden", limit=1000)).items
            assert all(row.counted == row.carried for row in rows if row.counter.startswith("load/"))


Office.TestCase.settings = settings(
    max_examples=many(15), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOffice = Office.TestCase


STRATEGIES = ("least_loaded", "most_idle", "round_robin", "weighted", "consistent_hash")


@pytest.fixture(params=["memory", "sqlite"])
def fresh(request, tmp_path):
    numbers = count(1)
    stores = []

    def make():
        store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / f"{next(numbers)}.db")
        stores.append(store)
        store.open_desk("d", secret=b"x" * 32)
        return store

    yield make
    for store in stores:
        store.close()


_AGENT = st.fixed_dictionaries(
    {
        "capacity": st.sampled_from((0, 1, 2, 3)),
        "weight": st.sampled_from((1, 2)),
        "grade": st.sampled_from((1, 3)),
        "presence": st.sampled_from(("online", "online", "online", "busy", "away")),
        "languages": st.sampled_from(((), ("en",), ("zh", "en"))),
        "skills": st.lists(
            st.builds(Skill, name=st.sampled_from(SKILLS), level=st.sampled_from((1, 3))), max_size=2
        ).map(tuple),
        "queues": st.sampled_from((("a",), ("a", "b"), ("b",))),
        "shift": st.sampled_from((None, None, "night")),
    }
)


@settings(max_examples=many(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_index_chooses_as_looking_at_everybody_does(fresh, data):
    strategy = data.draw(st.sampled_from(STRATEGIES))
    must = data.draw(st.booleans())
    policy = compile_policy(
        DeskConfig.model_validate(
            {
                "queues": [
                    {
                        "name": "a",
                        "routing": {
                            "strategy": strategy,
                            "language": data.draw(st.sampled_from(("any", "should", "must"))),
                            "reserve": data.draw(st.sampled_from((0, 1))),
                            "overflow": [{"queue": "b", "when": ["nobody"]}],
                        },
                    },
                    {"name": "b"},
                ],
                "default_queue": "a",
                "calendars": [{"name": "night", "zone": "UTC", "weekly": {"mon": [("20:00", "24:00")]}}],
                "routing": {
                    "needs": [{"name": "n", "skills": [{"name": "refund", "level": 2, "must": must}]}]
                    * data.draw(st.integers(0, 1)),
                    "weights": [{"units": data.draw(st.sampled_from((1, 2)))}],
                },
            }
        )
    )
    store = fresh()
    people = [build.agent(number, **one) for number, one in enumerate(data.draw(st.lists(_AGENT, max_size=9)), start=1)]
    store.commit("d", ChangeSet(config=ConfigRow("c", "{}", build.at(0), policy.routing.orders)))
    if people:
        store.commit("d", build.changes_for(*people))
    for one in data.draw(st.lists(st.sampled_from(people), max_size=12) if people else st.just([])):
        store.commit("d", ChangeSet(deltas=(Delta(load_counter(one.id), 1, queue=data.draw(st.sampled_from(QUEUES))),)))
    asked = data.draw(st.lists(st.sampled_from([one.id for one in people]), unique=True) if people else st.just([]))
    ticket = build.ticket(1, queue="a", language="zh-CN", asked=tuple(asked), asked_at=build.at(0) if asked else None)
    roster = Roster(store.query("d", Query(kind="group", limit=1000)).items)
    search = policy.routing.search(ticket, build.customer(1), roster, policy.service, now=build.at(60))
    needs = needs_of((search,), waiting=False)
    found = Found()
    found.lay_in(needs, store.load("d", needs), lambda _queue, _priority, at: at)
    assert choose(search, found).agent == _looked_at_everybody(store, people, search)


def _looked_at_everybody(store, people, search):
    needs = Needs(counters=tuple(load_counter(one.id) for one in people))
    loads = store.load("d", needs).counters
    for stage in search.stages:
        start = search.start if stage.strategy == "consistent_hash" else 0
        need = CandidateNeed(stage.queue, 1000, start=start)
        rows = {one.agent: one for one in store.load("d", Needs(candidates=(need,))).candidates[need.key]}
        able = [one for one in people if not judged(one, loads.get(load_counter(one.id), 0), search, stage)]
        strict = [one for one in able if _meets_all(one, search, stage)]
        for circle in (strict, able):
            pool = [rows[one.id] for one in circle]
            # The full list names no profile; weights are read from it.
            best = first(stage.strategy, [_with_profile(row, people) for row in pool], search, Found())
            if best is not None:
                return best.agent
    return None


def _with_profile(row, people):
    return row._replace(profile=key_of(next(one for one in people if one.id == row.agent)))


def _meets_all(agent, search, stage):
    assert all(is_met(one, profile_of(agent)) for one in search.demands)
    return key_of(agent) in stage.strict.profiles


@pytest.mark.parametrize("strategy", ["round_robin", "most_idle", "least_loaded"])
@given(people=st.integers(1, 7), messages=st.integers(1, 40))
@settings(max_examples=many(10), deadline=None)
def test_equal_people_get_equal_shares(strategy, people, messages):
    given_config = DeskConfig.model_validate({"queues": [{"name": "default", "routing": {"strategy": strategy}}]})
    with open_desk("memory://", config=given_config, clock=FixedClock(), ids=SerialIds()) as desk:
        for _ in range(people):
            desk.agents.add("A", queues=["default"], capacity=100)
        for number in range(messages):
            who = Sender(external_id=str(number))
            desk.receive(
                InboundMessage(account="w", dedupe_key=str(number), conversation=str(number), sender=who, text="hi")
            )
        shares = Counter(one.assignee for one in desk.tickets.list(limit=100).items)
        assert max(shares.values()) - min([*shares.values(), *[0] * (people - len(shares))]) <= 1
