"""What commands are built on."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, Field, field_validator

from csdesk.domain.ids import (
    ArticleId,
    AssetId,
    PhraseId,
    TicketId,
    article_id,
    asset_id,
    phrase_id,
)
from csdesk.domain.records._model import Key, Text, Value, clean_text
from csdesk.domain.records.actors import Actor
from csdesk.errors import sentence

MOST_WRITTEN: Final = 65_536
"""The longest text of a reply or a note, in bytes of UTF-8."""


T = TypeVar("T")


def _phrase_name(name: str) -> PhraseId:
    return phrase_id(name)


PhraseName = Annotated[PhraseId, AfterValidator(_phrase_name)]
"""The id of a phrase; what people call it is given the prefix."""


def _article_name(name: str) -> ArticleId:
    return article_id(name)


ArticleName = Annotated[ArticleId, AfterValidator(_article_name)]
"""The id of an article; what people call it is given the prefix."""


def _asset_name(name: str) -> AssetId:
    return asset_id(name)


AssetName = Annotated[AssetId, AfterValidator(_asset_name)]
"""The id of an asset; what people call it is given the prefix."""


def nothing_unknown(value: T) -> T:
    """Refuse values that carry fields nobody knows: a slip of the caller, where stored records may have them."""
    for one in value if isinstance(value, tuple) else (value,):
        unknown = getattr(one, "__pydantic_extra__", None)
        if unknown:
            raise ValueError(sentence("has an unknown field {name}", name=min(unknown)))
    return value


class _Command(Value):
    actor: Actor = Actor.system()
    idempotency_key: Key | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: object) -> object:
        return clean_text(value)


Subject = Annotated[Text, Field(max_length=200)]
"""What something given to a customer is about: a name of the host's, such as ``order:123``."""


Number = Annotated[int, Field(strict=True)]
"""A whole number as it was given out: text that looks like one is a slip."""


class _TicketCommand(_Command):
    ticket: TicketId
    expected_version: int | None = None
    fence: Number | None = None
    """The fencing number of the caller's lease: the command fails if the lease is over. None: not checked."""
