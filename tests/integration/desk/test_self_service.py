"""What customers do by themselves: who may, up to what, and what becomes of it."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from csdesk import Actor, DeskConfig, InvalidInput, NotFound, Viewer, open_async_desk, open_desk, render
from csdesk.domain.records.authority import CarryState
from csdesk.errors import NotOffered, OutsideAuthority
from csdesk.ports.actions import ActionDone, ActionOrder
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock

CONFIG = DeskConfig.from_toml(
    """
[[flags]]
name = "abuse"

[authority]
[[authority.actions]]
name = "refund"
unit = "CNY"
digits = 2
port = "shop"
approvers = [{ grade = 5 }]

[[authority.actions]]
name = "cancel_order"
port = "shop"

[[authority.limits]]
action = "refund"
system = true
per_case = "20"
per_agent = [{ period = "day", amount = "50" }]
per_customer = [{ period = "month", amount = "30" }]

[[authority.limits]]
action = "refund"
grade = 5
per_case = "500"

[[authority.limits]]
action = "cancel_order"
system = true
unlimited = true

[[authority.services]]
name = "small_refund"
titles = { zh = "小额退款", en = "Small refund" }
action = "refund"
most = "20"
when = { all = [
    { field = "ticket.x.order_status", op = "eq", value = "delivered" },
    { field = "customer.flags", op = "not_contains", value = "abuse" },
] }

[[authority.services]]
name = "cancel"
titles = { zh = "取消订单", en = "Cancel" }
action = "cancel_order"
amount = 1
when = { field = "ticket.x.order_status", op = "in", value = ["paid", "packed"] }

