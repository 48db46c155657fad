"""A shop where authority counts: three people with limits, and a customer who asks for her money."""

from typing import Any

import pytest

from csdesk import Actor, DeskConfig
from csdesk.errors import OutsideAuthority

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
