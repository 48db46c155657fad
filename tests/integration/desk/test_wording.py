"""Words that a reply should not say, wherever and however they are written."""

import pytest
from tests.integration.desk.conftest import events_of
from tests.integration.desk.test_library import phrase

from csdesk import Actor, DeskConfig, WordingRefused
from csdesk.domain.core.conversation.wording import words_of
from csdesk.domain.policy.config import WordingPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import HtmlPart, LinkPart, MenuItem, MenuPart, TextPart

AGENT = Actor.agent("agt_1")


def worded(world, **given):
    desk = world.open(DeskConfig(wording=WordingPolicy(**given)))
    return desk, desk.receive(world.said("hello")).ticket


MAIL = "<style>calm down</style><p>Please <b>calm</b>\n down</p>"


@pytest.mark.parametrize(
    ("said", "subject", "found"),
    [
        ([LinkPart(url="https://x.example", title="Calm down")], "", "Calm down"),
        ([LinkPart(url="https://x.example", description="calm down")], "", "calm down"),
        ([MenuPart(head="calm down", items=(MenuItem(text="a", id="1"),))], "", "calm down"),
        ([MenuPart(head="Which?", items=(MenuItem(text="随便你", id="1"),))], "", "随便你"),
        ([MenuPart(head="Which?", items=(MenuItem(text="a", id="1"),), tail="随便你")], "", "随便你"),
        ([TextPart(text="hello"), HtmlPart(html=MAIL)], "", "calm down"),
        ([TextPart(text="hello"), HtmlPart(html="<p>c&#97;lm<br>down</p>")], "", "calm\ndown"),
        ([TextPart(text="hello")], "Calm down", "Calm down"),
    ],
)
def test_words_are_found_wherever_a_customer_reads_them(world, said, subject, found):
    desk, ticket = worded(world, forbidden="refuse")
    with pytest.raises(WordingRefused) as refused:
        desk.reply(ticket.id, said, subject=subject, actor=AGENT)
    ((kind, start, end, _),) = refused.value.places
    assert (kind, words_of(tuple(said), subject)[start:end]) == ("forbidden", found)
    assert desk.tickets.get(ticket.id).messages == 1
    assert desk.reply(ticket.id, said, subject=subject, actor=AGENT, override="a quotation").message


def test_what_is_not_seen_says_nothing(world):
    desk, ticket = worded(world, forbidden="refuse")
    said = [TextPart(text="hello"), HtmlPart(html="<style>.calm down {}</style><!-- calm down --><p>hello</p>")]
    assert desk.reply(ticket.id, said, actor=AGENT).message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("that is not  my \t problem.", "not  my \t problem"),
        ("not my\n\nproblem", "not my\n\nproblem"),
        ("It’s your own fault", "It’s your own fault"),
        ("It´s your own fault", "It´s your own fault"),
        ("好的，随便 你", "随便 你"),
        ("隨 便　　你吧", "隨 便　　你"),
        ("请calm down吧", "calm down"),
        ("cafe\u0301: calm down", "calm down"),
        ("抱歉 ， 不", "抱歉 ， 不"),
    ],
)
def test_blanks_and_quotes_hide_no_words(world, text, found):
    desk, _ = worded(world)
    (spot,) = desk.replies.check(text)
    assert text[spot.start : spot.end] == found


@pytest.mark.parametrize("text", ["随便\n你", "recalm down", "not myproblem", "行\n行不行", "要\n不\n行李"])
def test_other_words_and_other_lines_are_left_alone(world, text):
    desk, _ = worded(world)
    assert desk.replies.check(text) == ()


def test_a_pasted_reason_is_found_whatever_blanks_stand_in_it(world):
    desk, _ = worded(world, verbatim="refuse")
    reason = "平台规则第七条规定：签收后七日内且不影响二次销售的商品可以退款，超过则需\n主管审批。"
    desk.replies.import_([phrase("refund", "退款", rationale=reason)])
    text = "您好！签收 后七日内\n且不影响　二次销售的商品可以退款， 超过则需主管 审批。谢谢"
    (spot,) = desk.replies.check(text)
    assert text[spot.start : spot.end] == text[text.index("签收") : text.index("谢谢")]


def test_a_refusal_names_what_is_refused_and_a_warning_lets_the_reply_go(world):
    desk, ticket = worded(world, forbidden="refuse", cold="warn")
    with pytest.raises(WordingRefused) as refused:
        desk.reply(ticket.id, "不行，随便你", actor=AGENT)
    assert [(kind, start) for kind, start, _, _ in refused.value.places] == [("forbidden", 3)]
    desk.reply(ticket.id, "不行", actor=AGENT, override="needless")
    desk.reply(ticket.id, "不行，随便你", actor=AGENT, override="a quotation")
    told = events_of(desk, ticket.id, ev.WordingFound)
    assert [(len(one.found), one.overridden, one.reason or "") for one in told] == [
        (1, False, ""),
        (2, True, "a quotation"),
    ]


def test_of_two_words_that_begin_alike_the_longer_is_found(world):
    words = ({"text": "随便", "kind": "forbidden"}, {"text": "随便您选", "kind": "forbidden"})
    desk, ticket = worded(world, forbidden="refuse", standard=False, words=words)
    with pytest.raises(WordingRefused) as refused:
        desk.reply(ticket.id, "随便您选", actor=AGENT)
    assert [(start, end) for _, start, end, _ in refused.value.places] == [(0, 4)]
