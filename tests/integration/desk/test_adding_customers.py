"""Customers who are known before they write: an import adds them, and may be repeated."""

from csdesk import Actor, DeskConfig, Sender
from csdesk.commands import AddCustomer

CRM = Actor.system("crm")
ANN = Sender(external_id="customer-1", name="Ann")


def test_whoever_writes_under_the_identity_is_the_customer_who_was_added(world):
    desk = world.open()
    ann = desk.customers.add(ANN, actor=CRM, language="en")
    assert (ann.name, ann.language, desk.tickets.count()) == ("Ann", "en", 0)
    got = desk.receive(world.said(sender=ANN))
    assert got.customer.id == ann.id
    (made,) = [entry for entry in desk.explain(ann.id) if entry.cause != got.message.id]
    assert made.actor == CRM


def test_adding_again_changes_nothing(world):
    desk = world.open()
    ann = desk.customers.add(ANN, actor=CRM)
    assert desk.customers.add(ANN.model_copy(update={"name": "Other"}), actor=CRM) == ann
    assert desk.customers.add(ANN.model_copy(update={"kind": "phone"}), actor=CRM).id != ann.id


def test_whoever_was_merged_comes_back_as_the_survivor(world):
    desk = world.open()
    ann, bob = (desk.customers.add(Sender(external_id=name), actor=CRM) for name in ("ann", "bob"))
    desk.customers.merge(ann.id, bob.id, actor=CRM)
    assert desk.customers.add(Sender(external_id="ann"), actor=CRM).id == bob.id


def test_whoever_was_erased_is_a_new_customer(world):
    desk = world.open()
    ann = desk.customers.add(ANN, actor=CRM)
    desk.customers.erase(ann.id, actor=CRM)
    while desk.run_due().more:
        pass
    assert desk.customers.add(ANN, actor=CRM).id != ann.id


def test_a_command_that_ran_before_tells_the_same_customer(world):
    desk = world.open()
    commands = [AddCustomer(identity=ANN, actor=CRM, idempotency_key="1") for _ in range(2)]
    first, again = map(desk.execute, commands)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.customer == first.customer


def test_segments_hold_from_the_first_moment(world):
    new = {"name": "new", "when": {"field": "customer.stage", "op": "eq", "value": "new"}}
    desk = world.open(DeskConfig.model_validate({"segments": [new]}))
    ann = desk.customers.add(ANN, actor=CRM)
    assert [one.id for one in desk.segments.members("new").items] == [ann.id]
