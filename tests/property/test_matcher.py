"""What holds for every library, before and after it is optimised."""

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk.domain.matching import guards, negation, stance, training, wishes
from csdesk.domain.matching.confidence import DENSE_PRIOR, FEATURES, PRIOR, TRAINED_PRIOR, Calibration
from csdesk.domain.matching.library import Library, _best_first
from csdesk.domain.matching.negation import refusals_in
from csdesk.domain.text import fold
from csdesk.matching import Match, Matcher, Phrase

WORDS = [
    "退款",
    "发货",
    "发票",
    "订单",
    "怎么",
    "不要",
    "多久",
    "地址",
    "refund",
    "order",
    "card",
    "pay",
    "13",
    "50元",
    "😡",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join) | st.text(max_size=12)
PHRASES = st.lists(
    st.builds(Phrase, st.sampled_from("abcdefghij"), TEXTS, st.lists(TEXTS, max_size=4).map(tuple)),
    unique_by=lambda phrase: phrase.id,
    max_size=10,
)
SIDES = [
    *(
        "不要",
        "退款",
        "退",
        "了",
        "取消",
        "解绑",
        "登录",
        "拉黑",
        "订阅",
        "移出黑名单",
        "停止自动",
        "续费",
        "🙂",
        "don't",
    ),
    *(
        "refund",
        "turn off",
        "switching on",
        "log in",
        "login",
        "unlink",
        "link",
        "add",
        "stop auto",
        "cancel my",
        "pay",
    ),
]
NO_SHRINKING = (Phase.explicit, Phase.generate)  # shrinking a library takes minutes


