"""Bots receive, answer, and hand off to people: one worker at a time, each turn answered once."""

from datetime import timedelta

import pytest

from csdesk import Actor, Category, DeskConfig, IllegalTransition, InvalidInput, TextPart
from csdesk.domain.policy.config import AccessPolicy, BotPolicy, Grant, QueuePolicy, TypePolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import AuthorKind, Direction
from csdesk.errors import BotBarred, StaleWorker
from csdesk.ports.bots import BotAbstains, BotAnswer, BotHandsOver
from csdesk.ports.channel import HandoffEvent
from csdesk.testing import Fault, FaultyStore, ScriptedChannel

from .conftest import AGENT, entries

BOT = Actor.bot("xiaozhi")
CONFIG = DeskConfig(
    queues=(
        QueuePolicy(name="default", reception="bot_first", bot="xiaozhi"),
        QueuePolicy(name="people"),
        QueuePolicy(name="night", reception="bot_only", bot="xiaozhi", hand_off_to="people"),
    ),
    types=(TypePolicy(name="complaint", bars_bots=True),),
    bots=(BotPolicy(name="xiaozhi", min_confidence=0.6),),
)


class Scripted:
    """A bot that says what its script says, and remembers what it was asked."""

    name = "xiaozhi"

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def answer(self, turn):
        self.asked.append(turn)
        said = self.script.pop(0) if self.script else BotAnswer(text=f"about {turn.text}")
        if callable(said):
            said = said(turn)
        if isinstance(said, Exception):
            raise said
        return said


def opened(world, *script, config=CONFIG, **given):
    bot = Scripted(*script)
    desk = world.open(config, bots=[bot], **given)
    return desk, bot


def configured(bot=(), **queue):
    queue = {"reception": "bot_first", "bot": "xiaozhi"} | queue
    return DeskConfig(
        queues=(QueuePolicy(name="default", **queue), QueuePolicy(name="people")),
        bots=(BotPolicy(name="xiaozhi", **dict(bot)),),
    )


def told(desk, ticket, kind):
    return [event for entry in entries(desk, ticket.id) for event in entry.events if isinstance(event, kind)]


def said(desk, ticket):
    found = [item.message for item in desk.tickets.timeline(ticket.id) if item.message is not None]
    return [(one.author.value, one.text) for one in found if one.direction is Direction.OUT]


def test_a_bot_answers_first_and_nobody_else_is_asked(world):
    desk, bot = opened(world)
    desk.agents.add("Li", queues=("default",))
    got = desk.receive(world.said("多久发货？"))
    assert (str(got.worker), got.ticket.owner.id, got.ticket.category) == ("bot:xiaozhi", "default", Category.NEW)
    report = desk.run_due()
    assert (report.answered, report.handed_off, report.more) == (1, 0, False)
    assert said(desk, got.ticket) == [("bot", "about 多久发货？")]
    (turn,) = bot.asked
    assert (turn.text, turn.number, turn.fence, turn.history) == ("多久发货？", 1, 1, ())
    assert turn.deadline == world.clock.now() + timedelta(minutes=5)
    after = desk.tickets.get(got.ticket.id)
    assert (after.worker.until, after.reception.failed, after.reception.asked) == (None, 0, None)
    assert desk.run_due().answered == 0


def test_the_next_message_is_the_next_turn_with_what_was_said(world):
    desk, bot = opened(world)
    got = desk.receive(world.said("多久发货？"))
    desk.run_due()
    world.later(minutes=1)
    desk.receive(world.said("发什么快递？"))
    desk.run_due()
    assert [one.text for one in bot.asked[1].history] == ["多久发货？", "about 多久发货？"]
    assert (bot.asked[1].number, bot.asked[1].fence) == (2, 1)
    assert [text for _, text in said(desk, got.ticket)] == ["about 多久发货？", "about 发什么快递？"]


def test_the_clock_of_people_runs_on(world):
    desk, _ = opened(world)
    got = desk.receive(world.said())
    desk.run_due()
    after = desk.tickets.get(got.ticket.id)
    assert after.waiting_since is not None
    assert after.replied_at is None


