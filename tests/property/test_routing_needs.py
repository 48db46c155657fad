"""What tickets need, remembered for those that are alike, against asking for each of them anew."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import DeskConfig
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Priority
from csdesk.domain.routing.roster import Roster
from csdesk.testing import builders as build

TAGS = ("refund", "vip")
CONDITIONS = (
    {"field": "ticket.tags", "op": "contains", "value": "refund"},
    {"field": "ticket.type", "op": "eq", "value": "gift"},
    {"field": "ticket.language", "op": "eq", "value": "ja"},
    {"field": "ticket.priority", "op": "ge", "value": "high"},
    {"field": "customer.level", "op": "eq", "value": "gold"},
    {"field": "customer.tags", "op": "contains", "value": "vip"},
    {"field": "ticket.account", "op": "eq", "value": "phone"},
    {"field": "ticket.created_at", "op": "older_than", "value": "1m"},
    {"field": "ticket.subject", "op": "contains", "value": "hello"},
    {"field": "ticket.site", "op": "eq", "value": "north"},
)
SKILLS = st.fixed_dictionaries(
    {"name": st.sampled_from("xyz")}, optional={"must": st.booleans(), "relax_after": st.just("10m")}
)


@st.composite
def needs(draw):
    found = []
    for number in range(draw(st.integers(1, 4))):
        one = {"name": f"n{number}", "skills": draw(st.lists(SKILLS, min_size=1, max_size=2))}
        condition = draw(st.sampled_from((None, *CONDITIONS)))
        if condition is not None:
            one["when"] = condition
        if draw(st.booleans()):
            one["queues"] = [draw(st.sampled_from("ab"))]
        if draw(st.booleans()):
            one["grade"] = draw(st.integers(1, 3))
        if draw(st.booleans()):
            one["relax_grade_after"] = "5m"
        found.append(one)
    return found


def tagged(names):
    return tuple(TagAssignment(name=one, source="hand", at=build.at(0)) for one in names)


@st.composite
def cases(draw):
    names = st.lists(st.sampled_from(TAGS), unique=True).map(tagged)
    ticket = build.ticket(
        draw(st.integers(1, 3)),
        queue=draw(st.sampled_from("ab")),
        type=draw(st.sampled_from(("case", "gift"))),
        language=draw(st.sampled_from(("", "ja", "zh"))),
        priority=draw(st.sampled_from(tuple(Priority))),
        account=draw(st.sampled_from(("phone", "mail"))),
        subject=draw(st.sampled_from(("hello", "help"))),
        site=draw(st.sampled_from((None, "north", "south", "gone"))),
        queued_at=draw(st.sampled_from((None, build.at(300)))),
        tags=draw(names),
    )
    customer = build.customer(1, level=draw(st.sampled_from(("", "gold"))), tags=draw(names))
    return ticket, draw(st.one_of(st.none(), st.just(customer))), build.at(draw(st.integers(0, 3600)))


def config_of(wanted, language="any"):
    return DeskConfig.model_validate(
        {
            "queues": [{"name": "a", "routing": {"language": language}}, {"name": "b"}],
            "default_queue": "a",
            "tags": [{"name": one} for one in TAGS],
            "types": [{"name": "case"}, {"name": "gift"}],
            "levels": [{"name": "gold", "grade": 2}],
            "sites": [{"name": "north", "queue": "a", "wait": "7m", "fallback": ["south"]}, {"name": "south"}],
            "routing": {"needs": wanted},
        }
    )


@settings(max_examples=many(30))
@given(wanted=needs(), asked=st.lists(cases(), min_size=2, max_size=6), language=st.sampled_from(("any", "must")))
def test_what_is_remembered_is_what_would_be_found(wanted, asked, language):
    config = config_of(wanted, language)
    warm, roster = compile_policy(config), Roster()
    for ticket, customer, now in (*asked, *asked):
        cold = compile_policy(config)
        found, anew = (
            one.routing.search(ticket, customer, roster, one.service, now=now, plans=True) for one in (warm, cold)
        )
        assert (found.stages, found.demands, found.signature) == (anew.stages, anew.demands, anew.signature)
        wishes = [one.routing.wishes(ticket, customer, one.service, "UTC") for one in (warm, cold)]
        assert wishes[0] == wishes[1]


CHANGES = (
    {"tags": tagged(["refund"])},
    {"type": "gift"},
    {"language": "ja"},
    {"priority": Priority.HIGH},
    {"account": "phone"},
    {"created_at": build.at(-90), "queued_at": build.at(0)},
    {"subject": "hello"},
    {"site": "north"},
)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("condition", "change"),
    list(zip([one for one in CONDITIONS if one["field"].startswith("ticket")], CHANGES, strict=True)),
    ids=lambda one: one.get("field", ""),
)
def test_tickets_that_differ_are_asked_for_apart(condition, change, first):
    wanted = [{"name": "n", "when": condition, "skills": [{"name": "x"}], "queues": ["a"]}]
    policy = compile_policy(config_of(wanted))
    tickets = [
        build.ticket(1, queue="a", account="mail"),
        build.ticket(1, **{"queue": "a", "account": "mail", **change}),
    ]
    tickets.append(build.ticket(1, **{"queue": "b", "account": "mail", **change}))
    found = {}
    for place in (0, 1, 2) if first else (2, 1, 0):
        wishes = policy.routing.wishes(tickets[place], build.customer(1), policy.service, "UTC")
        found[place] = any(one.demand.kind == "skill" for one in wishes)
    assert found == {0: False, 1: True, 2: False}


@pytest.mark.parametrize(
    ("condition", "change"), list(zip(CONDITIONS[4:6], ({"level": "gold"}, {"tags": tagged(["vip"])}), strict=True))
)
def test_people_who_differ_are_asked_for_apart(condition, change):
    policy = compile_policy(config_of([{"name": "n", "when": condition, "skills": [{"name": "x"}]}]))
    ticket = build.ticket(1, queue="b")
    people = build.customer(1), build.customer(1, **change)
    found = [
        [one.demand.kind for one in policy.routing.wishes(ticket, who, policy.service, "UTC")].count("skill")
        for who in people
    ]
    assert found == [0, 1]
