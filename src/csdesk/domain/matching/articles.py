"""The desk's articles, ready to be searched: one immutable value, and another for each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from csdesk.domain.matching.entries import folded
from csdesk.domain.matching.judging import Judge, Match
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.phrases import Context, Phrase
from csdesk.domain.records.articles import SECTIONS, Article, Section

_TEXTS: Final = 200
"""So many texts of an article are searched; of longer ones the first."""
_LEAST_LOOSE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHit:
    """An article that may tell what was asked.

    Attributes:
        article: the record.
        score: how well it fits, 0 to 1; for ordering, not a probability.
        section: the section whose text is most like the question; None: the title is.
        text: that text, as it stands there.
    """

    article: Article
    score: float
    section: Section | None
    text: str


class ArticleShelf:
    """All articles of a desk; those in use can be searched, each paragraph, rule, fee, step and question of them."""

    __slots__ = ("_articles", "_judge")

    def __init__(self, articles: Iterable[Article] = ()) -> None:
        """Index articles."""
        self._articles: Mapping[str, Article] = {one.id: one for one in articles}
        self._judge = _indexed(self._articles.values())

    def __len__(self) -> int:
        """The number of articles in use."""
        return len(self._judge.library)

    def __iter__(self) -> Iterator[Article]:
        """All articles, retired ones too."""
        return iter(self._articles.values())

    def with_articles(self, changed: Iterable[Article]) -> ArticleShelf:
        """The shelf with articles added or replaced; a retired one is no longer found."""
        shelf: ArticleShelf = object.__new__(ArticleShelf)
        articles, library = dict(self._articles), self._judge.library
        for one in changed:
            articles[one.id] = one
            library = library.without(one.id) if one.retired else library.with_phrase(_entry_of(one))
        shelf._articles = articles
        loose = library.unpacked > max(_LEAST_LOOSE, len(library) // 2)
        shelf._judge = _indexed(articles.values()) if loose else self._judge.over(library)
        return shelf

    def search(self, text: str, limit: int, context: Context) -> tuple[ArticleHit, ...]:
        """The articles that may tell what a text asks, best first; the language and validity of ``context`` count."""
        return tuple(self._hit(one) for one in self._judge.match(text, limit, context))

    def _hit(self, match: Match) -> ArticleHit:
        article, nearest = self._articles[match.phrase_id], match.why.nearest
        for section in SECTIONS:
            for text in article.texts(section):
                if folded(text) == nearest:
                    return ArticleHit(article=article, score=match.score, section=section, text=text)
        return ArticleHit(article=article, score=match.score, section=None, text=article.title)


def _indexed(articles: Iterable[Article]) -> Judge:
    return Judge(Library(_entry_of(one) for one in articles if not one.retired))


def _entry_of(article: Article) -> Phrase:
    """What an article is found by: everything it says."""
    texts = [text for section in reversed(SECTIONS) for text in article.texts(section)]  # questions count first
    return Phrase(
        article.id,
        article.title,
        questions=tuple(texts[:_TEXTS]),
        keywords=article.keywords,
        language=article.language,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )
