"""The analysis is sound: what it calls dead never fires, each witness shows its claim, each planted loop is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import DeskConfig, InboundMessage, Priority, Sender
from csdesk.domain.analysis.setting import Setting
from csdesk.domain.analysis.solver import solve
from csdesk.domain.analysis.trying import both_act, tried
from csdesk.domain.analysis.waiting import acting_on
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.customers import Customer, DayCount, SegmentMembership
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.goals import Goal, GoalName, GoalState
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, FieldValue, Owner, OwnerKind, Reception, Ticket, Worker, WorkerKind
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import BestPhrase, Facts
from csdesk.domain.text.folding import fold
from csdesk.rules import F, NoAutoReply, Rule, analyse

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
WORDS = ("退款", "款", "我要退款", "refund", "refund now", "cat")
PRIORITIES = ("low", "normal", "high", "urgent")

TAGS = [{"name": "a"}, {"name": "b"}]

word = st.sampled_from(WORDS)
tag = st.sampled_from(("a", "b"))
group = st.sampled_from(("g", "h"))
flag = st.sampled_from(("rude", "late"))
SEGMENTS = [{"name": one, "when": {"field": "customer.level", "op": "is_set"}} for one in ("g", "h")]


def _test(field: Any, op: Any, value: Any = None) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.sampled_from(field) if isinstance(field, tuple) else st.just(field)
    ops = st.sampled_from(op) if isinstance(op, tuple) else st.just(op)
    return st.fixed_dictionaries({"field": fields, "op": ops, "value": st.none() if value is None else value})


TEXT = ("message.text", "message.subject", "message.any")
tests = st.one_of(
    _test(TEXT, ("contains", "not_contains"), word),
    _test(TEXT, ("contains_any", "contains_all", "contains_none"), st.lists(word, min_size=1, max_size=2)),
    _test("message.text", ("starts_with", "ends_with", "eq"), word),
    _test("message.text", ("is_set", "not_set")),
    _test("ticket.priority", ("eq", "ne", "ge", "gt", "lt", "le"), st.sampled_from(PRIORITIES)),
    _test("ticket.messages", ("eq", "ne", "ge", "gt", "lt", "le"), st.integers(0, 4)),
    _test("ticket.messages", "between", st.sampled_from(([0, 1], [1, 2], [3, 3]))),
    _test("ticket.tags", ("contains_any", "contains_all", "contains_none"), st.lists(tag, min_size=1, max_size=2)),
    _test(("ticket.tags", "customer.level", "ticket.x.n"), ("is_set", "not_set")),
    _test("ticket.is_new", ("eq", "ne"), st.booleans()),
    _test("customer.level", ("eq", "ne"), st.sampled_from(("vip", "basic"))),
    _test("customer.level", ("in", "not_in"), st.just(["vip", "basic"])),
    _test("customer.level", ("starts_with", "ends_with"), st.sampled_from(("v", "p", "c"))),
    _test("ticket.x.n", ("eq", "ne", "gt", "le"), st.sampled_from((0, 1, 1.5))),
    _test("ticket.x.n", ("eq", "ne"), st.sampled_from((True, "x"))),
    _test("ticket.created_at", ("older_than", "within_last"), st.sampled_from(("1h", "2h"))),
    _test("ticket.created_at", ("before", "after"), st.just("2026-06-01T02:00:00Z")),
    _test("ticket.priority", ("changed", "increased", "decreased")),
    _test("ticket.priority", ("changed_to", "changed_from"), st.sampled_from(PRIORITIES)),
    _test(
        "customer.segments", ("contains_any", "contains_all", "contains_none"), st.lists(group, min_size=1, max_size=2)
    ),
    _test("customer.flags", ("contains_any", "contains_none"), st.lists(flag, min_size=1, max_size=2)),
    _test(("customer.flags", "customer.segments"), ("is_set", "not_set")),
    _test(("customer.orders_7d", "customer.orders_30d"), ("eq", "ne", "ge", "gt", "lt", "le"), st.integers(0, 3)),
    _test("customer.order_at", ("older_than", "within_last"), st.sampled_from(("2d", "9d"))),
    _test("customer.order_at", ("is_set", "not_set")),
    _test("ticket.flags", ("contains_any", "contains_all", "contains_none"), st.lists(flag, min_size=1, max_size=2)),
    _test(("ticket.flags", "ticket.goal", "ticket.goal_state"), ("is_set", "not_set")),
    _test("ticket.goal", ("eq", "ne"), st.sampled_from(("order", "answer", "ticket"))),
    _test("ticket.goal_state", ("eq", "ne"), st.sampled_from(("open", "reached", "missed"))),
    _test(("ticket.is_with_bot", "ticket.is_assigned"), ("eq", "ne"), st.booleans()),
    _test(("ticket.hand_offs", "ticket.bot_turns", "ticket.failed_turns"), ("eq", "ge", "lt"), st.integers(0, 2)),
    _test("ticket.goal_state", "changed"),
    _test("message.mood", ("lt", "ge", "eq"), st.sampled_from((-0.5, 0, 0.5))),
    _test("message.author", ("eq", "ne"), st.sampled_from(("customer", "bot"))),
)
phrases = st.one_of(
    _test("message.phrase", ("eq", "ne"), st.sampled_from(("物流", "退款"))),
    _test("message.phrase_score", ("gt", "le"), st.sampled_from((0.2, 0.8))),
    _test("message.text", "like_phrase", st.just(["物流", 0.5])),
)


def nested(leaves: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(
        leaves,
        lambda below: st.dictionaries(
            st.sampled_from(("all", "any", "none")), st.lists(below, min_size=1, max_size=3), min_size=1, max_size=2
        ),
        max_leaves=5,
    )


conditions = nested(tests | phrases)
on_changes = nested(tests)
texts = st.lists(st.one_of(word, st.sampled_from(("我要", " ", "s", "，", "投诉", "谢谢"))), max_size=3).map("".join)


GOALS = [
    Goal(name=name, state=state, since=NOW, span=timedelta(1), due_at=NOW) for name in GoalName for state in GoalState
]
WORKERS = [Worker(kind=kind, id="one", fence=1) for kind in WorkerKind]
RECEPTIONS = [Reception(bot="one", turns=turns, failed=failed) for turns, failed in ((0, 0), (1, 1), (2, 0))]


@st.composite
def moments(draw: st.DrawFn) -> Facts:
    text = draw(texts)
    message = InboundMessage(
        account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="u"), subject=draw(texts), text=text
    )
    value = draw(st.sampled_from((None, 0, 1, 1.5, 2, True, "x", "")))
    hours = draw(st.sampled_from((0, 1, 2, 3)))
    edge = draw(st.sampled_from((-1, 0, 1)))
    ticket = Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account="web",
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        priority=draw(st.sampled_from(list(Priority))),
        tags=tuple(TagAssignment(name=one, at=NOW) for one in sorted(draw(st.sets(tag)))),
        fields=() if value is None else (FieldValue(name="n", value=value),),
        messages=draw(st.integers(0, 5)),
        flags=tuple(
            Flag(name=one, at=NOW, until=draw(st.sampled_from((None, NOW, NOW + timedelta(hours=1)))))
            for one in sorted(draw(st.sets(flag)))
        ),
        goal=draw(st.sampled_from((None, *GOALS))),
        worker=draw(st.sampled_from((None, *WORKERS))),
        reception=draw(st.sampled_from((None, *RECEPTIONS))),
        hand_offs=draw(st.integers(0, 2)),
        created_at=NOW - timedelta(hours=hours, microseconds=edge),
        updated_at=NOW,
    )
    customer = Customer(
        id="cus_1",
        level=draw(st.sampled_from(("", "vip", "basic", "c"))),
        created_at=NOW,
        flags=tuple(Flag(name=one, at=NOW) for one in sorted(draw(st.sets(flag)))),
        segments=tuple(SegmentMembership(name=one, since=NOW) for one in sorted(draw(st.sets(group)))),
        acts=tuple(
            DayCount(did="order", day=NOW.date() - timedelta(ago), count=n, last_at=NOW - timedelta(ago))
            for ago, n in draw(st.dictionaries(st.sampled_from((0, 6, 7, 29)), st.integers(1, 3), max_size=3)).items()
        ),
    )
    best = draw(st.sampled_from((BestPhrase(), BestPhrase("物流", "phr_1", 0.9), BestPhrase("退款", "phr_2", 0.5))))
    before = None
    if draw(st.booleans()):
        was = ticket.model_copy(update={"priority": draw(st.sampled_from(list(Priority)))})
        before = Facts(None, "", was, customer, now=NOW)
    new = before is None and draw(st.booleans())
    return Facts(message, fold(text), ticket, customer, new_ticket=new, now=NOW, before=before, match=lambda _: best)


def rules_of(*given: dict[str, Any], **more: Any) -> DeskConfig:
    then = [{"do": "no_auto_reply"}]
    named = [{"name": f"r{place}", "then": then, **one} for place, one in enumerate(given)]
    return DeskConfig(rules=named, tags=TAGS, segments=SEGMENTS, **more)


@settings(max_examples=many(60), deadline=None)
@given(
    wishes=st.lists(st.tuples(conditions, st.booleans()), min_size=1, max_size=3), facts=st.lists(moments(), max_size=8)
)
def test_what_is_proved_impossible_never_happens_and_witnesses_show_it(
    wishes: list[tuple[dict[str, Any], bool]], facts: list[Facts]
) -> None:
    given_wishes = [(rules_of({"when": when}).rules[0].when, holds) for when, holds in wishes]
    answer = solve(given_wishes, Setting())
    compiled = Conditions([when for when, _ in given_wishes])
    wanted = [place for place, (_, holds) in enumerate(given_wishes) if holds]
    if answer.impossible:
        assert all(list(compiled.holding(one)) != wanted for one in facts)
    if answer.witness is not None:
        assert list(compiled.holding(answer.witness.facts())) == wanted


@settings(max_examples=many(20), deadline=None)
@given(
    given_rules=st.lists(st.tuples(conditions, st.booleans()), min_size=2, max_size=5),
    facts=st.lists(moments(), min_size=5, max_size=25),
)
def test_rules_called_dead_or_shadowed_never_fire(
    given_rules: list[tuple[dict[str, Any], bool]], facts: list[Facts]
) -> None:
    config = rules_of(*({"when": when, "stop": stop} for when, stop in given_rules))
    report = analyse(config)
    rules = compile_policy(config).rules
    dead = {one.rules[0] for one in report.findings if one.code in DEAD}
    vacuous = {one.rules[0] for one in report.about("check.vacuous")}
    for one in facts:
        assert not dead & {*rules.evaluate(one).fired}
        assert vacuous <= {*rules_without_stops(config).evaluate(one).fired}
    for finding in report.about("check.conflict"):
        assert finding.witness is not None
        assert {*finding.rules} <= {*rules.evaluate(finding.witness.facts()).fired}


DEAD = ("check.contradictory", "check.shadowed", "check.unreachable")


def rules_without_stops(config: DeskConfig) -> Any:
    return compile_policy(rules_of(*({"when": one.when} for one in config.rules))).rules


@settings(max_examples=many(16), deadline=None)
@given(conditions)
def test_a_planted_shadow_is_found_if_it_is_found_alive(when: dict[str, Any]) -> None:
    config = rules_of(
        {"when": when, "stop": True}, {"when": {"all": [when, {"field": "message.text", "op": "is_set"}]}}
    )
    found = {one.code for one in analyse(config).findings if one.rules[:1] == ("r1",)}
    assert found & {*DEAD, "check.undecided"}


SLOTS = (
    (F.ticket.priority == Priority.LOW, {"do": "set_priority", "priority": "low"}),
    (F.ticket.priority == Priority.HIGH, {"do": "set_priority", "priority": "high"}),
    (F.ticket.priority == Priority.URGENT, {"do": "set_priority", "priority": "urgent"}),
)


@settings(max_examples=many(16), deadline=None)
@given(
    ring=st.integers(2, 3),
    guard=st.sampled_from((F.message.text.contains("退款"), F.customer.level == "vip", F.ticket.messages > 4, None)),
    decoys=st.lists(conditions, max_size=3),
)
def test_planted_loops_are_found_with_a_witness(ring: int, guard: Any, decoys: list[dict[str, Any]]) -> None:
    chain = [
        Rule(
            name=f"loop{place}",
            on=("change",),
            when=SLOTS[place][0] if guard is None else SLOTS[place][0] & guard,
            then=[SLOTS[(place + 1) % ring][1]],
        )
        for place in range(ring)
    ]
    others = [Rule(name=f"d{place}", when=when, then=(NoAutoReply(),)) for place, when in enumerate(decoys)]
    config = DeskConfig(rules=(*others, *chain), rule_budget=30, tags=TAGS, segments=SEGMENTS)
    report = analyse(config)
    assert report.termination == "loop"
    (finding,) = report.about("check.loop")
    assert {*finding.rules} == {rule.name for rule in chain}
    assert finding.witness is not None
    assert tried(compile_policy(config), finding.witness).exhausted


effects = st.one_of(
    st.sampled_from(PRIORITIES[:2]).map(lambda one: {"do": "set_priority", "priority": one}),
    st.sampled_from(("a", "b")).map(lambda one: {"do": "add_tags", "tags": [one]}),
    st.sampled_from(("a", "b")).map(lambda one: {"do": "remove_tags", "tags": [one]}),
    st.sampled_from((0, 1)).map(lambda one: {"do": "set_field", "name": "x.n", "value": one}),
    st.sampled_from(("resolve", "reopen")).map(lambda one: {"do": one}),
    st.just({"do": "note", "text": "x"}),
    flag.map(lambda one: {"do": "flag_customer", "flag": one}),
    flag.map(lambda one: {"do": "lift_flag", "flag": one}),
    flag.map(lambda one: {"do": "flag_ticket", "flag": one}),
    flag.map(lambda one: {"do": "lift_ticket_flag", "flag": one}),
    st.sampled_from(("order", "answer")).map(lambda one: {"do": "set_goal", "goal": one}),
    st.sampled_from(("hand_off", "hand_back")).map(lambda one: {"do": one}),
    st.just({"do": "assign", "agent": "agt_one"}),
    st.just({"do": "unassign"}),
    st.sampled_from(("default", "people")).map(lambda one: {"do": "set_queue", "queue": one}),
)
RECEIVING = {
    "queues": [
        {"name": "default", "reception": "bot_only", "bot": "one", "hand_off_to": "people"},
        {"name": "people"},
    ],
    "bots": [{"name": "one", "farewell": "bye"}],
}


@settings(max_examples=many(30), deadline=None)
@given(
    given_rules=st.lists(st.tuples(on_changes, st.lists(effects, min_size=1, max_size=2)), min_size=1, max_size=5),
    facts=st.lists(moments(), min_size=1, max_size=10),
)
def test_chains_that_are_proved_to_end_do_end(
    given_rules: list[tuple[dict[str, Any], list[dict[str, Any]]]], facts: list[Facts]
) -> None:
    on_change = ({"when": when, "then": then, "on": ["change"]} for when, then in given_rules)
    config = rules_of(*on_change, rule_budget=1000, **RECEIVING)
    report = analyse(config)
    policy = compile_policy(config)
    for finding in report.about("check.loop"):
        assert finding.witness is not None
        assert tried(policy, finding.witness).exhausted
    if report.termination == "proved":
        assert not any(tried(policy, moment(one)).exhausted for one in facts)


def moment(facts: Facts) -> Any:
    return Witness(
        on="change",
        now=NOW,
        message=facts.message,
        ticket=facts.ticket,
        customer=facts.customer,
        before=facts.before.ticket if facts.before is not None else None,
    )


# Exclusive groups: a condition that is said to want two of a group holds for no record that has one of each


GROUPED = [{"name": "a", "group": "g"}, {"name": "b", "group": "g"}]
tagged = nested(
    st.one_of(
        _test(
            ("ticket.tags", "customer.tags"),
            ("contains_any", "contains_all", "contains_none"),
            st.lists(tag, min_size=1, max_size=2, unique=True),
        ),
        _test(("ticket.tags", "customer.tags"), ("contains", "not_contains"), tag),
        _test("ticket.is_new", "eq", st.booleans()),
    )
)


@settings(max_examples=many(40), deadline=None)
@given(when=tagged)
def test_conditions_that_want_two_tags_of_a_group_hold_for_no_record_that_has_one(when: dict[str, Any]) -> None:
    config = DeskConfig(rules=[{"name": "r", "when": when, "then": [{"do": "no_auto_reply"}]}], tags=GROUPED)
    report = analyse(config)
    whole = [one for one in report.about("check.tags_exclude") if one.path == "rules.r.when"]
    compiled = Conditions([config.rules[0].when])
    for on_ticket in ((), ("a",), ("b",)):
        for on_customer in ((), ("a",), ("b",)):
            for new in (False, True):
                facts = with_tags(on_ticket, on_customer, new=new)
                assert not (whole and list(compiled.holding(facts)))


def with_tags(on_ticket: tuple[str, ...], on_customer: tuple[str, ...], *, new: bool) -> Facts:
    ticket = Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account="web",
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        tags=tuple(TagAssignment(name=one, at=NOW) for one in on_ticket),
        created_at=NOW,
        updated_at=NOW,
    )
    tags = tuple(TagAssignment(name=one, at=NOW) for one in on_customer)
    customer = Customer(id="cus_1", created_at=NOW, tags=tags)
    return Facts(None, "", ticket, customer, new_ticket=new, now=NOW)


# Timed rules


waits = st.sampled_from(("ticket.customer_at", "ticket.resolved_at", "ticket.closed_at", "ticket.waiting_since"))
spans = st.sampled_from(("1d", "2d"))
on_time = nested(
    st.one_of(
        _test("ticket.priority", ("eq", "ne", "ge", "lt"), st.sampled_from(PRIORITIES)),
        _test("ticket.category", ("eq", "ne"), st.sampled_from(("open", "resolved", "closed"))),
        _test("ticket.tags", ("contains_any", "contains_none"), st.lists(tag, min_size=1, max_size=2)),
        _test("ticket.flags", ("contains_any", "contains_none"), st.lists(flag, min_size=1, max_size=2)),
        _test("ticket.goal", ("eq", "ne"), st.sampled_from(("order", "answer"))),
    )
)
timely = st.fixed_dictionaries(
    {
        "timer": st.fixed_dictionaries({"of": waits, "after": spans}),
        "when": on_time,
        "then": st.lists(effects | st.just({"do": "reply", "text": "x"}), min_size=1, max_size=2),
    }
)


@settings(max_examples=many(25), deadline=None)
@given(given_rules=st.lists(timely, min_size=1, max_size=3))
def test_what_is_said_of_timed_rules_is_shown_by_its_witness(given_rules: list[dict[str, Any]]) -> None:
    config = rules_of(*given_rules, **RECEIVING)
    report = analyse(config)
    policy = compile_policy(config)
    for finding in report.about("check.timed_loop"):
        assert finding.witness is not None
        assert {*finding.rules} <= {*acting_on(policy, finding.witness)}
    for finding in report.about("check.conflict"):
        assert finding.witness is not None
        numbers = [number for number, (_, one) in enumerate(policy.rules.plan) if one.name in finding.rules]
        assert both_act(policy, finding.witness, *numbers)
    dead = {one.rules[0] for one in report.findings if one.code in DEAD}
    for number, (_, one) in enumerate(policy.rules.plan):
        if one.name in dead:
            assert not any(policy.rules.evaluate_one(number, facts).fired for facts in quiet_moments())


def quiet_moments() -> list[Facts]:
    base = with_tags((), (), new=False).ticket
    customer = Customer(id="cus_1", created_at=NOW)
    return [
        Facts(None, "", base.model_copy(update={"priority": priority, "category": category, "tags": tags}), customer)
        for priority in Priority
        for category in (Category.OPEN, Category.RESOLVED, Category.CLOSED)
        for tags in ((), (TagAssignment(name="a", at=NOW),))
    ]