def optimised_wide(matcher: Matcher) -> None:
    """Train as libraries of thousands of phrases are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "MANY_PHRASES", 0)
        matcher.optimize()


STATES = pytest.mark.parametrize(
    "prepare", [bool, Matcher.optimize, optimised_wide], ids=["packed", "optimised", "optimised wide"]
)
Prepare = Callable[[Matcher], None]


def made(phrases: list[Phrase], prepare: Prepare) -> Matcher:
    matcher = Matcher(phrases)
    prepare(matcher)
    return matcher


def seen(matches: tuple[Match, ...]) -> list[tuple[str, float]]:
    return [(one.phrase_id, round(one.score, 9)) for one in matches]


@STATES
@settings(max_examples=many(15), phases=NO_SHRINKING)
@given(phrases=PHRASES, text=TEXTS, limit=st.integers(1, 12))
def test_matches_are_ordered_bounded_and_repeatable(
    prepare: Prepare, phrases: list[Phrase], text: str, limit: int
) -> None:
    matcher = made(phrases, prepare)
    matches = matcher.match(text, limit=limit)
    assert len(matches) <= limit
    assert len({one.phrase_id for one in matches}) == len(matches)
    assert seen(matches) == sorted(seen(matches), key=lambda pair: (-pair[1], pair[0]))
    assert all(0 <= one.score <= 1 and 0 <= one.confidence <= 1 and -1 <= one.margin <= 1 for one in matches)
    assert sum(one.confidence for one in matches) <= 1 + 1e-9
    assert matcher.match(text, limit=limit) == matches
    assert matcher.match(text, limit=1) == matches[:1]


@STATES
@settings(max_examples=many(15), phases=NO_SHRINKING)
@given(phrases=PHRASES, title=TEXTS, questions=st.lists(TEXTS, max_size=3), text=TEXTS)
def test_removing_what_was_added_restores_the_answers(
    prepare: Prepare, phrases: list[Phrase], title: str, questions: list[str], text: str
) -> None:
    matcher = made(phrases, prepare)
    before = matcher.match(text, limit=12)
    matcher.add(Phrase("new", title, tuple(questions)))
    matcher.remove("new")
    assert matcher.match(text, limit=12) == before


@STATES
@settings(max_examples=many(15), phases=NO_SHRINKING)
@given(phrases=PHRASES, more=PHRASES, text=TEXTS, data=st.data())
def test_the_order_of_insertion_does_not_matter(
    prepare: Prepare, phrases: list[Phrase], more: list[Phrase], text: str, data: st.DataObject
) -> None:
    added = [Phrase(f"{phrase.id}+", phrase.title, phrase.questions) for phrase in more]
    one, other = made(phrases, prepare), made(data.draw(st.permutations(phrases)), prepare)
    one.add(*added)
    other.add(*data.draw(st.permutations(added)))
    assert seen(one.match(text, limit=20)) == seen(other.match(text, limit=20))


@STATES
@settings(max_examples=many(15), phases=NO_SHRINKING)
@given(phrases=PHRASES)
def test_a_sample_question_finds_its_phrase(prepare: Prepare, phrases: list[Phrase]) -> None:
    matcher = made(phrases, prepare)
    for phrase in phrases:
        for question in phrase.questions:
            folded = fold(question)
            if folded:
                same = {one.id for one in phrases if folded in map(fold, (one.title, *one.questions))}
                matches = matcher.match(question, limit=len(same))
                assert {one.phrase_id for one in matches} == same
                assert matches[0].why.likeness == 1


@settings(max_examples=many(60), phases=NO_SHRINKING)
@given(phrases=PHRASES, text=TEXTS, limit=st.integers(1, 10))
def test_fewer_matches_are_the_first_of_more(phrases: list[Phrase], text: str, limit: int) -> None:
    """Guards are asked about the first only, so that a match costs less."""
    library = Library(phrases)
    assert library.rank(text, limit).matches == library.rank(text, 50).matches[:limit]


@given(scores=st.lists(st.integers(0, 40), min_size=150, max_size=400))
def test_scores_sorted_in_two_goes_are_sorted(scores: list[int]) -> None:
    pairs = list(enumerate(map(float, scores)))
    assert list(_best_first(pairs)) == sorted(pairs, key=lambda pair: -pair[1])


@settings(max_examples=many(100))
@given(pieces=st.lists(st.sampled_from(SIDES) | st.text(max_size=5), max_size=8), between=st.sampled_from(["", " "]))
def test_what_is_looked_for_first_hides_no_stance(pieces: list[str], between: str) -> None:
    text = fold(between.join(pieces))
    found = stance.stance_of(text, refusals_in(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stance, "_ENGLISH", re.compile(""))
        assert stance.stance_of(text, refusals_in(text)) == found


@given(st.text(max_size=40))
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


EVIDENCE = st.tuples(
    *[st.floats(0, 1)] * len(FEATURES)
)  # fmt: skip
ROWS = st.lists(st.tuples(EVIDENCE, st.booleans(), st.sampled_from([0.4, 1.0, 100.0])), max_size=12)


NOTHING = (0.0,) * len(FEATURES)
ASTRAY = [((1.0, 1.0, *NOTHING[2:]), False, 100.0), (NOTHING, True, 100.0)]  # what scores high was wrong


@settings(max_examples=many(15), phases=NO_SHRINKING)
@example(NOTHING, ASTRAY, 1.0, 0, PRIOR)
@example(NOTHING, ASTRAY, 1.0, 1, TRAINED_PRIOR)
@given(EVIDENCE, ROWS, st.floats(0, 1), st.sampled_from([0, 1]), st.sampled_from([PRIOR, TRAINED_PRIOR, DENSE_PRIOR]))
def test_confidence_rises_with_score_and_with_margin(
    evidence: tuple[float, ...], rows: list, more: float, which: int, prior: Calibration
) -> None:
    calibration = prior.fitted(rows)
    better = list(evidence)
    better[which] += more
    assert calibration.confidence(tuple(better)) >= calibration.confidence(evidence) - 1e-12


PIECES = [
    "退",
    "退款",
    "不要",
    "要不要退款？",
    "已经",
    "😀",
    "\u202eאב",
    "\0",
    "a",
    "ab ",
    "don't want ",
    "0",
    "1 ",
    "e\u0301",
    "　",
    "：-)",
]
SHOP = [
    Phrase(
        f"p{number}", f"{WORDS[number % 9]} {number}", tuple(f"{a} {b} {number}" for a in WORDS[:6] for b in WORDS[5:9])
    )
    for number in range(20)
]
MOST_LINES = 120_000
"""Lines that one match may run; an ordinary question takes some 2,000, five hundred different characters 100,000."""


def lines_of(action: Callable[[], object]) -> int:
    """How many lines of ours an action runs: its work, however slow the machine is."""
    ran = 0

    def line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal ran
        ran += event == "line"
        return line

    def call(frame: FrameType, _: str, __: object) -> Any:
        return line if "csdesk" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        action()
    finally:
        sys.settrace(before)
    return ran


@pytest.fixture(scope="module", params=[bool, Matcher.optimize], ids=["packed", "optimised"])
def shop(request: pytest.FixtureRequest) -> Matcher:
    return made(SHOP, request.param)


@settings(max_examples=many(10), phases=NO_SHRINKING, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), times=st.integers(500, 100_000))
def test_no_text_costs_more_than_its_beginning(shop: Matcher, pieces: list[str], times: int) -> None:
    text = "".join(pieces) * times
    decided: list[object] = []
    begun = lines_of(lambda: decided.append(shop.decide(text[:2_000])))
    whole = lines_of(lambda: decided.append(shop.decide(text)))
    assert whole <= begun <= MOST_LINES  # what was looked up once is remembered
    assert decided[0] == decided[1]


@settings(max_examples=many(10), phases=NO_SHRINKING, deadline=None)
@example(text="".join(map(chr, range(0x4E00, 0x4E00 + 2_000))))
@given(text=st.text(min_size=300, max_size=2_000) | st.text("退款发货怎么不要0 ab", min_size=400, max_size=600))
def test_the_work_for_any_text_is_bounded(shop: Matcher, text: str) -> None:
    assert lines_of(lambda: shop.match(text)) <= MOST_LINES


PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (guards, negation, stance, wishes)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}


@pytest.mark.parametrize("pattern", sorted(PATTERNS), ids=str)
def test_no_pattern_of_the_guards_runs_away(pattern: str) -> None:
    """A pattern that backtracks over a run of what it looks for would take minutes here, not milliseconds."""
    for piece in (
        "不",
        "别要",
        "没有",
        "已经",
        "刚",
        "no ",
        "no want ",
        "not be ",
        "?不",
        "0",
        "0.",
        "a",
        " ",
        "退款",
        "好",
        "hi ",
    ):
        PATTERNS[pattern].search(piece * (500 // len(piece)))
        PATTERNS[pattern].fullmatch(piece * (500 // len(piece)) + "x")
