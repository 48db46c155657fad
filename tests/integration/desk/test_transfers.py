"""Transfers: offered, accepted, rejected, withdrawn, lapsed; lent work comes back."""

from datetime import timedelta

import pytest

from csdesk import Actor, Category, DeskConfig, IllegalTransition, InvalidInput, NotFound
from csdesk.domain.policy.config import BotPolicy, DepartmentPolicy, QueuePolicy, TransferPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.errors import StaleWorker

from .conftest import entries

CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default"), QueuePolicy(name="vip"), QueuePolicy(name="parcels")),
    bots=(BotPolicy(name="xiaozhi"),),
    departments=(DepartmentPolicy(name="warehouse", queue="parcels"), DepartmentPolicy(name="legal")),
)
STRICT = CONFIG.model_copy(update={"transfer": TransferPolicy(fields=("problem", "tried"))})
ENDS = (ev.OfferAccepted, ev.OfferDeclined, ev.OfferExpired, ev.OfferWithdrawn)


@pytest.fixture
def desk(world):
    return world.open(CONFIG)


@pytest.fixture
def li(desk):
    return Actor.agent(desk.agents.add("Li", queues=("default",)).id)


@pytest.fixture
def mei(desk):
    return Actor.agent(desk.agents.add("Mei", queues=("vip",)).id)


@pytest.fixture
def ticket(desk, world, li):
    made = desk.receive(world.said()).ticket
    return desk.tickets.assign(made.id, li.id, actor=li)


def offered(desk, ticket, giver, to, **given):
    return desk.tickets.transfer(ticket.id, agent=to.id, actor=giver, **({"brief": "asks for a refund"} | given))


def told(desk, ticket, *kinds):
    return [event for entry in entries(desk, ticket.id) for event in entry.events if isinstance(event, kinds)]


def loads(desk, *actors):
    return [desk.agents.get(one.id).load for one in actors]


def test_until_somebody_accepts_nothing_changes(desk, world, ticket, li, mei):
    after = offered(desk, ticket, li, mei, reason="expert")
    assert (after.assignee, after.owner.id, after.hand_offs) == (li.id, li.id, 0)
    offer = after.offer
    assert (offer.purpose, offer.agent, offer.reason, offer.back_to.id) == ("transfer", mei.id, "expert", li.id)
    assert offer.due_at == world.clock.now() + timedelta(minutes=10)
    assert desk.run_due().next_due_at == offer.due_at
    brief = desk.tickets.brief(ticket.id)
    assert (brief.reason, brief.by, brief.note.text) == ("expert", li, "asks for a refund")
    assert desk.reply(ticket.id, "one moment", actor=li, fence=1, deliver=False).message.text == "one moment"


def test_who_accepts_has_it_and_is_accountable(desk, ticket, li, mei):
    offered(desk, ticket, li, mei)
    after = desk.tickets.accept(ticket.id, actor=mei)
    assert (after.assignee, after.owner.id, after.fence, after.offer, after.hand_offs) == (mei.id, mei.id, 2, None, 1)
    assert loads(desk, li, mei) == [0, 1]
    with pytest.raises(StaleWorker):
        desk.reply(ticket.id, "late", actor=li, fence=1)
    assert [one.worker.id for one in told(desk, ticket, ev.TicketAssigned)] == [li.id, mei.id]
    (event,) = told(desk, ticket, ev.TicketTransferred)
    assert (event.agent, event.before.id, event.lent) == (mei.id, li.id, False)


def test_who_rejects_changes_nothing(desk, ticket, li, mei):
    offered(desk, ticket, li, mei)
    after = desk.tickets.decline(ticket.id, actor=mei, reason="not mine")
    assert (after.assignee, after.owner.id, after.fence, after.offer) == (li.id, li.id, 1, None)
    assert loads(desk, li, mei) == [1, 0]
    assert [one.remark for one in told(desk, ticket, ev.OfferDeclined)] == ["not mine"]


