"""Tags, rules, routing and automatic answers of inbound messages."""

from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig
from csdesk.domain.policy.config import AccountPolicy, BotPolicy, QueuePolicy, StatusPolicy, TagPolicy, TypePolicy
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.messages import Automatic, Delivery
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Category, Priority
from csdesk.ports.channel import HandoffEvent
from csdesk.testing import ScriptedChannel

AGENT = Actor.agent("agt_1")


def rule(*then, word="go", **given):
    return {
        "name": "rule",
        "when": {"field": "message.text", "op": "contains", "value": word},
        "then": list(then),
        **given,
    }


def with_rules(*rules, **given):
    return DeskConfig(
        queues=(QueuePolicy(name="default"), QueuePolicy(name="vip")),
        tags=(TagPolicy(name="angry", keywords=("terrible", "糟糕"), group="mood"),
              TagPolicy(name="happy", keywords=("thanks",), group="mood"), TagPolicy(name="vip")),
        types=(TypePolicy(name="order", queue="vip", priority="high"),),
        statuses=(StatusPolicy(name="partner", category=Category.WAITING_INTERNAL),),
        rules=rules,
        **given,
    )  # fmt: skip


# Tags and rules


def test_words_bring_tags_one_of_a_group(world):
    desk = world.open(with_rules())
    got = desk.receive(world.said("Thanks, but TERRIBLE"))
    assert [(tag.name, tag.source) for tag in got.ticket.tags] == [("angry", TagSource.RULE)]
    assert got.trace.find("read.tags").param("tags") == "angry"
    assert [tag.name for tag in desk.receive(world.said("太糟糕了", by="bob")).ticket.tags] == ["angry"]
    assert desk.receive(world.said("terrible", by="cid", automatic=Automatic.NOTICE)).ticket.tags == ()


@pytest.mark.parametrize(
    ("action", "shows"),
    [
        ({"do": "set_priority", "priority": "urgent"}, lambda ticket: ticket.priority is Priority.URGENT),
        ({"do": "set_type", "type": "order"}, lambda ticket: (ticket.type, ticket.queue, ticket.priority)
         == ("order", "vip", Priority.HIGH)),
        ({"do": "set_queue", "queue": "vip"}, lambda ticket: (ticket.queue, ticket.owner.id) == ("vip", "vip")),
        ({"do": "set_status", "status": "partner"}, lambda ticket: (ticket.category, ticket.status)
         == (Category.WAITING_INTERNAL, "partner")),
        ({"do": "set_status", "status": "resolved"}, lambda ticket: ticket.category is Category.RESOLVED),
        ({"do": "set_field", "name": "x.size", "value": 3}, lambda ticket: ticket.field("size") == 3),
        ({"do": "add_tags", "tags": ["vip"]}, lambda ticket: ticket.has_tag("vip")),
        ({"do": "remove_tags", "tags": ["angry"]}, lambda ticket: not ticket.has_tag("angry")),
        ({"do": "close", "reason": "spam"}, lambda ticket: (ticket.category, ticket.close_reason)
         == (Category.CLOSED, "spam")),
        ({"do": "no_auto_reply"}, lambda ticket: ticket.category is Category.NEW),
    ],
)  # fmt: skip
def test_every_action_of_a_rule(world, action, shows):
    desk = world.open(with_rules(rule(action)))
    got = desk.receive(world.said("terrible, go"))
    assert shows(got.ticket)
    assert got.trace.find("rules.fired").param("rules") == "rule"
    assert not shows(desk.receive(world.said("terrible, stay", by="bob")).ticket) or action["do"] == "no_auto_reply"


def test_a_rule_tags_the_customer_once_and_raises_alerts(world):
    desk = world.open(with_rules(rule({"do": "tag_customer", "tags": ["vip"]}, {"do": "alert", "name": "risk"})))
    first = desk.receive(world.said("go"))
    second = desk.receive(world.said("go on"))
    assert [tag.name for tag in second.customer.tags] == ["vip"]
    assert second.customer.version == first.customer.version
    events = [event for entry in desk.explain(first.ticket.id) for event in entry.events]
    assert [(one.name, one.rule) for one in events if type(one).__name__ == "AlertRaised"] == [("risk", "rule")] * 2


def test_tags_by_hand_are_not_taken_by_a_rule(world):
    desk = world.open(with_rules(rule({"do": "remove_tags", "tags": ["vip"]})))
    first = desk.receive(world.said("hi"))
    desk.tickets.tag(first.ticket.id, "vip", actor=AGENT)
    assert desk.receive(world.said("go")).ticket.has_tag("vip")


@pytest.mark.parametrize("status", ["new", "merged", "snoozed"])
def test_a_status_that_no_rule_can_set_leaves_the_ticket_and_a_verdict(world, status):
    desk = world.open(with_rules(rule({"do": "set_status", "status": status})))
    got = desk.receive(world.said("go"))
    assert got.ticket.category is Category.NEW
    assert got.trace.find("rules.illegal").param("status") == status


def test_effects_apply_in_order_and_one_may_shut_out_the_next(world):
    close, again = {"do": "close", "reason": "x"}, {"do": "set_status", "status": "open"}
    desk = world.open(with_rules(rule(close, again, close, {"do": "set_queue", "queue": "vip"})))
    got = desk.receive(world.said("go"))
    assert (got.ticket.category, got.ticket.queue, got.worker) == (Category.CLOSED, "vip", None)
    assert got.trace.find("rules.illegal") is not None


def test_rules_see_people_only(world):
    desk = world.open(with_rules(rule({"do": "close", "reason": "x"})))
    for given in ({"automatic": Automatic.REPLY}, {"author": "elsewhere"}, {"author": "bot"}):
        assert desk.receive(world.said("go", by=str(given), **given)).ticket.is_live


# Routing


def test_the_least_loaded_gets_it_and_then_keeps_it(world):
    desk = world.open()
    agents = [desk.agents.add(name, queues=("default",), capacity=2) for name in ("One", "Two")]
    got = [desk.receive(world.said(by=str(number))) for number in range(5)]
    assert [one.worker and one.worker.id for one in got] == [
        agents[0].id,
        agents[1].id,
        agents[0].id,
        agents[1].id,
        None,
    ]
    assert got[4].trace.find("route.no_candidate") is not None
    assert got[0].trace.find("route.assigned").param("agent") == agents[0].id
    again = desk.receive(world.said(by="0"))
    assert again.worker == got[0].worker
    assert again.trace.find("route.kept") is not None
    assert [desk.agents.get(one.id).load for one in agents] == [2, 2]


def test_only_those_online_and_not_retired_are_given_work(world):
    desk = world.open()
    one = desk.agents.add("One", queues=("default",))
    desk.agents.add("Elsewhere", queues=())
    desk.agents.set_presence(one.id, Presence.AWAY)
    assert desk.receive(world.said()).worker is None
    desk.agents.set_presence(one.id, Presence.ONLINE)
    desk.agents.change(one.id, retired=True)
    assert desk.receive(world.said()).worker is None
    desk.agents.change(one.id, retired=False)
    assert desk.receive(world.said()).worker.id == one.id


def test_a_batch_never_passes_a_capacity(world):
    desk = world.open()
    one = desk.agents.add("One", queues=("default",), capacity=3)
    got = desk.receive_many([world.said(by=str(number)) for number in range(8)])
    assert [each.worker is not None for each in got] == [True] * 3 + [False] * 5
    assert desk.agents.get(one.id).load == 3


