"""A training that is kept: what it taught is told again, whole or not at all."""

from base64 import b64encode
from zlib import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.matching import training
from csdesk.domain.matching.confidence import FEATURES
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.training import trained
from csdesk.domain.matching.trainings import Push, Training, taught, training_of
from csdesk.errors import InvalidInput
from csdesk.matching import Phrase

CARDS = [
    Phrase("lost", "卡丢失", ("我的卡丢了", "我的卡不见了怎么办", "卡找不到了", "where is my card")),
    Phrase("broken", "卡损坏", ("我的卡坏了", "我的卡刷不了怎么办", "卡用不了", "my card is broken")),
    Phrase("limit", "限额", ("我的卡限额多少", "怎么提高限额", "limit of my card")),
]
TEXTS = ("卡丢了怎么办", "我的卡坏了", "card limit", "刷多少")
SHORT = st.floats(0, 1, width=32)
PUSHES = st.lists(
    st.builds(Push, st.text(max_size=5), st.integers(0, 2**32 - 1), st.text(max_size=5), SHORT), max_size=8
)
ROWS = st.lists(st.tuples(st.tuples(*[SHORT] * len(FEATURES)), st.booleans(), SHORT), max_size=4)


def seen(library: Library) -> list[tuple[str, float]]:
    return [
        (one.entry.phrase.id, pytest.approx(one.score, abs=1e-6))
        for text in TEXTS
        for one in library.rank(text).matches
    ]


@given(PUSHES, ROWS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_was_packed_is_read(pushes: list, rows: list, texts: int, phrases: int) -> None:
    told = Training(tuple(pushes), tuple(rows), texts, phrases)
    assert Training.unpacked(told.packed()) == told


def test_the_moves_give_the_weights_of_the_training_itself() -> None:
    library = Library(CARDS)
    told = Training.unpacked(training_of(library).packed())
    assert (told.texts, told.phrases) == (14, 3)
    assert seen(taught(library, told)) == seen(trained(library))
    assert seen(taught(library, told)) != seen(library)


def test_the_order_of_phrases_does_not_matter() -> None:
    assert training_of(Library(reversed(CARDS))).packed() == training_of(Library(CARDS)).packed()


def test_what_is_gone_teaches_nothing() -> None:
    told = training_of(Library(CARDS))
    assert any("broken" in (one.phrase, one.rival) for one in told.pushes)
    left = Library(CARDS).without("broken")
    kept = tuple(one for one in told.pushes if "broken" not in (one.phrase, one.rival))
    assert seen(taught(left, told)) == seen(taught(left, Training(kept, (), 0, 0)))
    other = [CARDS[0], Phrase("broken", "x", ("y", "z")), CARDS[2]]
    rewritten = tuple(one for one in told.pushes if one.phrase != "broken")
    assert seen(taught(Library(other), told)) == seen(taught(Library(other), Training(rewritten, (), 0, 0)))


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_half_a_training_is_refused(cut: int) -> None:
    whole = training_of(Library(CARDS)).packed()
    for broken in (whole[:-cut], whole[:10] + whole[10 + cut :], whole + "AAAA"):
        with pytest.raises(InvalidInput, match=r"^training: "):
            Training.unpacked(broken)


@pytest.mark.parametrize(
    "plain", [b"", b"\xff\xff\xff\xff", b"\x02\0\0\0{}", b"\x04\0\0\0null", b"\x02\0\0\0[]", b"\x02\0\0\0{}" + b"x" * 9]
)
def test_what_says_something_else_is_refused(plain: bytes) -> None:
    with pytest.raises(InvalidInput, match="cut short or changed"):
        Training.unpacked("1:" + b64encode(compress(plain)).decode())


def test_a_name_that_is_not_there_is_refused() -> None:
    head = b'{"names":[],"pushes":1,"rows":0,"texts":1,"phrases":1}'
    plain = len(head).to_bytes(4, "little") + head + b"\0" * 16
    with pytest.raises(InvalidInput, match="cut short or changed"):
        Training.unpacked("1:" + b64encode(compress(plain)).decode())


def test_a_large_library_is_trained_like_a_small_one_where_all_phrases_are_rivals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Library(CARDS)
    narrow = seen(trained(library))
    monkeypatch.setattr(training, "MANY_PHRASES", 0)
    assert seen(trained(library)) == narrow != seen(library)
    assert seen(taught(library, training_of(library))) == narrow


def test_of_many_phrases_only_the_nearest_are_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MANY_PHRASES", 0)
    monkeypatch.setattr(training, "_RIVALS", 1)
    told = training_of(Library([*CARDS, Phrase("hours", "营业时间", ("几点开门", "几点关门", "周末营业吗"))]))
    assert told.pushes
    assert "hours" not in {name for one in told.pushes for name in (one.phrase, one.rival)}


def test_phrases_without_words_and_words_that_all_share_are_no_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MANY_PHRASES", 0)
    monkeypatch.setattr(training, "_CHOOSING_POSTINGS", 1)
    library = Library([*CARDS, Phrase("none", "", ("?", "!", "..."))])
    assert len(trained(library)) == 4
