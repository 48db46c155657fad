"""Rules and macros that write to customers: reminders, phrases, templates, promises, with every check on the way."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, Category, ConfigError, DeskConfig, InvalidInput, LibraryPhrase, Sender, Variable, Wording
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.domain.records.messages import AuthorKind, Delivery
from csdesk.ports.channel import Capabilities, HandoffEvent
from csdesk.rules import (
    Close,
    F,
    Macro,
    Promise,
    Reply,
    Resolve,
    Rule,
    SendPhrase,
    SendTemplate,
    SetPriority,
    SetStatus,
    Timer,
)
from csdesk.testing import CountingStore, ScriptedChannel

ME = Actor.agent("agt_1")


def remind(name="remind", of="ticket.replied_at", after="2d", *then, **given):
    return Rule(name=name, timer=Timer(of=of, after=after), then=then or (Reply(text="Still there?"),), **given)


def desk_of(world, *rules, channel=None, **given):
    channel = channel or ScriptedChannel("web")
    return world.open(DeskConfig(rules=rules, **given), channels=[channel], activate=True), channel


def messages(desk, ticket):
    return [one.message for one in desk.tickets.timeline(ticket) if one.message is not None]


def test_a_customer_who_does_not_answer_is_reminded_once_and_then_the_ticket_closes(world):
    desk, channel = desk_of(
        world,
        remind("remind", "ticket.replied_at", "2d", Reply(text="Still there?"), SetStatus(status="waiting_customer")),
        remind("over", "ticket.replied_at", "5d", Reply(text="Closed for now."), Close(reason="silent")),
    )
    ticket = desk.receive(world.said()).ticket.id
    desk.reply(ticket, "Which order?", actor=ME)
    world.later(days=2)
    desk.run_due()
    assert channel.texts == ["Which order?", "Still there?"]
    assert desk.tickets.get(ticket).category is Category.WAITING_CUSTOMER
    assert messages(desk, ticket)[-1].author is AuthorKind.BOT
    assert messages(desk, ticket)[-1].author_id == "remind"
    for _ in range(2):
        world.later(days=1)
        desk.run_due()
    assert len(channel.texts) == 2, "one silence, one reminder"
    world.later(days=1)
    desk.run_due()
    assert channel.texts[-1] == "Closed for now."
    assert desk.tickets.get(ticket).close_reason == "silent"
    world.later(days=30)
    desk.run_due()
    assert len(channel.texts) == 3


def test_what_the_desk_says_itself_is_no_new_silence(world):
    desk, channel = desk_of(world, remind("stale", "ticket.updated_at", "1d"), automatic_per_day=100)
    desk.receive(world.said())
    for _ in range(5):
        world.later(days=1)
        desk.run_due()
    assert channel.texts == ["Still there?"]


def test_a_reminder_waits_for_the_morning_and_for_consent(world):
    desk, channel = desk_of(
        world, remind("remind", "ticket.customer_at", "3d"), contact={"quiet_from": "21:00", "quiet_until": "08:00"}
    )
    world.clock.set(datetime(2026, 1, 6, 14, tzinfo=UTC))  # 22:00 in Shanghai
    ticket = desk.receive(world.said()).ticket.id
    other = desk.receive(world.said(by="bob"))
    desk.customers.tag(other.customer.id, "opted_out", actor=ME)
    world.later(days=3)
    report = desk.run_due()
    assert channel.texts == []
    assert report.next_due_at == datetime(2026, 1, 10, 0, tzinfo=UTC)
    world.clock.set(report.next_due_at)
    desk.run_due()
    assert channel.texts == ["Still there?"]
    assert messages(desk, ticket)[-1].delivery is Delivery.SENT
    held = messages(desk, other.ticket.id)[-1]
    assert (held.delivery_reason, held.delivery_needs) == ("opted_out", "consent")


def test_where_the_window_is_closed_a_template_goes_out(world):
    able = {"window": timedelta(hours=48), "parts": frozenset({"text", "template"})}
    able["outside_window"] = frozenset({"template"})
    text = remind("text", "ticket.customer_at", "3d")
    template = remind(
        "template",
        "ticket.customer_at",
        "3d",
        SendTemplate(name="remind", locale="zh_CN", body=("customer.name", "3"), text="您好"),
    )
    channel = ScriptedChannel("web", capabilities=Capabilities(**able))
    desk, _ = desk_of(world, text, template, channel=channel)
    ticket = desk.receive(world.said(sender=Sender(external_id="ann", name="Ann"))).ticket.id
    world.later(days=3)
    desk.run_due()
    sent = {one.author_id: one for one in messages(desk, ticket)[1:]}
    assert (sent["text"].delivery_reason, sent["text"].delivery_needs) == ("window_closed", "template")
    assert sent["template"].delivery is Delivery.SENT
    (part,) = sent["template"].parts
    assert (part.name, part.locale, [one.text for one in part.body]) == ("remind", "zh_CN", ["Ann", "3"])


def test_a_template_that_cannot_be_filled_in_is_not_sent(world):
    rule = remind("t", "ticket.customer_at", "1d", SendTemplate(name="x", locale="en", body=("ticket.x.order",)))
    desk, channel = desk_of(world, rule)
    ticket = desk.receive(world.said()).ticket.id
    world.later(days=1)
    desk.run_due()
    assert channel.texts == []
    verdicts = [one for entry in desk.explain(ticket) if entry.trace for one in entry.trace.verdicts]
    (impossible,) = [one for one in verdicts if one.code == "rules.impossible"]
    assert "ticket.x.order" in impossible.param("problem")


def test_one_sender_is_not_told_more_than_the_day_allows(world):
    rules = [remind(name, "ticket.customer_at", after) for name, after in (("a", "1h"), ("b", "2h"), ("c", "3h"))]
    desk, channel = desk_of(world, *rules, automatic_per_day=2)
    desk.receive(world.said())
    world.later(hours=4)
    desk.run_due()
    assert len(channel.texts) == 2
    desk.receive(world.said("again"))
    world.later(days=2)
    desk.run_due()
    assert len(channel.texts) == 4


@pytest.mark.parametrize("end", ["resolved", "closed"])
def test_a_finished_ticket_may_be_asked_how_it_was(world, end):
    desk, channel = desk_of(world, remind("ask", f"ticket.{end}_at", "1d", Reply(text="How was it?", purpose="survey")))
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.set_status(ticket, end, actor=ME)
    world.later(days=1)
    desk.run_due()
    assert channel.texts == ["How was it?"]
    assert desk.tickets.get(ticket).category == end


def test_a_blocked_customer_is_not_reminded(world):
    desk, channel = desk_of(world, remind("remind", "ticket.customer_at", "1d"))
    got = desk.receive(world.said())
    desk.customers.block(got.customer.id, reason="abuse", actor=ME)
    world.later(days=1)
    desk.run_due()
    assert channel.texts == []


def test_while_somebody_answers_on_the_channels_own_side_rules_are_silent(world):
    desk, channel = desk_of(world, remind("remind", "ticket.customer_at", "1d"))
    ticket = desk.receive(world.said()).ticket.id
    desk.take("web", [HandoffEvent(account="web", dedupe_key="s1", conversation="ann", to="kf_1")])
    assert desk.tickets.get(ticket).elsewhere
    world.later(days=1)
    desk.run_due()
    assert channel.texts == []


def test_a_merged_ticket_is_not_written_to(world):
    desk, channel = desk_of(world, remind("ask", "ticket.customer_at", "1d"))
    one, other = (desk.receive(world.said(by=by)).ticket.id for by in ("ann", "bob"))
    desk.tickets.merge(one, into=other, actor=ME)
    world.later(days=1)
    desk.run_due()
    assert len(channel.texts) == 1


def test_where_nobody_may_answer_nothing_is_said(world):
    change = Rule(name="c", on=("change",), when=F.ticket.priority.changed(), then=(Reply(text="x"),))
    desk, channel = desk_of(world, change)
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.set_field(ticket, "priority", "high", actor=ME)
    assert channel.texts == []


def test_a_timed_rule_may_set_off_one_on_changes_that_speaks(world):
    desk, channel = desk_of(
        world,
        remind("late", "ticket.customer_at", "1d", SetPriority(priority="urgent")),
        Rule(name="tell", on=("change",), when=F.ticket.priority.changed(), then=(Reply(text="We hurry."),)),
    )
    desk.receive(world.said())
    world.later(days=1)
    desk.run_due()
    assert channel.texts == ["We hurry."]


# Phrases


def test_a_rule_sends_a_phrase_filled_in_and_counts_it(world):
    rule = Rule(name="thank", when=F.message.text.contains("thanks"), then=(SendPhrase(phrase="thanks"), Resolve()))
    desk, channel = desk_of(world, rule)
    made = desk.replies.add(
        "Thanks",
        "Dear {{ name }}, ticket {{ number }} is done.",
        name="thanks",
        variables=(
            Variable(name="name", source="customer.name"),
            Variable(name="number", type="number", source="ticket.number"),
        ),
    )
    got = desk.receive(world.said("thanks", sender=Sender(external_id="ann", name="Ann")))
    desk.run_due()
    assert channel.texts == [f"Dear Ann, ticket {got.ticket.number} is done."]
    assert [one.phrase for one in events_of(desk, got.ticket.id, ev.PhraseUsed)] == [made.id]
    (used,) = desk.replies.usage()
    assert (used.usage.auto_sent, used.usage.sent) == (1, 0)
    nameless = desk.receive(world.said("thanks", by="bob"))
    assert nameless.trace.find("rules.impossible").param("action") == "send_phrase"
    assert nameless.ticket.category is Category.RESOLVED, "the other actions happen"


def test_a_rule_sends_the_wording_that_was_written_for_the_customer(world):
    rule = Rule(name="thank", when=F.message.text.contains("thanks"), then=(SendPhrase(phrase="phr_thanks"),))
    desk, channel = desk_of(world, rule)
    wordings = (Wording(text="谢谢", language="zh"), Wording(text="Welcome", language="en"))
    gold = Wording(text="Welcome as ever", language="en", level="gold")
    desk.replies.import_([LibraryPhrase(id="phr_thanks", title="T", wordings=(*wordings, gold))])
    for by, language in (("li", "zh"), ("ann", "en"), ("bob", "en")):
        got = desk.receive(world.said("hello", by=by, language=language))
        if by == "bob":
            desk.customers.set_profile(got.customer.id, level="gold", actor=ME)
        desk.receive(world.said("thanks", by=by, language=language))
    desk.run_due()
    assert sorted(channel.texts) == ["Welcome", "Welcome as ever", "谢谢"]


def test_a_phrase_that_is_not_there_or_not_meant_is_not_sent(world):
    rule = Rule(name="thank", then=(SendPhrase(phrase="phr_thanks"),))
    desk, channel = desk_of(world, rule)
    problem = desk.receive(world.said()).trace.find("rules.impossible").param("problem")
    assert "not in the library" in problem
    desk.replies.import_([LibraryPhrase(id="phr_thanks", title="T", wordings=(Wording(text="x"),), levels=("vip",))])
    problem = desk.receive(world.said()).trace.find("rules.impossible").param("problem")
    assert "not meant" in problem
    desk.run_due()
    assert channel.texts == []


def test_a_timed_rule_sends_a_phrase(world):
    desk, channel = desk_of(world, remind("r", "ticket.customer_at", "1d", SendPhrase(phrase="hello")))
    desk.replies.add("Hello", "Anything else?", name="hello")
    desk.receive(world.said())
    world.later(days=1)
    desk.run_due()
    assert channel.texts == ["Anything else?"]


def test_a_macro_sends_a_phrase_in_the_name_of_the_person(world):
    desk, _ = desk_of(world, macros=(Macro(name="bye", then=(SendPhrase(phrase="bye"), Resolve())),))
    ann = desk.agents.add("Ann", queues=("default",))
    desk.replies.add("Bye", "Bye, {{ who }}", name="bye", variables=(Variable(name="who", source="agent.name"),))
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.run_macro(ticket, "bye", actor=Actor.agent(ann.id))
    said = messages(desk, ticket)[-1]
    assert (said.text, said.author, said.author_id) == ("Bye, Ann", AuthorKind.AGENT, ann.id)
    desk.replies.retire("bye")
    other = desk.receive(world.said(by="bob")).ticket.id
    with pytest.raises(InvalidInput, match="not in the library"):
        desk.tickets.run_macro(other, "bye", actor=Actor.agent(ann.id))
    assert desk.tickets.get(other).category is not Category.RESOLVED


# Promises


def test_a_rule_promises_and_the_clock_runs(world):
    rule = Rule(
        name="call", when=F.message.text.contains("call"), then=(Promise(name="callback", within="4h", warn="1h"),)
    )
    desk, _ = desk_of(world, rule)
    ticket = desk.receive(world.said("call me")).ticket
    (clock,) = [one for one in ticket.clocks if one.metric is Metric.PROMISE]
    assert (clock.name, clock.due_at) == ("callback", world.clock.now() + timedelta(hours=4))
    world.later(hours=5)
    desk.run_due()
    (clock,) = [one for one in desk.tickets.get(ticket.id).clocks if one.metric is Metric.PROMISE]
    assert clock.breached_at is not None
    assert clock.phase is ClockPhase.RUNNING


def test_what_is_promised_already_is_not_promised_again(world):
    desk, _ = desk_of(world, Rule(name="call", then=(Promise(name="callback", within="4h"),)))
    first = desk.receive(world.said("call me")).ticket
    world.later(hours=1)
    again = desk.receive(world.said("call me")).ticket
    assert [one for one in again.clocks if one.metric is Metric.PROMISE] == [
        one for one in first.clocks if one.metric is Metric.PROMISE
    ]
    (clock,) = [one for one in again.clocks if one.metric is Metric.PROMISE]
    assert clock.is_live
    desk.sla.settle(first.id, actor=ME)
    later = desk.receive(world.said("call me again")).ticket
    assert sum(one.metric is Metric.PROMISE and one.is_live for one in later.clocks) == 1


@pytest.mark.parametrize(
    ("then", "path"),
    [
        ({"do": "promise", "name": "x", "within": "4h", "calendar": "shop"}, "rules.r.then.0.calendar"),
        ({"do": "promise", "name": "x", "within": "0h"}, "rules.r.then.0.within"),
        ({"do": "send_phrase", "phrase": "a b"}, "rules.r.then.0.phrase"),
        ({"do": "send_phrase", "phrase": ""}, "rules.r.then.0.phrase"),
        ({"do": "send_template", "name": "x"}, "rules.r.then.0.locale"),
        ({"do": "send_template", "name": "x", "locale": "en", "body": [""]}, "rules.r.then.0.body.0"),
        ({"do": "reply", "text": ""}, "rules.r.then.0.text"),
        ({"do": "reply", "text": "x", "purpose": "nonsense"}, "rules.r.then.0.purpose"),
    ],
)
def test_slips_are_told_where_they_stand(then, path):
    with pytest.raises(ConfigError) as caught:
        DeskConfig(rules=[{"name": "r", "then": [then]}])
    assert path in str(caught.value)


class Watched(CountingStore):
    """A store that remembers the counters it was asked for."""

    def __init__(self, store):
        super().__init__(store)
        self.counters = []

    def load(self, desk, needs):
        self.counters += needs.counters
        return super().load(desk, needs)


@pytest.mark.parametrize(("then", "asked"), [(SetPriority(priority="high"), 0), (Reply(text="x"), 1)])
def test_only_who_reminds_looks_up_how_much_was_said(world, then, asked):
    stores = []

    def watched(store):
        stores.append(Watched(store))
        return stores[-1]

    desk = world.open(DeskConfig(rules=(remind("r", "ticket.customer_at", "1d", then),)), wrap=watched, activate=True)
    desk.receive(world.said())
    world.later(days=1)
    desk.run_due()
    assert [len(one.counters) for one in stores] == [asked]
