"""Models of meaning, as an optional scorer of phrases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Embedder"]


class Embedder(Protocol):
    """Turns texts into vectors whose cosine tells how alike they are in meaning.

    Equal texts give equal vectors as long as ``name`` stays equal; all vectors have one length. A model in the process
    may take part wherever phrases are matched; a hosted service is asked for suggestions on demand only, never while
    messages are taken in, and raises a ``RemoteError`` when it does not answer. A desk (``open_desk(embedder=)``) asks
    either kind for suggestions on demand only, and does without it where it raises; ``AsyncDesk`` runs it in a worker
    thread. A call that blocks cannot be cut short, so give up by yourself within a few seconds.
    """

    @property
    def name(self) -> str:
        """The model and its version."""
        ...

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The vectors of the texts, in their order; no text gives no vector."""
        ...
