"""A desk between a shop, a CRM and a staff list: the systems are asked on demand, and told what happened.

    python examples/scripts/own_systems.py

Each "system" is a small class here, as a host would write one around its own client.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from csdesk import DeskConfig, InboundMessage, Sender, open_desk
from csdesk.errors import BusinessUnavailable
from csdesk.ports import business

WHEN = datetime(2026, 1, 5, tzinfo=UTC)
ORDER = business.Order(ref="A-2", placed_at=WHEN, state="已发货", amount=Decimal(59), currency="CNY")


class Shop:
    is_down = False

    def orders_of(self, question: business.OrdersQuestion) -> Sequence[business.Order]:
        if self.is_down:
            raise ConnectionError("shop.example refused the token")
        return [ORDER for one in question.identities if one.external_id == "ann"]

    def order(self, question: business.OrderQuestion) -> business.Order | None:
        return ORDER if question.ref == ORDER.ref else None


class Crm:
    def profile_of(self, question: business.ProfileQuestion) -> Sequence[business.ProfileValue]:
        city = business.ProfileValue(name="city", value="杭州", confidence=0.9)
        return [city for one in question.identities if one.external_id == "ann"]


class Hr:
    def __init__(self) -> None:
        service = ("After-sales",)
        named = {"hr-1": "Mei", "hr-2": "Tom"}
        self.people = [business.StaffMember(external_id=one, name=named[one], departments=service) for one in named]

    def staff(self, question: business.StaffQuestion) -> Sequence[business.StaffMember]:  # noqa: ARG002
        return self.people


def main() -> None:
    shop, hr = Shop(), Hr()
    config = DeskConfig.model_validate({"queues": [{"name": "default"}, {"name": "refunds"}]})
    with open_desk("memory://", config=config, business=business.Business(orders=shop, crm=Crm(), staff=hr)) as desk:
        departments = {"After-sales": ("refunds", "default")}
        added = desk.agents.sync(departments=departments).agents("add")
        print(f"staff: {', '.join(f'{one.name} in {one.queues}' for one in added)}")
        hr.people.pop()
        print(f"staff: {[one.name for one in desk.agents.sync(departments=departments).agents('retire')]} retired")

        ann = Sender(external_id="ann")
        said = InboundMessage(account="web", dedupe_key="1", conversation="c", sender=ann, text="Where is it?")
        ticket = desk.receive(said).ticket
        assert ticket is not None
        customer = desk.customers.of(ticket.identity).id
        for value in desk.customers.fill_profile(customer).changed:
            print(f"crm: {value.name} is {value.value}, says {value.source}")
        print(*(f"shop: {one.ref} {one.state}, {one.amount} {one.currency}" for one in desk.customers.orders(customer)))

        shop.is_down = True
        try:
            desk.customers.orders(customer)
        except BusinessUnavailable as error:
            print(f"shop: {error}")
        brief = desk.customers.brief(customer, orders=True)
        print(f"brief: {len(brief.open_tickets)} open ticket, no orders ({brief.orders_missing})")
        kinds = [event.kind for entry in desk.events.read("erp") for event in entry.events]
        print(f"events out: {', '.join(dict.fromkeys(kinds))}")


if __name__ == "__main__":
    main()
