"""Which parts of a text speak for a phrase, told from the numbers that ranked it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csdesk.domain.matching.terms import CHARACTER, EMOJI, PAIR, TRIPLE, WORD, WORD_PAIR, pieces_of, term

if TYPE_CHECKING:
    from csdesk.domain.matching.entries import Ranked
from csdesk.domain.matching.library import Library
from csdesk.domain.records.matches import Span

_MOST: Final = 5
_SHOWN: Final = (TRIPLE, PAIR, WORD_PAIR, WORD, CHARACTER, EMOJI)


def spans_of(library: Library, folded: str, ranked: Ranked) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The parts of the text that speak for a phrase, and the same parts of its nearest text; the strongest first."""
    weights = library.contributions(folded, ranked.entry.phrase.id)
    found: list[Span] = []
    for kind, texts in pieces_of(folded):
        if kind in _SHOWN:
            for text in texts:
                weight = weights.get(term(kind, text), 0.0)
                start = folded.find(text)
                if weight > 0 and start >= 0:
                    found.append(Span(text, start, start + len(text), weight))
    for one, word in library.lexicon.words_in(folded):
        weight = weights.get(one, 0.0)
        if weight > 0:
            start = folded.find(word)
            found.append(Span(word, start, start + len(word), weight))
    spans = _merged(found, folded)
    nearest = ranked.nearest
    there = [
        Span(span.text, at, at + len(span.text), span.weight) for span in spans if (at := nearest.find(span.text)) >= 0
    ]
    return spans, tuple(there)


def _merged(found: list[Span], folded: str) -> tuple[Span, ...]:
    """Spans that touch become one; the strongest few are kept."""
    merged: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            end = max(last.end, span.end)
            merged.append(Span(folded[last.start : end], last.start, end, last.weight + span.weight))
        else:
            merged.append(span)
    return tuple(sorted(merged, key=lambda one: -one.weight)[:_MOST])
