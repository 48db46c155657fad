"""From candidates to places: compared by letters, held back by guards, each with its lead.

The score is (cosine + learned + 0.15 x ratio^2) / 1.15, where ratio is the likeness of the text to the nearest of the
phrase's texts by longest common subsequence; the opposite of what was asked is halved. A phrase that has exactly the
text scores 1, unless people decided against it. With an embedder half its likeness, -1 to 1, is added before scaling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from csdesk.domain.matching.entries import Entry, Ranked
from csdesk.domain.matching.guards import OPPOSITE_SHARE, guards_against, reading_of
from csdesk.domain.records.matches import Guard

DENSE_SHARE: Final = 0.5
_RATIO_SHARE: Final = 0.15
_NOT_SAME: Final = 0.999


class Draft(NamedTuple):
    """A candidate on its way to its place.

    Attributes:
        score: as in ``Ranked``.
        entry: the phrase.
        whole: the score before it is halved or held within its bounds.
        cosine: as in ``Ranked``, like what follows.
    """

    score: float
    entry: Entry
    whole: float
    cosine: float
    ratio: float
    nearest: str
    dense: float
    guards: tuple[Guard, ...] = ()


def placed(
    folded: str,
    candidates: Iterable[tuple[int, Entry, float]],
    limit: int,
    extra: Mapping[int, float],
    same: set[int],
) -> tuple[Ranked, ...]:
    """The best candidates for a folded text, best first.

    Args:
        folded: the text.
        candidates: the slot, entry and cosine of each.
        limit: how many are wanted.
        extra: what vectors add, by slot.
        same: the slots of phrases that have exactly this text.
    """
    drafts = sorted(_likened(folded, candidates, extra, same), key=_place)
    found = sorted(_guarded(folded, drafts, max(limit, 2)), key=_place)
    if not found:
        return ()
    first = found[0].score
    second = found[1].score if len(found) > 1 else 0.0
    leads = [first - second, *[one.score - first for one in found[1:limit]]]
    return tuple(
        Ranked(one.entry, one.score, lead, one.cosine, one.ratio, one.nearest, one.guards, one.dense)
        for one, lead in zip(found, leads, strict=False)
    )


def _place(one: Draft) -> tuple[float, str]:
    return -one.score, one.entry.phrase.id


def _bounded(score: float) -> float:
    return min(_NOT_SAME, max(0.0, score))


def _likened(
    folded: str, candidates: Iterable[tuple[int, Entry, float]], extra: Mapping[int, float], same: set[int]
) -> Iterable[Draft]:
    from rapidfuzz import fuzz, process

    scale = 1 + _RATIO_SHARE + (2 * DENSE_SHARE if extra else 0)
    for slot, entry, cosine in candidates:
        dense = extra.get(slot, 0.0)
        if slot in same:
            yield Draft(1.0, entry, 1.0, cosine, 1.0, folded, dense)
            continue
        nearest, likeness, _ = process.extractOne(folded, entry.texts, scorer=fuzz.ratio)
        ratio = likeness / 100
        whole = (cosine + _RATIO_SHARE * ratio * ratio + dense) / scale
        yield Draft(_bounded(whole), entry, whole, cosine, ratio, nearest, dense)


def _guarded(folded: str, drafts: Iterable[Draft], enough: int) -> Iterable[Draft]:
    """The drafts with what guards say; since a guard only lowers a score, no more are asked than could come so far."""
    text = reading_of(folded)
    for draft in drafts:
        # A phrase that has exactly this text has nothing against it.
        guards = guards_against(text, folded, draft.entry.reading, draft.nearest) if draft.score < 1 else ()
        if "opposite" in guards:
            yield draft._replace(guards=guards, score=_bounded(draft.whole * OPPOSITE_SHARE))
            continue
        yield draft._replace(guards=guards) if guards else draft
        enough -= 1
        if not enough:
            return
