"""Commands about what there is to say: phrases, articles, brochures, and what is learnt from their use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.ids import (
    MessageId,
    article_id,
    phrase_id,
)
from csdesk.domain.records._model import Instant, Key, Text, replaced
from csdesk.domain.records.articles import Article, ArticleLink
from csdesk.domain.records.assets import AssetVariant
from csdesk.domain.records.commands._base import (
    ArticleName,
    AssetName,
    PhraseName,
    _Command,
    _TicketCommand,
    nothing_unknown,
)
from csdesk.domain.records.phrases import LibraryPhrase, Variable, Wording


class SavePhrase(_Command):
    """Add a phrase (``phrase`` None) or change one; None leaves a value as it is."""

    kind: Literal["save_phrase"] = "save_phrase"
    phrase: PhraseName | None = None
    id: PhraseName | None = None
    """The id of a new phrase; None: a fresh one."""
    expected_version: int | None = None
    title: Text | None = Field(default=None, min_length=1)
    questions: tuple[Text, ...] | None = None
    keywords: tuple[Text, ...] | None = None
    wordings: tuple[Wording, ...] | None = Field(default=None, min_length=1)
    variables: tuple[Variable, ...] | None = None
    tags: tuple[Key, ...] | None = None
    language: Text | None = None
    channels: tuple[Key, ...] | None = None
    levels: tuple[Key, ...] | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    owner: Key | None = None
    rationale: Text | None = None
    related: tuple[PhraseName, ...] | None = None
    attachments: tuple[Key, ...] | None = None
    article: ArticleLink | None = None
    auto_reply: bool | None = None
    retired: bool | None = None

    _known = field_validator("wordings", "variables", "article", mode="after")(nothing_unknown)


class SaveAsset(_Command):
    """Add an asset (``asset`` None) or change one; None leaves a value as it is."""

    kind: Literal["save_asset"] = "save_asset"
    asset: AssetName | None = None
    id: AssetName | None = None
    """The id of a new asset; None: a fresh one."""
    expected_version: int | None = None
    title: Text | None = Field(default=None, min_length=1)
    about: Text | None = None
    variants: tuple[AssetVariant, ...] | None = Field(default=None, min_length=1, max_length=50)
    tags: tuple[Key, ...] | None = None
    owner: Key | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    retired: bool | None = None

    _known = field_validator("variants")(nothing_unknown)


class PutPhrases(_Command):
    """Put whole phrases in: new ones are added, known ones replaced, equal ones left alone. An import is made of these.

    Their version and times are the desk's own. Ids without the prefix of phrases are given it.
    """

    kind: Literal["put_phrases"] = "put_phrases"
    phrases: tuple[LibraryPhrase, ...] = Field(min_length=1, max_length=500)
    only: Literal["any", "new", "known"] = "any"
    """``new``: none of them may be there. ``known``: all of them must be."""
    expected_version: int | None = None
    """For a single phrase."""

    @field_validator("phrases", mode="before")
    @classmethod
    def _from_the_ground_up(cls, phrases: object) -> object:
        # A copy that was made of a phrase is not checked by itself.
        if not isinstance(phrases, tuple | list):
            return phrases
        return [one.model_dump(warnings=False) if isinstance(one, LibraryPhrase) else one for one in phrases]

    @field_validator("phrases")
    @classmethod
    def _named(cls, phrases: tuple[LibraryPhrase, ...]) -> tuple[LibraryPhrase, ...]:
        named = tuple(
            replaced(one, id=phrase_id(one.id), related=tuple(map(phrase_id, one.related))) for one in phrases
        )
        if len({one.id for one in named}) < len(named):
            raise ValueError("two phrases have one id")
        for one in named:
            nothing_unknown((one, *one.wordings, *one.variables, *([one.article] if one.article else ())))
        return named


class PutArticles(_Command):
    """Put whole articles in: new ones are added, known ones replaced, equal ones left alone.

    Their version and times are the desk's own. Ids without the prefix of articles are given it.
    """

    kind: Literal["put_articles"] = "put_articles"
    articles: tuple[Article, ...] = Field(min_length=1, max_length=500)
    expected_version: int | None = None
    """For a single article; 0: there must be none yet."""

    @field_validator("articles", mode="before")
    @classmethod
    def _from_the_ground_up(cls, articles: object) -> object:
        # A copy that was made of an article is not checked by itself.
        if not isinstance(articles, tuple | list):
            return articles
        return [one.model_dump(warnings=False) if isinstance(one, Article) else one for one in articles]

    @field_validator("articles")
    @classmethod
    def _named(cls, articles: tuple[Article, ...]) -> tuple[Article, ...]:
        named = tuple(replaced(one, id=article_id(one.id)) for one in articles)
        if len({one.id for one in named}) < len(named):
            raise ValueError("two articles have one id")
        for one in named:
            nothing_unknown((one, *one.fees, *one.questions))
        return named


class RetireArticle(_Command):
    """Take an article out of use, or (``retired`` False) into it again; it stays readable."""

    kind: Literal["retire_article"] = "retire_article"
    article: ArticleName
    retired: bool = True
    expected_version: int | None = None


class JudgeSuggestions(_Command):
    """Say what became of suggestions for a customer's message; replies that name their phrase say it themselves."""

    kind: Literal["judge"] = "judge"
    message: MessageId
    fate: Literal["shown", "picked", "edited", "ignored", "wrong"]
    picked: PhraseName | None = None
    """The phrase that was sent or would have been right; None: none of those shown."""
    shown: tuple[PhraseName, ...] = Field(default=(), max_length=50)
    """The phrases that were shown, best first."""

    @model_validator(mode="after")
    def _coherent(self) -> JudgeSuggestions:
        if self.fate in ("picked", "edited") and self.picked is None:
            raise PydanticCustomError("value_error", "picked: it is not said which phrase was sent")
        if self.fate in ("shown", "ignored") and self.picked is not None:
            raise PydanticCustomError("value_error", "picked: nothing was picked of what was only shown or ignored")
        if self.fate != "picked" and not self.shown:
            raise PydanticCustomError("value_error", "shown: it is not said which phrases")
        return self


