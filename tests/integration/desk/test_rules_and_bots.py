"""Rules that take customers from bots to people, and give them back."""

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, Category, ConfigError, DeskConfig, InvalidInput
from csdesk.domain.policy.config import BotPolicy, QueuePolicy, TypePolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import AuthorKind, Direction
from csdesk.ports.bots import BotAbstains, BotAnswer
from csdesk.rules import F, HandBack, HandOff, Macro, NoAutoReply, Note, Reply, Rule, SetType, Timer, analyse

ME = Actor.agent("agt_1")
QUEUES = (
    QueuePolicy(name="default", reception="bot_first", bot="xiaozhi"),
    QueuePolicy(name="people"),
    QueuePolicy(name="night", reception="bot_only", bot="xiaozhi", hand_off_to="people"),
)
BOTS = (BotPolicy(name="xiaozhi", farewell="A colleague will go on."),)
TO_PEOPLE = Rule(
    name="to-people",
    when=F.message.text.contains("发票"),
    then=(HandOff(reason="invoices", brief="wants an invoice", text="Invoices are made by people."),),
)


class Bot:
    """Answers everything, unless its script says otherwise."""

    name = "xiaozhi"

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def answer(self, turn):
        self.asked.append(turn.text)
        return self.script.pop(0) if self.script else BotAnswer(text=f"about {turn.text}")


def config_of(*rules, **given):
    types = (TypePolicy(name="complaint", bars_bots=True),)
    return DeskConfig(queues=QUEUES, bots=BOTS, types=types, rules=rules, **given)


def desk_of(world, *rules, bot=None, **given):
    return world.open(config_of(*rules, **given), bots=[bot or Bot()], activate=True)


def written(desk, ticket, *directions):
    found = [item.message for item in desk.tickets.timeline(ticket) if item.message is not None]
    return [one.text for one in found if one.direction in directions]


def test_a_rule_takes_the_ticket_from_a_bot(world):
    desk = desk_of(world, TO_PEOPLE)
    ticket = desk.receive(world.said("hello")).ticket.id
    assert desk.run_due().answered == 1
    got = desk.receive(world.said("我要发票"))
    assert (got.worker, got.ticket.hand_offs, got.ticket.reception.is_over) == (None, 1, True)
    assert [one.reason for one in events_of(desk, ticket, ev.TicketHandedOff)] == ["invoices"]
    assert written(desk, ticket, Direction.NOTE) == ["wants an invoice"]
    assert written(desk, ticket, Direction.OUT)[-1] == "Invoices are made by people."
    assert desk.run_due().answered == 0


def test_a_rule_keeps_the_bot_out_from_the_beginning(world):
    bot = Bot()
    desk = desk_of(world, TO_PEOPLE, bot=bot)
    got = desk.receive(world.said("我要发票"))
    assert got.worker is None
    assert got.ticket.reception.is_over
    desk.receive(world.said("hello?"))
    desk.run_due()
    assert bot.asked == []


def test_where_a_rule_forbids_automatic_answers_no_bot_is_asked(world):
    bot = Bot()
    desk = desk_of(
        world, Rule(name="people-only", when=F.message.text.contains("律师"), then=(NoAutoReply(),)), bot=bot
    )
    got = desk.receive(world.said("律师函"))
    assert (got.worker, got.ticket.reception) == (None, None)
    skipped = got.trace.find("bot.skipped")
    assert dict(skipped.params) == {"bot": "xiaozhi", "reason": "forbidden"}
    with_bot = desk.receive(world.said("hello", by="bea"))
    assert str(with_bot.worker) == "bot:xiaozhi"
    after = desk.receive(world.said("我的律师", by="bea"))
    assert after.worker is None
    (handed,) = events_of(desk, after.ticket.id, ev.TicketHandedOff)
    assert (handed.reason, handed.message, handed.turns) == ("forbidden", after.message.id, 1)
    desk.run_due()
    assert bot.asked == []


def test_what_a_rule_has_answered_is_no_turn_of_the_bot(world):
    bot = Bot()
    desk = desk_of(
        world, Rule(name="hours", when=F.message.text.contains("几点"), then=(Reply(text="9 to 6"),)), bot=bot
    )
    ticket = desk.receive(world.said("hello")).ticket
    desk.run_due()
    got = desk.receive(world.said("几点开门"))
    assert (str(got.worker), got.ticket.reception.turns) == ("bot:xiaozhi", 1)
    desk.run_due()
    assert (bot.asked, written(desk, ticket.id, Direction.OUT)) == (["hello"], ["about hello", "9 to 6"])


def test_what_a_bot_only_queue_may_not_ask_its_bot_goes_to_people(world):
    rule = Rule(name="people-only", then=(NoAutoReply(),))
    desk = desk_of(world, rule, default_queue="night")
    got = desk.receive(world.said("hello"))
    assert (got.ticket.queue, got.worker) == ("people", None)
    (handed,) = events_of(desk, got.ticket.id, ev.TicketHandedOff)
    assert (handed.reason, handed.message) == ("forbidden", got.message.id)


def test_what_a_bot_only_queue_hands_off_comes_to_people(world):
    desk = desk_of(world, TO_PEOPLE, default_queue="night")
    got = desk.receive(world.said("我要发票"))
    assert (got.ticket.queue, got.worker) == ("people", None)
    assert len(events_of(desk, got.ticket.id, ev.TicketHandedOff)) == 1