def test_waiting_tickets_are_given_out_oldest_first_when_there_is_room(world):
    desk = world.open(with_rules())
    got = []
    for number in range(3):
        got.append(desk.receive(world.said(by=str(number))).ticket.id)
        world.later(seconds=1)
    assert desk.run_due().assigned == 0
    one = desk.agents.add("One", queues=("default",), capacity=2)
    assert desk.run_due().assigned == 2
    assert [desk.tickets.get(ticket).assignee for ticket in got] == [one.id, one.id, None]
    desk.tickets.set_status(got[0], "resolved", actor=AGENT)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got[2]).category is Category.OPEN


def test_a_full_queue_starves_no_other_one(world):
    desk = world.open(with_rules(rule({"do": "set_queue", "queue": "vip"})))
    desk.receive_many([world.said(by=str(number)) for number in range(30)])
    last = desk.receive(world.said("go", by="last")).ticket
    desk.agents.add("One", queues=("vip",))
    report = desk.run_due(limit=20)
    assert report.assigned == 1
    assert desk.tickets.get(last.id).assignee is not None


def test_run_due_stops_at_its_limit_and_its_time(world):
    desk = world.open()
    desk.receive_many([world.said(by=str(number)) for number in range(9)])
    desk.agents.add("One", queues=("default",), capacity=100)
    report = desk.run_due(limit=4)
    assert (report.assigned, report.more) == (4, True)
    assert desk.run_due(max_time=timedelta(0)).more
    assert desk.run_due().assigned == 5


# Automatic answers


def answering(**given):
    """What is answered in another queue and on another account says nothing of this one."""
    return DeskConfig(
        queues=(
            QueuePolicy(name="default", auto_reply=given.pop("queue", True)),
            QueuePolicy(name="other", auto_reply=True),
        ),
        accounts=(
            AccountPolicy(name="web", auto_reply=given.pop("account", True)),
            AccountPolicy(name="other", auto_reply=True),
        ),
        **given,
    )


def open_answering(world, *, phrase=True, **given):
    channel = ScriptedChannel("web")
    desk = world.open(answering(**given), channels=[channel])
    desk.replies.add("Hours", "Nine to five.", questions=("opening hours", "when do you open"), auto_reply=phrase)
    return desk, channel


ASK = "opening hours"


def test_a_sure_answer_is_sent_and_leaves_the_clock_of_people_running(world):
    desk, channel = open_answering(world)
    got = desk.receive(world.said(ASK))
    assert (got.reply.action, got.trace.find("reply.auto") is not None) == ("auto_reply", True)
    assert (got.ticket.waiting_since, got.ticket.replied_at) == (world.clock.now(), None)
    assert got.ticket.category is Category.NEW
    assert desk.run_due().sent == 1
    assert channel.texts == ["Nine to five."]
    assert channel.sent[0].automatic
    message = [item.message for item in desk.tickets.timeline(got.ticket.id) if item.message][-1]
    assert (message.author, message.delivery) == ("bot", Delivery.SENT)


@pytest.mark.parametrize("without", ["queue", "account", "phrase"])
def test_account_queue_and_phrase_must_all_allow_it(world, without):
    desk, _ = open_answering(world, **{without: False})
    got = desk.receive(world.said(ASK))
    assert got.reply is None or got.reply.action != "auto_reply"
    assert got.ticket.messages == 1


def test_an_unsure_answer_is_left_to_people(world):
    desk, _ = open_answering(world)
    got = desk.receive(world.said("my cat is blue"))
    assert got.reply.action == "hand_over"
    assert got.trace.find("reply.hand_over") is not None


def test_once_in_a_session(world):
    desk, _ = open_answering(world, session_gap=timedelta(hours=2))
    desk.receive(world.said(ASK))
    for _ in range(3):  # each message goes on with the session, however long the answer is ago
        world.later(hours=1)
        assert desk.receive(world.said(ASK)).trace.find("reply.skipped").param("reason") == "session"
    world.later(hours=2)
    assert desk.receive(world.said(ASK)).reply.action == "auto_reply"
    world.later(minutes=119)
    assert desk.receive(world.said(ASK)).reply is None


