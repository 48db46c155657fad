"""An offer on its ticket: made, answered or overtaken; what it puts on its agent meanwhile."""

from datetime import timedelta

import pytest

from csdesk.domain.core.evolve import evolve
from csdesk.domain.ids import AGENT
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import Category, Offer, Worker, WorkerKind, burdens_of
from csdesk.testing import builders
from csdesk.testing.clocks import START

ANN, BEN = builders.serial(AGENT, 1), builders.serial(AGENT, 2)
LATER = START + timedelta(minutes=5)
OFFER = Offer(number=1, agent=ANN, queue="default", units=2, made_at=START, due_at=LATER)
WORKER = Worker(kind=WorkerKind.AGENT, id=BEN, fence=1)


@pytest.fixture
def offered():
    return evolve(builders.ticket(1), ev.OfferMade(offer=OFFER), START)


def test_an_offer_stands_on_its_ticket_and_wakes_it(offered):
    assert (offered.offer, offered.offers, offered.wake_at) == (OFFER, 1, LATER)
    assert burdens_of(offered) == {ANN: 2}
    assert offered.waits_since == offered.created_at


@pytest.mark.parametrize(
    "answer",
    [
        ev.OfferDeclined(number=1, agent=ANN, reason="busy"),
        ev.OfferExpired(number=1, agent=ANN, at=LATER),
    ],
)
def test_who_did_not_take_it_is_remembered_until_somebody_does(offered, answer):
    refused = evolve(offered, answer, LATER)
    assert (refused.offer, refused.asked, burdens_of(refused)) == (None, (ANN,), {})
    assert evolve(refused, answer, LATER).asked == (ANN,)
    assert evolve(refused, ev.TicketAssigned(worker=WORKER), LATER).asked == ()
    assert evolve(refused, ev.TicketFieldSet(name="queue", before="default", after="b"), LATER).asked == ()


def test_nobody_is_remembered_for_an_offer_to_a_queue(offered):
    assert evolve(offered, ev.OfferExpired(number=1, at=LATER), LATER).asked == ()


@pytest.mark.parametrize(
    "event",
    [
        ev.OfferAccepted(number=1, agent=ANN),
        ev.OfferWithdrawn(number=1, agent=ANN, reason="by_hand"),
        ev.TicketAssigned(worker=WORKER, units=3),
        ev.TicketFieldSet(name="queue", before="default", after="b"),
        ev.StatusChanged(before=Category.NEW, after=Category.RESOLVED, status="resolved"),
        ev.TicketMerged(into=builders.ticket(2).id),
    ],
)
def test_what_ends_an_offer(offered, event):
    after = evolve(offered, event, LATER)
    assert (after.offer, after.asked, after.offers) == (None, (), 1)
    assert ANN not in burdens_of(after)


def test_units_are_those_the_work_was_weighed_with(offered):
    given = evolve(offered, ev.TicketAssigned(worker=WORKER, units=3), LATER)
    assert burdens_of(given) == {BEN: 3}
    again = evolve(given, ev.OfferMade(offer=OFFER), LATER)
    assert burdens_of(again) == {BEN: 3, ANN: 2}
    closed = evolve(again, ev.StatusChanged(before=Category.OPEN, after=Category.CLOSED, status="closed"), LATER)
    assert burdens_of(closed) == {}


def test_it_waits_anew_when_it_comes_to_a_queue_or_loses_its_worker():
    ticket = builders.ticket(1)
    born = evolve(ticket, ev.TicketFieldSet(name="queue", before="a", after="b"), ticket.created_at)
    assert born.queued_at is None
    moved = evolve(ticket, ev.TicketFieldSet(name="queue", before="a", after="b"), LATER)
    assert moved.waits_since == LATER
    left = evolve(ticket, ev.TicketAssigned(worker=None), LATER)
    assert left.waits_since == LATER