def test_an_offer_lapses(desk, world, ticket, li, mei):
    offered(desk, ticket, li, mei, within=timedelta(minutes=3))
    world.later(minutes=3)
    with pytest.raises(InvalidInput, match="has no open offer"):
        desk.tickets.accept(ticket.id, actor=mei)
    assert desk.run_due().tickets == 1
    after = desk.tickets.get(ticket.id)
    assert (after.assignee, after.owner.id, after.offer) == (li.id, li.id, None)
    assert desk.run_due().tickets == 0


def test_a_giver_who_lets_go_ends_the_offer(desk, ticket, li, mei):
    offered(desk, ticket, li, mei)
    after = desk.tickets.release(ticket.id, 1, actor=li)
    assert (after.worker, after.owner.id, after.offer) == (None, li.id, None)
    assert [one.reason for one in told(desk, ticket, *ENDS)] == ["released"]


def test_an_offer_ends_once(desk, ticket, li, mei):
    offered(desk, ticket, li, mei)
    again = offered(desk, ticket, li, mei)
    assert again.offer.number == 2
    with pytest.raises(InvalidInput, match="the present one is 2"):
        desk.tickets.accept(ticket.id, actor=mei, number=1)
    with pytest.raises(InvalidInput, match="that offer is over, 2 is open"):
        desk.tickets.withdraw_transfer(ticket.id, actor=li, number=1)
    desk.tickets.withdraw_transfer(ticket.id, actor=li)
    for method in (desk.tickets.accept, desk.tickets.decline, desk.tickets.withdraw_transfer):
        with pytest.raises(InvalidInput, match=r"no open offer|no transfer is open"):
            method(ticket.id, actor=mei)
    assert [(type(one).__name__, one.number, one.reason) for one in told(desk, ticket, *ENDS)] == [
        ("OfferWithdrawn", 1, "offered_again"),
        ("OfferWithdrawn", 2, "by_hand"),
    ]


def test_assigning_by_hand_ends_an_offer(desk, ticket, li, mei):
    offered(desk, ticket, li, mei)
    third = desk.agents.add("Wang")
    after = desk.tickets.assign(ticket.id, third.id, actor=li)
    assert after.offer is None
    assert [one.reason for one in told(desk, ticket, *ENDS)] == ["by_hand"]
    assert loads(desk, li, mei) == [0, 0]


def test_only_who_was_asked_can_answer(desk, ticket, li, mei):
    offered(desk, ticket, li, mei)
    for answer in (desk.tickets.accept, desk.tickets.decline):
        with pytest.raises(InvalidInput, match="was not offered it"):
            answer(ticket.id, actor=li)
    with pytest.raises(InvalidInput, match="answered by an agent"):
        desk.tickets.accept(ticket.id, actor=Actor.system())
    with pytest.raises(NotFound):
        desk.tickets.accept(ticket.id, actor=Actor.agent("agt_nobody"))


def test_work_and_transfers_are_answered_at_one_door(world):
    desk = world.open(DeskConfig.from_toml('[[queues]]\nname = "default"\nrouting = { assign = "offer" }'))
    ann, ben = (Actor.agent(desk.agents.add(name, queues=["default"]).id) for name in ("Ann", "Ben"))
    asked = desk.receive(world.said()).ticket
    desk.tickets.decline(asked.id, actor=Actor.agent(asked.offered_to), reason="busy")
    desk.run_due()
    work = desk.tickets.get(asked.id)
    first, second = (ann, ben) if work.offered_to == ann.id else (ben, ann)
    with pytest.raises(InvalidInput, match="no transfer is open"):
        desk.tickets.withdraw_transfer(work.id, actor=first)
    assert desk.tickets.accept(work.id, actor=first).assignee == first.id
    offered(desk, work, first, second)
    assert desk.tickets.decline(work.id, actor=second).assignee == first.id
    offered(desk, work, first, second)
    assert desk.tickets.accept(work.id, actor=second).assignee == second.id
    assert [one.agent for one in told(desk, work, ev.OfferAccepted)] == [first.id, second.id]
    assert [(one.agent, one.reason) for one in told(desk, work, ev.OfferDeclined)] == [
        (second.id, "by_hand"),
        (second.id, "rejected"),
    ]


