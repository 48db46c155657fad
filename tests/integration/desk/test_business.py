"""The host's own systems: orders, a CRM, a list of the staff."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from csdesk import Actor, DeskConfig, Evidence, Presence, Sender, Viewer, open_async_desk, open_desk, render
from csdesk.errors import BusinessUnavailable, Denied, InvalidInput, NotFound, RemoteError, UnsupportedFeature
from csdesk.ports.business import Business, KnownAs, Order, OrderLine, OrdersQuestion, ProfileValue, StaffMember
from csdesk.testing import CountingStore, CrmInMemory, FixedClock, OrdersInMemory, SerialIds, StaffInMemory

AGENT = Actor.agent("agt_1")


def placed(ref, day, **given) -> Order:
    return Order(ref=ref, placed_at=datetime(2026, 1, day, tzinfo=UTC), **given)


TEA = placed(
    "A-1", 2, state="已发货", is_open=True, amount=Decimal("59.90"), currency="CNY", tracking=("SF1",),
    lines=(OrderLine(sku="TEA", name="龙井", quantity=2),),
)  # fmt: skip
MUG = placed("A-2", 5)
POT = placed("A-3", 3)


def world_with(world, **systems):
    desk = world.open(business=Business(**systems))
    return desk, desk.customers.of(desk.receive(world.said()).ticket.identity).id


# Orders


def test_orders_of_a_customer_newest_first_by_every_identity(world):
    shop = OrdersInMemory({"ann": [TEA, MUG], "ann@example.com": [POT], "13800000000": [placed("A-9", 9)]})
    desk, ann = world_with(world, orders=shop)
    assert not shop.asked, "nobody is asked while messages come in"
    desk.customers.link(
        ann, Sender(kind="email", external_id="ann@example.com", evidence=Evidence.VERIFIED), actor=AGENT
    )
    desk.customers.link(ann, Sender(kind="phone", external_id="13800000000", evidence=Evidence.CLAIMED), actor=AGENT)
    since, now = datetime(2026, 1, 3, tzinfo=UTC), world.clock.now()
    assert [one.ref for one in desk.customers.orders(ann)] == ["A-2", "A-3", "A-1"]
    assert desk.customers.orders(ann, since=since, within=timedelta(seconds=2)) == (MUG, POT)
    assert shop.asked[-1] == OrdersQuestion(
        identities=(
            KnownAs(kind="external", external_id="ann", evidence=Evidence.FIRST_CONTACT),
            KnownAs(kind="email", external_id="ann@example.com", evidence=Evidence.VERIFIED),
        ),
        since=since,
        asked_at=now,
        deadline=now + timedelta(seconds=2),
    )
    assert desk.customers.orders(ann, limit=1) == (MUG,)
    assert desk.customers.order("A-1") == TEA
    with pytest.raises(NotFound, match="A-7"):
        desk.customers.order("A-7")


def test_orders_of_merged_customers_are_theirs_together_and_of_an_erased_one_nobody_asks(world):
    shop = OrdersInMemory({"ann": [TEA], "ann2": [MUG]})
    desk, ann = world_with(world, orders=shop, crm=CrmInMemory())
    other = desk.customers.of(desk.receive(world.said(by="ann2")).ticket.identity).id
    desk.customers.merge(other, ann, actor=AGENT)
    assert desk.customers.orders(ann) == desk.customers.orders(other) == (MUG, TEA)
    desk.customers.erase(ann, actor=AGENT)
    desk.run_due()
    before = len(shop.asked)
    assert (desk.customers.orders(ann), desk.customers.fill_profile(ann).changed) == ((), ())
    assert len(shop.asked) == before


def test_a_brief_asks_for_orders_only_when_told_to_and_stands_without_them(world):
    shop = OrdersInMemory({"ann": [TEA]})
    desk, ann = world_with(world, orders=shop)
    assert (desk.customers.brief(ann).orders, shop.asked) == (None, [])
    with_orders = desk.customers.brief(ann, orders=True)
    assert (with_orders.orders, with_orders.orders_missing, len(with_orders.open_tickets)) == ((TEA,), "", 1)
    shop.fails = ValueError("token abc")
    without = desk.customers.brief(ann, orders=True)
    assert (without.orders, without.orders_missing, without.tickets) == (None, "ValueError", 1)


def test_what_a_customer_bought_is_covered_for_those_who_may_not_see_it(world):
    desk, ann = world_with(world, orders=OrdersInMemory({"ann": [TEA]}))
    blind = desk.seen_by(Viewer(actor=AGENT, personal=False))
    for (order,) in (blind.customers.orders(ann), blind.customers.brief(ann, orders=True).orders):
        assert (order.state, order.amount) == ("已发货", TEA.amount)
        for word in ("A-1", "SF1", "TEA", "龙井"):
            assert word not in repr(order)


def test_what_a_system_does_wrong_is_a_typed_error_without_its_words(world):
    shop = OrdersInMemory({"ann": [TEA]})
    desk, ann = world_with(world, orders=shop)
    for raised, reason in (
        (ValueError("token abc"), "ValueError"),
        (TimeoutError(), "late"),
        (RemoteError("secret"), "error.remote"),
    ):
        shop.fails = raised
        for ask in (lambda: desk.customers.orders(ann), lambda: desk.customers.order("A-1")):
            with pytest.raises(BusinessUnavailable) as refused:
                ask()
            assert (refused.value.system, refused.value.reason, refused.value.retryable) == ("orders", reason, True)
            assert "abc" not in str(refused.value)
    assert render(BusinessUnavailable("orders", "late"), "zh-CN") == "订单系统查询失败：未在限定时间内返回"
    shop.fails = None
    for wrong in ("A-1", None, [object()], [TEA, TEA]):
        shop.orders_of = lambda _, wrong=wrong: wrong  # type: ignore[method-assign]
        with pytest.raises(BusinessUnavailable, match="wrong"):
            desk.customers.orders(ann)
    for wrong in ([TEA], MUG, "A-1"):
        shop.order = lambda _, wrong=wrong: wrong  # type: ignore[method-assign]
        with pytest.raises(BusinessUnavailable, match="wrong"):
            desk.customers.order("A-1")
    for bad in ({"within": timedelta(0)}, {"within": 5}, {"since": datetime(2026, 1, 1)}, {"limit": 0}):  # noqa: DTZ001
        with pytest.raises(InvalidInput, match=next(iter(bad))):
            desk.customers.orders(ann, **bad)
    assert desk.receive(world.said("still here")).state == "stored"


def test_a_desk_without_systems_says_so_and_refuses_what_is_none(world):
    desk, ann = world_with(world)
    for ask in (
        lambda: desk.customers.orders(ann),
        lambda: desk.customers.brief(ann, orders=True),
        lambda: desk.customers.order("A-1"),
        lambda: desk.customers.fill_profile(ann),
        desk.agents.sync,
    ):
        with pytest.raises(UnsupportedFeature, match="business=Business"):
            ask()
    with pytest.raises(InvalidInput, match=r"business\.orders.*StaffInMemory lacks"):
        open_desk("memory://", business=Business(orders=StaffInMemory()))
    with pytest.raises(InvalidInput, match=r"business\.crm"):
        open_desk("memory://", business=Business(crm=CrmInMemory))
    with pytest.raises(InvalidInput, match="business"):
        open_desk("memory://", business=OrdersInMemory())


# The CRM


def test_a_crm_fills_gaps_and_never_what_somebody_else_said_as_surely(world):
    day = world.clock.now() - timedelta(days=1)
    told = (
        ProfileValue(name="城市", value="杭州", confidence=0.8, at=day),
        ProfileValue(name="会员", value=True),
        ProfileValue(name="尺码", value="L", confidence=0.9),
        ProfileValue(name="生日", value=None),
    )
    crm = CrmInMemory({"ann": told})
    desk, ann = world_with(world, crm=crm)
    desk.customers.set_profile(ann, attributes={"会员": False}, actor=AGENT)
    desk.customers.set_profile(ann, attributes={"尺码": "M"}, source="guess", confidence=0.5, actor=AGENT)
    planned = desk.customers.fill_profile(ann, dry_run=True)
    assert {one.name for one in desk.customers.get(ann).attributes} == {"会员", "尺码"}
    filled = desk.customers.fill_profile(ann)
    assert [one.value for one in planned.changed] == [one.value for one in filled.changed] == ["杭州", "L"]
    city = filled.customer.attribute("城市")
    assert (city.value, city.source, city.confidence, city.at) == ("杭州", "crm", 0.8, day)
    assert [(one.name, one.value, one.source) for one in filled.kept] == [("会员", False, "host")]
    assert desk.customers.get(ann) == filled.customer
    again = desk.customers.fill_profile(ann)
    assert (again.changed, again.customer.version) == ((), filled.customer.version)


def test_a_crm_changes_and_takes_back_what_it_said_itself_and_nothing_older(world):
    crm = CrmInMemory({"ann": (ProfileValue(name="城市", value="杭州"), ProfileValue(name="等级", value=1))})
    desk, ann = world_with(world, crm=crm)
    desk.customers.fill_profile(ann)
    world.later(hours=1)
    past = world.clock.now() - timedelta(days=1)
    crm.values["ann"] = (ProfileValue(name="城市", value="宁波", at=past), ProfileValue(name="等级", value=2))
    assert [(one.name, one.value) for one in desk.customers.fill_profile(ann).changed] == [("等级", 2)]
    crm.values["ann"] = (ProfileValue(name="城市", value=None), ProfileValue(name="等级", value=None, source="shop"))
    taken = desk.customers.fill_profile(ann)
    assert [(one.name, one.value) for one in taken.changed] == [("城市", None)]
    assert [(one.name, one.value) for one in taken.kept] == [("等级", 2)]
    assert taken.customer.attribute("城市") is None


def test_a_crm_ahead_of_the_clock_says_it_now_and_one_that_repeats_itself_is_wrong(world):
    ahead = world.clock.now() + timedelta(days=1)
    crm = CrmInMemory({"ann": [ProfileValue(name="城市", value="杭州", at=ahead)]})
    desk, ann = world_with(world, crm=crm)
    assert desk.customers.fill_profile(ann).changed[0].at == world.clock.now()
    crm.profile_of = lambda _: [ProfileValue(name="a", value=1), ProfileValue(name="a", value=2)]  # type: ignore[method-assign]
    with pytest.raises(BusinessUnavailable, match=r"crm.*wrong"):
        desk.customers.fill_profile(ann)


def test_who_may_not_change_customers_may_not_fill_them(world):
    config = DeskConfig.model_validate({"access": {"grants": [{"commands": ["fill_profile"], "allow": False}]}})
    crm = CrmInMemory({"ann": [ProfileValue(name="城市", value="杭州")]})
    desk = world.open(config, business=Business(crm=crm))
    ann = desk.customers.of(desk.receive(world.said()).ticket.identity).id
    with pytest.raises(Denied):
        desk.customers.fill_profile(ann, actor=AGENT)
    assert desk.customers.get(ann).attributes == ()


# The staff

QUEUES = DeskConfig.model_validate({"queues": [{"name": "default"}, {"name": "refunds"}]})
MEI = StaffMember(external_id="hr-1", name="Mei", queues=("default",), grade=3)
TOM = StaffMember(external_id="hr-2", name="Tom", departments=("售后",))
LI = StaffMember(external_id="hr-3", name="Li")
DEPARTMENTS = {"售后": ("refunds", "default")}


def staffed(world, *people):
    hr = StaffInMemory(people)
    return world.open(QUEUES, business=Business(staff=hr)), hr


def test_agents_follow_the_staff_list(world):
    desk, hr = staffed(world, MEI, TOM, LI)
    own = desk.agents.add("Own", queues=("default",))
    planned = desk.agents.sync(departments=DEPARTMENTS, dry_run=True)
    assert (planned.dry_run, len(planned.agents("add")), desk.agents.list().items) == (True, 3, (own,))
    first = desk.agents.sync(departments=DEPARTMENTS)
    assert [(one.name, one.queues, one.grade, one.presence) for one in first.agents("add")] == [
        ("Mei", ("default",), 3, Presence.OFFLINE),
        ("Tom", ("refunds", "default"), 1, Presence.OFFLINE),
        ("Li", (), 1, Presence.OFFLINE),
    ]
    mei = desk.agents.find("hr-1")
    desk.agents.set_shift(mei.id, "")
    assert desk.agents.sync(departments=DEPARTMENTS).unchanged == 3
    hr.people = [MEI.model_copy(update={"name": "Mei Wang", "queues": ("refunds",)}), TOM]
    second = desk.agents.sync(departments=DEPARTMENTS)
    assert [(one.step, one.agent.name, one.agent.retired) for one in second.changes] == [
        ("change", "Mei Wang", False),
        ("retire", "Li", True),
    ]
    assert desk.agents.find("hr-1").id == mei.id
    hr.people = [LI, MEI, TOM.model_copy(update={"active": False})]
    third = desk.agents.sync()
    assert [(one.step, one.agent.name) for one in third.changes] == [
        ("return", "Li"),
        ("change", "Mei"),
        ("retire", "Tom"),
    ]
    assert desk.agents.sync().changes == ()
    assert desk.agents.get(own.id).agent == own


def test_what_the_list_does_not_say_of_queues_leaves_them(world):
    desk, _ = staffed(world, TOM, LI)
    desk.agents.sync(departments=DEPARTMENTS)
    li = desk.agents.find("hr-3")
    desk.agents.change(li.id, queues=["refunds"])
    assert desk.agents.sync(departments=DEPARTMENTS).changes == (), "Li is in no department"
    assert desk.agents.sync().changes == (), "and nothing was said of departments"


def test_who_leaves_may_be_of_a_department_that_nobody_knows(world):
    desk, hr = staffed(world, MEI, LI)
    desk.agents.sync()
    hr.people = [MEI, LI.model_copy(update={"active": False, "queues": ("closed-down",), "departments": ("x",)})]
    done = desk.agents.sync(departments=DEPARTMENTS, actor=AGENT)
    assert ([one.name for one in done.agents("retire")], done.skipped) == (["Li"], ())
    assert desk.explain(desk.agents.find("hr-3").id)[-1].actor == AGENT


def test_a_list_that_lost_people_retires_nobody_unless_somebody_says_so(world):
    desk, hr = staffed(world, MEI, TOM, LI)
    desk.agents.sync()
    hr.people = []
    for dry_run in (True, False):
        with pytest.raises(BusinessUnavailable, match=r"staff.*empty"):
            desk.agents.sync(dry_run=dry_run, retire_at_most=9)
    hr.people = [MEI]
    with pytest.raises(InvalidInput, match="2 of 3 agents") as refused:
        desk.agents.sync()
    assert "retire_at_most=2" in refused.value.remedy
    assert len(desk.agents.sync(dry_run=True).agents("retire")) == 2
    assert [one.retired for one in desk.agents.list().items] == [False, False, False]
    hr.people = [one.model_copy(update={"active": False}) for one in (MEI, TOM, LI)]
    with pytest.raises(InvalidInput, match="retire_at_most"):
        desk.agents.sync(retire_at_most=2)
    hr.people = [MEI]
    assert len(desk.agents.sync(retire_at_most=2).agents("retire")) == 2


def test_who_retires_gives_back_what_they_had(world):
    desk, hr = staffed(world, MEI, LI)
    desk.agents.sync()
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.assign(ticket, desk.agents.find("hr-3").id, actor=AGENT)
    hr.people = [MEI]
    desk.agents.sync()
    desk.run_due()
    assert desk.tickets.get(ticket).assignee is None


def test_an_unknown_queue_or_department_leaves_that_person_alone(world):
    lost = StaffMember(external_id="hr-4", name="Lo", queues=("refund",))
    strange = StaffMember(external_id="hr-5", name="St", departments=("法务",))
    desk, _ = staffed(world, MEI, lost, strange)
    done = desk.agents.sync(departments=DEPARTMENTS)
    assert [(one.external_id, one.unknown, one.name) for one in done.skipped] == [
        ("hr-4", "queue", "refund"),
        ("hr-5", "department", "法务"),
    ]
    assert [one.name for one in done.agents("add")] == ["Mei"]
    for departments in ({"售后": ("refund",)}, {"售后": "refunds"}, ["售后"]):
        with pytest.raises(InvalidInput, match="departments"):
            desk.agents.sync(departments=departments)


def test_an_agent_can_be_made_to_follow_and_nobody_else_then_has_that_id(world):
    desk, _ = staffed(world, MEI)
    ann, bob = desk.agents.add("Ann"), desk.agents.add("Bob")
    assert desk.agents.find("hr-1") is None
    desk.agents.set_external_id(ann.id, "hr-1")
    with pytest.raises(InvalidInput, match="another agent"):
        desk.agents.set_external_id(bob.id, "hr-1")
    assert [(one.step, one.agent.id, one.agent.name) for one in desk.agents.sync().changes] == [
        ("change", ann.id, "Mei")
    ]
    desk.agents.set_external_id(ann.id, "")
    assert desk.agents.find("hr-1") is None
    assert desk.agents.set_external_id(bob.id, "hr-1").external_id == "hr-1"
    assert desk.agents.find("hr-1").id == bob.id


def test_a_staff_system_that_fails_changes_nobody(world):
    desk, hr = staffed(world, MEI, TOM)
    hr.fails = ValueError("secret")
    with pytest.raises(BusinessUnavailable, match=r"staff.*\(ValueError\)"):
        desk.agents.sync()
    hr.fails = None
    hr.people = [MEI, MEI]
    with pytest.raises(BusinessUnavailable, match="wrong"):
        desk.agents.sync()
    assert desk.agents.list().items == ()


def test_a_run_that_broke_half_way_goes_on(world, monkeypatch):
    desk, _ = staffed(world, MEI, TOM, LI)
    commits = 0
    real = type(desk._store).commit

    def breaks(self, *given, **named):
        nonlocal commits
        commits += 1
        if commits == 2:
            raise RuntimeError("the power is gone")
        return real(self, *given, **named)

    monkeypatch.setattr(type(desk._store), "commit", breaks)
    with pytest.raises(RuntimeError):
        desk.agents.sync()
    monkeypatch.undo()
    assert [one.name for one in desk.agents.list().items] == ["Mei"]
    rest = desk.agents.sync()
    assert ([one.name for one in rest.agents("add")], rest.unchanged) == (["Tom", "Li"], 1)


def test_systems_cost_a_message_nothing(world):
    world.open()
    costs = []
    for business in (None, Business(orders=OrdersInMemory(), crm=CrmInMemory(), staff=StaffInMemory())):
        stores = []
        desk = world.open(
            business=business, wrap=lambda one, stores=stores: stores.append(CountingStore(one)) or stores[0]
        )
        desk.receive(world.said(by=f"b{len(costs)}"))
        costs.append(dict(stores[0].calls))
    assert costs[0] == costs[1]


# Awaited


class AwaitedOrders(OrdersInMemory):
    async def orders_of(self, question):
        await asyncio.sleep(0)
        return super().orders_of(question)


class SlowCrm(CrmInMemory):
    async def profile_of(self, question):
        await asyncio.Event().wait()


class AwaitedStaff(StaffInMemory):
    async def staff(self, question):
        return super().staff(question)


@pytest.mark.parametrize("orders", [OrdersInMemory, AwaitedOrders])
def test_an_awaited_desk_takes_systems_of_either_kind_and_cuts_off_what_does_not_come_back(world, orders):
    business = Business(orders=orders({"ann": [TEA]}), crm=SlowCrm(), staff=AwaitedStaff([MEI]))

    async def story():
        async with await open_async_desk("memory://", clock=FixedClock(), ids=SerialIds(), business=business) as desk:
            ann = (await desk.customers.of((await desk.receive(world.said())).ticket.identity)).id
            with pytest.raises(BusinessUnavailable, match=r"crm.*late"):
                await desk.customers.fill_profile(ann, within=timedelta(milliseconds=1))
            added = (await desk.agents.sync()).agents("add")
            return (
                (await desk.customers.orders(ann)),
                (await desk.customers.brief(ann, orders=True)).orders,
                added[0].name,
            )

    assert asyncio.run(story()) == ((TEA,), (TEA,), "Mei")
    with pytest.raises(InvalidInput, match="awaited"):
        open_desk("memory://", business=business)
