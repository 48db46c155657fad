"""The phrase library of a desk: edited while it runs, imported, exported, counted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier

import pytest

from csdesk import Actor, LibraryPhrase, Variable, Wording
from csdesk.commands import PutPhrases, SavePhrase
from csdesk.domain.records.phrases import ArticleLink
from csdesk.engine import shelving
from csdesk.errors import InvalidInput, NotFound, VersionConflict
from csdesk.matching import Context, read_library, write_library
from csdesk.testing import CountingStore

AGENT = Actor.agent("agt_1")


def phrase(key: str, title: str = "Hours", **given) -> LibraryPhrase:
    given.setdefault("wordings", (Wording(text="Nine to five."),))
    return LibraryPhrase(id=key, title=title, **given)


def found(desk, text, **context):
    return [one.phrase.id for one in desk.replies.suggest_for(text, context=Context(**context)).suggestions]


def test_a_phrase_is_known_by_its_name_with_or_without_the_prefix(world):
    desk = world.open()
    made = desk.replies.add(
        "Refund", "Ask there.", name="refund", questions=("how do I get a refund",), related=("hours",)
    )
    assert (made.id, made.version, made.related) == ("phr_refund", 1, ("phr_hours",))
    assert desk.replies.get("refund") == desk.replies.get("phr_refund") == made
    with pytest.raises(InvalidInput, match="already"):
        desk.replies.add("Again", "x", name="phr_refund")
    for bad in ("", "a b", "x" * 61, 'a"b', "phr_"):
        with pytest.raises(InvalidInput, match="phrase"):
            desk.replies.get(bad)


def test_a_name_that_is_a_word_of_the_record_does_no_harm(world):
    desk = world.open()
    for name in ("title", "text", "id", "wordings", "kind"):
        made = desk.replies.add(name, "text", name=name, questions=("title", f"phr_{name}"), tags=("kind",))
        assert world.open().replies.get(name) == made


def test_versions_are_kept_and_nobody_overwrites_what_they_have_not_seen(world):
    desk = world.open()
    first = desk.replies.add("Hours", "Nine.", name="hours", actor=AGENT)
    world.later(hours=1)
    second = desk.replies.replace(
        first.model_copy(update={"rationale": "we open at nine", "language": "en"}), expected_version=1
    )
    assert (second.version, second.created_at, second.updated_at) == (2, first.created_at, world.clock.now())
    with pytest.raises(VersionConflict):
        desk.replies.replace(first, expected_version=1)
    with pytest.raises(NotFound):
        desk.replies.replace(phrase("none"))
    assert desk.replies.replace(second).version == 2  # nothing differs: nothing is stored
    cleared = desk.replies.replace(second.model_copy(update={"language": None}))
    assert (cleared.version, cleared.language) == (3, None)
    told = desk.replies.history("hours")
    assert [one.phrase.version for one in told] == [1, 2, 3]
    assert (told[0].phrase, told[0].actor, told[1].at) == (first, AGENT, second.updated_at)
    assert told[2].phrase == cleared


def test_what_is_not_coherent_is_refused_whole(world):
    desk = world.open()
    made = desk.replies.add("Hours", "Nine.", name="hours")
    for wrong in (
        lambda: desk.replies.add("x", "{{ order }} is there"),
        lambda: desk.replies.add("x", (Wording(text="a", langauge="en"),)),
        lambda: desk.replies.add("x", ()),
        lambda: desk.replies.add("x", "y", variables=(Variable(name="a"), Variable(name="a"))),
        lambda: desk.replies.change("hours", wording="{{ order }}"),
        lambda: desk.replies.replace(made.model_copy(update={"wordings": "x"})),
        lambda: desk.replies.replace(made.model_copy(update={"title": ""})),
        lambda: desk.replies.import_([phrase("a"), phrase("phr_a")]),
        lambda: desk.replies.import_(["hours"]),
        lambda: desk.replies.import_(phrase("a", nonsense=1) for _ in "x"),
        lambda: Variable(name="a", source="customer.nothing"),
    ):
        with pytest.raises(InvalidInput):
            wrong()
    assert desk.replies.list(retired=None).items == (made,)


def test_a_retired_phrase_is_found_no_more_and_may_come_back(world):
    one, two = world.open(), world.open()
    one.replies.add("Hours", "Nine.", name="hours", questions=("when do you open",))
    assert found(two, "when do you open") == ["phr_hours"]
    one.replies.retire("hours")
    assert found(two, "when do you open") == found(one, "when do you open") == []
    assert one.replies.get("hours").retired
    two.replies.change("hours", retired=False)
    assert found(one, "when do you open") == ["phr_hours"]


def test_conditions_rule_out_before_anything_is_scored(world):
    desk = world.open()
    now = world.clock.now()
    desk.replies.import_(
        [
            phrase("soon", questions=("opening hours",), valid_from=now + timedelta(hours=1)),
            phrase("over", questions=("opening hours",), valid_until=now),
            phrase("app", questions=("opening hours",), channels=("app",)),
            phrase("gold", questions=("opening hours",), levels=("gold",)),
            phrase("zh", questions=("opening hours",), language="zh"),
        ]
    )
    assert found(desk, "opening hours", channel="web", level="", language="en") == []
    assert found(desk, "opening hours", channel="app", level="", language="en") == ["phr_app"]
    assert found(desk, "opening hours", account="app", channel="webchat", level="", language="en") == ["phr_app"]
    assert found(desk, "opening hours", channel="web", level="gold", language="en") == ["phr_gold"]
    assert found(desk, "opening hours", channel="web", level="", language="zh-CN") == ["phr_zh"]
    world.later(hours=1)
    assert found(desk, "opening hours", channel="web", level="", language="en") == ["phr_soon"]


@pytest.mark.parametrize("form", ["lib.csv", "lib.jsonl", "lib.toml"])
def test_a_library_survives_its_way_through_files(world, tmp_path, form):
    desk = world.open()
    desk.replies.import_(
        [
            LibraryPhrase(
                id="refund",
                title="申请退款",
                questions=("怎么退款", "我要退款"),
                keywords=("退款",),
                tags=("money",),
                wordings=(
                    Wording(text="{{ order }}，“三天”到账。\n请留意"),
                    Wording(text="3 days", language="en", level="gold"),
                ),
                variables=(Variable(name="order", type="text", about="the order", source="ticket.x.order"),),
                channels=("app",),
                levels=("gold", "basic"),
                valid_from=world.clock.now(),
                valid_until=world.clock.now() + timedelta(days=9),
                owner="agt_2",
                rationale="平台规则",
                related=("hours",),
                attachments=("steps.png",),
                article=ArticleLink(title="退款", url="https://x.example/r", sections=("what", "fees")),
                auto_reply=True,
            ),
            phrase("hours", language="en"),
        ]
    )
    kept = desk.replies.export()
    assert kept[1].article.missing == ("rules", "cautions", "steps", "questions")
    write_library(tmp_path / form, kept)
    other = read_library(tmp_path / form)
    done = desk.replies.import_(other)
    assert (done.added, done.changed, done.unchanged) == (0, 0, 2)
    assert desk.replies.export() == kept


def test_a_library_becomes_a_folder_of_markdown(world, tmp_path):
    desk = world.open()
    desk.replies.import_([phrase("hours", questions=("when",), rationale="We sleep.\n\nAt night.", tags=("a", "b"))])
    write_library(tmp_path, desk.replies.export())
    assert desk.replies.import_(read_library(tmp_path)).unchanged == 1
    for wrong, field in (("id,title\nx,y\n", "answer"), ("id,title,answer,what\nx,y,z,w\n", "what")):
        (tmp_path / "bad.csv").write_text(wrong, encoding="utf-8")
        with pytest.raises(InvalidInput, match=rf"bad.csv: line 2.{field}"):
            read_library(tmp_path / "bad.csv")


def test_an_import_says_what_it_did_and_may_retire_the_rest(world):
    desk = world.open()
    many = [phrase(f"p{number:03}", f"Title {number}") for number in range(250)]
    assert desk.replies.import_(many).added == 250
    many[7] = many[7].model_copy(update={"title": "Another"})
    done = desk.replies.import_(many[:200], retire_others=True)
    assert (done.added, done.changed, done.unchanged, done.retired) == (0, 1, 199, 50)
    assert len(desk.replies.export()) == 200
    assert len(desk.replies.export(retired=True)) == 250
    assert desk.replies.import_(many[200:]).changed == 50  # they come back


def test_an_empty_file_retires_no_library(world, tmp_path):
    desk = world.open()
    desk.replies.import_([phrase("hours")])
    with pytest.raises(InvalidInput, match="retire_others would leave none"):
        desk.replies.import_([], retire_others=True)
    with pytest.raises(InvalidInput, match="holds no Markdown files"):
        read_library(tmp_path)
    assert [one.id for one in desk.replies.export()] == ["phr_hours"]


@dataclass
class Stores:
    """The stores that a desk was opened over, as they were wrapped."""

    made: list

    def wrap(self, store):
        self.made.append(CountingStore(store))
        return self.made[-1]


def test_a_process_builds_its_index_once_and_goes_along_with_changes(world, monkeypatch):
    stores, built = Stores([]), []
    one, two = world.open(), world.open(wrap=stores.wrap)
    original = shelving._built
    monkeypatch.setattr(shelving, "_built", lambda epoch: built.append(epoch) or original(epoch))
    one.replies.import_(
        phrase(f"p{number}", f"Title {number}", questions=(f"question {number}",)) for number in range(300)
    )
    assert found(two, "question 7")[0] == "phr_p7"
    for number in range(3):
        stores.made[0].reset()
        one.replies.change(f"p{number}", questions=(f"something else {number}",))
        assert found(two, f"something else {number}")[0] == f"phr_p{number}"
        # the tail of the library's stream, the phrase that changed, the tail of what was learnt
        assert stores.made[0].queries == 3
    assert len(built) == 1


def test_threads_that_need_the_index_at_once_build_it_once(world, monkeypatch):
    one, two = world.open(), world.open()
    one.replies.import_(phrase(f"p{number}", questions=(f"question {number}",)) for number in range(200))
    built, original = [], shelving._built
    monkeypatch.setattr(shelving, "_built", lambda epoch: built.append(epoch) or original(epoch))
    start = Barrier(6)

    def ask(number):
        start.wait()
        return found(two, f"question {number}")[0]

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(ask, range(6))) == [f"phr_p{number}" for number in range(6)]
    assert len(built) == 1


def test_many_changes_at_once_are_read_like_a_new_library(world, monkeypatch):
    monkeypatch.setattr(shelving, "_MANY_CHANGED", 5)
    one, two = world.open(), world.open()
    one.replies.import_([phrase("a", questions=("first question",))])
    assert found(two, "first question") == ["phr_a"]
    one.replies.import_(phrase(f"p{number}", questions=(f"other {number}",)) for number in range(9))
    assert found(two, "other 8")[0] == "phr_p8"
    assert found(two, "first question") == ["phr_a"]


def test_removing_what_was_added_restores_the_answers(world):
    desk = world.open()
    desk.replies.import_(
        phrase(f"p{number}", f"Title {number}", questions=(f"how about thing {number}", f"第{number}个问题怎么办"))
        for number in range(30)
    )
    texts = [f"thing {number} please" for number in range(10)] + ["第3个问题", "怎么办"]

    def answers():
        return [
            [(one.phrase.id, one.score, one.confidence) for one in desk.replies.suggest_for(text).suggestions]
            for text in texts
        ]

    before = answers()
    desk.replies.import_(phrase(f"n{number}", f"thing {number}", questions=(f"thing {number}",)) for number in range(5))
    assert answers() != before
    for number in range(5):
        desk.replies.retire(f"n{number}")
    assert answers() == before


def test_a_library_is_linted_where_it_lives(world):
    desk = world.open()
    desk.replies.import_(
        [phrase("a", "Refund", questions=("get a refund",)), phrase("b", "Money", questions=("get a refund",))]
    )
    flaws = desk.replies.lint()
    assert ("same_question", "phr_a", "phr_b") in [(one.problem, one.phrase_id, one.other_id) for one in flaws]


def test_reports_of_use(world):
    desk = world.open()
    ticket = desk.receive(world.said("when do you open")).ticket
    desk.replies.import_([phrase("hours", questions=("when do you open",)), phrase("old", "Old")])
    desk.replies.send(ticket.id, "hours", actor=AGENT, shown=("hours", "old"))
    uses = {one.phrase.id: one.usage for one in desk.replies.usage()}
    assert (uses["phr_hours"].sent, uses["phr_hours"].shown, uses["phr_old"].shown) == (1, 1, 1)
    assert [one.phrase.id for one in desk.replies.usage("never_used")] == ["phr_old"]
    assert desk.replies.usage("stale") == ()
    world.later(days=200)
    desk.replies.change("old", title="Young")
    assert [one.phrase.id for one in desk.replies.usage("stale")] == ["phr_hours"]
    with pytest.raises(InvalidInput, match="which"):
        desk.replies.usage("loved")


def test_the_same_phrase_added_under_one_key_is_added_once(world):
    desk = world.open()
    command = SavePhrase(
        id="hours", title="Hours", wordings=(Wording(text="Nine to five."),), actor=AGENT, idempotency_key="k1"
    )
    first, again = desk.execute(command), desk.execute(command)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.phrase == first.phrase == desk.replies.get("hours")


def test_new_phrases_replace_none_that_are_there(world):
    desk = world.open()
    desk.replies.add("Hours", "Nine to five.", name="hours")
    with pytest.raises(InvalidInput, match="already"):
        desk.execute(PutPhrases(phrases=(phrase("other"), phrase("hours", "New")), only="new", actor=AGENT))
    assert desk.replies.get("hours").title == "Hours"
    with pytest.raises(NotFound):
        desk.replies.get("other")


def test_a_suggestion_that_was_wrong_counts_against_its_phrase(world):
    desk = world.open()
    hours = desk.replies.add("Hours", "Nine to five.", name="hours", questions=("when are you open",))
    asked = desk.receive(world.said("when are you open")).message_id
    desk.learning.judge(asked, "wrong", shown=[hours.id], actor=AGENT)
    assert [(one.phrase.id, one.usage.wrong) for one in desk.replies.usage()] == [(hours.id, 1)]
