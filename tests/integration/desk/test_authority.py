"""Who may give customers what: limits, the ledger that no split beats, approvals, grants, exceptions."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from csdesk import Actor, Denied, DeskConfig, IllegalTransition, InvalidInput, NotFound, Viewer, open_desk, render
from csdesk.domain.records import events as ev
from csdesk.domain.records.authority import CarryState, ExceptionState, Period, SettlementState
from csdesk.errors import OutsideAuthority
from csdesk.ports.actions import ActionDone, ActionFailed, ActionOrder
from csdesk.testing import CountingStore, Fault, FaultyStore

CONFIG = DeskConfig.from_toml(
    """
zone = "Asia/Shanghai"

[[levels]]
name = "gold"

[[bots]]
name = "lantern"

[authority]
roles = ["shift_lead", "cashier"]

[[authority.actions]]
name = "refund"
unit = "CNY"
digits = 2
ledger = "money"
cap_per_case = "900"
cap_per_customer = [{ period = "month", amount = "1200" }]
approvers = [{ lead = true, within = "30m" }, { role = "shift_lead", within = "1h" }, { grade = 7, within = "2h" }]
alternatives = ["voucher"]

[[authority.actions]]
name = "compensation"
unit = "CNY"
digits = 2
ledger = "money"

[[authority.actions]]
name = "voucher"
unit = "CNY"

[[authority.actions]]
name = "replace"
approvers = [{ agents = ["agt_nobody"] }]

[[authority.limits]]
action = "refund"
role = "cashier"
never = true

[[authority.limits]]
action = "refund"
grade = 7
per_case = 800

[[authority.limits]]
action = "refund"
role = "shift_lead"
per_case = "300"

[[authority.limits]]
action = "refund"
levels = ["gold"]
per_case = "80"
per_agent = [{ period = "day", amount = "120" }]

[[authority.limits]]
action = "refund"
per_case = "50"
per_agent = [{ period = "day", amount = "120" }]
per_customer = [{ period = "week", amount = "90" }]

[[authority.limits]]
action = "refund"
bots = ["lantern"]
per_case = "10"

[[authority.limits]]
action = "compensation"
per_case = "50"

[[authority.limits]]
action = "voucher"
per_case = 30

[[authority.alternatives]]
name = "voucher"
titles = { zh = "代金券", en = "A voucher" }
action = "voucher"
amount = 20

