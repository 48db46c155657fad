"""What flows ask the media store, and the store about media."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from csdesk.domain.records.media import MediaRef
from csdesk.ports.steps._answers import answered

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow


@dataclass(frozen=True, slots=True)
class PutMedia:
    """Store bytes; durable before the reply."""

    content: bytes
    type: str
    name: str


def put_media(content: bytes, *, type: str, name: str = "") -> Flow[MediaRef]:
    """Store bytes."""
    return answered(PutMedia(content, type, name), MediaRef, "media")


@dataclass(frozen=True, slots=True)
class ReadMedia:
    """The bytes of stored media."""

    ref: MediaRef


def read_media(ref: MediaRef) -> Flow[bytes]:
    """The bytes of stored media.

    Raises:
        NotFound: they are gone.
    """
    return answered(ReadMedia(ref), bytes, "media")


@dataclass(frozen=True, slots=True)
class ListMedia:
    """The next digests of the media store."""

    after: str
    limit: int


def list_media(after: str, limit: int) -> Flow[tuple[str, ...]]:
    """The next digests of the media store, in order."""
    return answered(ListMedia(after, limit), tuple, "media")


@dataclass(frozen=True, slots=True)
class MediaInUse:
    """Which of the media are referred to."""

    digests: tuple[str, ...]


def media_in_use(digests: tuple[str, ...]) -> Flow[frozenset[str]]:
    """Which of the media are referred to.

    Raises:
        UnsupportedFeature: the store cannot tell.
    """
    return answered(MediaInUse(digests), frozenset, "media")


@dataclass(frozen=True, slots=True)
class DeleteMedia:
    """Remove media whose last put is long enough ago; how many are gone, and which are too young."""

    digests: tuple[str, ...]
    idle: timedelta


def delete_media(digests: tuple[str, ...], *, idle: timedelta) -> Flow[tuple[str, ...]]:
    """Remove those media whose last put is that long ago; the ones that are too young."""
    return answered(DeleteMedia(digests, idle), tuple, "media")


@dataclass(frozen=True, slots=True)
class TidyMedia:
    """Remove what unfinished puts left."""

    idle: timedelta


def tidy_media(*, idle: timedelta) -> Flow[int]:
    """Remove what unfinished puts left, if it is that old; how many pieces."""
    return answered(TidyMedia(idle), int, "media")
