import csv
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.errors import InvalidInput
from csdesk.matching import Phrase
from csdesk.parsing import phrases

REFUND = Phrase(
    "refund",
    "申请退款",
    ("怎么退款", "我要退款，多久"),
    ("退款",),
    answer='在订单页点"申请退款"。\n3 天到账。',
    related=("keep",),
    valid_from=datetime(2026, 6, 1, tzinfo=UTC),
    auto_reply=False,
)
SHIP = Phrase("ship", "发货时间", language="zh", channels=("app", "web"), levels=("gold",), tags=("物流",))


@pytest.mark.parametrize("form", ["csv", "jsonl", "toml"])
def test_what_was_written_is_read(form: str) -> None:
    assert phrases.read(phrases.write([REFUND, SHIP], form), form) == [REFUND, SHIP]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "＝1+1", "'=1", "''-1", "'", "It's"])
def test_no_cell_is_a_formula_and_all_are_read_as_they_were(text: str) -> None:
    phrase = Phrase("a", text, (text, "x"), answer=text)
    sheet = phrases.write([phrase], "csv")
    for cell in next(csv.reader(sheet.splitlines()[1:])):
        assert not cell.startswith(("=", "+", "-", "@", "＝"))
    assert phrases.read(sheet, "csv") == [phrase]


def test_a_spreadsheet_may_part_questions_by_bars() -> None:
    text = "\ufeffID,Title,Questions,Auto_reply\r\nrefund,退款,怎么退款|我要退款 | ,否\r\n"
    assert phrases.read(text, "csv") == [Phrase("refund", "退款", ("怎么退款", "我要退款"), auto_reply=False)]


def test_markdown_has_one_phrase_a_file() -> None:
    text = (
        "# 申请退款\n\n说明\n\n## 问题\n\n- 怎么退款\n* 我要退款\n\n## 关键词\n- 退款\n\n## 回答\n\n点这里。\n\n- 再点"
    )
    assert phrases.read(text, "md", name="refund") == [
        Phrase("refund", "申请退款", ("怎么退款", "我要退款"), ("退款",), answer="点这里。\n\n- 再点")
    ]
    one = Phrase("a", "Refund", ("how",), ("money",), ("t",), answer="so", related=("b",))
    assert phrases.read(phrases.write([one], "md"), "md", name="a") == [one]


@pytest.mark.parametrize(
    ("text", "form", "field"),
    [
        ('{"id": "a"}', "jsonl", "line 1.title"),
        ('\n{"title": "a"}', "jsonl", "line 2.id"),
        ("{", "jsonl", "line 1"),
        ("[]", "jsonl", "line 1"),
        ('{"id": "a", "title": "t", "colour": 1}', "jsonl", "line 1.colour"),
        ('{"id": "a", "title": 5}', "jsonl", "line 1.title"),
        ('{"id": "a", "title": "t", "questions": [1]}', "jsonl", "line 1.questions"),
        ('{"id": "a", "title": "t", "valid_from": "soon"}', "jsonl", "line 1.valid_from"),
        ('{"id": "a", "title": "t", "valid_from": "2026-01-01"}', "jsonl", "line 1.valid_from"),
        ('{"id": "a", "title": "t", "auto_reply": "maybe"}', "jsonl", "line 1.auto_reply"),
        ("id,title\na,b,c\n", "csv", "line 2"),
        ("phrases = 1", "toml", "phrases"),
        ("phrases = ", "toml", "toml"),
        ("## Questions\n- a\n", "md", "phrase.title"),
        ("", "docx", "form"),
    ],
)
def test_a_problem_names_its_place(text: str, form: str, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        phrases.read(text, form)
    assert error.value.field == field


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^phrases: "):
        phrases.write([REFUND, SHIP], "md")
    with pytest.raises(InvalidInput, match=r"^form: "):
        phrases.write([REFUND], "docx")


@pytest.mark.parametrize(
    ("text", "form", "told"),
    [
        ("id,title,answer\na,t," + "x" * 200_000, "csv", r"^line 2: is no CSV"),
        ('id,title,answer\na,"t,so\nb,u,so\n', "csv", r"^line 3: is no CSV"),
        ("id,title,Questions,questions\na,t,b,c\n", "csv", r"^line 1: two columns are called 'questions'"),
        ('{"id": "a", "title": ' + "[" * 100_000, "jsonl", r"^line 1: is nested too deeply"),
        ('{"id": "a", "title": "t", "id": "b"}', "jsonl", r"^line 1.id: stands there twice"),
        ("phrases = " + "[" * 5_000 + "]" * 5_000, "toml", r"^toml: is nested too deeply"),
        ('[[phrase]]\nid = "a"\ntitle = "t"\n', "toml", r"^phrase: is no table of phrases"),
        ("# t\n\n## Questions\n\nhow?\n", "md", r"^line 5: is no part of the list"),
        ("# t\n\n## Questions\n- how\n\n## Anwser\nso\n", "md", r"^line 6: unknown heading.*'answer'"),
        ("# t\n\n## Answer\nso\n\n## Keyword\n- how\n", "md", r"^line 6: unknown heading.*'keywords'"),
    ],
    ids=[
        *("a huge cell", "an open quote", "a column twice", "deep JSON", "a key twice", "deep TOML", "another table"),
        *("a question that is no item", "a misspelt answer", "keywords that customers would read"),
    ],
)
def test_what_would_be_lost_or_break_is_named(text: str, form: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        phrases.read(text, form)


def test_an_answer_may_have_headings_of_its_own() -> None:
    one = Phrase("a", "Refund", answer="## In the app\nso\n\n## By phone\nso")
    assert phrases.read(phrases.write([one], "md"), "md", name="a") == [one]


@pytest.mark.parametrize("one", [Phrase("a", "t", answer="so\n## Questions\n- b"), Phrase("a", "t", ("b\nc",))])
def test_what_markdown_cannot_keep_apart_is_not_written(one: Phrase) -> None:
    with pytest.raises(InvalidInput, match="write csv, jsonl or toml"):
        phrases.write([one], "md")


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda text: text.strip() == text)
PARTED = st.text(st.sampled_from('a|[]"\n\r, \u2028\x85'), min_size=1, max_size=6).filter(lambda t: t.strip() == t)
ANY = TEXT | PARTED


@given(ANY, ANY, st.lists(ANY, max_size=3), st.sampled_from(["csv", "jsonl", "toml"]))
def test_any_text_survives(title: str, answer: str, questions: list[str], form: str) -> None:
    phrase = Phrase("a", title, tuple(questions), answer=answer)
    assert phrases.read(phrases.write([phrase], form), form) == [phrase]
