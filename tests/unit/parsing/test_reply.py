"""What somebody wrote now, apart from what they quote and sign with."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.channels.email import ReplyParts, split_reply
from csdesk.errors import InvalidInput

OLD = "> Where is my parcel?\n>\n> 我的包裹在哪里"

INTRODUCTIONS = {
    "gmail en": "On Tue, Mar 3, 2026 at 10:00 AM Li Wei <li@example.com> wrote:",
    "gmail en wrapped": "On Tue, Mar 3, 2026 at 10:00 AM Li Wei <\nli@example.com> wrote:",
    "apple en": "On 3 Mar 2026, at 10:00, Li Wei <li@example.com> wrote:",
    "gmail zh": "李伟 <li@example.com> 于2026年3月3日周二 10:00写道：",
    "gmail zh wrapped": "李伟 <li@example.com> 于2026年3月3日周二\n10:00写道：",
    "apple zh": "在 2026年3月3日，10:00，李伟 <li@example.com> 写道：",
    "163": '在 2026-03-03 10:00:00，"李伟" <li@example.com> 写道：',
    "traditional": "李偉 <li@example.com> 於 2026年3月3日 週二 上午10:00寫道：",
    "de": "Am Di., 3. März 2026 um 10:00 Uhr schrieb Li Wei <li@example.com>:",
    "fr": "Le mar. 3 mars 2026 à 10:00, Li Wei <li@example.com> a écrit :",
    "es": "El mar, 3 mar 2026 a las 10:00, Li Wei (<li@example.com>) escribió:",
    "it": "Il giorno mar 3 mar 2026 alle ore 10:00 Li Wei <li@example.com> ha scritto:",
    "pt": "Em ter., 3 de mar. de 2026 às 10:00, Li Wei <li@example.com> escreveu:",
    "nl": "Op di 3 mrt 2026 om 10:00 schreef Li Wei <li@example.com>:",
    "pl": "wt., 3 mar 2026 o 10:00 Li Wei <li@example.com> napisał(a):",
    "sv": "Den tis 3 mars 2026 kl 10:00 skrev Li Wei <li@example.com>:",
    "ru": "вт, 3 мар. 2026 г. в 10:00, Li Wei <li@example.com>:",
    "ja": "2026年3月3日(火) 10:00 Li Wei <li@example.com>:",
    "ko": "2026년 3월 3일 (화) 오전 10:00, Li Wei <li@example.com>님이 작성:",
    "tr": "Li Wei <li@example.com>, 3 Mar 2026 Sal, 10:00 tarihinde şunu yazdı:",
    "cs": "út 3. 3. 2026 v 10:00 odesílatel Li Wei <li@example.com> napsal:",
}

BLOCKS = {
    "outlook en": "From: Shop <s@example.com>\nSent: Tuesday, March 3, 2026\nTo: Li Wei\nSubject: Parcel",
    "outlook zh": "发件人: 客服\n发送时间: 2026年3月3日 10:00\n收件人: 李伟\n主题: 包裹",
    "outlook zh wide": "发件人：客服\n日期：2026年3月3日\n收件人：李伟\n主题：包裹",
    "outlook ruled": "________________________________\nFrom: Shop <s@example.com>\nSent: Tuesday\nTo: Li\nSubject: x",
    "bold": "*From:* Shop <s@example.com>\n*Date:* 3 March 2026\n*To:* Li\n*Subject:* Parcel",
    "de": "Von: Shop <s@example.com>\nGesendet: Dienstag, 3. März 2026\nAn: Li\nBetreff: Paket",
    "fr": "De : Shop <s@example.com>\nEnvoyé : mardi 3 mars 2026\nÀ : Li\nObjet : Colis",
    "es": "De: Shop <s@example.com>\nEnviado: martes, 3 de marzo\nPara: Li\nAsunto: Paquete",
    "ja": "差出人: Shop <s@example.com>\n送信日時: 2026年3月3日\n宛先: Li\n件名: 荷物",
    "ru": "От: Shop <s@example.com>\nОтправлено: 3 марта 2026\nКому: Li\nТема: Посылка",
    "qq": '------------------ 原始邮件 ------------------\n发件人: "客服"<s@example.com>;\n发送时间: 2026年3月3日',
    "qq raw": "------------------&nbsp;原始邮件&nbsp;------------------\n发件人: 客服",
    "qq en": "------------------ Original ------------------\nFrom: Shop",
    "netease": "---- 回复的原邮件 ----\n发件人 客服",
    "original": "-----Original Message-----",
    "german original": "-----Ursprüngliche Nachricht-----",
}

SIGNATURES = {
    "delimiter": "-- \nLi Wei\nTel. 123",
    "delimiter without blank": "--\nLi Wei",
    "iphone": "Sent from my iPhone",
    "outlook": "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "iphone zh": "发自我的 iPhone",
    "foxmail": "发自 Foxmail",
    "netease": "由网易邮箱大师定制",
    "de": "Von meinem iPhone gesendet",
    "fr": "Envoyé de mon iPhone",
    "es": "Enviado desde mi iPhone",
    "ja": "iPhoneから送信",
    "ko": "나의 iPhone에서 보냄",
}


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
def test_a_marked_quote_goes_with_its_introduction(introduction):
    parts = split_reply(f"好的，谢谢。\nIt came.\n\n{introduction}\n\n{OLD}\n")
    assert parts.visible == "好的，谢谢。\nIt came."
    assert parts.quoted == f"{introduction}\n\n{OLD}"


@pytest.mark.parametrize("block", {**BLOCKS, **INTRODUCTIONS}.values(), ids={**BLOCKS, **INTRODUCTIONS})
def test_an_unmarked_quote_goes_to_the_end(block):
    parts = split_reply(f"收到\n\n{block}\n\nWhere is it?\n\nBest regards")
    assert (parts.visible, parts.signature) == ("收到", "")
    assert parts.quoted == f"{block}\n\nWhere is it?\n\nBest regards"


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_signature_stands_apart(signature):
    parts = split_reply(f"Thank you.\n\n{signature}\n\n")
    assert (parts.visible, parts.signature) == ("Thank you.", signature)
    above = split_reply(f"Thank you.\n\n{signature}\n\n{INTRODUCTIONS['gmail en']}\n{OLD}")
    assert (above.visible, above.signature) == ("Thank you.", signature)


def test_answers_between_quoted_lines_stay():
    text = f"{INTRODUCTIONS['gmail en']}\n> Which size?\n\nForty.\n\n> Which colour?\nRed.\n"
    parts = split_reply(text)
    assert parts.visible == "Forty.\n\nRed."
    assert [span.kind for span in parts.spans] == ["quoted", "visible", "quoted", "visible"]


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- 转发的邮件 --------",
        "-------- Weitergeleitete Nachricht --------",
    ],
)
def test_what_is_sent_on_stays(mark):
    text = f"please look at this\n\n{mark}\nFrom: A <a@example.com>\nDate: 3 March\nSubject: x\n\n> deep\nimportant"
    assert split_reply(text).visible == text


@pytest.mark.parametrize("text", [OLD, f"{INTRODUCTIONS['163']}\n{OLD}", f"{BLOCKS['outlook zh']}\n\n旧内容"])
def test_a_mail_that_only_quotes_is_not_emptied(text):
    assert split_reply(text) == ReplyParts(text, "", "", split_reply(text).spans)


@pytest.mark.parametrize(
    "text",
    [
        "On Monday you wrote: it works. It does not.",
        "He wrote:\nI did not do it.",
        "From: Beijing\nTo: Shanghai\nDate: 3 May\nplease book this",
        "my list:\n- one\n- two\n----------\ntotal",
        ">_< why\nso slow",
        "Sent from my warehouse yesterday, the parcel is lost.",
        "时间：10:00\n地点：北京",
        "-- really?",
    ],
)
def test_what_only_looks_like_a_quote_stays(text):
    assert split_reply(text) == ReplyParts(text, "", "", split_reply(text).spans)


@pytest.mark.parametrize(
    "text",
    [
        "I ran this:\n\n```\n> npm install\n> npm start\n```\n\nand it failed",
        "I ran this:\n\n~~~\n> npm install\n~~~\nnothing",
        "I ran this:\n\n    > npm install\n    > npm start\n\nand it failed",
        "it fails if the weight is\n> 5 kg and\nnot else",
    ],
)
def test_marks_that_are_code_are_no_quote(text):
    assert split_reply(text).visible == text


def test_a_fence_that_is_never_closed_hides_no_quote():
    assert split_reply(f"```\nthanks\n\n{INTRODUCTIONS['gmail en']}\n{OLD}").visible == "```\nthanks"


@pytest.mark.parametrize(
    "farewell",
    [
        "Best regards,\nLi Wei\nExample Ltd.",
        "Kind regards\n\nLi Wei",
        "Best regards, Li Wei",
        "Cheers,\nLi",
        "Mit freundlichen Grüßen\n\nLi Wei",
        "Cordialement,\nLi Wei",
        "此致\n敬礼！\n\n李伟\n2026年3月3日",
        "此致敬礼",
        "顺颂商祺\n李伟",
        "よろしくお願いいたします。\n李",
        "Best regards\nLi\n\nSent from my iPhone",
    ],
)
def test_a_farewell_begins_the_signature(farewell):
    parts = split_reply(f"The parcel is late.\n\n{farewell}\n")
    assert (parts.visible, parts.signature) == ("The parcel is late.", farewell)


@pytest.mark.parametrize(
    "text",
    [
        "Best regards",
        "Give my best regards to him.",
        "Hello\nBest regards\nWhen does my parcel come?",
        "Hello\nRegards\n" + "one more thing that I have to say about it\n" * 9,
        "我要退款\n请寄送礼品，此致敬礼的卡片也要",
    ],
)
def test_what_only_looks_like_a_farewell_stays(text):
    assert split_reply(text).visible == text.strip()


@pytest.mark.parametrize("text", [None, b"x", 7])
def test_only_text_is_split(text):
    with pytest.raises(InvalidInput, match="text"):
        split_reply(text)


def test_line_ends_of_any_kind():
    text = f"Thanks\r\n\r\n{INTRODUCTIONS['gmail en']}\r\n> old\r\n"
    parts = split_reply(text)
    assert parts.visible == "Thanks"
    assert text[parts.spans[0].start : parts.spans[0].end] == "Thanks\r\n\r\n"


LINES = st.sampled_from(
    [
        *(
            line
            for value in [*INTRODUCTIONS.values(), *BLOCKS.values(), *SIGNATURES.values()]
            for line in value.split("\n")
        ),
        "",
        "> old",
        "new",
        "---------- Forwarded message ---------",
    ]
)


@given(st.one_of(st.text(), st.lists(LINES).map("\n".join)))
def test_nothing_is_lost_and_nothing_stays_invisible(text):
    parts = split_reply(text)
    assert "".join(text[span.start : span.end] for span in parts.spans) == text
    assert bool(parts.visible) == bool(text.strip())


@given(st.lists(LINES).map("\n".join))
def test_neighbouring_spans_are_of_different_kinds(text):
    kinds = [span.kind for span in split_reply(text).spans]
    assert all(one != other for one, other in pairwise(kinds))


@pytest.mark.parametrize("text", ["", "hello", "> quoted", "Sent from my iPhone", "--", "在 2026年 写道：", "  \t"])
def test_a_single_line_is_said_as_a_whole(text: str) -> None:
    split = split_reply(text)
    assert (split.visible, split.quoted, split.signature) == (text.strip(), "", "")