[[authority.alternatives]]
name = "express"
"""
)


class Shop:
    """A desk with three people and one customer who asks for her money."""

    def __init__(self, world: Any, config: DeskConfig = CONFIG, **given: Any) -> None:
        self.world = world
        self.desk = world.open(config, **given)
        self.boss = self._add("Boss", grade=8)
        self.lead = self._add("Lead", roles=("shift_lead",))
        self.me = self._add("Me", lead=self.lead.id)
        got = self.desk.receive(world.said("我要退款"))
        self.ticket, self.customer = got.ticket, got.customer

    def _add(self, name: str, **given: Any) -> Actor:
        return Actor.agent(self.desk.agents.add(name, **given).id)

    def settle(self, amount: Any, *, by: Actor | None = None, action: str = "refund", **given: Any) -> Any:
        given = {"ticket": self.ticket.id, **given}
        return self.desk.authority.settle(given.pop("ticket"), action, amount=amount, actor=by or self.me, **given)

    def refused(self, amount: Any, **given: Any) -> OutsideAuthority:
        with pytest.raises(OutsideAuthority) as caught:
            self.settle(amount, **given)
        return caught.value

    def ask(self, amount: Any = "100", **given: Any) -> Any:
        given = {"actor": self.me, "brief": "a loyal customer", **given}
        return self.desk.authority.request(self.ticket.id, "refund", amount=amount, **given)


@pytest.fixture
def shop(world: Any) -> Shop:
    return Shop(world)


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


# Exceptions


def test_a_wish_is_granted_under_the_limits_of_who_grants_it(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    asked = exceptions.ask(shop.ticket.id, "过期也想退款", action="refund", amount="100", subject="order:1")
    (one,) = asked.exceptions
    assert (one.wish, one.state, one.is_open) == ("过期也想退款", ExceptionState.ASKED, True)
    with pytest.raises(OutsideAuthority):
        exceptions.grant(shop.ticket.id, actor=shop.me)
    (done,) = exceptions.grant(shop.ticket.id, actor=shop.lead, reason="老客户").exceptions
    assert (done.state, done.answered_by, done.reason) == (ExceptionState.GRANTED, str(shop.lead), "老客户")
    settled = shop.desk.authority.get(done.settlement)
    assert (settled.value, settled.exception, settled.subject) == (Decimal(100), 1, "order:1")
    with pytest.raises(InvalidInput, match="no exception is asked"):
        exceptions.refuse(shop.ticket.id, actor=shop.me, reason="no")


def test_something_else_is_offered_and_taken(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    exceptions.ask(shop.ticket.id, "wants 500", action="refund", amount="500", idempotency_key="w")
    exceptions.ask(shop.ticket.id, "wants 500", action="refund", amount="500", idempotency_key="w")
    with pytest.raises(InvalidInput, match="voucher"):
        exceptions.offer(shop.ticket.id, "vocher", actor=shop.me)
    offered = exceptions.offer(shop.ticket.id, "voucher", actor=shop.me, reason="policy")
    assert [one.state for one in offered.exceptions] == [ExceptionState.OFFERED]
    assert shop.desk.authority.list().items == ()
    taken = exceptions.accept(shop.ticket.id, idempotency_key="yes")
    assert exceptions.accept(shop.ticket.id, idempotency_key="yes").exceptions == taken.exceptions
    (settled,) = shop.desk.authority.list(ticket=shop.ticket.id).items
    assert (settled.action, settled.value, settled.alternative, settled.under) == (
        "voucher",
        Decimal(20),
        "voucher",
        str(shop.me),
    )
    with pytest.raises(InvalidInput, match="no exception is offered"):
        exceptions.accept(shop.ticket.id)


def test_a_wish_is_answered_where_it_stands_after_a_merge_too(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    other = shop.desk.receive(shop.world.said("me too", conversation="second")).ticket
    exceptions.ask(other.id, "wants 100", action="refund", amount="100")
    shop.desk.tickets.merge(other.id, shop.ticket.id, actor=shop.me)
    (done,) = exceptions.grant(other.id, actor=shop.lead).exceptions
    assert done.state is ExceptionState.GRANTED
    assert shop.desk.authority.get(done.settlement).ticket == shop.ticket.id
    shop.refused("201", by=shop.lead)
    exceptions.ask(other.id, "and more")  # nothing is open there any more: it stands with the survivor
    assert [one.wish for one in shop.desk.tickets.get(shop.ticket.id).exceptions] == ["and more"]


def test_what_cannot_be_given_is_not_offered(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    exceptions.ask(shop.ticket.id, "wants more")
    shop.settle(20, action="voucher")
    with pytest.raises(OutsideAuthority):
        exceptions.offer(shop.ticket.id, "voucher", actor=shop.me)
    exceptions.offer(shop.ticket.id, "express", actor=shop.me)  # costs nothing of the ledger
    (one,) = exceptions.decline(shop.ticket.id).exceptions
    assert (one.state, one.settlement) == (ExceptionState.DECLINED, None)


def test_a_refusal_says_why(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    exceptions.ask(shop.ticket.id, "wants all")
    with pytest.raises(InvalidInput, match="reason"):
        exceptions.refuse(shop.ticket.id, actor=shop.me, reason=" ")
    (one,) = exceptions.refuse(shop.ticket.id, actor=shop.me, reason="worn").exceptions
    assert (one.state, one.reason) == (ExceptionState.REFUSED, "worn")


# The timeline, permissions, erasing


def test_the_timelines_tell_it(shop: Shop) -> None:
    given = shop.settle("10")
    shop.ask("100")
    shop.desk.authority.reverse(given.id, actor=shop.me)
    told = [render(one, "en") for entry in shop.desk.explain(shop.ticket.id) for one in entry.events]
    assert f"refund 10.00 CNY: settled, by {shop.me}" in told
    assert f"refund 100.00 CNY: requested, by {shop.me}" in told
    people = [one.kind for entry in shop.desk.explain(shop.customer.id) for one in entry.events]
    assert people.count("authority.noted") == 2  # what was given and taken back, not what was only asked for
    life = [one.kind for entry in shop.desk.explain(given.id) for one in entry.events]
    assert life == ["authority.began", "authority.settled", "authority.reversed"]
    assert shop.desk.explain(given.id)[0].trace is not None


def test_lists_are_narrowed(shop: Shop) -> None:
    given = shop.settle("10", subject="order:1")
    request = shop.ask("100", subject="order:2")
    listed = shop.desk.authority.list

    def ids(**where: Any) -> list[str]:
        return [one.id for one in listed(**where).items]

    assert ids() == [request.id, given.id]
    assert ids(subject="order:1") == [given.id]
    assert ids(state=SettlementState.REQUESTED) == [request.id]
    assert ids(customer=shop.customer.id, agent=shop.me.id, action="refund") == [request.id, given.id]
    assert ids(until=shop.world.clock.now()) == []
    with pytest.raises(InvalidInput):
        listed(state="nonsense")  # type: ignore[arg-type]


def test_the_access_policy_is_asked(world: Any) -> None:
    access = {"grants": [{"kinds": ["agent"], "commands": ["settle", "reverse_settlement"], "allow": False}]}
    shop = Shop(world, DeskConfig(**{**CONFIG.model_dump(), "access": access}))
    with pytest.raises(Denied):
        shop.settle("1")
    assert shop.settle("1", by=Actor.bot("lantern")).counts
    shop.desk.authority.exceptions.ask(shop.ticket.id, "wish", actor=shop.me)


def test_who_may_not_see_personal_values_sees_figures(shop: Shop) -> None:
    shop.settle("10", subject="order:1", reason="secret")
    shop.desk.authority.exceptions.ask(shop.ticket.id, "secret", actor=shop.me)
    seen = shop.desk.seen_by(Viewer(actor=shop.me, personal=False))
    (one,) = seen.authority.list().items
    assert (one.value, one.subject, one.reason) == (Decimal(10), "•••", "•••")
    assert seen.tickets.get(shop.ticket.id).exceptions[0].wish == "•••"


def test_erasing_a_customer_leaves_figures_alone(shop: Shop) -> None:
    given = shop.settle("10", subject="order:1", reason="secret")
    request = shop.ask("100", brief="secret")
    shop.desk.authority.exceptions.ask(shop.ticket.id, "secret", actor=shop.me)
    shop.desk.customers.erase(shop.customer.id, actor=shop.me)
    while shop.desk.run_due().more:
        pass
    kept, gone = shop.desk.authority.get(given.id), shop.desk.authority.get(request.id)
    assert (kept.value, kept.state, kept.subject, kept.reason) == (Decimal(10), "settled", "", "")
    assert (gone.state, gone.brief) == ("withdrawn", "")
    assert shop.desk.tickets.get(shop.ticket.id).exceptions == ()
    with pytest.raises(IllegalTransition):
        shop.settle("1")
    told = [one for entry in shop.desk.explain(given.id) for one in entry.events]
    began = next(one for one in told if isinstance(one, ev.SettlementBegan))
    assert (began.amount, began.subject, began.reason) == (1000, None, None)
    assert shop.desk.authority.reverse(given.id, actor=shop.me).state == "reversed"


# Carrying out


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


# Checking against the people


def test_names_that_nobody_here_has_are_told(shop: Shop) -> None:
    told = [(one.code, one.path) for one in shop.desk.authority.check()]
    assert told == [
        ("check.role_nobody_has", "authority.limits.0.role"),
        ("check.agent_unknown", "authority.actions.replace.approvers.0.agents.0"),
        ("check.approver_nobody", "authority.actions.replace.approvers.0"),
    ]
    shop.desk.agents.set_roles(shop.lead.id, ("cashier",))
    shop.desk.agents.change(shop.boss.id, retired=True)
    paths = [one.path for one in shop.desk.authority.check() if one.code == "check.approver_nobody"]
    assert paths == [
        "authority.actions.refund.approvers.1",
        "authority.actions.refund.approvers.2",
        "authority.actions.replace.approvers.0",
    ]
    assert shop.desk.authority.check(DeskConfig()) == ()
    with pytest.raises(InvalidInput, match="config"):
        shop.desk.authority.check("shop.toml")  # type: ignore[arg-type]


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