def test_an_answer_is_sent_at_once(world):
    channel = ScriptedChannel("web")
    desk, _ = opened(world, channels=[channel])
    desk.receive(world.said("hello"))
    report = desk.run_due()
    assert channel.texts == ["about hello"]
    assert report.answered == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (BotAbstains(), "abstained"),
        (BotAnswer(text="maybe", confidence=0.59), "abstained"),
        (BotAnswer(text="  "), "abstained"),
        (BotHandsOver(reason="refund"), "refund"),
        (RuntimeError("no model"), "error"),
        (TimeoutError(), "timeout"),
        (lambda _: "a plain string", "error"),
    ],
)
def test_what_a_bot_cannot_do_goes_to_people(world, script, reason):
    desk, _ = opened(world, script)
    li = desk.agents.add("Li", queues=("default",))
    got = desk.receive(world.said())
    report = desk.run_due()
    assert (report.answered, report.handed_off, report.more) == (0, 1, True)
    assert desk.run_due().assigned == 1
    after = desk.tickets.get(got.ticket.id)
    assert (after.assignee, after.hand_offs, after.reception.is_over) == (li.id, 1, True)
    assert [(one.reason, one.message) for one in told(desk, after, ev.TicketHandedOff)] == [(reason, got.message.id)]
    (ended,) = told(desk, after, ev.TurnEnded)
    assert (ended.bot, ended.message, ended.outcome.value, ended.reply) == (BOT.id, got.message.id, "handed_off", None)
    assert said(desk, after) == []
    world.later(minutes=1)
    assert desk.receive(world.said("still there?")).worker.id == li.id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("转人工", "requested"),
        ("我要找人工客服！", "requested"),
        ("轉人工", "requested"),
        ("人工", "requested"),
        ("Agent please", "requested"),
        ("agent!", "requested"),
        ("你们这些骗子", "mood"),
        ("this is unacceptable", "mood"),
    ],
)
def test_who_wants_a_person_gets_one_in_the_same_commit(world, text, reason):
    desk, bot = opened(world)
    li = desk.agents.add("Li", queues=("default",))
    desk.receive(world.said("在吗"))
    world.later(minutes=1)
    got = desk.receive(world.said(text))
    assert got.worker.id == li.id
    assert [one.reason for one in told(desk, got.ticket, ev.TicketHandedOff)] == [reason]
    desk.run_due()
    assert bot.asked == []


@pytest.mark.parametrize(
    "text", ["人工智能是什么", "不用转人工", "不要人工客服", "I don't need a human agent", "user agent string"]
)
def test_who_only_speaks_of_people_stays(world, text):
    desk, _ = opened(world)
    desk.agents.add("Li", queues=("default",))
    assert str(desk.receive(world.said(text)).worker) == "bot:xiaozhi"


def test_a_first_message_may_ask_for_a_person(world):
    desk, _ = opened(world)
    li = desk.agents.add("Li", queues=("default",))
    got = desk.receive(world.said("转人工"))
    assert (got.worker.id, got.ticket.hand_offs) == (li.id, 1)


def test_words_are_the_configurations(world):
    config = DeskConfig.from_toml("""
        [[queues]]
        name = "default"
        reception = "bot_first"
        bot = "xiaozhi"
        [[bots]]
        name = "xiaozhi"
        [hand_off]
        words = ["店长"]
        upset = []
    """)
    desk, _ = opened(world, config=config)
    assert str(desk.receive(world.said("转人工，骗子")).worker) == "bot:xiaozhi"
    assert desk.receive(world.said("叫店长来")).worker is None


def test_several_turns_without_an_answer(world):
    excuse = "没听懂，请换个说法"
    config = configured({"failed_turns": 2, "excuse": excuse, "farewell": "正在转人工"})
    desk, _ = opened(world, BotAbstains(), BotAnswer(text="ok"), BotAbstains(), BotAbstains(), config=config)
    got = desk.receive(world.said("1"))
    for text in ("2", "3", "4"):
        desk.run_due()
        world.later(minutes=1)
        desk.receive(world.said(text))
    desk.run_due()
    assert [text for _, text in said(desk, got.ticket)] == [excuse, "ok", excuse, "正在转人工"]
    (off,) = told(desk, got.ticket, ev.TicketHandedOff)
    assert (off.reason, off.turns, off.failed) == ("failed_turns", 4, 2)


