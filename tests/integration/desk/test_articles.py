"""What the team has to know, section by section: edited while the desk runs, searched, and what is not ready."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, Article, ArticleFee, ArticleLink, ArticleQuestion, LibraryPhrase, Wording, open_async_desk
from csdesk.errors import InvalidInput, NotFound, VersionConflict
from csdesk.matching import read_articles, write_articles
from csdesk.testing import CountingStore

AGENT = Actor.agent("agt_1")


def sale(key: str = "sale", **given) -> Article:
    return Article(
        **{
            "id": key,
            "title": "双十一满减",
            "what": "全场满三百减五十。",
            "rules": ("一个订单用一次", "不与会员折扣同享"),
            "fees": (ArticleFee(what="参加", price="免费"),),
            "cautions": ("预售商品不参加",),
            "steps": ("领券", "下单", "付尾款"),
            "questions": (ArticleQuestion(question="什么时候开始", answer="十一月一日零点。"),),
            **given,
        }
    )


def answer(key: str, article: str, **given) -> LibraryPhrase:
    link = ArticleLink(id=article, version=given.pop("written_after", 0), section="rules")
    return LibraryPhrase(
        id=key,
        title=key,
        questions=(f"{key} 怎么用", f"{key} 如何使用"),
        wordings=(Wording(text="一个订单用一次。"),),
        article=link,
        **given,
    )


def problems(desk, **asked):
    return [(one.problem, one.article, one.phrase) for one in desk.articles.gaps(**asked)]


def test_an_article_is_saved_whole_with_versions_and_nobody_overwrites_what_they_have_not_seen(world):
    desk = world.open()
    first = desk.articles.save(sale(), actor=AGENT, expected_version=0)
    assert (first.id, first.version, first.created_at) == ("art_sale", 1, world.clock.now())
    world.later(hours=1)
    second = desk.articles.save(first.model_copy(update={"campaign": "1111"}), expected_version=1)
    assert (second.version, second.created_at, second.updated_at) == (2, first.created_at, world.clock.now())
    for seen in (0, 1):
        with pytest.raises(VersionConflict):
            desk.articles.save(first, expected_version=seen)
    assert desk.articles.save(second).version == 2, "what is there already is left alone"
    told = desk.articles.history("sale")
    assert [(one.article.version, one.article.campaign, one.actor.id) for one in told] == [
        (1, None, "agt_1"),
        (2, "1111", "desk"),
    ]
    assert world.open().articles.get("art_sale") == second


def test_retired_articles_stay_readable_and_come_back(world):
    desk = world.open()
    desk.articles.save(sale())
    gone = desk.articles.retire("sale", expected_version=1)
    assert (gone.retired, gone.version) == (True, 2)
    assert (desk.articles.retire("sale").version, desk.articles.list().items) == (2, ())
    assert desk.articles.list(retired=None).items == (gone,)
    assert not desk.articles.search("满减")
    with pytest.raises(VersionConflict):
        desk.articles.retire("sale", retired=False, expected_version=1)
    assert not desk.articles.retire("sale", retired=False).retired
    assert desk.articles.search("满减")[0].article.id == "art_sale"
    for name in (desk.articles.get, desk.articles.history, desk.articles.retire):
        with pytest.raises(NotFound, match="article"):
            name("none")


def test_what_an_article_must_say_is_checked(world):
    for given, field in (
        ({"title": ""}, "title"),
        ({"not_needed": ("fees",)}, "fees"),
        ({"not_needed": ("price",)}, "not_needed"),
        ({"valid_from": datetime(2026, 2, 1, tzinfo=UTC), "valid_until": datetime(2026, 1, 1, tzinfo=UTC)}, "valid"),
    ):
        with pytest.raises(InvalidInput, match=field):
            sale(**given)
    desk = world.open()
    with pytest.raises(InvalidInput, match="article"):
        desk.articles.save("sale")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="article"):
        desk.articles.save(sale(key="a b"))
    with pytest.raises(InvalidInput, match="spelt"):
        desk.articles.save(sale(spelt="wrong"))
    for link in ({}, {"id": "a b"}):
        with pytest.raises(InvalidInput, match="ArticleLink"):
            ArticleLink(**link)


def test_search_finds_the_section_that_tells_it_and_goes_along_with_changes_elsewhere(world):
    desk, other = world.open(), world.open()
    desk.articles.import_([sale(), sale("parcel", title="配送", what="顺丰发货。", rules=("满九十九包邮",))])
    hit = other.articles.search("会员折扣可以一起用吗")[0]
    assert (hit.article.id, hit.section, hit.text) == ("art_sale", "rules", "不与会员折扣同享")
    assert other.articles.search("包邮吗")[0].article.id == "art_parcel"
    assert other.articles.search("配送")[0].section is None, "the title is most like it"
    desk.articles.save(desk.articles.get("parcel").model_copy(update={"rules": ("偏远地区另收运费",)}))
    assert other.articles.search("偏远地区")[0].text == "偏远地区另收运费"
    desk.articles.save(sale("later", title="年货节红包", valid_from=world.clock.now() + timedelta(days=1)))
    assert "art_later" not in [one.article.id for one in other.articles.search("年货节红包")]
    world.later(days=2)
    assert other.articles.search("年货节红包")[0].article.id == "art_later"
    desk.articles.save(sale("english", title="年货节红包", language="en"))
    assert [one.article.id for one in other.articles.search("年货节红包", language="en", limit=1)] != []
    assert "art_english" not in [one.article.id for one in other.articles.search("年货节红包", language="zh-CN")]
    for bad in ({"limit": 0}, {"language": 5}):
        with pytest.raises(InvalidInput):
            desk.articles.search("x", **bad)


def test_a_suggestion_shows_the_article_as_it_is_now(world):
    desk = world.open()
    desk.replies.import_([answer("coupon", "sale"), answer("bare", "none")])
    assert desk.replies.suggest_for("coupon 怎么用").suggestions[0].article is None
    made = desk.articles.save(sale())
    shown = {one.phrase.id: one.article for one in desk.replies.suggest_for("coupon bare 怎么用").suggestions}
    assert shown == {"phr_coupon": made, "phr_bare": None}
    taken = desk.receive(world.said("coupon 怎么用"))
    assert desk.replies.suggest(taken.message_id).suggestions[0].article == made


def test_what_is_not_ready_is_told_before_the_launch(world):
    desk, launch = world.open(), world.clock.now() + timedelta(days=10)
    window = {"valid_from": launch, "valid_until": launch + timedelta(days=3)}
    desk.articles.import_(
        [
            sale(campaign="1111", **window, cautions=(), not_needed=("fees",), fees=()),
            sale("quiet", campaign="1111"),
            sale("other", what=""),
            sale("gone", campaign="1111", retired=True),
        ]
    )
    desk.replies.import_(
        [
            answer("kept", "sale", written_after=1, **window),
            answer("always", "sale"),
            answer("lost", "nowhere"),
            answer("old", "gone"),
            answer("fine", "other"),
        ]
    )
    of_campaign = [
        ("missing_sections", "art_sale", None),
        ("outlives", "art_sale", "phr_always"),
        ("no_phrase", "art_quiet", None),
        ("retired_article", "art_gone", "phr_old"),
    ]
    assert sorted(problems(desk, campaign="1111", at=launch), key=repr) == sorted(of_campaign, key=repr)
    assert desk.articles.gaps(campaign="1111")[-1].title == "双十一满减"
    missing = next(one for one in desk.articles.gaps() if one.article == "art_sale")
    assert (missing.problem, missing.sections) == ("missing_sections", ("cautions",))
    assert ("not_begun", "art_sale", None) in problems(desk, campaign="1111")
    assert ("expired", "art_sale", None) in problems(desk, at=launch + timedelta(days=3))
    whole = problems(desk)
    assert ("missing_sections", "art_other", None) in whole
    assert ("unknown_article", "art_nowhere", "phr_lost") in whole
    desk.articles.save(desk.articles.get("sale").model_copy(update={"cautions": ("预售除外",)}))
    assert ("behind", "art_sale", "phr_kept") in problems(desk, campaign="1111", at=launch)
    with pytest.raises(InvalidInput, match="naive"):
        desk.articles.gaps(at=launch.replace(tzinfo=None))


def test_an_import_may_be_done_again_and_says_what_it_did(world):
    desk = world.open()
    given = [sale(f"a{number}") for number in range(230)]
    done = desk.articles.import_(given)
    assert (done.added, done.changed, done.unchanged) == (230, 0, 0)
    done = desk.articles.import_([sale("a1", title="Other"), *given[2:]])
    assert (done.added, done.changed, done.unchanged) == (0, 1, 228)
    with pytest.raises(InvalidInput, match="two have"):
        desk.articles.import_([sale("a"), sale("art_a")])
    assert len(desk.articles.export()) == 230
    page = desk.articles.list(limit=100)
    assert (len(page.items), page.cursor is not None) == (100, True)


@pytest.mark.parametrize("form", ["jsonl", "folder"])
def test_articles_go_to_files_and_come_back(world, tmp_path, form):
    desk = world.open()
    at = datetime(2026, 11, 1, tzinfo=UTC)
    rich = sale(campaign="1111", valid_from=at, tags=("大促", "新客"), keywords=("满减",), url="https://x.example/1")
    desk.articles.import_([rich, Article(id="bare", title="空的", not_needed=("fees", "steps"))])
    path = tmp_path / ("articles.jsonl" if form == "jsonl" else "articles")
    if form == "folder":
        path.mkdir()
    write_articles(path, desk.articles.export())
    done = world.open().articles.import_(read_articles(path))
    assert (done.added, done.changed, done.unchanged) == (0, 0, 2)


@dataclass
class Stores:
    made: list

    def wrap(self, store):
        self.made.append(CountingStore(store))
        return self.made[-1]


def test_searching_reads_what_changed_and_suggesting_reads_articles_only_where_a_phrase_names_one(world):
    stores = Stores([])
    desk = world.open(wrap=stores.wrap)
    (store,) = stores.made
    desk.articles.import_([sale(), sale("parcel", title="配送", what="顺丰发货。")])

    def asked(work) -> int:
        work()
        before = sum(store.calls.values())
        work()
        return sum(store.calls.values()) - before

    assert asked(lambda: desk.articles.search("满减")) == 1, "the epoch says that nothing changed"
    desk.replies.add("Hours", "Nine.", name="hours", questions=("when open", "opening hours"))
    plain = asked(lambda: desk.replies.suggest_for("when open"))
    desk.replies.import_([answer("coupon", "sale")])
    assert asked(lambda: desk.replies.suggest_for("coupon 怎么用")) == plain + 1
    assert asked(lambda: desk.replies.suggest_for("when open")) == plain


def test_an_awaited_desk_does_the_same():
    async def story() -> list[object]:
        async with await open_async_desk("memory://") as desk:
            await desk.articles.import_([sale()])
            await desk.articles.save(sale("parcel", title="配送"))
            await desk.articles.retire("parcel")
            (hit, *_) = await desk.articles.search("满减")
            gaps = await desk.articles.gaps()
            versions, kept = await desk.articles.history("parcel"), await desk.articles.export(retired=True)
            page, one = await desk.articles.list(), await desk.articles.get("sale")
            return [hit.article.id, gaps[0].problem, len(versions), len(kept), len(page.items), one.id]

    assert asyncio.run(story()) == ["art_sale", "no_phrase", 2, 2, 1, "art_sale"]
