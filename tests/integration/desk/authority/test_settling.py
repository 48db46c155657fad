"""Who may give customers what: limits, and the ledger that no split beats."""

from decimal import Decimal
from typing import Any

import pytest
from tests.integration.desk.authority.conftest import CONFIG, Shop

from csdesk import Actor, DeskConfig, InvalidInput, NotFound, open_desk, render
from csdesk.domain.records.authority import Period, SettlementState
from csdesk.testing import CountingStore, Fault, FaultyStore

# Deciding


def test_inside_the_limits_it_is_allowed_and_nothing_is_written(shop: Shop) -> None:
    told = shop.desk.authority.decide(shop.ticket.id, "refund", amount="20.50", actor=shop.me, subject="order:1")
    assert (told.outcome, told.amount, told.unit) == ("allowed", Decimal("20.50"), "CNY")
    assert [(one.scope, one.period, one.left) for one in told.readings if one.source == "limit"] == [
        ("subject", None, Decimal(50)),
        ("ticket", None, Decimal(50)),
        ("agent", Period.DAY, Decimal(120)),
        ("customer", Period.WEEK, Decimal(90)),
    ]
    assert "this ticket: 0.00 + 20.50 of 50.00 CNY, 50.00 left" in render(told.trace, "en")
    assert "本工单额度 50.00 CNY" in render(told.trace)
    assert shop.desk.authority.list().items == ()


def test_outside_somebody_is_named_or_something_else_is_offered(shop: Shop) -> None:
    decide = shop.desk.authority.decide
    asked = decide(shop.ticket.id, "refund", amount="200", actor=shop.me)
    assert asked.outcome == "needs_approval"
    assert asked.by is not None
    assert (asked.by.step, asked.by.agents) == (1, (shop.lead.id,))
    more = decide(shop.ticket.id, "refund", amount="700", actor=shop.me)
    assert more.by is not None
    assert (more.by.step, more.by.grade) == (3, 7)
    never = decide(shop.ticket.id, "refund", amount="901", actor=shop.boss)
    assert (never.outcome, never.by) == ("forbidden", None)
    assert [(one.name, one.en, one.amount) for one in never.alternatives] == [("voucher", "A voucher", Decimal(20))]
    assert {one.source for one in never.in_the_way} == {"limit", "cap"}
    assert decide(shop.ticket.id, "replace", actor=shop.me).outcome == "forbidden"


def test_the_first_limit_that_fits_decides(shop: Shop) -> None:
    cashier = Actor.agent(shop.desk.agents.add("Cashier", grade=9, roles=("cashier",)).id)
    assert shop.desk.authority.decide(shop.ticket.id, "refund", actor=cashier).outcome == "forbidden"
    shop.desk.customers.set_profile(shop.customer.id, level="gold", actor=shop.me)
    assert shop.settle("80").state is SettlementState.SETTLED


def test_bots_and_the_desk_have_only_what_is_configured(shop: Shop) -> None:
    assert shop.settle("10", by=Actor.bot("lantern")).under == "bot:lantern"
    shop.refused("1", by=Actor.bot("lantern"))
    assert shop.refused("1", by=Actor.bot("other")).outcome == "needs_approval"
    assert shop.refused("1", by=Actor.system()).outcome == "needs_approval"
    retired = shop.desk.agents.change(shop.me.id, retired=True)
    assert shop.refused("1", by=Actor.agent(retired.id)).outcome == "needs_approval"


def test_what_an_agent_may_give_is_explained(shop: Shop) -> None:
    shop.settle("40")
    mine = {one.action: one for one in shop.desk.authority.explain(shop.me)}
    assert (mine["refund"].may, mine["refund"].per_case) == ("alone", Decimal(50))
    assert [(one.period, one.used, one.left) for one in mine["refund"].readings] == [
        (Period.DAY, Decimal(40), Decimal(80))
    ]
    assert mine["replace"].may == "not_granted"
    assert "the actor, today: 40.00 of 120.00 CNY, 80.00 left" in render(mine["refund"].trace, "en")
    with pytest.raises(NotFound):
        shop.desk.authority.explain(Actor.agent("agt_none"))


# Settling


def test_a_refund_split_in_ten_meets_the_limit(shop: Shop) -> None:
    for _ in range(5):
        shop.settle("10", subject="order:1")
    refused = shop.refused("0.01", subject="order:1")
    assert refused.outcome == "needs_approval"
    assert "ask for approval" in str(refused)
    assert render(refused).endswith("的权限：需要审批")
    assert render(shop.refused("901")).endswith("无人可以批准；可改为提供：voucher")


