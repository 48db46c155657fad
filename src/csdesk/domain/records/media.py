"""References to media: bytes live in the media store, records hold only what they are."""

from __future__ import annotations

from pydantic import Field

from csdesk.domain.records._model import Record, Text


class MediaRef(Record):
    """A stored piece of media, addressed by its content."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    type: str = "application/octet-stream"
    name: Text = ""
