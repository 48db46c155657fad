"""Whatever an error says, it says in Chinese too: the source is searched for its texts, and the tables for each."""

from __future__ import annotations

import pickle
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core import core_schema

from csdesk import DeskConfig, InboundMessage, render
from csdesk._nearest import nearest
from csdesk._sentence import Sentence, sentence
from csdesk.domain.locale import sentences as package
from csdesk.domain.locale.chinese import _PLACE, AREAS, in_chinese, sentences, table
from csdesk.domain.locale.zh_cn import KINDS
from csdesk.errors import ConfigError, InvalidInput, StoreBusy

from .sites import Fault, Said, is_neutral, places, read, read_all

_WORDS = re.compile(r"(?<![\w.=:/`'\"(-])[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}(?![\w(])")
"""English of three words and more; names in code stand alone."""


@pytest.fixture(scope="module")
def found() -> list[tuple[str, Said | Fault]]:
    return list(read_all().texts())


def of_the_test(text: str) -> list[Said | Fault]:
    return [one for _, one in read({"here.py": text}).texts()]


def test_no_text_is_put_together_where_it_is_raised(found: list[tuple[str, Said | Fault]]) -> None:
    faults = {f"{one.where} (said in {path}): {one.what}" for path, one in found if isinstance(one, Fault)}
    assert faults == set()


def test_every_text_has_a_chinese_one(found: list[tuple[str, Said | Fault]]) -> None:
    chinese = {**sentences(), **KINDS}
    said = {one for _, one in found if isinstance(one, Said) and one.text not in chinese}
    assert {(one.where, one.text) for one in said if one.names is None or not is_neutral(one.text)} == set()


def test_values_are_the_same_in_both_languages(found: list[tuple[str, Said | Fault]]) -> None:
    chinese = {**sentences(), **KINDS}
    for one in {one for _, one in found if isinstance(one, Said)}:
        if one.names is None:
            assert not _PLACE.search(one.text), f"{one.where}: {one.text!r} needs sentence(...)"
        else:
            assert places(one.text) == one.names, one.where
            assert places(chinese.get(one.text, one.text)) == one.names, one.where


def test_no_chinese_text_is_left_over(found: list[tuple[str, Said | Fault]]) -> None:
    said = {one.text for _, one in found if isinstance(one, Said)}
    kinds = {f"pydantic.{kind}" for kind in get_args(core_schema.ErrorType)}
    assert sentences().keys() - said - kinds == set()


def test_every_sentence_stands_once_in_tables_that_can_be_read() -> None:
    assert [one for one, times in Counter(key for area in AREAS for key in table(area)).items() if times > 1] == []
    files = {one.stem: one for one in Path(package.__path__[0]).glob("*.py") if one.stem != "__init__"}
    assert files.keys() == {*AREAS}
    for path in files.values():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_chinese_sentences_are_chinese() -> None:
    for english, chinese in sentences().items():
        assert re.search("[\u4e00-\u9fff]", chinese), english
        assert not _WORDS.search(re.sub(r"\{\w+\}", "", chinese)), chinese
        assert chinese.rstrip("。；; ") == chinese, chinese


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ('InvalidInput("a", "is empty", "pass one")', 0),
        ('InvalidInput("a", f"is a {b}", "pass one")', 1),
        ('InvalidInput("a", "is a " + b, "pass one")', 1),
        ('InvalidInput("a", str(b), remedy="pass one of {}".format(b))', 2),
        ('InvalidInput("a", sentence("is a {b}", b=b), "pass one")', 0),
        ('InvalidInput("a", sentence(f"is a {b}"), "pass one")', 1),
        ('def f(problem):\n    raise InvalidInput("a", problem, "pass one")\nf(f"{b}")', 1),
        ('def f(b):\n    raise InvalidInput("a", b, "pass one")', 1),
        ('def f(b):\n    told = "x" if b else f"{b}"\n    raise InvalidInput("a", told, "pass one")', 1),
        ('T = {1: ("retry", "is busy"), 2: ("retry", f"{b}")}\ndef f(b):\n    c, d = T[b]\n    E("a", d, "")', 1),
        (
            (
                'T = [(1, ("x", "a")), (2, ("x", f"{b}"))]\ndef f(b):\n    c, (d, e) = g(b)\n    E("a", e, "")\n'
                "def g(b):\n    for h, i in T:\n        return h, i"
            ),
            1,
        ),
        ('raise StoreBusy(f"{b} is locked")', 1),
    ],
)
def test_the_search_sees_what_is_put_together(source: str, faults: int) -> None:
    classes = "class InvalidInput:\n    def __init__(self, field, problem, remedy): ...\nclass E(InvalidInput): ...\n"
    assert len({one for one in of_the_test(classes + source) if isinstance(one, Fault)}) == faults


def test_a_sentence_is_its_text_and_keeps_what_it_was_made_of() -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    said = sentence("no queue {name!r} since {at}; choose one of: {names}", name="vp", at=at, names=("vip", "web"))
    assert said == "no queue 'vp' since 2026-01-05 09:00+00:00; choose one of: vip, web"
    assert (said.template[:8], said.params["names"]) == ("no queue", ("vip", "web"))
    again = pickle.loads(pickle.dumps(said))
    assert isinstance(again, Sentence)
    assert (again, again.template, again.params) == (said, said.template, said.params)


def test_sentences_inside_sentences_are_told_in_chinese() -> None:
    assert in_chinese(nearest("refnud", ["refund", "repair"])) == "是否想写“refund”？可选：refund、repair"
    assert in_chinese(nearest("x", [])) == "目前还没有任何一个：请先声明，或不要填写"
    assert in_chinese("nobody ever wrote this") == "nobody ever wrote this"
    assert in_chinese(sentence("an extension says {word}", word="this")) == "an extension says this"


def test_what_was_stored_as_plain_text_is_found_again() -> None:
    assert in_chinese(str(nearest("refnud", ["refund"]))) == in_chinese(nearest("refnud", ["refund"]))
    assert in_chinese("choose one of: a, b") == "可选：a, b"


def test_what_pydantic_says_is_told_by_its_kind() -> None:
    with pytest.raises(InvalidInput) as caught:
        InboundMessage(account="web", dedupe_key="", conversation="c", text="hello")  # type: ignore[call-arg]
    assert "at least 1 character" in str(caught.value)
    assert "文本至少 1 个字符" in render(caught.value)
    with pytest.raises(ConfigError) as refused:
        DeskConfig.from_toml('[[queues]]\nname = "a"\ncapacity = "x"')
    for problem in refused.value.problems:
        assert not _WORDS.search(render(problem)), render(problem)


def test_errors_that_say_all_in_their_message_tell_it() -> None:
    error = StoreBusy("nobody ever wrote this")
    assert render(error, "en").endswith("nobody ever wrote this")
    assert render(error).endswith("nobody ever wrote this")


def test_an_error_of_a_host_says_its_own_words() -> None:
    class OutOfPaper(InvalidInput):
        code = "shop.out_of_paper"

    assert render(OutOfPaper("tray", "is empty", "fill it")) == "tray: is empty; fill it"
