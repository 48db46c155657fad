"""What is wrong with a library before anybody asks: pairs that cannot be told apart, phrases that cannot be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from csdesk.domain.matching.entries import Entry, folded
from csdesk.domain.matching.library import Library

Problem = Literal["same_question", "mixed_up", "too_close", "hidden", "no_samples", "unknown_related", "no_text"]
"""``same_question``: two phrases share a question word for word. ``mixed_up``: of the questions of two phrases a third
finds the other of the two, once it is not a sample of its own: customers who ask in words of their own will get either.
``too_close``: a question of one is answered by the
other almost as well. ``hidden``: a phrase's own question finds another phrase first. ``no_samples``: a phrase without
questions of customers, which is never sent by itself. ``unknown_related``: a related phrase is not in the library.
``no_text``: nothing by which it could be found."""

_CLOSE: Final = 0.03
_TEXTS: Final = 5
_A_THIRD: Final = 3
_LEAST_MIXED: Final = 2


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

    Of each phrase five texts at most are asked, as they are and once more without being a sample, so the cost is that
    of twice as many matches.
    """
    found: dict[tuple[str, str, str | None], Flaw] = {}
    for flaw in _flaws(library):
        pair = sorted(one for one in (flaw.phrase_id, flaw.other_id) if one is not None)
        found.setdefault((flaw.problem, pair[0], pair[1] if len(pair) > 1 else None), flaw)
    same = {key[1:] for key in found if key[0] == "same_question"}
    mixed = {key[1:] for key in found if key[0] == "mixed_up"}
    graver = {"mixed_up": same, "too_close": same | mixed, "hidden": same | mixed}
    return tuple(flaw for key, flaw in found.items() if key[1:] not in graver.get(key[0], set()))


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
    yield from _mixed_up(library)


def _rivals(library: Library, phrase_id: str, text: str) -> Iterator[Flaw]:
    matches = library.rank(text, 2, exact=False).matches
    if not matches:
        return
    if matches[0].entry.phrase.id != phrase_id:
        yield Flaw("hidden", phrase_id, matches[0].entry.phrase.id, text)
    elif len(matches) > 1 and matches[0].margin < _CLOSE:
        yield Flaw("too_close", phrase_id, matches[1].entry.phrase.id, text)


def _mixed_up(library: Library) -> Iterator[Flaw]:
    asked: Counter[str] = Counter()
    taken: Counter[frozenset[str]] = Counter()
    shown: dict[frozenset[str], Flaw] = {}
    for entry in sorted(library.entries(), key=lambda one: one.phrase.id):
        for text in entry.texts[:_TEXTS] if len(entry.texts) > 1 else ():
            asked[entry.phrase.id] += 1
            found = _found_without(library, entry, text)
            if found is not None and found != entry.phrase.id:
                pair = frozenset((entry.phrase.id, found))
                taken[pair] += 1
                shown.setdefault(pair, Flaw("mixed_up", entry.phrase.id, found, text))
    for pair, flaw in shown.items():
        if taken[pair] >= _LEAST_MIXED and taken[pair] * _A_THIRD >= sum(asked[one] for one in pair):
            yield flaw


def _found_without(library: Library, entry: Entry, text: str) -> str | None:
    """What a text finds in a library in which it is no sample of its phrase."""
    phrase = entry.phrase
    questions = tuple(one for one in phrase.questions if folded(one) != text)
    title = "" if folded(phrase.title) == text else phrase.title
    rest = library.with_phrase(replace(phrase, title=title, questions=questions))
    return next((one.entry.phrase.id for one in rest.rank(text, 1, exact=False).matches), None)
