"""Authority where something came in between, left the configuration, or was erased."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.desk.authority.conftest import CONFIG, Shop
from tests.integration.desk.authority.test_carrying import Bank
from tests.integration.desk.conftest import entries

from csdesk import DeskConfig, IllegalTransition, InvalidInput, NotFound
from csdesk.domain.records import events as ev
from csdesk.domain.records.authority import CarryState, SettlementState
from csdesk.ports.actions import ActionDone, ActionOrder


@pytest.fixture
def shop(world: Any) -> Shop:
    return Shop(world)


def with_actions(**changes: dict[str, Any] | None) -> DeskConfig:
    """The configuration with other values of some actions; None: without one, and without its limits."""
    book = CONFIG.authority.model_dump()
    actions = [{**one, **(changes.get(one["name"]) or {})} for one in book["actions"]]
    gone = {name for name, change in changes.items() if change is None}
    actions = [one for one in actions if one["name"] not in gone]
    limits = [one for one in book["limits"] if one["action"] not in gone]
    return DeskConfig(**{**CONFIG.model_dump(), "authority": {**book, "actions": actions, "limits": limits}})


def asking(shop: Shop, key: str) -> Any:
    return shop.desk.authority.get(key)


def test_what_a_customer_gets_without_a_ticket_is_taken_back_without_one(shop: Shop) -> None:
    given = shop.settle("30", ticket=None, customer=shop.customer.id)
    assert (given.ticket, given.customer) == (None, shop.customer.id)
    back = shop.desk.authority.reverse(given.id, actor=shop.me, reason="a slip")
    assert (back.state, back.counts) == (SettlementState.REVERSED, False)
    told = [event for entry in entries(shop.desk, shop.ticket.id) for event in entry.events]
    assert not [one for one in told if isinstance(one, ev.SettlementNoted)]


def test_nobody_is_given_anything_who_is_not_there(shop: Shop) -> None:
    with pytest.raises(NotFound, match="cus_nobody"):
        shop.settle("30", ticket=None, customer="cus_nobody")
    shop.desk.customers.erase(shop.customer.id, actor=shop.me)
    with pytest.raises(IllegalTransition, match="erased"):
        shop.settle("30")
    with pytest.raises(IllegalTransition, match="erased"):
        shop.desk.authority.exceptions.ask(shop.ticket.id, "wants more")


def test_a_request_whose_action_is_gone_lapses(shop: Shop) -> None:
    asked = shop.ask("100")
    shop.desk.config.activate(with_actions(refund=None), actor=shop.boss)
    shop.world.later(hours=3)
    shop.desk.run_due()
    left = asking(shop, asked.id)
    assert left.asking is None
    assert left.state is SettlementState.LAPSED
    assert shop.desk.run_due().next_due_at is None


def test_a_request_whose_action_counts_otherwise_is_not_approved(shop: Shop) -> None:
    asked = shop.ask("100")
    shop.desk.config.activate(with_actions(refund={"ledger": "other"}), actor=shop.boss)
    with pytest.raises(InvalidInput, match="counts otherwise"):
        shop.desk.authority.approve(asked.id, actor=shop.lead)
    assert shop.desk.authority.withdraw(asked.id, actor=shop.me).state is SettlementState.WITHDRAWN


def test_who_has_retired_approves_nothing(shop: Shop) -> None:
    asked = shop.ask("100")
    shop.desk.agents.change(shop.lead.id, retired=True)
    with pytest.raises(InvalidInput, match="has retired"):
        shop.desk.authority.approve(asked.id, actor=shop.lead)
    with pytest.raises(InvalidInput, match="cannot approve"):
        shop.ask("100", to=shop.lead.id)


def test_a_request_says_how_long_it_waits(shop: Shop) -> None:
    asked = shop.ask("100", within=timedelta(hours=5))
    assert asked.asking.due_at == shop.world.clock.now() + timedelta(hours=5)


# Carrying out


class Counter(Bank):
    """A bank that lets something happen before it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Any = None

    def carry_out(self, order: ActionOrder) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().carry_out(order)


def carried(shop: Shop, key: str) -> list[ev.SettlementCarried]:
    told = [event for entry in entries(shop.desk, key) for event in entry.events]
    return [one for one in told if isinstance(one, ev.SettlementCarried)]


def test_the_first_of_two_answers_counts(world: Any) -> None:
    slow, quick = Counter(), Bank()
    config = with_actions(refund={"port": "bank"})
    shop = Shop(world, config, actions=[slow])
    other = world.open(actions=[quick])
    slow.answers, quick.answers = [ActionDone(reference="slow")], [ActionDone(reference="quick")]
    given = shop.settle("10")

    def by_another_process() -> None:
        world.later(hours=1)
        assert other.run_due().carried == 1

    slow.meanwhile = by_another_process
    shop.desk.run_due()
    assert {one.key for one in (*slow.orders, *quick.orders)} == {given.id}
    left = asking(shop, given.id).carrying
    assert (left.state, left.reference) == (CarryState.DONE, "quick")
    assert len(carried(shop, given.id)) == 1
    assert shop.desk.run_due().next_due_at is None


def test_a_round_is_bounded_by_number_and_time(world: Any) -> None:
    bank = Counter()
    shop = Shop(world, with_actions(refund={"port": "bank"}), actions=[bank])
    for number in range(3):
        shop.settle("10", subject=f"order:{number}")
    bank.meanwhile = lambda: world.later(seconds=20)
    done = shop.desk.run_due(max_time=timedelta(seconds=10))
    assert (done.carried, done.more) == (1, True)
    rounds = [shop.desk.run_due(1) for _ in range(9)]
    assert sorted(one.carried for one in rounds) == [0] * 7 + [1] * 2
    assert len({one.key for one in bank.orders}) == 3
