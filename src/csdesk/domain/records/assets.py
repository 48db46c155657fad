"""Assets (营销图文、企业资料): brochures, certificates, price lists, kept once, sent as a channel can carry them.

Every change is a version. Files lie in the media store; an asset refers to them, and files of earlier versions stay.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import Instant, Key, Record, Text, Value
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import LinkPart, MediaPart, TextPart, says_nothing
from csdesk.domain.records.validity import check_validity

AssetPart = Annotated[MediaPart | LinkPart | TextPart, Field(discriminator="kind")]
"""What one form of an asset is: a file, a link, or mere words."""


class AssetVariant(Record):
    """One form of an asset, and for whom. What is empty fits everybody."""

    part: AssetPart
    languages: tuple[Key, ...] = ()
    channels: tuple[Key, ...] = ()
    """Kinds of channel (``message.channel``) and accounts."""

    def suits(self, language: str | None, channels: Collection[str]) -> bool:
        """True if it is meant for somebody of that language on such a channel."""
        spoken = {one.partition("-")[0].lower() for one in self.languages}
        speaks = not spoken or (language or "").partition("-")[0].lower() in spoken
        return speaks and (not self.channels or not {*self.channels}.isdisjoint(channels))


class Asset(Record):
    """Something to send to customers, with everything a team notes about it."""

    SCHEMA: ClassVar[int] = 1

    id: Key
    version: int = 0
    title: Text = Field(min_length=1)
    about: Text = ""
    """For your own people: what it is for, who may have it."""
    variants: tuple[AssetVariant, ...] = Field(min_length=1)
    """Its forms, the best first: the first that suits and that the channel carries is sent."""
    tags: tuple[Key, ...] = ()
    owner: Key | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    retired: bool = False
    earlier: tuple[str, ...] = ()
    """The digests of the files of earlier versions, which stay as long as the asset does."""
    created_at: Instant
    updated_at: Instant

    @model_validator(mode="after")
    def _coherent(self) -> Asset:
        check_validity(self.valid_from, self.valid_until)
        for variant in self.variants:
            part = variant.part
            if isinstance(part, MediaPart) and part.ref is None:
                raise PydanticCustomError("value_error", "a file without its bytes: make it with desk.assets.file()")
            if says_nothing((part,)):
                raise PydanticCustomError("value_error", "a variant that says nothing")
        return self

    @property
    def media(self) -> frozenset[str]:
        """The digests of all files that it and its earlier versions refer to."""
        found = [one for variant in self.variants for one in variant.part.__dict__.values() if type(one) is MediaRef]
        return frozenset([*self.earlier, *[one.sha256 for one in found]])


class AssetUse(Value):
    """That a message holds an asset: which version, and which of its forms, counted from 0."""

    asset: Key
    version: int
    variant: int
