"""Messages of a ticket become a ticket of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.merging.conftest import LIN, Counter, without

from csdesk import (
    Category,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Sender,
    VersionConflict,
)
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.domain.records.tickets import LinkKind, Role


def test_a_split_moves_messages_with_what_they_mean(at: Counter) -> None:
    ticket = at.ticket("a")
    at.desk.reply(ticket.id, "Yes?", actor=LIN, deliver=False)
    other, third = at.say("a", "And my refund?", subject="Refund"), at.say("a", "Thanks")
    new = at.desk.tickets.split(ticket.id, [other.message.id], actor=LIN)
    old = at.get(ticket)
    assert at.get(new) == new
    assert [(one.kind, one.ticket) for one in new.links] == [(LinkKind.SPLIT_FROM, ticket.id)]
    assert (new.subject, new.identity, new.category) == ("Refund", ticket.identity, Category.NEW)
    assert [(one.identity, one.role) for one in new.participants] == [(ticket.identity, Role.REQUESTER)]
    assert (new.messages, new.last_message) == (1, other.message.id)
    assert new.customer_at == new.waiting_since == other.message.occurred_at
    assert {clock.metric: clock.started_at for clock in new.clocks} == {
        Metric.FIRST_REPLY: other.message.occurred_at,
        Metric.RESOLUTION: other.message.occurred_at,
    }
    assert (old.messages, old.last_message, old.waiting_since) == (3, third.message.id, third.message.occurred_at)
    awaited = [clock for clock in old.clocks if clock.metric is Metric.NEXT_REPLY]
    assert [(one.phase, one.started_at) for one in awaited] == [(ClockPhase.RUNNING, third.message.occurred_at)]
    moved = [one.message for one in at.desk.tickets.timeline(new.id) if one.message]
    assert [(one.id, one.ticket, one.version) for one in moved] == [(other.message.id, new.id, 2)]


def test_the_new_ticket_is_what_the_old_one_is_and_is_promised_the_same(at: Counter) -> None:
    ticket = at.ticket("a")
    at.desk.tickets.set_field(ticket.id, "priority", "high", actor=LIN)
    at.desk.tickets.set_field(ticket.id, "language", "fr", actor=LIN)
    moved = at.say("a", "And my refund?")
    new, old = at.desk.tickets.split(ticket.id, [moved.message.id], actor=LIN), at.get(ticket)
    assert (new.type, new.priority, new.language, new.queue, new.sla) == (
        old.type,
        old.priority,
        old.language,
        old.queue,
        old.sla,
    )
    assert new.sla is not None


def test_what_a_machine_wrote_asks_for_nothing_where_it_moves_to(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a", "I am away", automatic="reply")
    new = at.desk.tickets.split(ticket.id, [moved.message.id], actor=LIN)
    assert (new.messages, new.waiting_since, new.sla, new.clocks) == (1, None, None, ())
    assert at.get(ticket).waiting_since == ticket.waiting_since


def test_a_note_moves_too(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a", "And my refund?")
    note = at.desk.note(ticket.id, "look here", actor=LIN)
    new = at.desk.tickets.split(ticket.id, [moved.message.id, note.id], actor=LIN)
    assert (new.messages, new.category) == (2, Category.NEW)
    assert [one.identity for one in new.participants] == [ticket.identity]
    assert at.get(ticket).messages == 1


def test_conversations_stay_and_answers_to_a_moved_mail_follow_it(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a")
    new = at.desk.tickets.split(ticket.id, [moved.message.id], actor=LIN)
    assert at.say("a").ticket == at.get(ticket)
    assert at.say("a", references=(moved.message.provider_id,)).ticket == at.get(new)


def test_a_question_with_its_answer_makes_a_ticket_that_waits(at: Counter) -> None:
    ticket = at.ticket("a")
    asked = at.say("a", "Where is it?")
    answer = at.desk.reply(ticket.id, "On its way", actor=LIN, deliver=False)
    new = at.desk.tickets.split(ticket.id, [answer.message.id, asked.message.id], subject="Parcel", actor=LIN)
    assert (new.subject, new.category, new.waiting_since) == ("Parcel", Category.WAITING_CUSTOMER, None)
    assert (new.replied_at, new.unanswered) == (answer.message.occurred_at, 1)
    first = next(clock for clock in new.clocks if clock.metric is Metric.FIRST_REPLY)
    assert (first.phase, first.met_at) == (ClockPhase.MET, answer.message.occurred_at)
    # The original was never answered, now that its answer is gone.
    old = at.get(ticket)
    assert (old.replied_at, old.waiting_since) == (None, ticket.waiting_since)
    # A moved reply is still sent, from the ticket that has it now.
    assert at.desk.run_due().sent == 1
    assert [(one.key, one.subject) for one in at.channel.sent] == [(answer.message.id, "Parcel")]


def test_a_ticket_of_whom_nothing_is_asked_any_more_waits_for_no_reply(at: Counter) -> None:
    ticket = at.ticket("a")
    at.desk.note(ticket.id, "look", actor=LIN)
    at.desk.tickets.split(ticket.id, [ticket.last_message], actor=LIN)
    old = at.get(ticket)
    assert (old.messages, old.waiting_since, old.customer_at) == (1, None, None)
    first = next(clock for clock in old.clocks if clock.metric is Metric.FIRST_REPLY)
    assert first.phase is ClockPhase.CANCELLED


def test_overdue_promises_are_breached_at_their_instant_on_the_new_side(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a")
    at.clock.advance(timedelta(hours=3))
    new = at.desk.tickets.split(ticket.id, [moved.message.id], actor=LIN)
    first = next(clock for clock in new.clocks if clock.metric is Metric.FIRST_REPLY)
    assert first.breached_at == moved.message.occurred_at + timedelta(hours=1)


def test_the_requester_is_who_asked_what_is_moved(at: Counter) -> None:
    boss = Sender(kind="email", external_id="b@example.org")
    ticket = at.say("a", cc=(boss,)).ticket
    theirs = at.say("b", conversation="a")
    assert theirs.message.ticket == ticket.id
    mine = at.say("a")
    new = at.desk.tickets.split(ticket.id, [mine.message.id, theirs.message.id], actor=LIN)
    roles = [(one.identity, one.role) for one in new.participants]
    assert roles == [(theirs.message.identity, Role.REQUESTER), (ticket.identity, Role.CC)]
    assert new.identity == theirs.message.identity


def test_a_split_of_what_was_answered_leaves_the_clock_of_what_was_not(at: Counter) -> None:
    answered = at.say("a")
    assert answered.ticket is not None
    at.desk.reply(answered.ticket.id, "yes", actor=LIN)
    at.say("a", "and now?")
    before = at.get(answered.ticket)
    at.clock.advance(timedelta(minutes=5))
    at.desk.tickets.split(before.id, [answered.message.id], actor=LIN)
    after = at.get(before)
    assert after.waiting_since == before.waiting_since
    assert [one for one in after.clocks if one.metric is Metric.NEXT_REPLY] == [
        one for one in before.clocks if one.metric is Metric.NEXT_REPLY
    ]


def test_bad_splits_are_refused_in_words(at: Counter) -> None:
    a, b = at.ticket("a"), at.ticket("b")
    with pytest.raises(InvalidInput, match=r"SplitTicket\.messages"):
        at.desk.tickets.split(a.id, [], actor=LIN)
    with pytest.raises(NotFound, match="msg_"):
        at.desk.tickets.split(a.id, ["msg_00000000000000000000000000"], actor=LIN)
    with pytest.raises(InvalidInput, match="another ticket"):
        at.desk.tickets.split(a.id, [b.last_message], actor=LIN)
    with pytest.raises(InvalidInput, match="leave at least one"):
        at.desk.tickets.split(a.id, [a.last_message, a.last_message], actor=LIN)
    at.desk.tickets.merge(a.id, b.id, actor=LIN)
    with pytest.raises(IllegalTransition, match="split_ticket"):
        at.desk.tickets.split(a.id, [a.last_message], actor=LIN)
    with pytest.raises(NotFound):
        at.desk.tickets.split("tkt_00000000000000000000000000", [a.last_message], actor=LIN)


def test_a_split_happens_once_under_its_key(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a").message_id
    first = at.desk.tickets.split(ticket.id, [moved], actor=LIN, idempotency_key="once")
    assert at.desk.tickets.split(ticket.id, [moved], actor=LIN, idempotency_key="once") == first
    with pytest.raises(VersionConflict):
        at.desk.tickets.split(ticket.id, [ticket.last_message], actor=LIN, expected_version=1)


def test_a_split_ticket_can_be_split_and_merged_back(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = [at.say("a").message_id for _ in range(3)]
    new = at.desk.tickets.split(ticket.id, moved, actor=LIN)
    newer = at.desk.tickets.split(new.id, moved[:1], actor=LIN)
    assert [at.get(one).messages for one in (ticket, new, newer)] == [1, 2, 1]
    at.desk.tickets.merge(newer.id, ticket.id, actor=LIN)
    done = at.desk.tickets.unmerge(newer.id, actor=LIN)
    assert without(done.ticket) == without(newer)
    assert done.stayed == ()
    assert at.say("a").ticket == at.get(ticket)
