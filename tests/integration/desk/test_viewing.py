"""A desk as somebody sees it who may not see personal values: no read gives any of them back."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from csdesk import Actor, Denied, Desk, DeskConfig, InboundMessage, InvalidInput, Sender, Variable, Viewer, open_desk
from csdesk.domain.core.viewing import COVER, covered
from csdesk.domain.policy.config import TagPolicy
from csdesk.rules import AddTags, F, Rule
from csdesk.testing import FixedClock

VISITOR = Viewer(actor=Actor.agent("agt_temp"), personal=False)


def _marked() -> Any:
    """The module that tells a story with a marker in every personal field."""
    path = Path(__file__).with_name("test_erase_marker.py")
    spec = importlib.util.spec_from_file_location("csdesk_tests_erase_marker", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Desk, tuple[str, str]]]:
    marked = _marked()
    place = marked.Place(tmp_path, marked.Trap(monkeypatch))
    place.desk.agents.add("Lin", queues=("default",))
    place.tell(marked.KEPT)
    with closing(place.store), place.desk:
        yield place.desk, marked.KEPT


def _reads(desk: Desk, plain: Desk) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every read of ``desk``; the ids to ask for come from ``plain``."""
    yield "tickets.list", desk.tickets.list
    yield "customers.list", desk.customers.list
    yield "customers.erasures", desk.customers.erasures
    yield "agents.list", desk.agents.list
    yield "inbox.list", desk.inbox.list
    yield "outbox.list", desk.outbox.list
    yield "events.read", lambda: desk.events.read("somebody", limit=1000)
    yield "tickets.search", lambda: desk.tickets.search("reply")
    for ticket in plain.tickets.list(limit=1000).items:
        yield "tickets.get", lambda key=ticket.id: desk.tickets.get(key)
        yield "tickets.numbered", lambda number=ticket.number: desk.tickets.numbered(number)
        yield "tickets.timeline", lambda key=ticket.id: desk.tickets.timeline(key)
        yield "tickets.drafts", lambda key=ticket.id: desk.tickets.drafts.list(key)
        yield "sla.explain", lambda key=ticket.id: desk.sla.explain(key)
        yield "explain", lambda key=ticket.id: desk.explain(key)
    for signs in ((), ("kept",)):
        yield "learning.good_cases", lambda signs=signs: desk.learning.good_cases(signs=signs)
    yield "learning.corrections", desk.learning.corrections
    for customer in plain.customers.list(limit=1000).items:
        yield "customers.get", lambda key=customer.id: desk.customers.get(key)
        yield "customers.brief", lambda key=customer.id: desk.customers.brief(key)
        yield "customers.timeline", lambda key=customer.id: desk.customers.timeline(key)
        yield "customers.acts", lambda key=customer.id: desk.customers.acts(key)
        yield "explain", lambda key=customer.id: desk.explain(key)


def test_nothing_personal_comes_out_of_any_read(told: tuple[Desk, tuple[str, str]]) -> None:
    desk, words = told
    leaks = {}
    for name, read in _reads(desk.seen_by(VISITOR), desk):
        text = repr(read())
        if any(word in text for word in words):
            leaks[name] = text[max(0, text.index(words[0]) - 200) :][:300] if words[0] in text else ""
    assert not leaks


def test_who_may_see_personal_values_sees_all_of_them(told: tuple[Desk, tuple[str, str]]) -> None:
    desk, words = told
    seen = desk.seen_by(Viewer(actor=Actor.agent("agt_lead")))
    names = [name for name, read in _reads(seen, desk) if words[0] in repr(read())]
    assert {"tickets.list", "tickets.timeline", "customers.get", "inbox.list", "explain", "tickets.drafts"} <= set(
        names
    )
    assert [repr(read()) for _, read in _reads(seen, desk)] == [repr(read()) for _, read in _reads(desk, desk)]


def _asked(desk: Desk) -> Any:
    sender = Sender(external_id="li", name="李雷")
    return desk.receive(
        InboundMessage(account="web", dedupe_key="1", conversation="li", sender=sender, text="我要退款", subject="退款")
    )


