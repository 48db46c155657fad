"""Segments that follow from what customers do, with reasons, events and a rule that cares.
    python examples/scripts/segments.py

A shop tells the desk of orders and refunds; nobody is looked at to whom nothing happened.
"""

from datetime import timedelta

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk, render
from csdesk.rules import AddTags, F, FlagCustomer, Rule
from csdesk.testing import FixedClock

CONFIG = DeskConfig(
    zone="Asia/Shanghai",
    levels=[{"name": "vip"}],
    tags=[{"name": "care"}, {"name": "quiet", "lasts": "14d"}],
    segments=[
        {"name": "vip-risk", "when": (F.customer.level == "vip") & (F.customer.refunds(days=30) >= 2)},
        {"name": "asked-not-bought", "when": (F.customer.tickets(days=7) >= 1) & (F.customer.orders(days=30) == 0)},
        {"name": "silent-buyer", "when": F.customer.order_at.older_than("30d")},
    ],
    rules=(
        Rule(name="care", when=F.customer.segments.contains("vip-risk"), then=(AddTags(tags=("care",)),)),
        Rule(
            name="threat",
            when=F.message.text.contains_any("曝光", "起诉") | (F.message.mood <= -0.8),
            then=(FlagCustomer(flag="threat", span="30d"),),
        ),
        Rule(name="quiet", timer={"of": "ticket.customer_at", "after": "3d"}, then=(AddTags(tags=("quiet",)),)),
    ),
)
ME = Actor.agent("agt_mei")


def main() -> None:
    clock = FixedClock()
    with open_desk("memory://", config=CONFIG, clock=clock) as desk:

        def said(text: str, by: str) -> InboundMessage:
            key = f"{by}: {text}"
            return InboundMessage(
                account="shop", dedupe_key=key, conversation=by, sender=Sender(external_id=by), text=text
            )

        ann = desk.receive(said("这个有货吗", "ann")).customer
        bob = desk.receive(said("垃圾,我要投诉,我要曝光", "bob")).customer
        assert ann is not None
        assert bob is not None
        print("bob's flags:", [flag.name for flag in desk.customers.brief(bob.id).flags])
        desk.customers.set_profile(ann.id, level="vip", actor=ME)
        desk.customers.record(ann.id, "order", amount=19900, reference="A1001")
        for number in ("R1", "R2"):
            desk.customers.record(ann.id, "refund", amount=9900, reference=number, idempotency_key=number)
        print("ann is in:", [one.name for one in desk.customers.segments(ann.id)])
        again = desk.receive(said("又坏了", "ann"))
        assert again.ticket is not None
        print("her ticket:", [tag.name for tag in again.ticket.tags])
        clock.advance(timedelta(days=31))
        desk.run_due()
        print("a month later bob's flags:", [flag.name for flag in desk.customers.brief(bob.id).flags])
        print("ann is in:", [one.name for one in desk.customers.segments(ann.id)])
        print(render(desk.segments.explain(ann.id, "vip-risk").trace, "en"))


if __name__ == "__main__":
    main()