def test_too_many_turns(world):
    desk, _ = opened(world, config=configured({"most_turns": 1}))
    got = desk.receive(world.said("1"))
    desk.run_due()
    assert desk.receive(world.said("2")).worker is None
    assert [one.reason for one in told(desk, got.ticket, ev.TicketHandedOff)] == ["most_turns"]


def test_a_bot_that_nobody_runs_loses_the_ticket_in_time(world):
    desk = world.open(CONFIG)
    li = desk.agents.add("Li", queues=("default",))
    got = desk.receive(world.said())
    report = desk.run_due()
    assert (report.answered, report.next_due_at) == (0, world.clock.now() + timedelta(minutes=5))
    world.later(minutes=5)
    report = desk.run_due()
    after = desk.tickets.get(got.ticket.id)
    assert (report.assigned, after.assignee) == (1, li.id)
    assert [one.reason for one in told(desk, after, ev.TicketHandedOff)] == ["timeout"]
    late = world.open(bots=[Scripted()])
    assert late.run_due().answered == 0


def test_an_answer_after_the_deadline_is_dropped(world):
    def slow(turn):
        world.later(minutes=6)
        return BotAnswer(text="late")

    desk, _ = opened(world, slow)
    got = desk.receive(world.said())
    report = desk.run_due()
    assert report.answered == 0
    assert said(desk, got.ticket) == []
    assert [one.reason for one in told(desk, got.ticket, ev.TicketHandedOff)] == ["timeout"]


def test_who_writes_again_is_answered_to_the_last_message_alone(world):
    def interrupted(turn):
        desk.receive(world.said("and one thing more"))
        return BotAnswer(text="to the first")

    desk, bot = opened(world, interrupted)
    got = desk.receive(world.said("first"))
    desk.run_due()
    assert said(desk, got.ticket) == [("bot", "about and one thing more")]
    assert [one.outcome.value for one in told(desk, got.ticket, ev.TurnEnded)] == ["stale", "answered"]
    assert len(bot.asked) == 2


def test_a_person_who_answers_has_the_ticket(world):
    def overtaken(turn):
        desk.reply(turn.ticket, "I am here", actor=Actor.agent(li.id), deliver=False)
        return BotAnswer(text="so am I")

    desk, _ = opened(world, overtaken)
    li = desk.agents.add("Li", queues=("default",))
    got = desk.receive(world.said())
    desk.run_due()
    after = desk.tickets.get(got.ticket.id)
    assert said(desk, after) == [("agent", "I am here")]
    assert (after.assignee, after.owner.id, after.fence) == (li.id, li.id, 2)
    assert [one.reason for one in told(desk, after, ev.TicketHandedOff)] == ["person"]


def test_a_person_hands_back(world):
    desk, bot = opened(world, BotHandsOver(brief="wants a refund"))
    li = desk.agents.add("Li", queues=("default",))
    got = desk.receive(world.said("退款"))
    desk.run_due()
    desk.run_due()
    brief = desk.tickets.brief(got.ticket.id)
    assert (brief.reason, brief.by, brief.note.text) == ("bot", BOT, "wants a refund")
    assert [one.text for one in brief.said] == ["退款"]
    back = desk.tickets.hand_back(got.ticket.id, actor=Actor.agent(li.id), reason="just a question")
    assert (str(back.worker), back.fence, back.owner.id, back.reception.turns) == ("bot:xiaozhi", 3, li.id, 1)
    desk.run_due()
    assert said(desk, got.ticket) == [("bot", "about 退款")]
    assert len(bot.asked) == 2


def test_a_bot_cannot_hand_itself_back(world):
    desk, _ = opened(world)
    ticket = desk.receive(world.said("转人工")).ticket
    with pytest.raises(BotBarred, match="handed_off"):
        desk.tickets.lease(ticket.id, actor=BOT)
    with pytest.raises(BotBarred, match="people"):
        desk.tickets.hand_back(ticket.id, actor=BOT)


def test_what_a_bot_says_when_it_lets_go_is_kept_as_a_note(world):
    desk, _ = opened(world)
    ticket = desk.receive(world.said("hello")).ticket
    after = desk.tickets.release(ticket.id, ticket.fence, reason="wants an invoice", actor=BOT)
    assert (after.worker, after.reception.is_over) == (None, True)
    assert desk.tickets.brief(ticket.id).note.text == "wants an invoice"
    assert [one.reason for one in told(desk, ticket, ev.TicketHandedOff)] == ["released"]


