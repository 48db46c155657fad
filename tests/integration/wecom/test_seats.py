"""What the platform is told about who has a conversation follows from who works on its ticket."""

import pytest

from csdesk import Actor
from csdesk.channels.wecom.management import ServiceState
from csdesk.domain.records import events as ev
from csdesk.ports.bots import BotAbstains, BotAnswer

UNTREATED, ROBOT, POOL, HUMAN = ServiceState.UNTREATED, ServiceState.ROBOT, ServiceState.POOL, ServiceState.HUMAN
CONFIG = """
    [[queues]]
    name = "default"
    reception = "bot_first"
    bot = "xiaozhi"
    [[bots]]
    name = "xiaozhi"
    farewell = "马上为您转接"
    [[accounts]]
    name = "kf"
    people = "{people}"
"""


@pytest.fixture
def opened(make_kf):
    def opened(people="there", **given):
        return make_kf(CONFIG.format(people=people), **given)

    return opened


def answer(kf, outcome):
    (turn,) = kf.desk.bots.take("xiaozhi")
    kf.desk.bots.finish(turn, outcome)
    kf.desk.run_due()


def state(kf):
    return ServiceState(kf.platform.talk("wm1").state)


def test_a_bot_is_the_smart_assistant(opened):
    kf = opened()
    kf.said()
    assert state(kf) is ROBOT
    answer(kf, BotAnswer(text="48 小时内发货"))
    assert kf.texts() == ["48 小时内发货"]
    assert state(kf) is ROBOT


def test_people_of_the_platform_get_it_from_the_pool(opened):
    kf = opened()
    kf.said()
    answer(kf, BotAbstains())
    assert kf.texts() == ["马上为您转接"]
    assert state(kf) is POOL


def test_an_agent_who_answers_there_gets_it(opened):
    kf = opened(agents={"agent_li": "agt_00000000000000000000000002"})
    li = kf.desk.agents.add("Li", queues=("default",))
    assert li.id == "agt_00000000000000000000000002"
    kf.said()
    answer(kf, BotAbstains())
    kf.desk.run_due()
    assert kf.ticket().assignee == li.id
    assert (state(kf), kf.platform.talk("wm1").servicer) == (HUMAN, "agent_li")
    kf.arrives()
    assert kf.ticket().elsewhere == "agent_li"


def test_an_agent_who_does_not_take_any_now_leaves_it_to_the_pool(opened):
    kf = opened(agents={"agent_li": "agt_00000000000000000000000002"})
    kf.desk.agents.add("Li", queues=("default",))
    kf.platform.servicers["agent_li"] = 1
    kf.said(text="转人工")
    assert state(kf) is POOL


def test_people_here_answer_as_the_smart_assistant(opened):
    kf = opened("here")
    li = kf.desk.agents.add("Li", queues=("default",))
    kf.said(text="转人工")
    assert kf.ticket().assignee == li.id
    kf.desk.reply(kf.ticket().id, "您好", actor=Actor.agent(li.id))
    assert kf.texts() == ["马上为您转接", "您好"]
    assert state(kf) is ROBOT


def test_who_is_not_asked_is_told_nothing(make_kf):
    kf = make_kf(CONFIG.format(people="here").partition("[[accounts]]")[0])
    kf.said()
    assert state(kf) is UNTREATED
    assert not any("service_state" in target for _, target, _ in kf.platform.requests)


def test_it_is_told_again_until_it_is_heard(opened):
    kf = opened()
    kf.platform.writes("wm1", "hi")
    kf.platform.plan("kf/service_state/trans", -1)
    report = kf.arrives()
    assert (report.retried, state(kf)) == (1, UNTREATED)
    kf.later(seconds=10)
    kf.desk.run_due()
    assert state(kf) is ROBOT


def test_what_is_never_heard_is_an_alert_in_the_end(opened):
    kf = opened()
    kf.platform.writes("wm1", "hi")
    kf.platform.plan("kf/service_state/trans", *[-1] * 6)
    report = kf.arrives()
    for wait in (10, 20, 40, 80, 160):
        assert (report.retried, report.failed) == (1, 0)
        assert kf.desk.run_due().retried == 0, "not before its time"
        kf.later(seconds=wait)
        report = kf.desk.run_due()
    assert (report.retried, report.failed) == (0, 1)
    kf.later(minutes=3)
    assert kf.desk.run_due().failed == 0


def test_each_change_of_hands_is_told(opened):
    kf = opened(agents={"agent_li": "agt_00000000000000000000000002"})
    li = kf.desk.agents.add("Li")
    kf.said()
    answer(kf, BotAbstains())
    assert state(kf) is POOL
    kf.desk.tickets.assign(kf.ticket().id, li.id, actor=Actor.agent(li.id))
    kf.desk.run_due()
    assert (state(kf), kf.platform.talk("wm1").servicer) == (HUMAN, "agent_li")


def test_a_refusal_is_an_alert(opened):
    kf = opened()
    kf.platform.writes("wm1", "hi")
    kf.platform.plan("kf/service_state/trans", 95016)
    assert kf.arrives().failed == 1
    events = [event for entry in kf.desk.explain(kf.ticket().id) for event in entry.events]
    assert [one.name for one in events if isinstance(one, ev.AlertRaised)] == ["channel.seat"]
    kf.later(minutes=3)
    tried = len(kf.platform.requests)
    assert kf.desk.run_due().failed == 0
    assert not any("trans" in target for _, target, _ in kf.platform.requests[tried:])


def test_a_broken_adapter_is_an_alert(opened, monkeypatch):
    kf = opened()
    channel = kf.desk._core.channels["kf"]
    monkeypatch.setattr(type(channel), "seat", lambda *given: 1 / 0)
    kf.platform.writes("wm1", "hi")
    kf.platform.writes("wm2", "hi")
    assert kf.arrives().failed == 2
    events = [event for entry in kf.desk.explain(kf.ticket().id) for event in entry.events]
    assert [one.name for one in events if isinstance(one, ev.AlertRaised)] == ["channel.seat"]


def test_nobody_is_told_of_a_ticket_that_is_over(opened):
    kf = opened()
    kf.platform.plan("kf/service_state/trans", -1)
    kf.platform.writes("wm1", "hi")
    kf.arrives()
    kf.desk.tickets.set_status(kf.ticket().id, "closed", actor=Actor.system())
    asked = len(kf.platform.requests)
    kf.later(seconds=10)
    kf.desk.run_due()
    assert not any("service_state" in target for _, target, _ in kf.platform.requests[asked:])


def test_a_round_may_stop_between_seats(opened):
    kf = opened()
    for number in range(3):
        kf.platform.writes(f"wm{number}", "hi")
    assert kf.desk.handle("kf", kf.callback()).status == 200
    rounds = 1
    while kf.desk.run_due(limit=1).more:
        rounds += 1
    assert rounds > 3
    for number in range(3):
        assert ServiceState(kf.platform.talk(f"wm{number}").state) is ROBOT