def test_the_ledger_counts_by_subject_ticket_and_people_alike(shop: Shop) -> None:
    shop.settle("30", subject="order:1")
    shop.refused("30", subject="order:2")  # the same ticket
    other = shop.desk.receive(shop.world.said("again", by="bob", conversation="bob")).ticket
    shop.refused("30", subject="order:1", ticket=other.id)  # the same order on another ticket
    shop.refused("30", by=Actor.agent(shop.desk.agents.add("Other").id))  # the same case, somebody else
    shop.refused("30", action="compensation")  # another action of the same ledger
    assert shop.settle("30", action="voucher").value == Decimal(30)  # a ledger of its own


def test_a_day_ends_at_midnight_of_the_desk(shop: Shop) -> None:
    for number in range(3):
        got = shop.desk.receive(shop.world.said(by=f"c{number}", conversation=f"c{number}"))
        shop.settle("40", ticket=got.ticket.id)
    last = shop.desk.receive(shop.world.said(by="last", conversation="last")).ticket
    shop.refused("1", ticket=last.id)
    shop.world.clock.set(shop.world.clock.now().replace(hour=15, minute=59, second=59))  # 23:59:59 in Shanghai
    shop.refused("1", ticket=last.id)
    shop.world.later(seconds=1)
    assert shop.settle("50", ticket=last.id).counts


def test_a_customer_meets_the_limit_on_every_ticket(shop: Shop) -> None:
    shop.settle("50")
    later = shop.desk.receive(shop.world.said("new", conversation="second")).ticket
    assert later.id != shop.ticket.id
    refused = shop.refused("41", ticket=later.id)
    assert refused.outcome == "needs_approval"
    assert shop.settle("40", ticket=later.id).counts


def test_what_was_taken_back_gives_the_room_back_once(shop: Shop) -> None:
    given = shop.settle("50", subject="order:1")
    back = shop.desk.authority.reverse(given.id, actor=shop.me, reason="wrong order")
    assert (back.state, back.answer) == (SettlementState.REVERSED, "wrong order")
    with pytest.raises(InvalidInput, match="is reversed"):
        shop.desk.authority.reverse(given.id, actor=shop.me)
    shop.settle("50", subject="order:1")
    shop.refused("0.01", subject="order:1")


def test_room_comes_back_in_the_period_in_which_it_was_given(shop: Shop) -> None:
    first = [shop.desk.receive(shop.world.said(by=f"c{one}", conversation=f"c{one}")).ticket for one in range(4)]
    given = [shop.settle("40", ticket=one.id) for one in first[:3]]
    shop.world.later(days=1)
    shop.desk.authority.reverse(given[0].id, actor=shop.me)
    shop.refused("11", ticket=first[1].id)  # 40 of that case are still taken
    assert shop.settle("50", ticket=first[0].id).counts
    standing = next(one for one in shop.desk.authority.explain(shop.me) if one.action == "refund")
    assert [one.used for one in standing.readings] == [Decimal(50)]  # of this day; the first one was of yesterday


def test_merging_and_splitting_do_not_make_room(shop: Shop) -> None:
    other = shop.desk.receive(shop.world.said("me too", conversation="second"))
    shop.settle("30", ticket=other.ticket.id)
    shop.desk.tickets.merge(other.ticket.id, shop.ticket.id, actor=shop.me)
    assert shop.refused("21").outcome == "needs_approval"
    shop.settle("20", ticket=other.ticket.id)  # leads to the survivor
    more = shop.desk.receive(shop.world.said("and another lamp"))
    split = shop.desk.tickets.split(shop.ticket.id, [more.message.id], actor=shop.me)
    assert shop.refused("50.01", ticket=split.id).outcome == "needs_approval"
    assert "ticket" in {one.scope for one in shop.desk.authority.decide(split.id, "refund", actor=shop.me).in_the_way}


