"""Places in a reply that the desk's policy on wording speaks against."""

from __future__ import annotations

from typing import Literal

from csdesk.domain.records._model import Record

WordingKind = Literal["forbidden", "cold", "verbatim"]
"""``forbidden``: words that must not be said. ``cold``: a refusal that offers nothing. ``verbatim``: a passage copied
from what a phrase says to its own people."""


class WordingSpot(Record):
    """One place. Positions count characters of the reply's text parts, joined by a line break.

    Behind them the words of its other parts are counted (titles, menus, captions, the visible text of HTML), and the
    subject at last, each on a line.
    """

    kind: WordingKind
    start: int
    end: int
    instead: str = ""
    """How to say it better; for ``verbatim`` the phrase's wording for customers."""
    phrase: str | None = None
    """For ``verbatim``: the phrase it was copied from."""
