"""What the people of the shop give on the day: refunds on the spot, vouchers, and what they have to ask for."""

from __future__ import annotations

from collections import Counter
from typing import Final

from csdesk.desk.shell import Desk
from csdesk.domain.ids import AgentId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import OutsideAuthority

_PRICES: Final = (12, 28, 75, 49, 66, 95, 120, 240, 480)
"""What the orders cost, in yuan; the biggest one is more than anybody may give back."""


def give(desk: Desk, ticket: Ticket, agent: AgentId) -> None:
    """Settle what a ticket about a refund asks for, ask for more than that, or offer a voucher instead."""
    price = _PRICES[ticket.number % len(_PRICES)]
    actor, order = Actor.agent(agent), f"order:{ticket.number}"
    try:
        desk.authority.settle(
            ticket.id, "refund", amount=price, actor=actor, subject=order, or_request=True, brief="已核实 · checked"
        )
    except OutsideAuthority:
        exceptions = desk.authority.exceptions
        exceptions.ask(
            ticket.id, "全额退款 · all of it back", action="refund", amount=price, subject=order, actor=actor
        )
        exceptions.offer(ticket.id, "voucher", actor=actor, reason="over the cap")
        exceptions.accept(ticket.id)


def approve(desk: Desk, lead: AgentId) -> None:
    """Whoever leads looks through what was asked for: odd sums of yuan are checked once more, and refused."""
    for one in desk.authority.inbox(lead):
        answer = desk.authority.approve if one.value % 2 == 0 else desk.authority.refuse
        answer(one.id, actor=Actor.agent(lead))


def given(desk: Desk) -> Counter[str]:
    """How many settlements came about how, and ``amount``: how many yuan were given in all."""
    found: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        page = desk.authority.list(limit=500, cursor=cursor)
        for one in page.items:
            how = str(one.state)
            if one.counts:
                how = "instead" if one.alternative else "on_the_spot" if one.under == one.by else "approved"
                found["amount"] += int(one.value)
            found[how] += 1
        cursor = page.cursor
        if cursor is None:
            return found
