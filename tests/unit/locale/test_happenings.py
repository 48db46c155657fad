"""Every event has a line for timelines in both languages, which names only fields that it has and nothing personal."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from csdesk import Actor, InboundMessage, Priority, Sender, open_desk, render
from csdesk.domain.locale.happenings import HAPPENINGS, WORDS_ZH
from csdesk.domain.locale.render import parameters
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, Link, LinkKind, Offer, Worker, WorkerKind
from csdesk.testing import FixedClock

KINDS = {cls.model_fields["kind"].default: cls for cls in get_args(get_args(ev.Event)[0])}
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_every_event_has_a_line_and_no_line_is_left_over() -> None:
    assert KINDS.keys() == HAPPENINGS.keys()


@pytest.mark.parametrize("kind", HAPPENINGS)
def test_a_line_names_fields_of_its_event_and_none_that_is_personal(kind: str) -> None:
    cls, (english, chinese) = KINDS[kind], HAPPENINGS[kind]
    assert parameters(english) | parameters(chinese) <= cls.model_fields.keys() - cls.PERSONAL - {"kind"}
    assert english.isascii() or "→" in english
    assert english.strip() == english


def test_words_of_fixed_sets_have_a_chinese_word() -> None:
    wanted = {str(one) for one in Category} | {one.name.lower() for one in Priority}
    assert wanted <= WORDS_ZH.keys()


def test_lines_leave_out_what_is_empty_and_name_what_is_there() -> None:
    worker, before = (Worker(kind=WorkerKind.AGENT, id=name, fence=1) for name in ("agt_1", "agt_2"))
    given = ev.TicketAssigned(worker=worker, before=None, reason="route.least_loaded")
    assert render(given, "en") == "given to agt_1 (least busy)"
    taken = ev.TicketAssigned(worker=None, before=before, reason="needs English")
    assert render(taken, "en") == "taken from agt_2 (needs English)"
    assert render(taken) == "原处理人 agt_2（needs English）"
    status = ev.StatusChanged(before=Category.OPEN, after=Category.WAITING_CUSTOMER, status="waiting_customer")
    assert (render(status, "en"), render(status)) == ("open → waiting customer", "处理中 → 待客户回复")
    snoozed = ev.StatusChanged(
        before=Category.OPEN, after=Category.SNOOZED, status="on ice", until=NOW, reason="snooze_over"
    )
    assert render(snoozed, "en") == "open → snoozed (on ice), until 2026-01-05 09:00+00:00, the snooze is over"
    priority = ev.TicketFieldSet(name="priority", before=2, after=4)
    assert (render(priority, "en"), render(priority)) == ("priority: normal → urgent", "优先级：普通 → 紧急")
    assert render(ev.TicketFieldSet(name="queue", before=None, after="a_b"), "en") == "queue: a_b"
    tagged = ev.TicketTagged(tags=tuple(TagAssignment(name=name, at=NOW) for name in ("退款", "vip")))
    assert render(tagged, "en") == "tagged 退款, vip"
    assert render(ev.SkewSeen(behind=timedelta(minutes=90)), "en") == "the clock was 90m behind"


def test_a_timeline_of_a_desk_can_be_shown_whole_and_tells_nothing_personal() -> None:
    with open_desk("memory://", clock=FixedClock()) as desk:
        sender = Sender(external_id="li-secret", name="李秘密")
        asked = InboundMessage(account="web", dedupe_key="1", conversation="conv-secret", sender=sender, text="秘密")
        ticket = desk.receive(asked).ticket
        assert ticket is not None
        desk.reply(ticket.id, "秘密 reply", actor=Actor.agent("mei"))
        desk.tickets.set_status(ticket.id, "closed", actor=Actor.agent("mei"))
        for locale in ("zh-CN", "en"):
            lines = [render(event, locale) for entry in desk.explain(ticket.id) for event in entry.events]
            assert len(lines) >= 5
            assert all(lines)
            assert not any("秘密" in line or "secret" in line for line in lines)


def test_lines_name_tickets_people_and_clocks() -> None:
    link = Link(kind=LinkKind.FOLLOW_UP_OF, ticket="tkt_2")
    assert "tkt_2" in render(ev.LinksChanged(added=(link,)), "en")
    clock = Clock(metric=Metric.FIRST_REPLY, cycle=1, policy="gold", amount=timedelta(hours=1), started_at=NOW)
    assert render(ev.ClockBreached(clock=clock, at=NOW), "en").endswith(": late")
    for agent, shown in (("agt_1", "agt_1"), (None, "refunds")):
        offer = Offer(number=1, queue="refunds", agent=agent, made_at=NOW)
        assert shown in render(ev.OfferMade(offer=offer), "zh-CN")