def test_what_is_empty_stays_empty_and_what_is_no_secret_stays() -> None:
    with open_desk("memory://", clock=FixedClock()) as desk:
        ticket = _asked(desk).ticket
        seen = desk.seen_by(VISITOR)
        shown = seen.tickets.get(ticket.id)
        assert (shown.subject, shown.id, shown.number, shown.queue) == (COVER, ticket.id, ticket.number, ticket.queue)
        assert shown.close_reason == ""
        (message,) = (one.message for one in seen.tickets.timeline(ticket.id) if one.message is not None)
        assert message.text == COVER
        assert message.occurred_at == ticket.created_at
        assert covered(shown) == shown


def test_commands_through_it_work_and_give_back_covered_records() -> None:
    with open_desk("memory://", clock=FixedClock()) as desk:
        ticket = _asked(desk).ticket
        changed = desk.seen_by(VISITOR).tickets.tag(ticket.id, "vip", actor=VISITOR.actor)
        assert changed.subject == COVER
        kept = desk.tickets.get(ticket.id)
        assert kept.subject == "退款"
        assert [one.name for one in kept.tags] == ["vip"]


def test_values_that_rules_saw_are_hidden_too() -> None:
    rule = Rule(name="refund", when=F.message.text.contains("退款"), then=(AddTags(tags=("退款",)),))
    config = DeskConfig(rules=(rule,), tags=(TagPolicy(name="退款"),))
    with open_desk("memory://", config=config, clock=FixedClock()) as desk:
        ticket = _asked(desk).ticket
        lead = Viewer(actor=Actor.agent("agt_lead"))
        assert "我要退款" in repr(desk.tickets.explain_rule(ticket.id, "refund", viewer=lead))
        assert "我要退款" not in repr(desk.seen_by(VISITOR).tickets.explain_rule(ticket.id, "refund", viewer=lead))


def test_a_viewer_whom_the_policy_refuses_reads_nothing() -> None:
    config = DeskConfig.from_toml("""
    [[access.grants]]
    actors = ["agt_temp"]
    commands = ["read"]
    allow = false
    """)
    with open_desk("memory://", config=config, clock=FixedClock()) as desk:
        ticket = _asked(desk).ticket
        with pytest.raises(Denied, match="read"):
            desk.seen_by(VISITOR).tickets.get(ticket.id)
        assert desk.tickets.get(ticket.id).subject == "退款"


def test_closing_it_closes_nothing_and_it_closes_with_its_desk() -> None:
    desk = open_desk("memory://")
    seen = desk.seen_by(VISITOR)
    seen.close()
    assert desk.tickets.list().items == ()
    desk.close()
    with pytest.raises(Exception, match="closed"):
        seen.tickets.list()
    with pytest.raises(InvalidInput, match="viewer"):
        desk.seen_by("agt_temp")  # type: ignore[arg-type]


def test_a_draft_made_of_what_somebody_wrote_is_covered() -> None:
    with open_desk("memory://", clock=FixedClock()) as desk:
        got = _asked(desk)
        answer = desk.reply(got.ticket.id, "好的，南京西路 100 号退货点", actor=Actor.agent("agt_lead")).message
        draft = desk.seen_by(VISITOR).learning.draft(answer.id)
        assert "退款" not in repr(draft)
        assert "南京" not in repr(draft)
        assert draft.phrase.wordings[0].text == draft.article.questions[0].question == COVER
        assert [one.kind for one in draft.personal] == ["address", "address"]
        assert "我要退款" in repr(desk.learning.draft(answer.id))


def test_what_a_phrase_would_say_and_what_it_rests_on_is_covered() -> None:
    with open_desk("memory://", clock=FixedClock()) as desk:
        desk.replies.add(
            "退款",
            "{{ name }}您好，{{ days }} 天",
            name="refund",
            questions=("想退掉", "怎么退款"),
            variables=(Variable(name="name", source="customer.name"), Variable(name="days")),
        )
        got = _asked(desk)
        seen = desk.seen_by(VISITOR)
        (best,) = seen.replies.suggest(got.message_id).suggestions
        assert (best.phrase.title, best.missing, best.text) == ("退款", ("days",), COVER)
        assert {span.text for span in best.why.spans} == {COVER}
        assert (best.why.nearest, best.why.nearest_spans) == ("退款", ()), "the library's own words are nobody's"
        assert seen.replies.preview("refund", got.ticket.id).text == COVER
        (plain,) = desk.replies.suggest(got.message_id).suggestions
        assert plain.text == "李雷您好，⟨days⟩ 天"
