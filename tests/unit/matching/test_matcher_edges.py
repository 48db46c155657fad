"""What is wrong at the matcher's edge gets a typed error that names it; a saved matcher is whole or not there."""

import os
from pathlib import Path

import pytest

from csdesk.errors import CsdeskError, InvalidInput, NotFound
from csdesk.matching import Context, Lexicon, Matcher, Phrase, read_library, read_phrases, write_phrases
from csdesk.parsing import files

SHOP = [Phrase("refund", "申请退款", ("怎么退款", "我要退款")), Phrase("ship", "发货时间", ("几天发货", "何时发货"))]

BAD = (None, "", "x", 5, -1, 2.5, float("nan"), b"x", [1], {"a": 1}, object(), True, "\ud800", "a\0b", Context())


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: Matcher(["x"]), "phrases"),
        (lambda: Matcher("x"), "phrases"),
        (lambda: Matcher(5), "phrases"),
        (lambda: Matcher(SHOP, lexicon=["a"]), "lexicon"),
        (lambda: Matcher(SHOP, embedder="use"), "embedder"),
        (lambda: Matcher(SHOP, threshold="high"), "threshold"),
        (lambda: Matcher(SHOP, floor=True), "floor"),
        (lambda: Lexicon([[5]]), "lexicon"),
        (lambda: Lexicon([5]), "lexicon"),
        (lambda: Phrase(5, "t"), "id"),
        (lambda: Phrase("a", 5), "title"),
        (lambda: Phrase("a", "t", questions=5), "questions"),
        (lambda: Phrase("a", "t", language=5), "language"),
        (lambda: Phrase("a", "t", valid_from="soon"), "valid_from"),
        (lambda: Phrase("a", "t", auto_reply="yes"), "auto_reply"),
        (lambda: Context(channel=5), "channel"),
        (lambda: Context(now="today"), "now"),
        (lambda: Matcher(SHOP).match("x", limit=2.5), "limit"),
        (lambda: Matcher(SHOP).match("x", limit=True), "limit"),
        (lambda: Matcher(SHOP).match("x", context={}), "context"),
        (lambda: Matcher(SHOP).decide("x", limit=51), "limit"),
        (lambda: Matcher(SHOP).learn("x", picked="none"), "picked"),
        (lambda: Matcher(SHOP).learn("x", picked="ship", shown="ship"), "shown"),
        (lambda: Matcher(SHOP).forget(last="x"), "last"),
        (lambda: Matcher(SHOP).forget(last=-1), "last"),
        (lambda: Matcher(SHOP).add("x"), "phrases"),
        (lambda: Matcher(SHOP).replace("x"), "phrases"),
        (lambda: Matcher.from_bytes(None), "data"),
        (lambda: Matcher.from_bytes(b""), "data"),
        (lambda: Matcher.load(5), "path"),
        (lambda: Matcher(SHOP).save(""), "path"),
    ],
)
def test_what_cannot_be_used_is_named(call, field):
    with pytest.raises(InvalidInput) as refused:
        call()
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["threshold", "min_margin", "floor"])
def test_numbers_stay_in_their_range(name):
    matcher = Matcher(SHOP)
    setattr(matcher, name, 0.5)
    assert getattr(matcher, name) == 0.5
    for wrong in (7, -0.1, "x", None, True, float("nan")):
        with pytest.raises(InvalidInput, match=name):
            setattr(matcher, name, wrong)
    assert getattr(matcher, name) == 0.5


def test_whatever_is_passed_the_error_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matcher = Matcher(SHOP)
    calls = (
        matcher.match,
        lambda bad: matcher.match("x", limit=bad),
        lambda bad: matcher.match("x", context=bad),
        lambda bad: matcher.learn(bad, picked="ship"),
        lambda bad: matcher.learn("x", picked=bad),
        lambda bad: matcher.learn("x", picked=None, shown=bad),
        lambda bad: matcher.forget(text=bad),
        lambda bad: matcher.forget(phrase_id=bad),
        matcher.get,
        matcher.remove,
        matcher.add,
        Matcher,
        lambda bad: Matcher(SHOP, bad),
        Matcher.from_bytes,
        Matcher.load,
        read_phrases,
        read_library,
        lambda bad: write_phrases(bad, SHOP),
        lambda bad: Phrase("a", "t", bad),
    )
    for number, call in enumerate(calls):
        for bad in BAD:
            try:
                call(bad)
            except CsdeskError:
                pass
            except Exception as error:  # noqa: BLE001  what came is what is tested
                pytest.fail(f"call {number} with {bad!r} raised {error!r}")


def test_files_that_are_not_there_or_broken(tmp_path):
    with pytest.raises(NotFound):
        Matcher.load(tmp_path / "none")
    with pytest.raises(InvalidInput, match="path"):
        Matcher.load(tmp_path)
    (tmp_path / "bad").write_bytes(b"nonsense")
    with pytest.raises(InvalidInput, match="no saved matcher"):
        Matcher.load(tmp_path / "bad")
    with pytest.raises(InvalidInput, match="path"):
        Matcher(SHOP).save(tmp_path / "none" / "m")


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "shop.matcher"
    Matcher(SHOP).save(target)
    before = target.read_bytes()
    for broken in ("fsync", "replace"):
        with monkeypatch.context() as patched:

            def fail(*_: object) -> None:
                raise OSError(28, "No space left on device")

            patched.setattr(files.os if broken == "fsync" else Path, broken, fail)
            with pytest.raises(InvalidInput, match="No space left"):
                Matcher(SHOP[:1]).save(target)
        assert (target.read_bytes(), list(tmp_path.iterdir())) == (before, [target])


def test_a_save_is_on_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    done = []
    original, moved = os.fsync, Path.replace
    monkeypatch.setattr(files.os, "fsync", lambda handle: done.append("fsync") or original(handle))
    monkeypatch.setattr(Path, "replace", lambda one, target: done.append("replace") or moved(one, target))
    Matcher(SHOP).save(tmp_path / "m")
    assert done[:2] == ["fsync", "replace"]
    assert len(Matcher.load(tmp_path / "m")) == 2
    assert oct((tmp_path / "m").stat().st_mode & 0o777) != oct(0o600)
