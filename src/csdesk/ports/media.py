"""The media port: bytes outside the database, addressed by their content."""

from __future__ import annotations

from collections.abc import Iterator
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

    def delete(self, sha256: str) -> None:
        """Remove the bytes; removing what is not there is fine."""
        ...

    def digests(self) -> Iterator[tuple[str, float]]:
        """Everything that is stored: its SHA-256 in hex, and the Unix time at which it was written, in seconds."""
        ...