def test_where_people_have_it_a_rule_leaves_everything_as_it_is(world):
    desk = desk_of(world, TO_PEOPLE)
    first = desk.receive(world.said("我要发票")).ticket
    again = desk.receive(world.said("发票呢"))
    assert again.ticket.hand_offs == first.hand_offs == 1
    assert again.trace.find("rules.impossible") is None
    desk.tickets.set_status(first.id, "resolved", actor=ME)
    done = desk_of(world, TO_PEOPLE.model_copy(update={"on": ("change",), "when": None}))
    assert done.tickets.set_field(first.id, "x.n", 1, actor=ME).hand_offs == 1


def test_a_rule_gives_the_ticket_back_with_this_message_as_the_first_turn(world):
    back = Rule(name="back", when=F.message.text.contains("多久"), then=(HandBack(),))
    bot = Bot()
    desk = desk_of(world, TO_PEOPLE, back, bot=bot)
    desk.receive(world.said("我要发票"))
    got = desk.receive(world.said("多久发货"))
    assert str(got.worker) == "bot:xiaozhi"
    assert len(events_of(desk, got.ticket.id, ev.TurnBegan)) == 1
    assert desk.run_due().answered == 1
    assert bot.asked == ["多久发货"]


def test_a_rule_cannot_give_it_to_a_bot_where_none_may_be(world):
    rule = Rule(name="back", when=F.message.text.contains("多久"), then=(SetType(type="complaint"), HandBack()))
    desk = desk_of(world, TO_PEOPLE, rule)
    desk.receive(world.said("我要发票"))
    got = desk.receive(world.said("多久"))
    assert got.state == "stored"
    assert got.trace.find("rules.impossible").param("action") == "hand_back"
    assert got.worker is None


def test_a_macro_hands_off_and_back_and_says_what_is_not_possible(world):
    macros = (Macro(name="off", then=(Note(text="x"), HandOff())), Macro(name="back", then=(HandBack(queue="night"),)))
    desk = desk_of(world, macros=macros)
    ticket = desk.receive(world.said("hello")).ticket.id
    assert desk.tickets.run_macro(ticket, "off", actor=ME).ticket.worker is None
    with pytest.raises(InvalidInput, match="no bot has the ticket"):
        desk.tickets.run_macro(ticket, "off", actor=ME)
    assert written(desk, ticket, Direction.NOTE) == ["x"], "nothing of a macro that fails happens"
    back = desk.tickets.run_macro(ticket, "back", actor=ME).ticket
    assert (str(back.worker), back.queue) == ("bot:xiaozhi", "night")


def test_a_timed_rule_takes_the_ticket_from_a_bot_that_has_said_enough(world):
    rule = Rule(
        name="enough",
        timer=Timer(of="ticket.customer_at", after="1h"),
        when=F.ticket.is_with_bot.is_true() & (F.ticket.bot_turns >= 2),
        then=(HandOff(reason="enough"),),
    )
    desk = desk_of(world, rule)
    ticket = desk.receive(world.said("one")).ticket.id
    desk.run_due()
    world.later(hours=2)
    desk.run_due()
    assert desk.tickets.get(ticket).worker is not None
    desk.receive(world.said("two"))
    desk.run_due()
    world.later(hours=2)
    desk.run_due()
    assert desk.tickets.get(ticket).worker is None
    assert desk.tickets.get(ticket).category is Category.NEW


def test_rules_see_turns_without_an_answer(world):
    excuse = (BotPolicy(name="xiaozhi", failed_turns=3, excuse="I am not sure."),)
    rule = Rule(name="lost", when=F.ticket.failed_turns >= 1, then=(HandOff(),))
    config = config_of(rule).model_copy(update={"bots": excuse})
    desk = world.open(config, bots=[Bot(BotAbstains())], activate=True)
    desk.receive(world.said("one"))
    desk.run_due()
    got = desk.receive(world.said("two"))
    assert (got.worker, got.ticket.hand_offs) == (None, 1)
    authors = {one.message.author for one in desk.tickets.timeline(got.ticket.id) if one.message is not None}
    assert AuthorKind.BOT in authors


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"queues": [{"name": "default"}], "bots": [], "then": [{"do": "hand_off"}]}, "rules.r.then.0.do"),
        ({"then": [{"do": "hand_back", "queue": "people"}]}, "rules.r.then.0.queue"),
        ({"then": [{"do": "hand_back", "queue": "nihgt"}]}, "rules.r.then.0.queue"),
        ({"then": [{"do": "hand_of"}]}, "rules.r.then.0"),
    ],
)
def test_what_cannot_be_meant_is_told_where_it_stands(given, path):
    then = given.pop("then")
    with pytest.raises(ConfigError) as caught:
        DeskConfig(**({"queues": QUEUES, "bots": BOTS} | given), rules=[{"name": "r", "then": then}])
    assert path in str(caught.value)


def test_hand_off_and_hand_back_on_changes_are_a_loop():
    rules = (
        Rule(name="off", on=("change",), when=F.ticket.is_with_bot.is_true(), then=(HandOff(),)),
        Rule(name="back", on=("change",), when=F.ticket.is_with_bot.is_false(), then=(HandBack(),)),
    )
    report = analyse(config_of(*rules, rule_budget=30))
    assert report.termination == "loop"
    assert analyse(config_of(rules[0])).termination == "proved"
