"""Articles (知识库文章): what a team has to know of a product or an activity before customers ask, section by section.

They are records that people edit while the desk runs, with versions and a validity as phrases have them. A phrase says
which article it is taken from (``ArticleLink``); so what nobody has written yet is found before customers find it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final, Literal, get_args

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.ids import ArticleId, PhraseId, article_id
from csdesk.domain.records._model import Instant, Key, Record, Text
from csdesk.domain.records.validity import check_validity, is_early, is_over
from csdesk.errors import InvalidInput, sentence

Section = Literal["what", "rules", "fees", "cautions", "steps", "questions"]
"""What an article has to say: what it is, its rules, fees, cautions, how it goes, what is asked (活动知识)."""

SECTIONS: Final[tuple[Section, ...]] = get_args(Section)

_UNSAVED: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ArticleFee(Record):
    """What something costs."""

    what: Text = Field(min_length=1)
    price: Text = ""
    """As customers are told it: ``免费``, ``¥12 an order``, ``0.1 %``."""


class ArticleQuestion(Record):
    """A question that customers ask, and the answer."""

    question: Text = Field(min_length=1)
    answer: Text = ""


class Article(Record):
    """What there is to know of one thing, in six sections.

    A section without content is ``missing``, unless ``not_needed`` says that there is nothing to tell.
    """

    SCHEMA: ClassVar[int] = 1

    id: Key
    version: int = Field(default=0, ge=0)
    title: Text = Field(min_length=1)
    what: Text = ""
    """What it is, for whom, from when to when."""
    rules: tuple[Text, ...] = ()
    fees: tuple[ArticleFee, ...] = ()
    cautions: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = ()
    """How it goes, in their order."""
    questions: tuple[ArticleQuestion, ...] = ()
    not_needed: tuple[Section, ...] = ()
    """Sections that are empty on purpose: nothing is charged, nothing is to be done."""
    keywords: tuple[Text, ...] = ()
    tags: tuple[Key, ...] = ()
    language: str | None = None
    campaign: Key | None = None
    """The campaign or the release that this version is for."""
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    owner: Key | None = None
    url: Text = ""
    """Where customers can read it."""
    retired: bool = False
    created_at: Instant = _UNSAVED
    updated_at: Instant = _UNSAVED
    """The desk sets both, and the version, when it saves the article."""

    @model_validator(mode="after")
    def _coherent(self) -> Article:
        check_validity(self.valid_from, self.valid_until)
        told = sorted(set(self.not_needed) & set(self.written))
        if told:
            raise PydanticCustomError(
                "value_error", sentence("the section {name} is written and said not to be needed", name=told[0])
            )
        return self

    @property
    def written(self) -> tuple[Section, ...]:
        """The sections that say something."""
        return tuple(one for one in SECTIONS if getattr(self, one))

    @property
    def missing(self) -> tuple[Section, ...]:
        """The sections that nobody has written yet."""
        return tuple(one for one in SECTIONS if not getattr(self, one) and one not in self.not_needed)

    def texts(self, section: Section) -> tuple[str, ...]:
        """What a section says, one text for each paragraph, rule, fee, step or question."""
        if section == "fees":
            return tuple(f"{one.what} {one.price}".strip() for one in self.fees)
        if section == "questions":
            return tuple(text for one in self.questions for text in (one.question, one.answer) if text)
        if section == "what":
            return tuple(line.strip() for line in self.what.splitlines() if line.strip())
        found: tuple[str, ...] = getattr(self, section)
        return found


class ArticleLink(Record):
    """The article that a phrase is taken from: one of the desk's (``id``), or one that the host keeps (``title``)."""

    id: Key | None = None
    """An article of ``desk.articles``, by its id or what people call it."""
    version: int = Field(default=0, ge=0)
    """The version of it that the phrase was written after; 0: nobody noted it."""
    section: Section | None = None
    """Where in the article it stands."""
    title: Text = ""
    url: Text = ""
    sections: tuple[Section, ...] = ()
    """Of an article that the host keeps: the sections that are written."""

    @field_validator("id")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        if name is None:
            return None
        try:
            return article_id(name)
        except InvalidInput as error:
            raise PydanticCustomError("value_error", error.problem) from None

    @model_validator(mode="after")
    def _names_one(self) -> ArticleLink:
        if self.id is None and not self.title:
            raise PydanticCustomError("value_error", "neither id nor title says which article")
        return self

    @property
    def missing(self) -> tuple[Section, ...]:
        """The sections of a host's article that nobody has written yet; of the desk's own see ``Article.missing``."""
        return tuple(one for one in SECTIONS if one not in self.sections) if self.id is None else ()


