"""Finding what was pasted word for word: runs of a text that stand in texts which are not meant for customers.

Both sides are folded: width, case, traditional characters, quotes and blanks do not hide a copy. From each source
every eighth run of ten characters is kept; a copied passage of eighteen characters or more holds one of them whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from csdesk.domain.text.comparing import comparable, comparable_places

LEAST: Final = 18
"""The length, in folded characters, from which a passage counts as pasted."""

_RUN: Final = 10
_STRIDE: Final = 8
_BREAKS: Final = dict.fromkeys(map(ord, "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")


class Pasted(NamedTuple):
    """A passage of a text that stands word for word in what a phrase says to its own people, and where it stands."""

    phrase: str
    start: int
    end: int


class Sources:
    """Texts that are not to be pasted, each with the phrase it belongs to."""

    __slots__ = ("_runs", "_texts")

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._texts = [(phrase, comparable(_in_one_line(text))) for phrase, text in texts]
        self._runs: dict[str, list[tuple[int, int]]] = {}
        for number, (_, text) in enumerate(self._texts):
            for at in range(0, max(0, len(text) - _RUN + 1), _STRIDE):
                self._runs.setdefault(text[at : at + _RUN], []).append((number, at))

    def in_text(self, text: str) -> tuple[Pasted, ...]:
        """The passages of a text that stand in a source, in the order of the text; each as long as it gets."""
        given, places = comparable_places(_in_one_line(text))
        found: list[Pasted] = []
        at = 0
        while at <= len(given) - _RUN:
            phrase, start, end = "", at, at
            for number, place in self._runs.get(given[at : at + _RUN], ()):
                name, source = self._texts[number]
                first, last = _around(given, at, source, place)
                if last - first > end - start:
                    phrase, start, end = name, first, last
            if end - start >= LEAST:
                found.append(Pasted(phrase, places[start][0], places[end - 1][1]))
                at = end
            else:
                at += 1
        return tuple(found)


def _in_one_line(text: str) -> str:
    """The text with blanks for line breaks, sign for sign: where a copy is broken does not matter."""
    return text.translate(_BREAKS)


def _around(text: str, at: int, source: str, place: int) -> tuple[int, int]:
    """Where the longest passage that both texts share around two places begins and ends in ``text``."""
    back = 0
    while at > back and place > back and text[at - back - 1] == source[place - back - 1]:
        back += 1
    ahead = _RUN
    while at + ahead < len(text) and place + ahead < len(source) and text[at + ahead] == source[place + ahead]:
        ahead += 1
    return at - back, at + ahead
