"""Settle on the spot inside a limit, ask for more, offer something else, and let customers do the small things alone.
    python examples/scripts/authority.py

A refund that is split in two meets the same limit; a shift lead approves more; your own system pays it out.
"""

from csdesk import Actor, DeskConfig, InboundMessage, OutsideAuthority, Sender, open_desk, render
from csdesk.ports.actions import ActionDone, ActionOrder
from csdesk.testing import FixedClock

CONFIG = DeskConfig.from_toml("""
[[authority.actions]]
name = "refund"
unit = "CNY"
digits = 2
approvers = [{ role = "shift_lead", within = "1h" }]
alternatives = ["voucher"]
port = "payments"
[[authority.limits]]
action = "refund"
role = "shift_lead"
per_case = "300"
[[authority.limits]]
action = "refund"
per_case = "50"
[[authority.limits]]
action = "refund"
system = true
per_case = "20"
[[authority.alternatives]]
name = "voucher"
[[authority.services]]
name = "small_refund"
action = "refund"
when = { field = "ticket.x.order_status", op = "eq", value = "delivered" }
""")


class Payments:
    """Your own system; it does what comes under one ``order.key`` once."""

    name = "payments"

    def carry_out(self, order: ActionOrder) -> ActionDone:
        print("  paid", order.amount, order.unit, "for", order.subject)
        return ActionDone(reference=f"pay-{order.subject}")


def main() -> None:
    with open_desk("memory://", config=CONFIG, clock=FixedClock(), actions=[Payments()]) as desk:
        mei = Actor.agent(desk.agents.add("Mei").id)
        lead = Actor.agent(desk.agents.add("Li", roles=["shift_lead"]).id)
        ann = Sender(external_id="ann")
        said = InboundMessage(account="shop", dedupe_key="1", conversation="ann", sender=ann, text="我要退款")
        got = desk.receive(said)
        assert got.ticket is not None
        assert got.customer is not None
        ticket = got.ticket.id
        desk.authority.settle(ticket, "refund", amount="30", actor=mei, subject="order:1")
        try:
            desk.authority.settle(ticket, "refund", amount="30", actor=mei, subject="order:1")
        except OutsideAuthority as error:
            print("the second half:", error.outcome)
        asked = desk.authority.request(ticket, "refund", amount="90", actor=mei, subject="order:1", brief="third lamp")
        print("the lead sees:", [one.brief for one in desk.authority.inbox(lead.id)])
        print("and says:", desk.authority.approve(asked.id, actor=lead).state)
        told = desk.authority.decide(ticket, "refund", amount="400", actor=lead, subject="order:1")
        print(told.outcome, "- offer instead:", [one.name for one in told.alternatives])
        desk.authority.exceptions.ask(ticket, "wants 400 back", actor=mei)
        desk.authority.exceptions.offer(ticket, "voucher", actor=mei)
        print("the customer:", desk.authority.exceptions.accept(ticket).exceptions[-1].state)
        for facts in ({"order_status": "paid"}, {"order_status": "delivered"}):
            (offer,) = desk.self_service.offered(customer=got.customer.id, facts=facts)
            print(render(offer.trace, "en").splitlines()[0])
        desk.self_service.run("small_refund", customer=got.customer.id, subject="order:2", amount="9.90", facts=facts)
        desk.run_due()


if __name__ == "__main__":
    main()