def test_a_person_who_answers_needs_no_farewell_of_the_bot(world):
    desk, _ = opened(world, config=configured(bot={"farewell": "a colleague goes on"}))
    ticket = desk.receive(world.said("hello")).ticket
    desk.reply(ticket.id, "here I am", actor=AGENT, deliver=False)
    assert said(desk, ticket) == [("agent", "here I am")]


def test_what_cannot_be_handed_off_or_back(world):
    desk, _ = opened(world)
    ticket = desk.receive(world.said("hello")).ticket
    with pytest.raises(StaleWorker):
        desk.tickets.hand_off(ticket.id, actor=Actor.bot("xiaozhi"), fence=ticket.fence + 1)
    with pytest.raises(InvalidInput, match="fence"):
        desk.tickets.hand_off(ticket.id, actor=BOT)
    with pytest.raises(InvalidInput, match="a bot has it already"):
        desk.tickets.hand_back(ticket.id, actor=AGENT)
    desk.tickets.hand_off(ticket.id, actor=AGENT)
    with pytest.raises(InvalidInput, match="no bot has it"):
        desk.tickets.hand_off(ticket.id, actor=AGENT)
    with pytest.raises(InvalidInput, match="no queue 'nihgt'"):
        desk.tickets.hand_back(ticket.id, queue="nihgt", actor=AGENT)
    assert desk.tickets.hand_back(ticket.id, queue="night", actor=AGENT).queue == "night"
    desk.tickets.set_status(ticket.id, "closed", actor=AGENT)
    for move in (desk.tickets.hand_off, desk.tickets.hand_back):
        with pytest.raises(IllegalTransition):
            move(ticket.id, actor=AGENT)


def test_who_writes_on_a_resolved_ticket_of_a_bot_ends_its_lease_alone(world):
    desk, _ = opened(world)
    ticket = desk.receive(world.said("hello")).ticket
    desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
    after = desk.reply(ticket.id, "one more thing", actor=AGENT, deliver=False).ticket
    assert (after.worker, after.category) == (None, Category.RESOLVED)
    assert told(desk, ticket, ev.TicketHandedOff) == []


def test_bot_only_hands_off_to_another_queue(world):
    config = CONFIG.model_copy(update={"default_queue": "night"})
    desk, _ = opened(world, BotAbstains(), config=config)
    night = desk.agents.add("Nobody asks me", queues=("night",))
    li = desk.agents.add("Li", queues=("people",))
    got = desk.receive(world.said("hello"))
    assert str(got.worker) == "bot:xiaozhi"
    desk.run_due()
    desk.run_due()
    after = desk.tickets.get(got.ticket.id)
    assert (after.queue, after.assignee) == ("people", li.id)
    assert night.id != li.id


def test_types_may_bar_bots(world):
    desk, bot = opened(world)
    ticket = desk.receive(world.said("hello")).ticket
    desk.tickets.set_field(ticket.id, "type", "complaint", actor=Actor.system())
    desk.run_due()
    assert bot.asked == []
    assert desk.receive(world.said("and?")).worker is None


def test_a_machine_gets_no_turn(world):
    desk, bot = opened(world)
    got = desk.receive(world.said("out of office", automatic="reply"))
    assert got.worker is None
    desk.run_due()
    assert bot.asked == []


def test_spam_on_a_closed_ticket_asks_no_bot(world):
    desk, bot = opened(world)
    ticket = desk.receive(world.said("hello")).ticket
    desk.run_due()
    desk.tickets.set_status(ticket.id, "closed", actor=AGENT)
    after = desk.receive(world.said("cheap watches", spam=True)).ticket
    assert (after.id, after.category, after.reception.turns) == (ticket.id, Category.CLOSED, 1)
    desk.run_due()
    assert len(bot.asked) == 1


def test_driven_by_hand(world):
    desk = world.open(CONFIG)
    ticket = desk.receive(world.said("hello")).ticket
    fence = ticket.worker.fence
    sent = desk.reply(ticket.id, "hi", actor=BOT, fence=fence, deliver=False)
    assert sent.message.author is AuthorKind.BOT
    assert sent.ticket.reception.asked is None
    assert [one.reply for one in told(desk, ticket, ev.TurnEnded)] == [sent.message.id]
    assert desk.bots.take("xiaozhi") == ()
    with pytest.raises(InvalidInput, match="fence"):
        desk.reply(ticket.id, "hi", actor=BOT)
    desk.tickets.hand_off(ticket.id, actor=BOT, fence=fence, reason="angry")
    with pytest.raises(BotBarred):
        desk.reply(ticket.id, "again", actor=BOT, fence=fence)


