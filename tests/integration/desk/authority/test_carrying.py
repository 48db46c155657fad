"""Systems of the host that carry out what was settled."""

from decimal import Decimal
from typing import Any

import pytest
from tests.integration.desk.authority.conftest import CONFIG, Shop

from csdesk import DeskConfig, InvalidInput, open_desk
from csdesk.domain.records.authority import CarryState, SettlementState
from csdesk.ports.actions import ActionDone, ActionFailed, ActionOrder


class Bank:
    """A system of the host: answers what it is told to, once for each key."""

    name = "bank"

    def __init__(self) -> None:
        self.orders: list[ActionOrder] = []
        self.answers: list[Any] = []

    def carry_out(self, order: ActionOrder) -> Any:
        self.orders.append(order)
        answer = self.answers.pop(0) if self.answers else ActionDone(reference="R1")
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def banked(world: Any, bank: Bank) -> Shop:
    actions = [
        {**one.model_dump(), "port": "bank" if one.name == "refund" else None} for one in CONFIG.authority.actions
    ]
    config = DeskConfig(**{**CONFIG.model_dump(), "authority": {**CONFIG.authority.model_dump(), "actions": actions}})
    return Shop(world, config, actions=[bank])


def test_a_system_carries_out_what_was_settled_once(banked: Shop, bank: Bank) -> None:
    given = banked.settle("10", subject="order:1")
    assert given.carrying is not None
    assert given.carrying.state is CarryState.PENDING
    with pytest.raises(InvalidInput, match="about to be carried out"):
        banked.desk.authority.reverse(given.id, actor=banked.me)
    assert banked.desk.run_due().carried == 1
    assert banked.desk.run_due().carried == 0
    (order,) = bank.orders
    assert (order.key, order.amount, order.unit, order.subject) == (given.id, Decimal("10.00"), "CNY", "order:1")
    done = banked.desk.authority.get(given.id)
    assert done.carrying is not None
    assert (done.carrying.state, done.carrying.reference, done.counts) == (CarryState.DONE, "R1", True)


def test_what_was_not_carried_out_takes_no_room(banked: Shop, bank: Bank) -> None:
    bank.answers = [ActionFailed(reason="closed_account")]
    given = banked.settle("50")
    banked.desk.run_due()
    failed = banked.desk.authority.get(given.id)
    assert failed.carrying is not None
    assert (failed.state, failed.carrying.reason) == (SettlementState.FAILED, "closed_account")
    assert banked.settle("50").counts


def test_a_system_that_breaks_is_tried_again_under_the_same_key_and_then_nobody_knows(banked: Shop, bank: Bank) -> None:
    bank.answers = [TimeoutError(), OSError(), ValueError(), "what?", KeyError()]
    given = banked.settle("50")
    for _ in range(5):
        banked.desk.run_due()
        banked.world.later(hours=2)
    assert [one.attempt for one in bank.orders] == [1, 2, 3, 4, 5]
    assert {one.key for one in bank.orders} == {given.id}
    unknown = banked.desk.authority.get(given.id)
    assert unknown.carrying is not None
    assert (unknown.carrying.state, unknown.counts) == (CarryState.UNKNOWN, True)
    assert banked.desk.run_due().carried == 0
    banked.refused("1")  # as long as nobody knows, it counts
    told = banked.desk.authority.resolve(given.id, done=False, actor=banked.me)
    assert told.state is SettlementState.FAILED
    assert banked.settle("50").counts
    with pytest.raises(InvalidInput, match="is not unknown"):
        banked.desk.authority.resolve(given.id, done=True, actor=banked.me)


def test_what_was_erased_before_it_was_carried_out_is_left_to_people(banked: Shop, bank: Bank) -> None:
    given = banked.settle("10", subject="order:1")
    banked.desk.customers.erase(banked.customer.id, actor=banked.me)
    while banked.desk.run_due().more:
        pass
    assert bank.orders == []
    left = banked.desk.authority.get(given.id)
    assert left.carrying is not None
    assert (left.carrying.state, left.subject) == (CarryState.UNKNOWN, "")
    assert banked.desk.authority.resolve(given.id, done=True, actor=banked.me).counts


def test_ports_are_those_of_the_configuration(world: Any, bank: Bank) -> None:
    with pytest.raises(InvalidInput, match="no action has the port"):
        world.open(CONFIG, actions=[bank])
    with pytest.raises(InvalidInput, match="carries nothing out"):
        open_desk("memory://", actions=[object()])  # type: ignore[list-item]