GapKind = Literal[
    "missing_sections",
    "no_phrase",
    "not_begun",
    "expired",
    "behind",
    "outlives",
    "unknown_article",
    "retired_article",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleGap:
    """Something that is not ready.

    Attributes:
        problem: ``missing_sections``; ``no_phrase`` answers from the article; ``not_begun`` and ``expired``: it is not
            valid then; ``behind``: the phrase was written after an earlier version; ``outlives``: the phrase is valid
            when its article is not; ``unknown_article`` and ``retired_article``: the phrase's article is not there.
        article: the article's id.
        title: its title; empty for an unknown one.
        phrase: the phrase that is meant, if one is.
        sections: for ``missing_sections``: which.
    """

    problem: GapKind
    article: ArticleId
    title: str = ""
    phrase: PhraseId | None = None
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A phrase as far as its article is concerned."""

    id: PhraseId
    article: ArticleId
    version: int
    valid_from: datetime | None
    valid_until: datetime | None


def gaps_of(articles: Iterable[Article], phrases: Iterable[Linked], at: datetime) -> tuple[ArticleGap, ...]:
    """What is not ready at an instant: of each article in its order, then of phrases whose article is not there.

    Args:
        articles: those to look at, and the retired ones, which only tell why a phrase has none.
        phrases: phrases in use that are taken from an article.
        at: when it has to be ready.
    """
    known = {one.id: one for one in articles}
    of: dict[str, list[Linked]] = {}
    lost: list[ArticleGap] = []
    for phrase in phrases:
        article = known.get(phrase.article)
        if article is None:
            lost.append(ArticleGap(problem="unknown_article", article=phrase.article, phrase=phrase.id))
        elif article.retired:
            lost.append(_gap("retired_article", article, phrase))
        else:
            of.setdefault(article.id, []).append(phrase)
    found = [gap for one in known.values() if not one.retired for gap in _gaps_of_one(one, of.get(one.id, ()), at)]
    return (*found, *lost)


def _gaps_of_one(article: Article, phrases: Iterable[Linked], at: datetime) -> Iterable[ArticleGap]:
    if article.missing:
        yield ArticleGap(
            problem="missing_sections", article=ArticleId(article.id), title=article.title, sections=article.missing
        )
    if is_early(article.valid_from, at):
        yield _gap("not_begun", article)
    if is_over(article.valid_until, at):
        yield _gap("expired", article)
    linked = tuple(phrases)
    if not linked:
        yield _gap("no_phrase", article)
    for one in linked:
        if 0 < one.version < article.version:
            yield _gap("behind", article, one)
        if _outlives(one, article):
            yield _gap("outlives", article, one)


def _outlives(phrase: Linked, article: Article) -> bool:
    early = article.valid_from is not None and (phrase.valid_from is None or phrase.valid_from < article.valid_from)
    late = article.valid_until is not None and (phrase.valid_until is None or phrase.valid_until > article.valid_until)
    return early or late


def _gap(kind: GapKind, article: Article, phrase: Linked | None = None) -> ArticleGap:
    key = phrase.id if phrase is not None else None
    return ArticleGap(problem=kind, article=ArticleId(article.id), title=article.title, phrase=key)
