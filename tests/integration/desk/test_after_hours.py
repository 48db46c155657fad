"""A queue that is closed: what customers hear, what they are promised, which bot receives."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.desk.conftest import AGENT

from csdesk import ConfigError, DeskConfig
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.domain.records.messages import AuthorKind, Automatic
from csdesk.testing import ScriptedChannel
from csdesk.testing.audit import problems_of

EVENING = datetime(2026, 3, 6, 13, 0, tzinfo=UTC)  # Friday, 21:00 in Shanghai
HOURS = [
    {"name": "office", "weekly": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}},
]


def config(after_hours=None, **given):
    queue = {
        "name": "default",
        "routing": {"hours": "office"},
        "after_hours": after_hours or {},
        **given.pop("queue", {}),
    }
    return DeskConfig(queues=[queue], calendars=HOURS, **given)


@pytest.fixture
def evening(world):
    world.clock.set(EVENING)
    return world


def said(desk, ticket):
    told = [one.message for one in desk.tickets.timeline(ticket.id) if one.message is not None]
    return [one.text for one in told if one.direction == "out"]


def codes(got):
    return {one.code: one for one in got.trace.verdicts}


def promises(ticket):
    return [one for one in ticket.clocks if one.metric is Metric.PROMISE]


def test_whoever_writes_to_a_closed_queue_is_told_when_it_opens_once_in_a_session(evening):
    desk = evening.open(config())
    got = desk.receive(evening.said("请问怎么退款"))
    assert said(desk, got.ticket) == [
        "您好，现在是非服务时间，我们将于3月9日（周一）9:00恢复人工服务，届时尽快回复您。"
    ]
    evening.later(minutes=5)
    again = desk.receive(evening.said("有人吗"))
    assert len(said(desk, got.ticket)) == 1
    assert codes(again)["closed.skipped"].params[1] == ("reason", "session")
    evening.later(hours=49)
    desk.receive(evening.said("有人吗"))
    assert said(desk, got.ticket)[1].startswith("您好，现在是非服务时间，我们将于明天9:00")
    assert not problems_of(desk._store, desk.name)


def test_they_are_told_in_their_language(evening):
    desk = evening.open(config())
    got = desk.receive(evening.said("Where is my parcel, please?"))
    assert said(desk, got.ticket) == [
        "Our team is away right now. We are back on Monday, 9 March, at 09:00 and will reply as soon as we can."
    ]
    message = next(
        one.message for one in desk.tickets.timeline(got.ticket.id) if one.message and one.message.text[:3] == "Our"
    )
    assert (message.author, message.author_id) == (AuthorKind.SYSTEM, "after_hours")


@pytest.mark.parametrize(
    ("language", "text"),
    [("ja-JP", "また 2026-03-09 09:00"), ("en-GB", "back on Monday, 9 March, at 09:00"), ("fr", "晚安")],
)
def test_your_own_words(evening, language, text):
    texts = [
        {"language": "ja", "text": "また {{ opens_at }}"},
        {"language": "en", "text": "back {{ opens_at }}"},
        {"language": "zh", "text": "晚安"},
    ]
    desk = evening.open(config({"texts": texts}))
    got = desk.receive(evening.said("12345", language=language))
    assert said(desk, got.ticket) == [text]


def test_nothing_is_said_while_it_is_open(evening):
    evening.clock.set(EVENING - timedelta(hours=4))
    desk = evening.open(config({"call_back_within": "30m"}))
    got = desk.receive(evening.said("你好"))
    assert (said(desk, got.ticket), promises(got.ticket)) == ([], [])
    assert not [one for one in codes(got) if one.startswith("closed")]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"automatic": Automatic.REPLY}, "not_human"),
        ({"author": "bot"}, "not_human"),
        ({"sent_at": EVENING - timedelta(days=3)}, "backlog"),
    ],
)
def test_never_to_machines_and_never_for_what_is_old(evening, given, reason):
    desk = evening.open(config({"call_back_within": "30m"}))
    got = desk.receive(evening.said("你好", **given))
    assert (said(desk, got.ticket), promises(got.ticket)) == ([], [])
    assert codes(got)["closed.skipped"].params[1] == ("reason", reason)


def test_no_loop_can_start(evening):
    desk = evening.open(config(automatic_per_day=2, session_gap="1m"))
    for _ in range(5):
        got = desk.receive(evening.said("你好"))
        evening.later(minutes=2)
    assert len(said(desk, got.ticket)) == 2
    assert codes(got)["closed.skipped"].params[1] == ("reason", "daily_limit")


def test_the_promise_counts_from_the_opening_and_a_persons_reply_keeps_it(evening):
    desk = evening.open(config({"call_back_within": "30m"}), channels=[ScriptedChannel("web")])
    got = desk.receive(evening.said("你好"))
    (promise,) = promises(desk.tickets.get(got.ticket.id))
    assert (promise.name, promise.due_at) == ("after_hours", datetime(2026, 3, 9, 1, 30, tzinfo=UTC))
    evening.later(hours=50)
    desk.receive(evening.said("在吗"))
    assert len(promises(desk.tickets.get(got.ticket.id))) == 1
    evening.clock.set(datetime(2026, 3, 9, 1, 10, tzinfo=UTC))
    desk.reply(got.ticket.id, "您好，在的", actor=AGENT)
    assert promises(desk.tickets.get(got.ticket.id))[0].phase is ClockPhase.MET
    assert not problems_of(desk._store, desk.name)


def test_a_promise_without_a_word(evening):
    desk = evening.open(config({"notice": False, "call_back_within": "1h"}))
    got = desk.receive(evening.said("你好"))
    assert said(desk, got.ticket) == []
    assert len(promises(desk.tickets.get(got.ticket.id))) == 1


def test_a_phrase_that_answers_goes_first(evening):
    desk = evening.open(config(queue={"auto_reply": True}, accounts=(AccountPolicy(name="web", auto_reply=True),)))
    desk.replies.add(
        "营业时间", "我们周一至周五九点到六点营业", questions=("营业时间是几点", "几点开门"), auto_reply=True
    )
    answered = desk.receive(evening.said("营业时间是几点"))
    assert said(desk, answered.ticket) == ["我们周一至周五九点到六点营业"]
    unknown = desk.receive(evening.said("杯子碎了", by="bea"))
    assert said(desk, unknown.ticket)[0].startswith("您好，现在是非服务时间")
    assert {"reply.hand_over", "closed.told"} <= codes(unknown).keys()


BOT = {"queue": {"reception": "bot_first", "bot": "lantern", "bot_when": "closed"}, "bots": [{"name": "lantern"}]}


def test_a_bot_may_receive_while_people_are_away(evening):
    desk = evening.open(config(**BOT))
    night = desk.receive(evening.said("你好"))
    assert (night.ticket.worker.id, said(desk, night.ticket)) == ("lantern", [])
    evening.clock.set(datetime(2026, 3, 9, 2, tzinfo=UTC))
    day = desk.receive(evening.said("你好", by="bea"))
    assert day.ticket.worker is None


def test_who_is_handed_to_a_queue_that_is_closed_hears_when_it_opens(evening):
    queues = [
        {"name": "default", "reception": "bot_only", "bot": "lantern", "hand_off_to": "people"},
        {"name": "people", "routing": {"hours": "office"}, "after_hours": {}},
    ]
    bots = [{"name": "lantern", "farewell": "正在转接"}]
    desk = evening.open(DeskConfig(queues=queues, calendars=HOURS, bots=bots))
    got = desk.receive(evening.said("转人工"))
    assert got.ticket.queue == "people"
    assert [one[:10] for one in said(desk, got.ticket)] == ["您好，现在是非服务时"]


@pytest.mark.parametrize("assign", ["push", "offer"])
def test_what_people_have_or_are_offered_stays_theirs_at_night(evening, assign):
    evening.clock.set(datetime(2026, 3, 6, 9, 55, tzinfo=UTC))
    routing = {"hours": "office", "assign": assign, "offer_within": "12h"}
    desk = evening.open(config(queue={**BOT["queue"], "routing": routing}, bots=BOT["bots"]))
    li = desk.agents.add("Li", queues=("default",)).id
    day = desk.receive(evening.said("你好")).ticket
    evening.clock.set(EVENING)
    night = desk.receive(evening.said("还在吗"))
    held = night.ticket.offer.agent if assign == "offer" else night.ticket.assignee
    assert (night.ticket.id, held, night.ticket.reception) == (day.id, li, None)


def test_whoever_wants_a_person_at_night_hears_when_one_is_back(evening):
    bots = [{"name": "lantern", "farewell": "正在转接"}]
    desk = evening.open(config({"call_back_within": "30m"}, **{**BOT, "bots": bots}))
    got = desk.receive(evening.said("转人工"))
    assert [one[:10] for one in said(desk, got.ticket)] == ["您好，现在是非服务时"]
    assert len(promises(desk.tickets.get(got.ticket.id))) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"after_hours": {"calendar": "offiec"}}, "queues.default.after_hours.calendar"),
        ({"after_hours": {"notice": False}}, "queues.default.after_hours"),
        (
            {"after_hours": {"texts": [{"language": "zh", "text": "{{ when }}"}]}},
            "queues.default.after_hours.texts.0.text",
        ),
        (
            {"after_hours": {"texts": [{"language": "zh", "text": "{{ opens_at"}]}},
            "queues.default.after_hours.texts.0.text",
        ),
        ({"bot_when": "closed"}, "queues.default.bot_when"),
        ({"bot_when": "closed", "reception": "bot_first", "bot": "b"}, "queues.default.bot_when"),
        (
            {"bot_when": "closed", "reception": "bot_only", "bot": "b", "hand_off_to": "people", "after_hours": {}},
            "queues.default.bot_when",
        ),
    ],
)
def test_what_cannot_be_is_told(given, path):
    with pytest.raises(ConfigError) as caught:
        DeskConfig(queues=[{"name": "default", **given}, {"name": "people"}], bots=[{"name": "b"}], calendars=HOURS)
    assert caught.value.path == path


def test_hours_have_to_be_known():
    with pytest.raises(ConfigError, match="name a calendar"):
        DeskConfig(queues=(QueuePolicy(name="default", after_hours={}),))


def test_a_calendar_that_never_opens_again_has_nothing_to_tell(evening):
    closed = [{"name": "office", "dates": {"2020-01-01": [["09:00", "10:00"]]}}]
    desk = evening.open(DeskConfig(queues=[{"name": "default", "after_hours": {}}], calendars=closed))
    got = desk.receive(evening.said("你好"))
    assert said(desk, got.ticket) == []
