"""What is seen of authority: timelines, lists, permissions, erasing, and names that nobody has."""

from decimal import Decimal
from typing import Any

import pytest
from tests.integration.desk.authority.conftest import CONFIG, Shop

from csdesk import Actor, Denied, DeskConfig, IllegalTransition, InvalidInput, Viewer, render
from csdesk.domain.records import events as ev
from csdesk.domain.records.authority import SettlementState

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