def test_a_queue_may_be_asked(desk, ticket, li, mei):
    after = desk.tickets.transfer(ticket.id, "vip", actor=li, ask=True, brief="important")
    assert (after.queue, after.offer.agent, after.offer.queue) == ("default", None, "vip")
    with pytest.raises(InvalidInput, match="was not offered it"):
        desk.tickets.accept(ticket.id, actor=li)
    taken = desk.tickets.accept(ticket.id, actor=mei)
    assert (taken.queue, taken.assignee, taken.owner.id) == ("vip", mei.id, mei.id)


def test_to_a_queue_at_once(desk, ticket, li):
    after = desk.tickets.transfer(ticket.id, "vip", actor=li, reason="vip")
    assert (after.queue, after.worker, after.owner.id, after.hand_offs) == ("vip", None, "vip", 1)


def test_who_is_named_with_the_tickets_own_queue_is_asked(desk, ticket, li, mei):
    assert offered(desk, ticket, li, mei, queue="default").offer.agent == mei.id


def test_a_bots_ticket_is_moved_but_not_offered(world):
    first = QueuePolicy(name="default", reception="bot_first", bot="xiaozhi")
    desk = world.open(CONFIG.model_copy(update={"queues": (first, *CONFIG.queues[1:])}))
    mei = Actor.agent(desk.agents.add("Mei").id)
    ticket = desk.receive(world.said()).ticket
    with pytest.raises(InvalidInput, match="a bot has it"):
        offered(desk, ticket, mei, mei)
    assert desk.tickets.transfer(ticket.id, queue="vip", actor=mei).worker is None
    assert desk.bots.take("xiaozhi") == ()
    assert told(desk, ticket, ev.TurnEnded) == []


def test_a_department_becomes_accountable(desk, ticket, li, mei):
    desk.tickets.transfer(ticket.id, department="warehouse", actor=li, brief="find it")
    after = desk.tickets.accept(ticket.id, actor=mei)
    assert (str(after.worker), after.owner.kind, after.owner.id, after.queue) == (
        "department:warehouse", "department", "warehouse", "parcels",
    )  # fmt: skip
    assert loads(desk, li) == [0]


def test_who_has_the_ticket_is_not_asked_for_it(desk, ticket, li):
    desk.tickets.transfer(ticket.id, department="legal", actor=li, brief="x", ask=False)
    with pytest.raises(InvalidInput, match="department: has the ticket already"):
        desk.tickets.transfer(ticket.id, department="legal", actor=li, brief="x")


def test_a_department_at_once(desk, ticket, li):
    after = desk.tickets.transfer(ticket.id, department="legal", ask=False, actor=li)
    assert (str(after.worker), after.owner.id, after.queue) == ("department:legal", "legal", "default")


def test_lent_work_comes_back_when_it_is_done(desk, ticket, li, mei):
    offered(desk, ticket, li, mei, returns=True)
    lent = desk.tickets.accept(ticket.id, actor=mei)
    assert (lent.assignee, lent.owner.id, lent.worker.lent) == (mei.id, li.id, True)
    back = desk.tickets.release(ticket.id, lent.fence, actor=mei, reason="looked it up")
    assert (back.assignee, back.owner.id, back.fence, back.worker.lent) == (li.id, li.id, 3, False)
    assert loads(desk, li, mei) == [1, 0]