[[authority.services]]
name = "big_refund"
action = "refund"
otherwise = "request"
needs_subject = false
"""
)
DELIVERED, PAID = {"order_status": "delivered"}, {"order_status": "paid"}


class Shop:
    """A system of the host."""

    name = "shop"

    def __init__(self) -> None:
        self.orders: list[ActionOrder] = []

    def carry_out(self, order: ActionOrder) -> ActionDone:
        self.orders.append(order)
        return ActionDone(reference=f"{order.action}-1")


class Hall:
    """A desk and one customer."""

    def __init__(self, world: Any) -> None:
        self.world, self.shop = world, Shop()
        self.desk = world.open(CONFIG, actions=[self.shop])
        got = self.desk.receive(world.said("hello"))
        self.customer, self.ticket = got.customer, got.ticket

    def run(self, service: str = "small_refund", amount: Any = "10", **given: Any) -> Any:
        given = {"customer": self.customer.id, "subject": "order:1", "facts": DELIVERED, **given}
        return self.desk.self_service.run(service, amount=amount, **given)

    def offered(self, **given: Any) -> dict[str, Any]:
        found = self.desk.self_service.offered(**{"customer": self.customer.id, **given})
        return {one.service: one for one in found}


@pytest.fixture
def hall(world: Any) -> Hall:
    return Hall(world)


def test_a_customer_sees_what_is_possible_and_why_the_rest_is_not(hall: Hall) -> None:
    found = hall.offered(facts=DELIVERED)
    assert {name: one.is_offered for name, one in found.items()} == {
        "small_refund": True,
        "cancel": False,
        "big_refund": True,
    }
    small = found["small_refund"]
    assert (small.zh, small.en, small.unit, small.most) == ("小额退款", "Small refund", "CNY", Decimal(20))
    assert "cancel: not offered now" in render(found["cancel"].trace, "en")
    assert "cancel：现不可自助办理" in render(found["cancel"].trace)
    viewer = Viewer(actor=Actor.system(), personal=True)
    why = hall.offered(facts=DELIVERED, viewer=viewer)["cancel"]
    assert why.condition.seen.value == "delivered"
    assert found["cancel"].condition.seen.state == "hidden"


def test_it_is_done_once_inside_the_desks_own_limits(hall: Hall) -> None:
    done = hall.run(idempotency_key="k")
    assert hall.run(idempotency_key="k").id == done.id
    assert (done.under, done.by, done.service) == (
        "system:self_service",
        f"customer:{hall.customer.id}",
        "small_refund",
    )
    hall.desk.run_due()
    (order,) = hall.shop.orders
    assert (order.action, order.amount, order.service, order.key) == ("refund", Decimal(10), "small_refund", done.id)
    carried = hall.desk.authority.get(done.id).carrying
    assert (carried.state, carried.reference) == (CarryState.DONE, "refund-1")


def test_limits_hold_for_customers_too(hall: Hall) -> None:
    with pytest.raises(InvalidInput, match="more than one run"):
        hall.run(amount="20.01")
    hall.run(amount="20")
    with pytest.raises(OutsideAuthority):
        hall.run(amount="0.01")  # of this order no more
    hall.run(amount="10", subject="order:2")
    with pytest.raises(OutsideAuthority):
        hall.run(amount="0.01", subject="order:3")  # nor for this customer
    assert not hall.offered(facts=DELIVERED, subject="order:3")["small_refund"].is_offered


def test_who_does_not_fit_is_refused(hall: Hall) -> None:
    with pytest.raises(NotOffered):
        hall.run(facts=PAID)
    with pytest.raises(NotOffered):
        hall.run(facts={})
    hall.desk.customers.flag(hall.customer.id, "abuse", reason="chargebacks", actor=Actor.system())
    with pytest.raises(NotOffered):
        hall.run()
    assert hall.desk.authority.list().items == ()


def test_conditions_read_the_ticket(hall: Hall) -> None:
    hall.desk.tickets.set_field(hall.ticket.id, "x.order_status", "paid", actor=Actor.system())
    assert hall.offered(customer=None, ticket=hall.ticket.id)["cancel"].is_offered
    done = hall.desk.self_service.run("cancel", ticket=hall.ticket.id, subject="order:1")
    assert (done.ticket, done.value) == (hall.ticket.id, Decimal(1))
    told = [render(one, "en") for entry in hall.desk.explain(hall.ticket.id) for one in entry.events]
    assert "cancel_order 1 times: settled, by system:self_service" in told


def test_what_is_too_much_may_be_asked_for(hall: Hall) -> None:
    boss = hall.desk.agents.add("Boss", grade=6)
    asked = hall.run("big_refund", amount="100", subject="", facts={})
    assert (asked.is_open, asked.by, asked.agent) == (True, f"customer:{hall.customer.id}", None)
    assert [one.id for one in hall.desk.authority.inbox(boss.id)] == [asked.id]
    done = hall.desk.authority.approve(asked.id, actor=Actor.agent(boss.id))
    assert (done.under, done.counts) == (f"agent:{boss.id}", True)


def test_slips_are_told(hall: Hall) -> None:
    for given, match in (
        ({"service": "smal_refund"}, "small_refund"),
        ({"subject": ""}, "subject"),
        ({"amount": None}, "is not said"),
        ({"service": "cancel", "amount": 2, "facts": PAID}, "is fixed"),
        ({"amount": 1.5}, "amount"),
        ({"facts": {"order_status": object()}}, "facts"),
    ):
        with pytest.raises(InvalidInput, match=match):
            hall.run(**given)
    with pytest.raises(NotFound):
        hall.run(customer="cus_none")
    with pytest.raises(InvalidInput, match="nobody is named"):
        hall.offered(customer=None)
    with pytest.raises(InvalidInput, match="facts"):
        hall.offered(facts={"a": [1]})


class Slow:
    """A system that is awaited."""

    name = "shop"

    def __init__(self) -> None:
        self.tries = 0

    async def carry_out(self, order: ActionOrder) -> ActionDone:
        self.tries = order.attempt
        if order.attempt == 1:
            await asyncio.sleep(3600)
        return ActionDone(reference="late")


def test_an_awaited_system_is_cut_short_and_asked_again() -> None:
    async def story() -> None:
        clock, slow = FixedClock(), Slow()
        actions = [{**one.model_dump(), "timeout": "0.01s"} for one in CONFIG.authority.actions]
        config = DeskConfig(
            **{**CONFIG.model_dump(), "authority": {**CONFIG.authority.model_dump(), "actions": actions}}
        )
        desk = await open_async_desk(MemoryStore(), config=config, clock=clock, actions=[slow])
        from csdesk import InboundMessage, Sender

        said = InboundMessage(
            account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="li"), text="hi"
        )
        customer = (await desk.receive(said)).customer
        assert customer is not None
        done = await desk.self_service.run(
            "small_refund", customer=customer.id, subject="order:1", amount="5", facts=DELIVERED
        )
        report = await desk.run_due()
        assert report.carried == 1
        assert report.next_due_at is not None
        clock.set(report.next_due_at)
        await desk.run_due()
        carried = (await desk.authority.get(done.id)).carrying
        assert carried is not None
        assert (carried.state, carried.attempts, carried.reference) == (CarryState.DONE, 2, "late")
        await desk.aclose()

    asyncio.run(story())


def test_an_awaited_system_belongs_to_the_awaited_desk() -> None:
    with pytest.raises(InvalidInput, match="has to be awaited"):
        open_desk("memory://", config=CONFIG, actions=[Slow()])  # type: ignore[list-item]