def test_driven_by_turns(world):
    desk = world.open(CONFIG)
    desk.receive(world.said("hello"))
    (turn,) = desk.bots.take("xiaozhi")
    assert desk.bots.take("xiaozhi") == ()
    world.later(minutes=2)
    (again,) = desk.bots.take("xiaozhi")
    assert again == turn
    assert desk.bots.finish(turn, BotAnswer(text="hi")).outcome == "answered"
    assert desk.bots.finish(again, BotAnswer(text="hi")).outcome == "stale"
    assert said(desk, desk.tickets.get(turn.ticket)) == [("bot", "hi")]
    with pytest.raises(InvalidInput, match="unknown bot 'xiao'"):
        desk.bots.take("xiao")


def test_what_a_bot_may_not_do(world):
    desk = world.open(CONFIG)
    people = desk.tickets.transfer(desk.receive(world.said()).ticket.id, "people", actor=Actor.system())
    with pytest.raises(BotBarred, match="queue"):
        desk.reply(people.id, "hi", actor=BOT, fence=1)
    with pytest.raises(InvalidInput, match="unknown bot 'xiaozi'; did you mean 'xiaozhi'"):
        desk.reply(people.id, "hi", actor=Actor.bot("xiaozi"), fence=1)


def test_a_bot_of_another_name_is_refused_at_opening(world):
    bot = Scripted()
    bot.name = "xiaozi"
    with pytest.raises(InvalidInput, match="did you mean 'xiaozhi'"):
        world.open(CONFIG, bots=[bot])


def test_an_old_lease_never_speaks(world):
    desk = world.open(CONFIG)
    ticket = desk.receive(world.said()).ticket
    world.later(minutes=5)
    with pytest.raises(StaleWorker, match="nobody works on it"):
        desk.reply(ticket.id, "hi", actor=Actor.system(), fence=ticket.worker.fence)


def test_menus_are_answers_too(world):
    desk, _ = opened(world, BotAnswer(parts=(TextPart(text="one"), TextPart(text="two")), sources=("faq-1",)))
    got = desk.receive(world.said())
    desk.run_due()
    (ended,) = told(desk, got.ticket, ev.TurnEnded)
    assert (ended.sources, ended.confidence) == (("faq-1",), 1.0)
    assert said(desk, got.ticket) == [("bot", "one\ntwo")]


def test_words_of_another_system_while_a_bot_has_the_ticket(world):
    """Somebody answers elsewhere: the bot is out; a machine's mail is no turn."""
    desk, bot = opened(world)
    ticket = desk.receive(world.said("hello")).ticket
    assert desk.receive(world.said("out of office", automatic="reply")).ticket.reception.turns == 1
    after = desk.receive(world.said("I take care of it", author="elsewhere")).ticket
    assert (after.id, after.worker) == (ticket.id, None)
    assert [one.reason for one in told(desk, ticket, ev.TicketHandedOff)] == ["away"]
    desk.run_due()
    assert bot.asked == []


def test_an_old_message_is_for_people(world):
    desk, bot = opened(world)
    for queue, name in (("default", "default"), ("night", "people")):
        sent = world.clock.now() - timedelta(days=3)
        config = CONFIG.model_copy(update={"default_queue": queue})
        desk.config.activate(DeskConfig.from_json(config.canonical_json()))
        got = desk.receive(world.said("three days ago", by=queue, sent_at=sent))
        assert (got.ticket.worker, got.ticket.queue) == (None, name)
    desk.run_due()
    assert bot.asked == []


def test_a_round_may_stop_between_turns(world):
    desk, bot = opened(world)
    for by in "abc":
        desk.receive(world.said(by=by))
    asked = []
    while (report := desk.run_due(limit=1)).more:
        asked.append(len(bot.asked))
        assert len(asked) < 20
    assert report.more is False
    assert len(bot.asked) == 3