def test_lent_work_comes_back_in_time(desk, world, ticket, li, mei):
    offered(desk, ticket, li, mei, returns=True, return_within=timedelta(hours=1))
    world.later(minutes=5)
    lent = desk.tickets.accept(ticket.id, actor=mei)
    assert lent.worker.until == world.clock.now() + timedelta(hours=1)
    (clock,) = [one for one in lent.clocks if one.metric is Metric.STEP]
    assert (clock.name, clock.due_at) == ("transfer", lent.worker.until)
    world.later(hours=1)
    desk.run_due()
    back = desk.tickets.get(ticket.id)
    assert (back.assignee, back.owner.id) == (li.id, li.id)
    assert [one.phase for one in back.clocks if one.metric is Metric.STEP] == [ClockPhase.CANCELLED]


def test_lent_work_that_is_done_in_time_meets_its_clock(desk, ticket, li, mei):
    offered(desk, ticket, li, mei, returns=True, return_within=timedelta(hours=1))
    lent = desk.tickets.accept(ticket.id, actor=mei)
    back = desk.tickets.release(ticket.id, lent.fence, actor=mei)
    assert [one.phase for one in back.clocks if one.metric is Metric.STEP] == [ClockPhase.MET]


def clocks(ticket):
    return [(one.phase, one.due_at) for one in ticket.clocks if one.metric is Metric.STEP]


@pytest.mark.parametrize("first", [None, timedelta(hours=5)])
def test_lent_work_that_is_lent_on_runs_the_clock_of_who_has_it(desk, world, ticket, li, mei, first):
    hong = Actor.agent(desk.agents.add("Hong", queues=("vip",)).id)
    offered(desk, ticket, li, mei, returns=True, return_within=first)
    desk.tickets.accept(ticket.id, actor=mei)
    offered(desk, ticket, mei, hong, returns=True, return_within=timedelta(hours=1))
    lent = desk.tickets.accept(ticket.id, actor=hong)
    assert (lent.assignee, lent.owner.id) == (hong.id, li.id)
    assert clocks(lent)[-1:] == [(ClockPhase.RUNNING, world.clock.now() + timedelta(hours=1))]
    assert desk.tickets.release(ticket.id, lent.fence, actor=hong).assignee == li.id


@pytest.mark.parametrize("way", ["assigned", "moved", "given"])
def test_work_that_is_lent_no_longer_runs_no_clock(desk, ticket, li, mei, way):
    offered(desk, ticket, li, mei, returns=True, return_within=timedelta(hours=1))
    desk.tickets.accept(ticket.id, actor=mei)
    if way == "assigned":
        desk.tickets.assign(ticket.id, li.id, actor=li)
    elif way == "moved":
        desk.tickets.transfer(ticket.id, queue="parcels", actor=mei, brief="is on its way", ask=False)
    else:
        hong = Actor.agent(desk.agents.add("Hong", queues=("vip",)).id)
        offered(desk, ticket, mei, hong)
        desk.tickets.accept(ticket.id, actor=hong)
    after = desk.tickets.get(ticket.id)
    assert after.worker is None or not after.worker.lent
    assert [phase for phase, _ in clocks(after)] == [ClockPhase.MET]


def test_assigning_lent_work_to_who_has_it_changes_nothing(desk, ticket, li, mei):
    offered(desk, ticket, li, mei, returns=True, return_within=timedelta(hours=1))
    lent = desk.tickets.accept(ticket.id, actor=mei)
    assert desk.tickets.assign(ticket.id, mei.id, actor=li) == lent


def test_what_a_department_lends_comes_back_to_it(desk, ticket, li, mei):
    desk.tickets.transfer(ticket.id, department="legal", actor=li, brief="a lawyer writes", ask=False)
    offered(desk, ticket, li, mei, returns=True)
    lent = desk.tickets.accept(ticket.id, actor=mei)
    back = desk.tickets.release(ticket.id, lent.fence, actor=mei)
    assert (str(back.worker), str(back.owner.kind)) == ("department:legal", "department")


