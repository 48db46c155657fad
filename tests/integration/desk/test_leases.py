"""Leases: one worker at a time, a number that only grows, an end that comes by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from csdesk import Actor, Category, DeskConfig, IllegalTransition, InvalidInput, NotFound
from csdesk.commands import AddNote
from csdesk.domain.policy.config import BotPolicy, DepartmentPolicy, QueuePolicy
from csdesk.domain.records import events as ev
from csdesk.errors import BotBarred, LeaseHeld, StaleWorker
from csdesk.ports.channel import HandoffEvent
from csdesk.testing import ScriptedChannel

from .conftest import entries, events_of

BOT, OTHER = Actor.bot("xiaozhi"), Actor.bot("other")
CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default"), QueuePolicy(name="bots", reception="bot_first", bot="xiaozhi")),
    bots=(BotPolicy(name="xiaozhi"), BotPolicy(name="other")),
    departments=(DepartmentPolicy(name="warehouse"),),
)


@pytest.fixture
def desk(world):
    return world.open(CONFIG)


@pytest.fixture
def li(desk):
    return Actor.agent(desk.agents.add("Li").id)


@pytest.fixture
def ticket(desk, world):
    return desk.receive(world.said()).ticket


@pytest.fixture
def bot_ticket(desk, world):
    made = desk.receive(world.said(by="bob")).ticket
    return desk.tickets.transfer(made.id, "bots", actor=Actor.system())


def reasons(desk, ticket):
    found = [event for entry in entries(desk, ticket.id) for event in entry.events]
    return [(one.reason, one.remark) for one in found if isinstance(one, ev.TicketAssigned)]


def test_an_agent_takes_what_nobody_has(desk, ticket, li):
    held = desk.tickets.lease(ticket.id, actor=li)
    assert (str(held.worker), held.fence, held.worker.until) == (f"agent:{li.id}", 1, None)
    assert (held.owner.id, held.category) == (li.id, Category.OPEN)
    assert desk.agents.get(li.id).load == 1


def test_who_has_it_has_it_alone(desk, ticket, li):
    mei = Actor.agent(desk.agents.add("Mei").id)
    desk.tickets.lease(ticket.id, actor=li)
    with pytest.raises(LeaseHeld) as held:
        desk.tickets.lease(ticket.id, actor=mei)
    assert held.value.params == {"ticket": ticket.id, "holder": f"agent:{li.id}", "until": None}
    with pytest.raises(LeaseHeld):
        desk.tickets.lease(ticket.id, actor=li)


def test_taking_over_says_why(desk, ticket, li):
    mei = Actor.agent(desk.agents.add("Mei").id)
    old = desk.tickets.lease(ticket.id, actor=li)
    with pytest.raises(InvalidInput, match="reason"):
        desk.tickets.lease(ticket.id, actor=mei, take_over=True)
    new = desk.tickets.lease(ticket.id, actor=mei, take_over=True, reason="Li went home")
    assert (new.worker.id, new.fence, new.owner.id) == (mei.id, 2, li.id)
    assert reasons(desk, ticket) == [("lease", ""), ("take_over", "Li went home")]
    with pytest.raises(StaleWorker) as stale:
        desk.reply(ticket.id, "late", actor=li, fence=old.fence)
    assert stale.value.params == {"ticket": ticket.id, "given": 1, "current": 2, "holder": f"agent:{mei.id}"}
    assert [desk.agents.get(one.id).load for one in (li, mei)] == [0, 1]


def test_every_command_may_show_its_number(desk, ticket, li):
    desk.tickets.lease(ticket.id, actor=li)
    with pytest.raises(StaleWorker):
        desk.execute(AddNote(ticket=ticket.id, parts=({"kind": "text", "text": "x"},), actor=li, fence=7))
    desk.execute(AddNote(ticket=ticket.id, parts=({"kind": "text", "text": "x"},), actor=li, fence=1))


def test_a_lease_ends_by_itself(desk, world, ticket, li):
    held = desk.tickets.lease(ticket.id, actor=li, span=timedelta(minutes=10))
    assert desk.run_due().next_due_at == held.worker.until == world.clock.now() + timedelta(minutes=10)
    world.later(minutes=10)
    with pytest.raises(StaleWorker, match="nobody works on it"):
        desk.reply(ticket.id, "late", actor=li, fence=1)
    assert desk.run_due().tickets == 1
    after = desk.tickets.get(ticket.id)
    assert (after.worker, after.owner.id) == (None, li.id)
    assert reasons(desk, ticket)[-1] == ("lease_expired", "")
    assert desk.tickets.lease(ticket.id, actor=li).fence == 2


def test_renewing_keeps_the_number(desk, world, ticket, li):
    desk.tickets.lease(ticket.id, actor=li, span=timedelta(minutes=10))
    world.later(minutes=9)
    again = desk.tickets.renew(ticket.id, 1, actor=li, span=timedelta(minutes=10))
    assert (again.fence, again.worker.until) == (1, world.clock.now() + timedelta(minutes=10))
    world.later(minutes=9)
    desk.run_due()
    assert desk.tickets.renew(ticket.id, 1, actor=li).worker.until is None
    with pytest.raises(StaleWorker):
        desk.tickets.renew(ticket.id, 2, actor=li)


def test_releasing_keeps_who_is_accountable(desk, ticket, li):
    desk.tickets.lease(ticket.id, actor=li)
    free = desk.tickets.release(ticket.id, 1, actor=li, reason="lunch")
    assert (free.worker, free.owner.id) == (None, li.id)
    with pytest.raises(StaleWorker):
        desk.tickets.release(ticket.id, 1, actor=li)


def test_each_change_of_hands_tells_who_had_it_before(world):
    desk = world.open(
        DeskConfig(
            types=({"name": "claim"},),
            routing={"weights": [{"units": 3, "types": ["claim"]}]},
            queues=CONFIG.queues[:1],
        )
    )
    li, mei = (Actor.agent(desk.agents.add(name).id) for name in ("Li", "Mei"))
    ticket = desk.receive(world.said()).ticket
    desk.tickets.set_field(ticket.id, "type", "claim", actor=li)
    desk.tickets.lease(ticket.id, actor=li)
    assert desk.agents.get(li.id).load == 3
    held = desk.tickets.lease(ticket.id, actor=mei, take_over=True, reason="knows it")
    desk.tickets.release(ticket.id, held.fence, actor=mei, reason="lunch")
    desk.tickets.assign(ticket.id, li.id, actor=mei)
    hands = events_of(desk, ticket.id, ev.TicketAssigned)
    assert [one.before for one in hands] == [None, *(one.worker for one in hands[:-1])]
    assert [one.remark for one in hands] == ["", "knows it", "lunch", ""]


def test_who_takes_a_ticket_that_waits_for_the_customer_lets_it_wait(desk, ticket, li):
    desk.tickets.set_status(ticket.id, "waiting_customer", actor=li)
    assert desk.tickets.lease(ticket.id, actor=li).category is Category.WAITING_CUSTOMER


def test_a_bot_stays_out_of_what_somebody_has_elsewhere(world):
    channel = ScriptedChannel("web")
    desk = world.open(CONFIG, channels=[channel])
    ticket = desk.receive(world.said()).ticket
    desk.tickets.transfer(ticket.id, queue="bots", actor=Actor.system())
    event = HandoffEvent(account="web", dedupe_key="h1", conversation=ticket.conversation, to="kf")
    desk.handle("web", channel.report(event))
    with pytest.raises(BotBarred, match="away"):
        desk.tickets.lease(ticket.id, actor=BOT)


def test_a_department_works_for_the_owner(desk, ticket, li):
    desk.tickets.assign(ticket.id, li.id, actor=li)
    held = desk.tickets.lease(ticket.id, actor=li, department="warehouse", take_over=True, reason="look for the parcel")
    assert (str(held.worker), held.owner.id, held.assignee) == ("department:warehouse", li.id, None)
    with pytest.raises(InvalidInput, match="did you mean 'warehouse'"):
        desk.tickets.lease(ticket.id, actor=li, department="warehose", take_over=True, reason="x")


def test_a_bot_never_takes_from_people(desk, bot_ticket, li):
    desk.tickets.lease(bot_ticket.id, actor=li)
    with pytest.raises(BotBarred, match="people"):
        desk.tickets.lease(bot_ticket.id, actor=BOT, take_over=True, reason="me first")


def test_a_bot_may_take_from_a_bot(desk, world, bot_ticket):
    old = desk.tickets.lease(bot_ticket.id, actor=BOT)
    assert old.worker.until == world.clock.now() + timedelta(minutes=5)
    with pytest.raises(LeaseHeld):
        desk.tickets.lease(bot_ticket.id, actor=BOT)
    new = desk.tickets.lease(bot_ticket.id, actor=OTHER, take_over=True, reason="billing question")
    with pytest.raises(StaleWorker):
        desk.reply(bot_ticket.id, "hi", actor=BOT, fence=old.fence)
    with pytest.raises(StaleWorker):
        desk.reply(bot_ticket.id, "hi", actor=BOT, fence=new.fence)
    desk.reply(bot_ticket.id, "hi", actor=OTHER, fence=new.fence, deliver=False)


def test_a_bot_gives_up_to_people(desk, bot_ticket):
    held = desk.tickets.lease(bot_ticket.id, actor=BOT)
    free = desk.tickets.release(bot_ticket.id, held.fence, actor=BOT)
    assert (free.worker, free.reception.is_over, free.hand_offs) == (None, True, 2)


def test_who_cannot_hold_a_lease(desk, ticket, li):
    with pytest.raises(NotFound):
        desk.tickets.lease(ticket.id, actor=Actor.agent("agt_nobody"))
    with pytest.raises(InvalidInput, match="holds no lease"):
        desk.tickets.lease(ticket.id, actor=Actor.system())
    with pytest.raises(InvalidInput, match="unknown bot"):
        desk.tickets.lease(ticket.id, actor=Actor.bot("nobody"))
    with pytest.raises(BotBarred, match="queue"):
        desk.tickets.lease(ticket.id, actor=BOT)
    with pytest.raises(InvalidInput, match="department"):
        desk.tickets.lease(ticket.id, actor=BOT, department="warehouse")
    desk.agents.change(li.id, retired=True)
    with pytest.raises(InvalidInput, match="retired"):
        desk.tickets.lease(ticket.id, actor=li)


def test_a_finished_ticket_needs_nobody(desk, ticket, li):
    desk.tickets.set_status(ticket.id, "closed", actor=li)
    with pytest.raises(IllegalTransition):
        desk.tickets.lease(ticket.id, actor=li)
    with pytest.raises(IllegalTransition):
        desk.tickets.hand_back(ticket.id, actor=li, queue="bots")


def test_a_lease_on_a_finished_ticket_ends_quietly(desk, world, bot_ticket):
    desk.tickets.lease(bot_ticket.id, actor=BOT)
    desk.tickets.set_status(bot_ticket.id, "closed", actor=Actor.system())
    world.later(minutes=5)
    desk.run_due()
    after = desk.tickets.get(bot_ticket.id)
    assert (after.worker, after.hand_offs) == (None, 1)
    assert desk.run_due().next_due_at is None


def test_eight_grab_and_one_gets_it(world):
    desk = world.open(CONFIG)
    agents = [Actor.agent(desk.agents.add(f"A{number}").id) for number in range(8)]
    ticket = desk.receive(world.said()).ticket

    def grab(actor):
        try:
            return desk.tickets.lease(ticket.id, actor=actor).worker.id
        except LeaseHeld:
            return None

    with ThreadPoolExecutor(8) as pool:
        got = [one for one in pool.map(grab, agents) if one is not None]
    after = desk.tickets.get(ticket.id)
    assert got == [after.worker.id]
    assert after.fence == 1


def test_renewing_to_the_same_end_is_no_event(desk, world, ticket, li):
    desk.tickets.lease(ticket.id, actor=li, span=timedelta(minutes=10))
    before = len(entries(desk, ticket.id))
    assert desk.tickets.renew(ticket.id, 1, actor=li, span=timedelta(minutes=10)).version == before
    assert len(entries(desk, ticket.id)) == before


def test_a_bot_may_ask_for_less_than_its_time(desk, world, bot_ticket):
    span = timedelta(seconds=7)
    held = desk.tickets.lease(bot_ticket.id, actor=BOT, span=span)
    assert held.worker.until == world.clock.now() + span