def test_a_limit_for_each_sender_and_day(world):
    desk, _ = open_answering(world, automatic_per_day=2)
    got = desk.receive_many([world.said(ASK, conversation=str(number)) for number in range(3)])
    assert [one.reply is not None for one in got] == [True, True, False]
    assert got[2].trace.find("reply.skipped").param("reason") == "daily_limit"
    assert desk.receive(world.said(ASK, by="bob")).reply is not None
    world.later(days=1)
    assert desk.receive(world.said(ASK, conversation="later")).reply is not None


@pytest.mark.parametrize(
    "given", [{"automatic": Automatic.REPLY}, {"author": "bot"}, {"author": "elsewhere"}, {"spam": True}, {"old": True}]
)
def test_machines_spam_and_backlog_are_never_answered(world, given):
    desk, _ = open_answering(world)
    if given.pop("old", False):
        given["sent_at"] = world.clock.now() - timedelta(days=3)
    got = desk.receive(world.said(ASK, **given))
    assert (got.reply, got.ticket.messages) == (None, 1)
    assert got.trace.find("reply.skipped") is not None


def test_spam_on_a_closed_ticket_is_not_answered(world):
    desk, _ = open_answering(world)
    ticket = desk.receive(world.said("my cat is blue")).ticket
    desk.tickets.set_status(ticket.id, "closed", actor=AGENT)
    got = desk.receive(world.said(ASK, spam=True))
    assert (got.ticket.id, got.reply) == (ticket.id, None)


def test_a_conversation_that_somebody_has_elsewhere_is_not_answered(world):
    desk, channel = open_answering(world)
    ticket = desk.receive(world.said("my cat is blue")).ticket
    event = HandoffEvent(account="web", dedupe_key="h1", conversation=ticket.conversation, to="zhang")
    desk.handle("web", channel.report(event))
    got = desk.receive(world.said(ASK))
    assert (got.reply, got.trace.find("reply.skipped").param("reason")) == (None, "elsewhere")


def test_what_a_bot_has_is_answered_by_the_bot_alone(world):
    queue = QueuePolicy(name="default", auto_reply=True, reception="bot_first", bot="lantern")
    config = answering(bots=(BotPolicy(name="lantern"),))
    desk = world.open(config.model_copy(update={"queues": (queue, *config.queues[1:])}))
    desk.replies.add("Hours", "Nine to five.", questions=(ASK,), auto_reply=True)
    got = desk.receive(world.said(ASK))
    assert (str(got.worker), got.reply, got.ticket.messages) == ("bot:lantern", None, 1)


def test_a_message_is_answered_in_its_own_language(world):
    desk, _ = open_answering(world)
    words = {"questions": ("几点开门", "营业时间"), "language": "zh", "auto_reply": True}
    desk.replies.add("营业时间", "九点到五点。", **words)
    desk.receive(world.said("my cat is blue"))
    got = desk.receive(world.said("几点开门"))
    assert (got.ticket.language, got.reply.action) == ("en", "auto_reply")


def test_a_rule_does_not_answer_backlog(world):
    desk = world.open(with_rules(rule({"do": "reply", "text": "Here you are."})))
    got = desk.receive(world.said("go", sent_at=world.clock.now() - timedelta(days=3)))
    assert got.ticket.messages == 1
    assert desk.receive(world.said("go")).ticket.messages == 3


def test_a_rule_can_forbid_it(world):
    desk, _ = open_answering(world, rules=(rule({"do": "no_auto_reply"}, word="opening"),))
    assert desk.receive(world.said(ASK)).trace.find("reply.skipped").param("reason") == "forbidden"


def test_a_phrase_that_was_added_elsewhere_answers_at_once(world):
    desk = world.open(answering())
    other = world.open()
    assert desk.receive(world.said(ASK)).reply.action == "hand_over"
    other.replies.add("Hours", "Nine to five.", questions=(ASK, "when do you open"), auto_reply=True)
    assert desk.receive(world.said(ASK)).reply.action == "auto_reply"