def test_what_was_transferred_is_told_with_its_reason_and_brief(desk, ticket, li, mei):
    desk.tickets.transfer(ticket.id, department="warehouse", actor=li, brief="find it", returns=True, reason="parcel")
    desk.tickets.accept(ticket.id, actor=mei)
    (event,) = told(desk, ticket, ev.TicketTransferred)
    assert (event.agent, event.department, event.queue) == (None, "warehouse", "parcels")
    assert (event.reason, event.lent, event.before.id) == ("parcel", True, li.id)
    assert event.brief == desk.tickets.brief(ticket.id).note.id


def test_a_brief_may_be_left_out_where_the_configuration_says_so(world):
    desk = world.open(CONFIG.model_copy(update={"transfer": TransferPolicy(brief_required=False)}))
    li, mei = (Actor.agent(desk.agents.add(name).id) for name in ("Li", "Mei"))
    asked = offered(desk, desk.receive(world.said()).ticket, li, mei, brief="")
    assert (asked.offer.agent, asked.offer.brief) == (mei.id, None)


def test_lent_to_a_department(desk, ticket, li, mei):
    desk.tickets.transfer(ticket.id, department="warehouse", actor=li, brief="find it", returns=True)
    lent = desk.tickets.accept(ticket.id, actor=mei)
    assert (str(lent.worker), lent.owner.id, lent.queue) == ("department:warehouse", li.id, "default")
    back = desk.tickets.release(ticket.id, lent.fence, actor=mei)
    assert back.assignee == li.id


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "brief: is empty"),
        ({"brief": "  "}, "brief: is empty"),
        ({"brief": "x", "agent": "self"}, "agent: has the ticket already"),
        ({"brief": "x", "agent": None}, "nobody is named"),
        ({"brief": "x", "agent": None, "queue": "default"}, "is there already"),
        ({"brief": "x", "agent": None, "queue": "vipp"}, "did you mean 'vip'"),
        ({"brief": "x", "agent": None, "department": "legl"}, "did you mean 'legal'"),
        ({"brief": "x", "department": "legal"}, "name one of them"),
        ({"brief": "x", "returns": True, "ask": False}, "returns"),
    ],
)
def test_transfers_that_cannot_be(desk, ticket, li, mei, given, problem):
    if given.get("agent") == "self":
        given = given | {"agent": li.id}
    with pytest.raises(InvalidInput, match=problem):
        desk.tickets.transfer(ticket.id, **({"agent": mei.id} | given), actor=li)


def test_a_brief_has_what_the_configuration_asks_for(world):
    desk = world.open(STRICT)
    li, mei = (Actor.agent(desk.agents.add(name).id) for name in ("Li", "Mei"))
    ticket = desk.receive(world.said()).ticket
    with pytest.raises(InvalidInput, match="the brief lacks tried"):
        offered(desk, ticket, li, mei, fields={"problem": "no parcel", "tried": " "})
    with pytest.raises(InvalidInput, match="the brief lacks problem, tried"):
        offered(desk, ticket, li, mei)
    assert desk.tickets.transfer(ticket.id, queue="vip", actor=li).queue == "vip", "nobody is asked"
    offered(desk, ticket, li, mei, fields={"problem": "no parcel", "tried": "asked the carrier"})
    assert desk.tickets.brief(ticket.id).note.text == (
        "asks for a refund\nproblem: no parcel\ntried: asked the carrier"
    )


def test_a_closed_ticket_is_not_transferred(desk, ticket, li, mei):
    desk.tickets.set_status(ticket.id, "closed", actor=li)
    with pytest.raises(IllegalTransition):
        offered(desk, ticket, li, mei)


def test_closing_ends_an_offer(desk, world, ticket, li, mei):
    offered(desk, ticket, li, mei)
    after = desk.tickets.set_status(ticket.id, "closed", actor=li)
    assert (after.category, after.offer) == (Category.CLOSED, None)
    assert desk.run_due().next_due_at is None


def test_a_retired_agent_gets_nothing(desk, ticket, li, mei):
    desk.agents.change(mei.id, retired=True)
    with pytest.raises(InvalidInput, match="retired"):
        offered(desk, ticket, li, mei)