def test_a_bot_that_may_not_reply_hands_off(world):
    grants = (Grant(kinds=("bot",), commands=("reply",), allow=False),)
    config = CONFIG.model_copy(update={"access": AccessPolicy(grants=grants)})
    desk, bot = opened(world, config=DeskConfig.from_json(config.canonical_json()))
    got = desk.receive(world.said())
    report = desk.run_due()
    assert (report.answered, report.handed_off, len(bot.asked)) == (0, 1, 1)
    assert [one.reason for one in told(desk, got.ticket, ev.TicketHandedOff)] == ["denied"]


def test_what_is_no_outcome(world):
    desk = world.open(CONFIG)
    desk.receive(world.said())
    (turn,) = desk.bots.take("xiaozhi")
    for wrong in ("hi", None, {"text": "hi"}):
        with pytest.raises(InvalidInput, match="BotAnswer"):
            desk.bots.finish(turn, wrong)
    with pytest.raises(InvalidInput, match=r"desk\.bots\.take"):
        desk.bots.finish("turn", BotAnswer(text="hi"))


@pytest.mark.parametrize(
    ("outcome", "what"), [(BotAnswer(text="hi"), "answered"), (BotHandsOver(reason="odd"), "handed_off")]
)
def test_a_turn_whose_commit_nobody_knew_of_is_finished_once(world, outcome, what):
    faults = []
    plan = lambda name: faults.pop() if name == "commit" and faults else None  # noqa: E731
    desk = world.open(CONFIG, wrap=lambda store: FaultyStore(store, plan))
    ticket = desk.receive(world.said()).ticket
    (turn,) = desk.bots.take("xiaozhi")
    faults.append(Fault.UNKNOWN_DONE)
    result = desk.bots.finish(turn, outcome)
    assert (result.outcome, result.message is not None) == (what, what == "answered")
    assert len(said(desk, ticket)) == (what == "answered")


def test_an_answer_to_a_ticket_that_was_closed_meanwhile(world):
    desk = world.open(CONFIG)
    ticket = desk.receive(world.said()).ticket
    (turn,) = desk.bots.take("xiaozhi")
    desk.tickets.set_status(ticket.id, "closed", actor=Actor.system())
    assert desk.bots.finish(turn, BotAnswer(text="hi")).outcome == "stale"
    assert said(desk, ticket) == []


def test_an_answer_that_says_nothing():
    with pytest.raises(ValueError, match="says nothing"):
        BotAnswer(parts=(TextPart(text=" "),))


def test_who_is_taken_elsewhere_is_taken_from_the_bot(world):
    channel = ScriptedChannel("web")
    desk, bot = opened(world, channels=[channel])
    ticket = desk.receive(world.said()).ticket
    event = HandoffEvent(account="web", dedupe_key="h1", conversation="ann", to="kf")
    assert desk.handle("web", channel.report(event)).status == 200
    assert [one.reason for one in told(desk, ticket, ev.TicketHandedOff)] == ["away"]
    desk.run_due()
    assert (bot.asked, desk.tickets.get(ticket.id).worker) == ([], None)


def test_a_person_whom_the_desk_does_not_know_ends_the_bots_turn_too(world):
    desk, bot = opened(world)
    ticket = desk.receive(world.said()).ticket
    after = desk.reply(ticket.id, "I am here", actor=Actor.agent("agt_guest"), deliver=False).ticket
    assert (after.worker, after.assignee) == (None, None)
    assert [one.reason for one in told(desk, ticket, ev.TicketHandedOff)] == ["person"]
    desk.run_due()
    assert bot.asked == []


def test_a_bot_that_gets_back_what_was_answered_waits_for_the_customer(world):
    desk, bot = opened(world, BotHandsOver(brief="odd"))
    li = desk.agents.add("Li", queues=("default",))
    ticket = desk.receive(world.said("hm")).ticket
    desk.run_due()
    desk.reply(ticket.id, "done", actor=Actor.agent(li.id), deliver=False)
    back = desk.tickets.hand_back(ticket.id, actor=Actor.agent(li.id))
    assert str(back.worker) == "bot:xiaozhi"
    desk.run_due()
    assert len(bot.asked) == 1
    desk.receive(world.said("and?"))
    desk.run_due()
    assert [one.text for one in bot.asked] == ["hm", "and?"]
