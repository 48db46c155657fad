"""Looking after the articles: imports in commits of bounded size, versions, search, and what is not ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk._batched import batched
from csdesk.domain.ids import COMMAND, ArticleId, PhraseId, article_id
from csdesk.domain.matching.articles import ArticleHit
from csdesk.domain.matching.phrases import Context
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.articles import Article, ArticleGap, Linked, gaps_of
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.commands import Done, execute
from csdesk.flows.knowledge.library import Imported, export_phrases
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import everything, get_article, told_in
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query

BATCH: Final = 100
"""How many articles share a commit."""


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """An article as it was saved once, by whom and when."""

    article: Article
    at: datetime
    actor: Actor


def save_article(article: Article, actor: Actor, expected_version: int | None) -> Flow[Article]:
    """Add or replace an article.

    Raises:
        InvalidInput: it is no article.
        VersionConflict: it is not at ``expected_version``.
    """
    given = checks.an_instance(article, Article, "article")
    command = cmd.PutArticles(articles=(given,), expected_version=expected_version, actor=actor)
    scope = yield from steps.attempt(0)
    yield from execute(command, scope.ids.new(COMMAND))
    return (yield from get_article(given.id))


def retire_article(name: str, actor: Actor, expected_version: int | None, *, retired: bool) -> Flow[Article]:
    """Take an article out of use, or into it again.

    Raises:
        NotFound: this desk has none of that id.
        VersionConflict: it is not at ``expected_version``.
    """
    key = article_id(name)
    command = cmd.RetireArticle(article=key, retired=retired, expected_version=expected_version, actor=actor)
    scope = yield from steps.attempt(0)
    yield from execute(command, scope.ids.new(COMMAND))
    return (yield from get_article(key))


def import_articles(articles: Iterable[Article], actor: Actor) -> Flow[Imported]:
    """Put articles in, a commit for each hundred; what is there already and equal is left alone.

    Raises:
        InvalidInput: one is no article, or two have one id.
    """
    given = [checks.an_instance(one, Article, "articles") for one in checks.several(articles, "articles")]
    ids = Counter(article_id(one.id) for one in given)
    twice = next((one for one, times in ids.items() if times > 1), None)
    if twice is not None:
        raise InvalidInput(
            "articles", sentence("two have the id {twice!r}", twice=twice), "give each article its own id"
        )
    added = changed = 0
    for part in batched(given, BATCH):
        scope = yield from steps.attempt(0)
        command = cmd.PutArticles(articles=part, actor=actor)
        fresh = [not one.version for one in _saved_by((yield from execute(command, scope.ids.new(COMMAND))))]
        added, changed = added + sum(fresh), changed + len(fresh) - sum(fresh)
    return Imported(added, changed, len(given) - added - changed)


def _saved_by(done: Done) -> list[Article]:
    return [event.article for entry in done.entries for event in entry.events if isinstance(event, ev.ArticleSaved)]


def export_articles(*, retired: bool = False) -> Flow[tuple[Article, ...]]:
    """All articles in the order of their ids, as ``import_articles`` takes them."""
    where = () if retired else (("retired", False),)
    return (yield from everything(Article, Query(kind="article", where=where, limit=1000)))


def history(name: str) -> Flow[tuple[ArticleVersion, ...]]:
    """The versions of an article, oldest first.

    Raises:
        NotFound: this desk has none of that id.
    """
    article = yield from get_article(name)
    told = yield from told_in(article.id, ev.ArticleSaved)
    return tuple(
        ArticleVersion(event.article.model_copy(update={"version": number}), entry.at, entry.actor)
        for number, entry, event in told
    )


def search(text: str, language: str | None, limit: int) -> Flow[tuple[ArticleHit, ...]]:
    """The articles valid now that may tell what a text asks, best first."""
    checks.a_text(text, "text")
    checks.a_number(limit, "limit", 1, 50)
    if language is not None:
        checks.an_id(language, "language")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(), articles=True)
    assert loaded.articles is not None, "the load asked for them"
    return loaded.articles.search(text, limit, Context(now=scope.now, language=language))


def gaps(campaign: str | None, at: datetime | None) -> Flow[tuple[ArticleGap, ...]]:
    """What is not ready at an instant (None: now), of all articles or of a campaign's.

    Raises:
        InvalidInput: ``at`` is no aware datetime.
    """
    if campaign is not None:
        checks.an_id(campaign, "campaign")
    if at is not None and checks.an_instance(at, datetime, "at").tzinfo is None:
        raise InvalidInput("at", "is naive", "pass an aware datetime, for example with tzinfo=datetime.UTC")
    scope = yield from steps.attempt(0)
    articles = yield from export_articles(retired=True)
    phrases = [_linked(one, one.article.id) for one in (yield from export_phrases()) if one.article and one.article.id]
    if campaign is not None:
        others = {one.id for one in articles if one.campaign != campaign}
        known = {one.id for one in articles} - others
        articles = tuple(one for one in articles if one.campaign == campaign)
        phrases = [one for one in phrases if one.article in known]
    return gaps_of(articles, phrases, at or scope.now)


def _linked(phrase: LibraryPhrase, article: str) -> Linked:
    version = phrase.article.version if phrase.article is not None else 0
    return Linked(
        id=PhraseId(phrase.id),
        article=ArticleId(article),
        version=version,
        valid_from=phrase.valid_from,
        valid_until=phrase.valid_until,
    )
