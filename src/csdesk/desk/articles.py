"""``desk.articles``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from csdesk.desk._groups import Group
from csdesk.domain.ids import ArticleId
from csdesk.domain.matching.articles import ArticleHit
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.articles import Article, ArticleGap
from csdesk.flows.knowledge import articles
from csdesk.flows.knowledge.articles import ArticleVersion
from csdesk.flows.knowledge.library import Imported
from csdesk.flows.reading import lists
from csdesk.flows.reading.lists import filters
from csdesk.ports.store import Page, Query


class Articles(Group):
    """What the team has to know of products and activities (知识库), kept while the desk runs.

    Ids of articles begin with ``art_``; a name without is given it, so ``spring`` and ``art_spring`` are one article.
    """

    def save(self, article: Article, *, actor: Actor | None = None, expected_version: int | None = None) -> Article:
        """Add an article, or put it in the place of the one with its id; version and times are the desk's own.

        Args:
            article: the whole of it; one that is there already and equal is left alone.
            actor: who saves it; None: the application.
            expected_version: the version that was edited; 0: there must be none yet; None: whatever is there.

        Raises:
            VersionConflict: somebody else saved it meanwhile.
        """
        return self._runner.run(articles.save_article(article, actor or Actor.system(), expected_version))

    def retire(
        self,
        article: ArticleId | str,
        *,
        retired: bool = True,
        actor: Actor | None = None,
        expected_version: int | None = None,
    ) -> Article:
        """Take an article out of use; it stays readable, and ``retired=False`` brings it back.

        Raises:
            NotFound: this desk has none.
            VersionConflict: it is not at ``expected_version``.
        """
        flow = articles.retire_article(article, actor or Actor.system(), expected_version, retired=retired)
        return self._runner.run(flow)

    def get(self, article: ArticleId | str) -> Article:
        """The article of that id.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(lists.get_article(article))

    def list(
        self,
        *,
        campaign: str | None = None,
        language: str | None = None,
        retired: bool | None = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Article]:
        """A page of articles in the order of their ids; ``retired`` None: both kinds."""
        where = filters(campaign=campaign, language=language, retired=retired)
        query = Query(kind="article", where=where, limit=limit, after=cursor)
        return self._runner.run(lists.page_of(Article, query))

    def search(self, text: str, *, language: str | None = None, limit: int = 5) -> tuple[ArticleHit, ...]:
        """The articles valid now that may tell what a text asks, best first, each with the section that does.

        Args:
            text: what was asked.
            language: only articles of that language, and those of none.
            limit: how many, 1 to 50.
        """
        return self._runner.run(articles.search(text, language, limit))

    def history(self, article: ArticleId | str) -> tuple[ArticleVersion, ...]:
        """The versions of an article, oldest first, with who saved them and when.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(articles.history(article))

    def gaps(self, *, campaign: str | None = None, at: datetime | None = None) -> tuple[ArticleGap, ...]:
        """What is not ready: sections that nobody wrote, articles that no phrase answers from, links gone stale.

        Args:
            campaign: only its articles, and the phrases taken from them.
            at: when it has to be ready (aware), such as the launch; None: now.

        Raises:
            InvalidInput: ``at`` is naive.
        """
        return self._runner.run(articles.gaps(campaign, at))

    def import_(self, given: Iterable[Article], *, actor: Actor | None = None) -> Imported:
        """Put many articles in: new ones are added, others replaced, equal ones left alone; a commit for each hundred.

        ``csdesk.matching.read_articles`` reads them from files. Doing it again after a failure is safe.

        Raises:
            InvalidInput: two articles have one id.
        """
        return self._runner.run(articles.import_articles(given, actor or Actor.system()))

    def export(self, *, retired: bool = False) -> tuple[Article, ...]:
        """All articles in the order of their ids, for ``csdesk.matching.write_articles`` or another desk."""
        return self._runner.run(articles.export_articles(retired=retired))
