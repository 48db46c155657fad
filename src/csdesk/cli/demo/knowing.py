"""What the shop knows: articles, the phrases that are taken from them, and one article that changes during the day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from csdesk.cli.demo.material import articles, phrases
from csdesk.desk.shell import Desk
from csdesk.domain.records.articles import ArticleFee, ArticleLink, Section

REVISED: Final = 13 * 60
"""The slot in which the shop raises the amount from which it delivers for free; nobody rewrites the phrase."""

_SHIPPING: Final = "art_shipping"


@dataclass(frozen=True, slots=True)
class Known:
    """An article at the end of the day.

    Attributes:
        title: its title.
        version: how often it was saved.
        phrases: how many phrases are taken from it.
        shown: how often one of them was suggested to somebody.
        missing: the sections that nobody wrote.
        behind: how many of its phrases are older than it.
    """

    title: str
    version: int
    phrases: int
    shown: int
    missing: tuple[Section, ...]
    behind: int


def fill(desk: Desk) -> None:
    """Give a desk the articles and the phrases of the shop."""
    versions = {one.id: desk.articles.save(one).version for one in articles()}
    for one in phrases():
        added = desk.replies.add(
            one.title,
            one.body,
            questions=one.questions,
            keywords=one.keywords,
            language=one.language,
            auto_reply=one.auto_reply,
        )
        if one.article:
            link = ArticleLink(id=one.article, version=versions[one.article], section=one.section)
            desk.replies.replace(added.model_copy(update={"article": link}))


def revise(desk: Desk) -> None:
    """Change what delivery costs."""
    article = desk.articles.get(_SHIPPING)
    fees = (ArticleFee(what="满 99 元", price="包邮"), ArticleFee(what="不满 99 元", price="首重 8 元"))
    desk.articles.save(article.model_copy(update={"fees": fees}), expected_version=article.version)


def known(desk: Desk, shown: Counter[str]) -> tuple[Known, ...]:
    """The articles as they are, with what is not ready; ``shown`` counts suggestions by the title of their article."""
    linked = Counter[str | None](one.article.id for one in desk.replies.export() if one.article is not None)
    behind = Counter[str](gap.article for gap in desk.articles.gaps() if gap.problem == "behind")
    return tuple(
        Known(one.title, one.version, linked[one.id], shown[one.title], one.missing, behind[one.id])
        for one in desk.articles.export()
    )
