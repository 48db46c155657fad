"""What is wrong with a library before anybody asks: pairs that cannot be told apart, phrases that cannot be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from csdesk.domain.matching.library import Library

Problem = Literal["same_question", "too_close", "hidden", "no_samples", "unknown_related", "no_text"]
"""``same_question``: two phrases share a question word for word. ``too_close``: a question of one is answered by the
other almost as well. ``hidden``: a phrase's own question finds another phrase first. ``no_samples``: a phrase without
questions of customers, which is never sent by itself. ``unknown_related``: a related phrase is not in the library.
``no_text``: nothing by which it could be found."""

_CLOSE: Final = 0.03
_TEXTS: Final = 5


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing to mend.

    Attributes:
        problem: what it is; see ``Problem``.
        phrase_id: the phrase.
        other_id: the other phrase of a pair, or the unknown id; else None.
        question: the question that shows it, folded; empty where none does.
    """

    problem: Problem
    phrase_id: str
    other_id: str | None = None
    question: str = ""


def flaws_of(library: Library) -> tuple[Flaw, ...]:
    """The flaws of a library, each pair of phrases once and with the first question that shows it.

    Of each phrase the title and at most five questions are asked, so the cost is that of as many matches.
    """
    found: dict[tuple[str, str, str | None], Flaw] = {}
    for flaw in _flaws(library):
        pair = sorted(one for one in (flaw.phrase_id, flaw.other_id) if one is not None)
        found.setdefault((flaw.problem, pair[0], pair[1] if len(pair) > 1 else None), flaw)
    same = {key[1:] for key in found if key[0] == "same_question"}
    return tuple(flaw for key, flaw in found.items() if key[0] not in {"hidden", "too_close"} or key[1:] not in same)


def _flaws(library: Library) -> Iterator[Flaw]:
    owners: dict[str, str] = {}
    for entry in sorted(library.entries(), key=lambda one: one.phrase.id):
        phrase = entry.phrase
        if not entry.texts:
            yield Flaw("no_text", phrase.id)
            continue
        if not phrase.questions:
            yield Flaw("no_samples", phrase.id)
        yield from (Flaw("unknown_related", phrase.id, one) for one in phrase.related if one not in library)
        for text in entry.texts:
            owner = owners.setdefault(text, phrase.id)
            if owner != phrase.id:
                yield Flaw("same_question", owner, phrase.id, text)
        for text in entry.texts[:_TEXTS]:
            yield from _rivals(library, phrase.id, text)


def _rivals(library: Library, phrase_id: str, text: str) -> Iterator[Flaw]:
    matches = library.rank(text, 2, exact=False).matches
    if not matches:
        return
    if matches[0].entry.phrase.id != phrase_id:
        yield Flaw("hidden", phrase_id, matches[0].entry.phrase.id, text)
    elif len(matches) > 1 and matches[0].margin < _CLOSE:
        yield Flaw("too_close", phrase_id, matches[1].entry.phrase.id, text)
