"""Who may take the ticket of a site, and when: what the index of kinds gives, against looking at every agent anew."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import DeskConfig
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.routing.profiles import key_of
from csdesk.domain.routing.roster import Roster
from csdesk.testing import builders as build

NAMES = ("east", "north", "south", "west")
QUEUES = ("all", *NAMES)


@st.composite
def sites(draw):
    found = []
    for place, name in enumerate(NAMES):
        one = {"name": name, "wait": draw(st.sampled_from(("0s", "5m", "10m")))}
        others = [other for other in NAMES if other != name]
        one["fallback"] = draw(st.lists(st.sampled_from(others), unique=True, max_size=3))
        one["last"] = draw(st.sampled_from(("anybody", "nobody")))
        if draw(st.integers(0, 3)):
            one["queue"] = draw(st.sampled_from((name, name, "all")))
        if place and draw(st.booleans()):
            one["parent"] = NAMES[draw(st.integers(0, place - 1))]
        found.append(one)
    return found


@st.composite
def agents(draw):
    return [
        build.agent(
            number,
            queues=draw(st.lists(st.sampled_from(QUEUES), unique=True, min_size=1, max_size=3).map(tuple)),
            sites=draw(st.one_of(st.just(()), st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(tuple))),
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]


def may(agent, queue, site, config, waited):
    """By the words of the documentation, step by step."""
    named = {one.name: one for one in config.sites}
    own = named.get(site)
    helpers = []
    if own is not None:
        helpers, above = list(own.fallback), own.parent
        while not own.fallback and above is not None:
            helpers.append(above)
            above = named[above].parent
    open_queues, allowed = [queue], {site}
    for number, helper in enumerate(helpers, start=1):
        if waited >= own.wait * number:
            allowed.add(helper)
            if own.queue == queue and named[helper].queue is not None:
                open_queues.append(named[helper].queue)
    if not {*agent.queues} & {*open_queues}:
        return False
    if own is None or not agent.sites or {*agent.sites} & allowed:
        return True
    return own.last == "anybody" and waited >= own.wait * (len(helpers) + 1)


@settings(max_examples=many(60))
@given(
    wanted=sites(),
    people=agents(),
    queue=st.sampled_from(QUEUES),
    site=st.sampled_from((None, "gone", *NAMES)),
    minutes=st.integers(0, 45),
    at_home=st.booleans(),
)
def test_nobody_else_and_nobody_less(wanted, people, queue, site, minutes, at_home):
    queues = [{"name": one} for one in QUEUES]
    config = DeskConfig.model_validate({"queues": queues, "default_queue": "all", "sites": wanted})
    policy = compile_policy(config)
    queue = (policy.sites.queue_of(site) if at_home else None) or queue
    groups = [AgentGroup(each, key_of(one), 1) for one in people for each in one.queues]
    ticket = build.ticket(1, queue=queue, site=site)
    now = ticket.waits_since + timedelta(minutes=minutes)
    search = policy.routing.search(ticket, None, Roster(groups), policy.service, now=now)
    found = {
        one.id
        for one in people
        for stage in search.stages
        if stage.queue in one.queues and key_of(one) in stage.loose.profiles
    }
    assert found == {one.id for one in people if may(one, queue, site, config, timedelta(minutes=minutes))}
    for stage in search.stages:
        assert {*stage.strict.profiles} <= {*stage.loose.profiles}
        assert stage.queue in policy.routing.helpers(queue)
