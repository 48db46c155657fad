"""Asking for more than one may give: approvals, and limits that are raised for a while."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.desk.authority.conftest import CONFIG, Shop

from csdesk import Actor, DeskConfig, InvalidInput
from csdesk.domain.records.authority import Period, SettlementState
from csdesk.errors import OutsideAuthority

# Asking


def test_a_request_is_approved_by_whose_limit_suffices(shop: Shop) -> None:
    request = shop.ask("200", subject="order:1", reason="lamp broken")
    assert (request.state, request.brief, request.is_open) == ("requested", "a loyal customer", True)
    assert [one.id for one in shop.desk.authority.inbox(shop.lead.id)] == [request.id]
    assert shop.desk.authority.inbox(shop.boss.id) == ()
    assert shop.desk.customers.brief(shop.customer.id).open_requests == (request,)
    done = shop.desk.authority.approve(request.id, actor=shop.lead, answer="fine")
    assert (done.state, done.under, done.by) == ("settled", str(shop.lead), str(shop.me))
    assert shop.desk.customers.brief(shop.customer.id).open_requests == ()
    shop.refused("1", subject="order:1")  # it counts for the case, whoever approved it
    with pytest.raises(InvalidInput, match="is settled"):
        shop.desk.authority.approve(request.id, actor=shop.lead)


def test_settle_asks_if_it_is_told_to(shop: Shop) -> None:
    assert shop.settle("60", or_request=True, brief="more").is_open
    assert shop.settle("10", or_request=True).counts
    with pytest.raises(OutsideAuthority):
        shop.settle("901", or_request=True)
    with pytest.raises(InvalidInput, match="inside the limits"):
        shop.ask("1")


def test_somebody_may_be_asked_whose_limits_go_beyond_those_of_the_step(world: Any) -> None:
    authority = {
        **CONFIG.authority.model_dump(),
        "actions": [
            {**one.model_dump(), "approvers": [{"grade": 2}] if one.name == "refund" else ()}
            for one in CONFIG.authority.actions
        ],
    }
    shop = Shop(world, DeskConfig(**{**CONFIG.model_dump(), "authority": authority}))
    with pytest.raises(OutsideAuthority):  # whoever is of grade 2 has no more than 50
        shop.ask("500")
    assert shop.ask("500", to=shop.boss.id).asking.to == shop.boss.id
    with pytest.raises(InvalidInput, match="cannot approve"):
        shop.ask("500", to=shop.lead.id)
    cashier = Actor.agent(shop.desk.agents.add("Cashier", roles=("cashier",)).id)
    with pytest.raises(OutsideAuthority):  # who may never is not asked for either
        shop.ask("500", actor=cashier, to=shop.boss.id)


def test_nobody_approves_their_own_request(shop: Shop) -> None:
    request = shop.ask("200")
    shop.desk.agents.set_roles(shop.me.id, ("shift_lead",))
    for answer in (shop.desk.authority.approve, shop.desk.authority.refuse):
        with pytest.raises(InvalidInput, match="asked for it"):
            answer(request.id, actor=shop.me)
    with pytest.raises(InvalidInput, match="cannot approve"):
        shop.ask("400", to=shop.me.id)


def test_only_who_was_asked_answers_or_somebody_behind_them(shop: Shop) -> None:
    other = Actor.agent(shop.desk.agents.add("Other").id)
    request = shop.ask("100")
    with pytest.raises(InvalidInput, match="was not asked"):
        shop.desk.authority.refuse(request.id, actor=other)
    with pytest.raises(InvalidInput, match="is no agent"):
        shop.desk.authority.approve(request.id, actor=Actor.system())
    assert shop.desk.authority.approve(request.id, actor=shop.boss).under == str(shop.boss)
    named = shop.ask("100", to=shop.boss.id)
    with pytest.raises(InvalidInput, match="was not asked"):
        shop.desk.authority.refuse(named.id, actor=shop.lead)
    told = shop.desk.authority.refuse(named.id, actor=shop.boss, answer="too much")
    assert (told.state, told.answer) == ("refused", "too much")


def test_an_approver_meets_limits_too(shop: Shop) -> None:
    request = shop.ask("250")
    shop.settle("100", by=shop.lead)
    with pytest.raises(OutsideAuthority):
        shop.desk.authority.approve(request.id, actor=shop.lead)
    assert shop.desk.authority.approve(request.id, actor=shop.boss).counts


def test_who_does_not_answer_is_followed_by_the_next(shop: Shop) -> None:
    request = shop.ask("200")
    assert request.asking is not None
    assert (request.asking.step, request.asking.due_at) == (1, shop.world.clock.now() + timedelta(minutes=30))
    shop.world.later(minutes=30, microseconds=-1)
    assert shop.desk.run_due().escalated == 0
    shop.world.later(microseconds=1)
    report = shop.desk.run_due()
    assert report.escalated == 1
    assert report.next_due_at == shop.world.clock.now() + timedelta(hours=1)
    again = shop.desk.authority.get(request.id)
    assert again.asking is not None
    assert again.asking.step == 2
    shop.world.later(hours=1)
    shop.desk.run_due()
    shop.world.later(hours=2)
    shop.desk.run_due()
    assert shop.desk.authority.get(request.id).state is SettlementState.LAPSED
    with pytest.raises(InvalidInput, match="is lapsed"):
        shop.desk.authority.approve(request.id, actor=shop.boss)
    assert shop.desk.run_due().next_due_at is None


def test_an_answered_request_comes_due_no_more(shop: Shop) -> None:
    shop.desk.authority.withdraw(shop.ask("200").id, actor=shop.me, reason="she agreed")
    shop.desk.authority.approve(shop.ask("100").id, actor=shop.lead)
    shop.world.later(days=1)
    assert shop.desk.run_due().escalated == 0


def test_steps_whose_limits_do_not_suffice_are_left_out(shop: Shop) -> None:
    request = shop.ask("600")
    assert request.asking is not None
    assert request.asking.step == 3
    shop.world.later(hours=2)
    shop.desk.run_due()
    assert shop.desk.authority.get(request.id).state is SettlementState.LAPSED


# Grants


def test_a_grant_raises_until_its_last_microsecond(shop: Shop) -> None:
    until = shop.world.clock.now() + timedelta(hours=1)
    agent = shop.desk.authority.grant(
        shop.me.id, "refund", "200", until=until, reason="promotion", by=shop.lead, periods={Period.DAY: "500"}
    )
    (grant,) = agent.grants
    assert (grant.limit, grant.by, grant.reason) == (20000, str(shop.lead), "promotion")
    mine = next(one for one in shop.desk.authority.explain(shop.me) if one.action == "refund")
    assert (mine.per_case, mine.readings[0].limit, mine.grants) == (Decimal(200), Decimal(500), (grant,))
    shop.world.clock.set(until - timedelta(microseconds=1))
    told = shop.desk.authority.decide(shop.ticket.id, "refund", amount="90", actor=shop.me)
    assert told.is_allowed
    assert "grant" in {one.source for one in told.readings}
    shop.settle("60")
    shop.world.clock.set(until)
    assert shop.refused("1").outcome == "needs_approval"


def test_a_grant_can_be_taken_back(shop: Shop) -> None:
    until = shop.world.clock.now() + timedelta(hours=1)
    given = {"until": until, "reason": "promotion", "by": shop.lead}
    shop.desk.authority.grant(shop.me.id, "refund", "200", **given, idempotency_key="g")
    shop.desk.authority.grant(shop.me.id, "refund", "200", **given, idempotency_key="g")
    agent = shop.desk.authority.revoke(shop.me.id, 1, by=shop.lead, reason="over")
    assert agent.grants == ()
    shop.refused("51")
    with pytest.raises(InvalidInput, match="no grant 1"):
        shop.desk.authority.revoke(shop.me.id, 1, by=shop.lead)
    kinds = [event.kind for entry in shop.desk.explain(shop.me.id) for event in entry.events]
    assert kinds[-2:] == ["agent.granted", "agent.grant_revoked"]


def test_nobody_grants_more_than_they_have(shop: Shop) -> None:
    until = shop.world.clock.now() + timedelta(hours=1)
    grant = shop.desk.authority.grant
    given: dict[str, Any] = {"until": until, "reason": "promotion"}
    for limit, by in (("300.01", shop.lead), ("900.01", shop.boss)):
        with pytest.raises(OutsideAuthority):
            grant(shop.me.id, "refund", limit, by=by, **given)
    grant(shop.lead.id, "refund", "800", by=shop.boss, **given)
    with pytest.raises(OutsideAuthority):  # what was granted to the giver does not count
        grant(shop.me.id, "refund", "301", by=shop.lead, **given)
    with pytest.raises(InvalidInput, match="nobody grants to themselves"):
        grant(shop.lead.id, "refund", "1", by=shop.lead, **given)
    with pytest.raises(InvalidInput, match="is no agent"):
        grant(shop.me.id, "refund", "1", by=Actor.system(), **given)
    with pytest.raises(InvalidInput, match="in the past"):
        grant(shop.me.id, "refund", "1", until=shop.world.clock.now(), reason="x", by=shop.lead)
    with pytest.raises(InvalidInput, match="no limit of replace"):
        grant(shop.me.id, "replace", "1", by=shop.boss, **given)
