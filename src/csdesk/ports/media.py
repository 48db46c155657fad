"""The media port: bytes outside the database, addressed by their content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Protocol

from csdesk.domain.records.media import MediaRef


class MediaStore(Protocol):
    """Keeps bytes. Equal content is kept once; media are written before the commit that refers to them."""

    def put(self, stream: IO[bytes], *, type: str = "application/octet-stream", name: str = "") -> MediaRef:
        """Store the stream to its end and return its reference. Durable when it returns."""
        ...

    def open(self, ref: MediaRef) -> IO[bytes]:
        """The bytes of a reference; its SHA-256 alone says which.

        Raises:
            NotFound: nothing is stored under it.
        """
        ...

    def delete(self, sha256: str, *, idle: timedelta | None = None) -> bool:
        """Remove the bytes; removing what is not there is fine.

        With ``idle`` only if their last put is at least that long ago by the media's own clock: False if it is not. A
        put that runs at the same time is never lost: a commit that will refer to the bytes is on its way.
        """
        ...

    def digests(self, after: str = "") -> Iterator[tuple[str, float]]:
        """What is stored, in order: each SHA-256 in hex behind ``after``, and the Unix time of its last put."""
        ...

    def tidy(self, idle: timedelta) -> int:
        """Remove what puts that never ended left behind, if it is at least that old; how many pieces that were."""
        ...