class ForgetLessons(_Command):
    """Let lessons count no more, as if nobody had decided so: one of the three is given."""

    kind: Literal["forget"] = "forget"
    message: MessageId | None = None
    """Those about this message of a customer."""
    phrase: PhraseName | None = None
    """Those in which this phrase was picked or shown."""
    last: int | None = Field(default=None, ge=1, le=1000)
    """The latest so many."""

    @model_validator(mode="after")
    def _one(self) -> ForgetLessons:
        if sum(one is not None for one in (self.message, self.phrase, self.last)) != 1:
            raise PydanticCustomError("value_error", "pass message, phrase or last, one of them")
        return self


class AdoptTraining(_Command):
    """Use what a training of the phrases taught; ``desk.learning.optimize`` trains them and runs this."""

    kind: Literal["adopt_training"] = "adopt_training"
    body: str = Field(max_length=16_000_000)
    """What was taught, see ``LibraryTrained``."""


class ChooseTraining(_Command):
    """Go back to an earlier training, or to phrases as they are written."""

    kind: Literal["choose_training"] = "choose_training"
    training: int = Field(ge=0)
    """Its number; 0: none."""


class PromoteExemplar(_TicketCommand):
    """Keep the phrase or the article that a person made of a good answer on the ticket; one of the two is given."""

    kind: Literal["promote"] = "promote"
    message: MessageId
    """The answer."""
    phrase: LibraryPhrase | None = None
    article: Article | None = None
    override: Text = ""
    """Why words may stand in it that look personal."""

    @model_validator(mode="after")
    def _one(self) -> PromoteExemplar:
        if (self.phrase is None) == (self.article is None):
            raise PydanticCustomError("value_error", "pass phrase or article, one of them")
        return self
