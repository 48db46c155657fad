"""What sessions should lead to: an order, an answer, a ticket; set by queues, rules, people, and seen by the desk."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, ConfigError, DeskConfig, IllegalTransition, InvalidInput
from csdesk.domain.policy.config import AccountPolicy, BotPolicy, QueuePolicy, TagPolicy, TypePolicy
from csdesk.domain.records import events as ev
from csdesk.ports.bots import BotAnswer
from csdesk.rules import AddTags, F, Rule, SetGoal, SetType

ME = Actor.agent("agt_1")
SYSTEM = Actor.system("shop")


def config_of(*rules, goal=None, **given):
    queue = QueuePolicy(name="default", goal=goal, **given.pop("queue", {}))
    types = (TypePolicy(name="return"),)
    return DeskConfig(queues=(queue,), types=types, rules=rules, tags=(TagPolicy(name="lost"),), **given)


def desk_of(world, *rules, **given):
    return world.open(config_of(*rules, **given), activate=True)


def goal_of(desk, ticket):
    goal = desk.tickets.get(ticket).goal
    return (goal.name.value, goal.state.value)


def test_an_order_reaches_the_goal(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    got = desk.receive(world.said("有货吗"))
    assert goal_of(desk, got.ticket.id) == ("order", "open")
    assert [one.by for one in events_of(desk, got.ticket.id, ev.GoalSet)] == ["queue:default"]
    world.later(hours=1)
    bought = world.clock.now()
    desk.customers.record(got.customer.id, "order", actor=SYSTEM, amount=9900)
    world.later(hours=1)
    desk.receive(world.said("谢谢"))
    assert goal_of(desk, got.ticket.id) == ("order", "reached")
    (settled,) = events_of(desk, got.ticket.id, ev.GoalSettled)
    assert settled.at == bought


def test_an_order_that_nobody_talked_about_any_more_counts_when_the_session_is_over(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    got = desk.receive(world.said("有货吗"))
    desk.customers.record(got.customer.id, "payment", actor=SYSTEM, amount=9900)
    world.later(days=2)
    assert desk.run_due().tickets == 1
    assert goal_of(desk, got.ticket.id) == ("order", "reached")


def test_sessions_with_and_without_the_goal_of_an_order_may_end_at_one_instant(world):
    desk = desk_of(world, session_gap="2d")
    bought, other = (desk.receive(world.said("有货吗", by=by)) for by in ("ann", "bob"))
    desk.tickets.set_goal(bought.ticket.id, "order", actor=ME)
    desk.tickets.set_goal(other.ticket.id, "answer", actor=ME)
    desk.customers.record(bought.customer.id, "order", actor=SYSTEM)
    world.later(days=2)
    assert desk.run_due().tickets == 2
    assert goal_of(desk, bought.ticket.id) == ("order", "reached")
    assert goal_of(desk, other.ticket.id) == ("answer", "missed")


def test_an_order_from_before_does_not_count_and_silence_ends_the_session(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    got = desk.receive(world.said(by="ann"))
    other = desk.receive(world.said(by="bob"))
    desk.customers.record(other.customer.id, "order", actor=SYSTEM)
    world.later(days=1)
    desk.receive(world.said("still there?"))
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(days=1)  # bob's
    world.later(days=1)
    desk.run_due()
    assert goal_of(desk, got.ticket.id) == ("order", "open"), "what was said moved its end"
    world.later(days=1)
    desk.run_due()
    assert goal_of(desk, got.ticket.id) == ("order", "missed")
    assert goal_of(desk, other.ticket.id) == ("order", "reached")
    assert desk.run_due().tickets == 0


def test_the_next_session_has_the_goal_anew(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    got = desk.receive(world.said())
    desk.customers.record(got.customer.id, "order", actor=SYSTEM)
    world.later(hours=1)
    desk.receive(world.said("thanks"))
    desk.receive(world.said("and this?"))
    assert goal_of(desk, got.ticket.id) == ("order", "reached"), "one session, one goal"
    world.later(days=3)
    desk.receive(world.said("hello again"))
    assert goal_of(desk, got.ticket.id) == ("order", "open")
    assert len(events_of(desk, got.ticket.id, ev.GoalSet)) == 2
    world.later(days=2)
    desk.run_due()
    assert goal_of(desk, got.ticket.id) == ("order", "missed")


def test_a_session_whose_end_nobody_looked_at_ends_before_the_next_begins(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    got = desk.receive(world.said())
    world.later(days=3)
    desk.receive(world.said("again"))
    assert [one.reached for one in events_of(desk, got.ticket.id, ev.GoalSettled)] == [False]
    assert goal_of(desk, got.ticket.id) == ("order", "open")


def test_an_answer_is_judged_when_the_session_is_over(world):
    desk = desk_of(world, goal="answer", session_gap="1d")
    answered, asked = (desk.receive(world.said(by=by)).ticket.id for by in ("ann", "bob"))
    desk.reply(answered, "here", actor=ME)
    desk.reply(asked, "here", actor=ME)
    assert goal_of(desk, answered) == ("answer", "open")
    world.later(hours=1)
    desk.receive(world.said("but why?", by="bob"))
    world.later(days=2)
    desk.run_due()
    assert (goal_of(desk, answered)[1], goal_of(desk, asked)[1]) == ("reached", "missed")


def test_a_resolved_ticket_shows_at_once_that_it_was_answered(world):
    desk = desk_of(world, goal="answer")
    one, other = (desk.receive(world.said(by=by)).ticket.id for by in ("ann", "bob"))
    desk.reply(one, "here", actor=ME)
    desk.tickets.set_status(one, "resolved", actor=ME)
    desk.tickets.set_status(other, "closed", reason="spam", actor=ME)
    assert (goal_of(desk, one)[1], goal_of(desk, other)[1]) == ("reached", "open")
    world.later(days=9)
    desk.run_due()
    assert goal_of(desk, other)[1] == "missed"


class Bot:
    """Says something about everything."""

    name = "bot"

    def answer(self, turn):
        return BotAnswer(text=f"about {turn.text}")


def test_a_bots_answer_counts_if_the_customer_leaves_it_at_that(world):
    queue = {"reception": "bot_first", "bot": "bot"}
    config = config_of(goal="answer", queue=queue, bots=(BotPolicy(name="bot"),), session_gap="1d")
    desk = world.open(config, bots=[Bot()], activate=True)
    ticket = desk.receive(world.said()).ticket.id
    desk.run_due()
    world.later(days=1)
    desk.run_due()
    assert goal_of(desk, ticket) == ("answer", "reached")


def test_a_phrase_to_whose_question_the_customer_returns_is_no_answer(world):
    config = config_of(
        goal="answer",
        queue={"auto_reply": True},
        accounts=(AccountPolicy(name="web", auto_reply=True),),
        session_gap="1d",
    )
    desk = world.open(config, activate=True)
    desk.replies.add("多久发货", "48 小时内发货。", questions=("多久发货", "什么时候发货"), auto_reply=True)
    left, returned = (desk.receive(world.said("多久发货", by=by)).ticket for by in ("ann", "bob"))
    assert left.deflection is not None
    world.later(minutes=5)
    assert desk.receive(world.said("什么时候发货", by="bob")).trace.find("reply.returned") is not None
    world.later(days=2)
    desk.run_due()
    assert (goal_of(desk, left.id)[1], goal_of(desk, returned.id)[1]) == ("reached", "missed")


def test_an_answer_counts_only_after_the_goal_was_set_and_after_the_last_question(world):
    config = config_of(
        queue={"auto_reply": True}, accounts=(AccountPolicy(name="web", auto_reply=True),), session_gap="1d"
    )
    desk = world.open(config, activate=True)
    desk.replies.add("多久发货", "48 小时内发货。", questions=("多久发货", "什么时候发货"), auto_reply=True)
    by_phrase, by_hand, asked_on = (
        desk.receive(world.said("多久发货", by=by)).ticket.id for by in ("ann", "bob", "cid")
    )
    desk.reply(by_hand, "here", actor=ME, deliver=False)
    desk.tickets.set_goal(asked_on, "answer", actor=ME)
    world.later(minutes=5)
    for ticket in (by_phrase, by_hand):
        desk.tickets.set_goal(ticket, "answer", actor=ME)
    desk.receive(world.said("猫是蓝色的", by="cid"))
    assert desk.tickets.get(asked_on).deflection.returned_at is None
    world.later(days=2)
    desk.run_due()
    assert [goal_of(desk, one)[1] for one in (by_phrase, by_hand, asked_on)] == ["missed"] * 3


def test_the_first_purchase_reaches_the_goal(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    got = desk.receive(world.said())
    world.later(hours=1)
    first = world.clock.now()
    desk.customers.record(got.customer.id, "order", actor=SYSTEM)
    world.later(hours=1)
    desk.customers.record(got.customer.id, "payment", actor=SYSTEM)
    desk.receive(world.said("thanks"))
    (settled,) = events_of(desk, got.ticket.id, ev.GoalSettled)
    assert settled.at == first


def test_who_writes_again_after_the_end_begins_a_session_with_a_goal_of_its_own(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    reached = desk.receive(world.said())
    desk.customers.record(reached.customer.id, "order", actor=SYSTEM)
    world.later(hours=1)
    desk.tickets.set_status(reached.ticket.id, "resolved", actor=ME)
    desk.receive(world.said("and this?"))
    assert goal_of(desk, reached.ticket.id) == ("order", "open"), "the ticket had ended"
    missed = desk.receive(world.said(by="bob")).ticket.id
    world.later(days=2)
    desk.run_due()
    desk.reply(missed, "still there?", actor=ME, deliver=False)
    desk.receive(world.said("yes", by="bob"))
    assert goal_of(desk, missed) == ("order", "open"), "the goal had been missed"


def test_a_ticket_is_filed_once_it_has_a_type(world):
    desk = desk_of(
        world, Rule(name="r", when=F.message.text.contains("退货"), then=(SetType(type="return"),)), goal="ticket"
    )
    one, other = (desk.receive(world.said(by=by)).ticket.id for by in ("ann", "bob"))
    assert goal_of(desk, one) == ("ticket", "open")
    desk.tickets.set_field(one, "type", "return", actor=ME)
    assert goal_of(desk, one) == ("ticket", "reached")
    desk.receive(world.said("退货", by="bob"))
    assert goal_of(desk, other) == ("ticket", "reached")


def test_rules_set_goals_and_see_how_they_end(world):
    desk = desk_of(
        world,
        Rule(name="sell", when=F.message.text.contains("多少钱"), then=(SetGoal(goal="order", span="1d"),)),
        Rule(
            name="lost",
            on=("change",),
            when=(F.ticket.goal == "order") & F.ticket.goal_state.changed_to("missed"),
            then=(AddTags(tags=("lost",)),),
        ),
    )
    got = desk.receive(world.said("这个多少钱"))
    assert (got.ticket.goal.name, got.ticket.goal.span) == ("order", timedelta(days=1))
    desk.receive(world.said("多少钱"))
    assert len(events_of(desk, got.ticket.id, ev.GoalSet)) == 1
    world.later(days=1)
    desk.run_due()
    assert desk.tickets.get(got.ticket.id).has_tag("lost")


def test_a_rule_does_not_open_again_what_was_just_reached(world):
    rule = Rule(name="sell", when=F.message.text.contains("多少钱"), then=(SetGoal(goal="order", span="1d"),))
    desk = desk_of(world, rule)
    got = desk.receive(world.said("这个多少钱"))
    desk.customers.record(got.customer.id, "order", actor=SYSTEM)
    for _ in range(2):
        world.later(hours=1)
        desk.receive(world.said("那个多少钱"))
    assert goal_of(desk, got.ticket.id) == ("order", "reached")
    assert desk.tickets.set_goal(got.ticket.id, "order", actor=ME).goal.is_open, "a person may"
    world.later(days=2)
    desk.receive(world.said("多少钱"))
    assert goal_of(desk, got.ticket.id) == ("order", "open")


def test_a_person_sets_it_another_one_and_gives_it_up(world):
    desk = desk_of(world)
    ticket = desk.receive(world.said()).ticket.id
    assert desk.tickets.get(ticket).goal is None
    assert desk.tickets.set_goal(ticket, "order", span=timedelta(hours=2), actor=ME).goal.span == timedelta(hours=2)
    assert desk.tickets.set_goal(ticket, "answer", actor=ME).goal.name == "answer"
    assert [one.by for one in events_of(desk, ticket, ev.GoalSet)] == ["agent:agt_1"] * 2
    assert desk.tickets.set_goal(ticket, None, actor=ME).goal is None
    world.later(days=9)
    assert desk.run_due().tickets == 0
    with pytest.raises(InvalidInput, match="goal"):
        desk.tickets.set_goal(ticket, "oder", actor=ME)
    with pytest.raises(InvalidInput, match="span"):
        desk.tickets.set_goal(ticket, "order", span=timedelta(0), actor=ME)


def test_a_merged_ticket_has_no_session_of_its_own(world):
    desk = desk_of(world, goal="order")
    one, other = (desk.receive(world.said(by=by)).ticket.id for by in ("ann", "bob"))
    desk.tickets.merge(one, into=other, actor=ME)
    assert desk.tickets.get(one).goal is None
    with pytest.raises(IllegalTransition):
        desk.tickets.set_goal(one, "order", actor=ME)
    world.later(days=9)
    desk.run_due()
    assert goal_of(desk, other) == ("order", "missed")


def test_slips_are_told_where_they_stand():
    with pytest.raises(ConfigError, match=r"goal: unknown value"):
        config_of(goal="oder")
    with pytest.raises(ConfigError, match=r"then.0.goal"):
        config_of({"name": "r", "then": [{"do": "set_goal", "goal": "x"}]})


def test_what_lay_waiting_for_long_begins_no_goal(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    late = desk.receive(world.said("有货吗", sent_at=world.clock.now() - timedelta(days=3)))
    assert late.message.backlog
    assert late.ticket.goal is None


def test_what_no_human_wrote_begins_no_goal(world):
    desk = desk_of(world, goal="order", session_gap="2d")
    assert desk.receive(world.said("out of office", automatic="reply")).ticket.goal is None
