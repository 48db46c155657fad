"""A staff list against the agents there are: whatever both hold, one pass makes them agree."""

from hypothesis import given
from hypothesis import strategies as st

from csdesk import Actor, Agent
from csdesk.domain.core.staff_plan import plan_staff
from csdesk.ports.business import StaffMember
from csdesk.testing import FixedClock

NOW = FixedClock().now()
QUEUES = ("a", "b", "c")
WHO = st.sampled_from(("", *(f"hr-{number}" for number in range(6))))

agents = st.lists(
    st.builds(
        Agent,
        id=st.just("agt"),
        name=st.sampled_from("XYZ"),
        external_id=WHO,
        queues=st.lists(st.sampled_from(QUEUES), unique=True).map(tuple),
        grade=st.integers(1, 3),
        retired=st.booleans(),
        created_at=st.just(NOW),
    ),
    max_size=8,
).map(
    lambda found: (
        [one for one in found if one.external_id == ""]
        + [*{one.external_id: one for one in found if one.external_id}.values()]
    )
)
members = st.lists(
    st.builds(
        StaffMember,
        external_id=WHO.filter(bool),
        name=st.sampled_from("XYZ"),
        queues=st.none() | st.lists(st.sampled_from((*QUEUES, "lost")), max_size=3).map(tuple),
        departments=st.lists(st.sampled_from(("sales", "nowhere")), max_size=2).map(tuple),
        grade=st.none() | st.integers(1, 3),
        active=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.external_id,
)


def planned(agents, members, departments):
    return plan_staff(agents, members, queues=frozenset(QUEUES), departments=departments, actor=Actor.system())


def carried_out(agents, plan):
    now = dict(enumerate(agents))
    places = {one.external_id: place for place, one in now.items() if one.external_id}
    for change in plan.changes:
        given = change.command.model_dump(exclude_none=True, exclude={"kind", "actor", "agent"})
        place = places.get(change.external_id, len(now))
        old = now.get(place, Agent(id="new", name="-", created_at=NOW))
        now[place] = old.model_copy(update=given)
    return list(now.values())


@given(agents, members, st.sampled_from(({}, {"sales": ("c", "a")})))
def test_one_pass_is_enough_and_touches_nobody_of_the_desks_own(there, listed, departments):
    there = [one.model_copy(update={"id": f"agt_{place}"}) for place, one in enumerate(there)]
    plan = planned(there, listed, departments)
    after = carried_out(there, plan)
    assert planned(after, listed, departments).changes == ()
    assert [one for one in after if not one.external_id] == [one for one in there if not one.external_id]
    left_alone = {one.external_id for one in plan.skipped}
    working = {one.external_id for one in after if one.external_id and not one.retired} - left_alone
    assert working == {one.external_id for one in listed if one.active} - left_alone
    assert [one.step == "retire" for one in plan.changes] == sorted(one.step == "retire" for one in plan.changes)
    assert plan.retiring <= plan.in_force
