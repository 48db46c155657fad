"""What a channel tells about people: who may be written to, and who else they are."""

from csdesk import Actor, DeskConfig, Sender
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.messages import AuthorKind, Delivery, Purpose
from csdesk.ports.channel import ContactEvent, IdentityEvent, StatusEvent
from csdesk.testing import ScriptedChannel

AGENT, SYSTEM = Actor.agent("agt_1"), Actor.system()
ANN = Sender(external_id="ann")


def contact(key, allowed, sender=ANN):
    return ContactEvent(account="web", dedupe_key=key, sender=sender, allowed=allowed)


def tags(desk, customer):
    return [one.name for one in desk.customers.get(customer.id).tags]


def test_who_blocked_us_gets_nothing_automatic_until_they_take_it_back(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said())
    desk.take("web", [contact("b1", allowed=False), contact("b1", allowed=False), contact("b2", allowed=False)])
    assert tags(desk, got.customer) == ["opted_out"]
    refused = desk.reply(got.ticket.id, "x", actor=SYSTEM).message
    assert (refused.author, refused.delivery_needs) == (AuthorKind.SYSTEM, "consent")
    assert desk.reply(got.ticket.id, "x", actor=AGENT).delivery is Delivery.SENT
    desk.take("web", [contact("b3", allowed=True), contact("b3", allowed=True)])
    assert tags(desk, got.customer) == []
    assert desk.reply(got.ticket.id, "x", actor=SYSTEM).delivery is Delivery.SENT


def test_an_old_report_that_comes_again_changes_nothing(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said())
    desk.take("web", [contact("b1", allowed=False), contact("b2", allowed=True), contact("b1", allowed=False)])
    assert tags(desk, got.customer) == []


def test_what_a_person_set_by_hand_stays(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said())
    desk.customers.tag(got.customer.id, "opted_out", actor=AGENT)
    desk.take("web", [contact("b1", allowed=False), contact("b2", allowed=True)])
    assert tags(desk, got.customer) == ["opted_out"]


def test_whoever_asked_to_be_left_alone_in_words_stays_so(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said("退订"))
    assert [one.source for one in desk.customers.get(got.customer.id).tags] == ["rule"]
    desk.take("web", [contact("b1", allowed=False), contact("b2", allowed=True)])
    assert tags(desk, got.customer) == ["opted_out"]


def test_who_blocks_us_again_is_left_alone_again(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said())
    desk.take("web", [contact(f"b{number}", allowed=number % 2 == 0) for number in range(1, 4)])
    assert tags(desk, got.customer) == ["opted_out"]


def test_who_wants_no_marketing_still_gets_service(world):
    purposes = [{"name": "marketing", "opt_out_tag": "no_ads"}]
    desk = world.open(
        DeskConfig.model_validate({"contact": {"purposes": purposes}}), channels=[ScriptedChannel("web")]
    )  # fmt: skip
    got = desk.receive(world.said())
    desk.take("web", [contact("b1", allowed=False).model_copy(update={"purpose": Purpose.MARKETING})])
    assert tags(desk, got.customer) == ["no_ads"]
    assert desk.reply(got.ticket.id, "x", actor=SYSTEM).delivery is Delivery.SENT
    offer = desk.reply(got.ticket.id, "offer", actor=AGENT, purpose="marketing").message
    assert offer.delivery_needs == "consent"
    desk.take("web", [contact("b2", allowed=True).model_copy(update={"purpose": Purpose.MARKETING})])
    assert tags(desk, got.customer) == []
    sent = desk.reply(got.ticket.id, "offer", actor=AGENT, purpose="marketing").message
    told = StatusEvent(account="web", dedupe_key="s", key=sent.id, status="opted_out")
    desk.take("web", [told])
    assert tags(desk, got.customer) == ["no_ads"]


def test_a_stranger_who_blocks_us_is_no_customer(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    desk.take("web", [contact("b1", allowed=False, sender=Sender(external_id="nobody"))])
    assert desk.customers.list().items == ()


def test_a_new_number_leads_to_the_same_customer(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got = desk.receive(world.said())
    new = Sender(external_id="ann-2", evidence=Evidence.PROVIDER)
    event = IdentityEvent(account="web", dedupe_key="n1", sender=ANN, also=(new,))
    desk.take("web", [event, event])
    customer = desk.customers.get(got.customer.id)
    assert [(one.external_id, one.evidence) for one in customer.identities][1:] == [("ann-2", Evidence.PROVIDER)]
    assert desk.receive(world.said(by="ann-2", sender=new)).customer.id == got.customer.id


def test_a_number_that_belongs_to_somebody_else_stays_theirs(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    got, other = desk.receive(world.said()), desk.receive(world.said(by="bob"))
    event = IdentityEvent(account="web", dedupe_key="n1", sender=ANN, also=(Sender(external_id="bob"),))
    stranger = IdentityEvent(
        account="web", dedupe_key="n2", sender=Sender(external_id="x"), also=(Sender(external_id="y"),)
    )
    desk.take("web", [event, stranger])
    assert len(desk.customers.get(got.customer.id).identities) == 1
    assert desk.receive(world.said(by="bob")).customer.id == other.customer.id
    assert len(desk.customers.list().items) == 2
