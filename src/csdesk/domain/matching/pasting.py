"""Finding what was pasted word for word: runs of a text that stand in texts which are not meant for customers.

Both sides are folded, so that width, case and traditional characters do not hide a copy. From each source every eighth
run of ten characters is kept; a copied passage of eighteen characters or more holds one of them whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from csdesk.domain.text.folding import fold

LEAST: Final = 18
"""The length, in folded characters, from which a passage counts as pasted."""

_RUN: Final = 10
_STRIDE: Final = 8


class Pasted(NamedTuple):
    """A passage of a text, folded, that stands word for word in what a phrase says to its own people."""

    phrase: str
    passage: str


class Sources:
    """Texts that are not to be pasted, each with the phrase it belongs to."""

    __slots__ = ("_runs", "_texts")

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._texts = [(phrase, fold(text)) for phrase, text in texts]
        self._runs: dict[str, list[tuple[int, int]]] = {}
        for number, (_, text) in enumerate(self._texts):
            for at in range(0, max(0, len(text) - _RUN + 1), _STRIDE):
                self._runs.setdefault(text[at : at + _RUN], []).append((number, at))

    def in_text(self, text: str) -> tuple[Pasted, ...]:
        """The passages of a text that stand in a source, in the order of the text; each as long as it gets."""
        given = fold(text)
        found: list[Pasted] = []
        at = 0
        while at <= len(given) - _RUN:
            best = ("", "")
            for number, place in self._runs.get(given[at : at + _RUN], ()):
                phrase, source = self._texts[number]
                passage = _around(given, at, source, place)
                if len(passage) > len(best[1]):
                    best = (phrase, passage)
            if len(best[1]) >= LEAST:
                found.append(Pasted(*best))
                at = given.index(best[1], max(0, at - len(best[1]))) + len(best[1])
            else:
                at += 1
        return tuple(found)


def _around(text: str, at: int, source: str, place: int) -> str:
    """The longest passage that both texts share around two places."""
    back = 0
    while at > back and place > back and text[at - back - 1] == source[place - back - 1]:
        back += 1
    ahead = _RUN
    while at + ahead < len(text) and place + ahead < len(source) and text[at + ahead] == source[place + ahead]:
        ahead += 1
    return text[at - back : at + ahead]