def test_the_guards_leave_out_what_was_merged_away(world: Any) -> None:
    seen: list[Any] = []

    class Watching(CountingStore):
        def commit(self, desk: str, changes: Any) -> Any:
            seen.append(changes)
            return super().commit(desk, changes)

        def commit_together(self, desk: str, changes: Any) -> Any:
            seen.extend(changes)
            return super().commit_together(desk, changes)

    shop = Shop(world, wrap=Watching)
    other = shop.desk.receive(world.said("me too", conversation="second"))
    shop.settle("30", ticket=other.ticket.id)
    shop.desk.tickets.merge(other.ticket.id, shop.ticket.id, actor=shop.me)
    seen.clear()
    shop.settle("5")
    (limits,) = [[one.limit for one in changes.deltas if one.amount == 500] for changes in seen if changes.deltas]
    assert min(one for one in limits if one is not None) == 5000 - 3000


def test_customers_who_turn_out_to_be_one_have_one_limit(shop: Shop) -> None:
    bob = shop.desk.receive(shop.world.said("hi", by="bob", conversation="bob"))
    shop.settle("50", ticket=bob.ticket.id)
    shop.settle("30")
    shop.desk.customers.merge(bob.customer.id, shop.customer.id, actor=shop.me)
    later = shop.desk.receive(shop.world.said("new", conversation="second")).ticket
    shop.refused("10.01", ticket=later.id)
    assert shop.settle("10", ticket=later.id).customer == shop.customer.id


def test_a_key_makes_a_repetition_give_the_first_outcome(shop: Shop) -> None:
    first = shop.settle("30", idempotency_key="r1")
    again = shop.settle("30", idempotency_key="r1")
    assert again.id == first.id
    assert len(shop.desk.authority.list().items) == 1
    request = shop.ask(idempotency_key="q1")
    assert shop.ask(idempotency_key="q1").id == request.id
    done = [shop.desk.authority.approve(request.id, actor=shop.lead, idempotency_key="a").version for _ in range(2)]
    assert done[0] == done[1]
    back = [shop.desk.authority.reverse(first.id, actor=shop.me, idempotency_key="b").version for _ in range(2)]
    assert back[0] == back[1]


@pytest.mark.parametrize("fault", list(Fault))
def test_a_commit_of_which_nobody_knows_gives_once(world: Any, fault: Fault) -> None:
    plan: list[Fault] = []
    shop = Shop(
        world, wrap=lambda store: FaultyStore(store, lambda name: plan.pop() if name == "commit" and plan else None)
    )
    plan.append(fault)
    given = shop.settle("30", subject="order:1")
    assert plan == []
    assert [one.id for one in shop.desk.authority.list().items] == [given.id]
    shop.settle("20", subject="order:1")
    shop.refused("0.01", subject="order:1")
    plan.append(fault)
    shop.desk.authority.reverse(given.id, actor=shop.me)
    shop.settle("30", subject="order:1")
    shop.refused("0.01", subject="order:1")


@pytest.mark.parametrize("amount", [1.5, float("nan"), True, None, "12,50", "NaN", "Infinity", b"1", [1]])
def test_amounts_are_exact_numbers(shop: Shop, amount: Any) -> None:
    with pytest.raises(InvalidInput, match=r"amount: ") as caught:
        shop.settle(amount)
    assert "amount" in caught.value.field


@pytest.mark.parametrize("amount", [0, "-1", "0.001", "1e40", Decimal("-0"), 10**16])
def test_amounts_lie_above_zero_in_places_of_their_unit(shop: Shop, amount: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        shop.settle(amount)
    assert caught.value.field == "amount"


def test_slips_are_told(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="refund"):
        shop.settle("1", action="refnud")
    with pytest.raises(NotFound):
        shop.settle("1", ticket="tkt_none")
    with pytest.raises(NotFound):
        shop.settle("1", by=Actor.agent("agt_none"))
    with pytest.raises(InvalidInput, match="ticket or customer"):
        shop.settle("1", ticket=None)
    bob = shop.desk.receive(shop.world.said("hi", by="bob", conversation="bob")).customer
    with pytest.raises(InvalidInput, match="requester"):
        shop.settle("1", customer=bob.id)
    assert shop.settle("1", ticket=None, customer=bob.id).ticket is None


# Cost


def test_a_desk_without_authority_pays_nothing(world: Any) -> None:
    plain, counted = CountingStore(world.store()), CountingStore(world.store())
    for name, store, config in (("plain", plain, DeskConfig()), ("given", counted, CONFIG)):
        desk = open_desk(store, desk=name, config=config, clock=world.clock, ids=world.ids)
        desk.receive(world.said())
        desk.receive(world.said())
        desk.run_due()
    assert plain.calls["load"] == counted.calls["load"]
    assert plain.calls["commit"] == counted.calls["commit"]
