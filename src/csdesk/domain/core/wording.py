"""Finding words that a reply should not say: forbidden ones, cold refusals, passages copied from internal reasons.

A refusal is cold where the reply offers nothing beside it: "不行" alone is, "这款不行，我帮您换一款" is not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from csdesk.domain.core._said import COLD, FORBIDDEN, OFFERS
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.sections.wording import WordingPolicy
from csdesk.domain.records.messages import Part, TextPart
from csdesk.domain.records.wording import WordingKind, WordingSpot
from csdesk.domain.text.folding import fold

_Words = dict[str, tuple[WordingKind, str]]


def text_of(parts: tuple[Part, ...]) -> str:
    """The text of a reply as positions count it: its text parts, joined by line breaks."""
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


def spots_in(text: str, policy: WordingPolicy, book: PhraseBook | None = None) -> tuple[WordingSpot, ...]:
    """What the policy speaks against in a text, in its order; ``book`` is needed for copied passages."""
    words, pattern = _wanted(policy)
    is_copied = book is not None and policy.verbatim != "off"
    if not is_copied and (pattern is None or pattern.search(fold(text)) is None):
        return ()  # most replies: where each sign stands need not be worked out
    folded, places = _folded(text)
    found: list[WordingSpot] = []
    offers = _OFFERS.search(folded) is not None
    for match in pattern.finditer(folded) if pattern is not None else ():
        kind, instead = words[match[0]]
        if kind == "cold" and offers:
            continue
        found.append(
            WordingSpot(kind=kind, start=places[match.start()], end=places[match.end() - 1] + 1, instead=instead)
        )
    if book is not None and is_copied:
        found += _copied(text, folded, places, book)
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def mode_of(policy: WordingPolicy, kind: WordingKind) -> str:
    """What the policy does about words of that kind."""
    return {"forbidden": policy.forbidden, "cold": policy.cold, "verbatim": policy.verbatim}[kind]


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded sign by sign, and for each sign of the result the place it came from."""
    signs: list[str] = []
    places: list[int] = []
    for at, sign in enumerate(text):
        shown = " " if sign.isspace() else fold(sign)
        signs.append(shown)
        places += [at] * len(shown)
    return "".join(signs), places


@lru_cache(maxsize=16)
def _wanted(policy: WordingPolicy) -> tuple[_Words, re.Pattern[str] | None]:
    words: _Words = {}
    if policy.standard:
        words.update({fold(text): ("forbidden", instead) for text, instead in FORBIDDEN.items()})
        words.update({fold(text): ("cold", instead) for text, instead in COLD.items()})
    words.update({fold(one.text): (one.kind, one.instead) for one in policy.words})
    looked_for = [one for one, (kind, _) in words.items() if mode_of(policy, kind) != "off"]
    if not looked_for:
        return words, None
    # The longest first, so that "没有办法" is not found as "没办法" would be.
    ordered = sorted(looked_for, key=len, reverse=True)
    return words, re.compile("|".join(map(_bounded, ordered)))


def _bounded(word: str) -> str:
    """The pattern of a word: English ones stand alone; 行不行 and 可不可以 ask, they refuse nothing."""
    before = r"\b" if word[0].isascii() and word[0].isalnum() else ""
    after = r"\b" if word[-1].isascii() and word[-1].isalnum() else ""
    if len(word) > 1 and word[0] in "不没":
        before = f"(?<!{re.escape(word[1])})"
    return f"{before}{re.escape(word)}{after}"


_OFFERS: Final = re.compile("|".join(map(re.escape, map(fold, OFFERS))))


def _copied(text: str, folded: str, places: list[int], book: PhraseBook) -> list[WordingSpot]:
    whole = fold(text)
    found: list[WordingSpot] = []
    for one in book.pasted_in(text):
        at = folded.find(one.passage)
        # Folded as a whole, runs of blanks become one: then only the passage as a whole can be pointed at.
        start, end = (places[at], places[at + len(one.passage) - 1] + 1) if at >= 0 and whole else (0, len(text))
        phrase = book.get(one.phrase)
        wording = phrase.wording_for(language=phrase.language) if phrase is not None else None
        instead = wording.text if wording is not None else ""
        found.append(WordingSpot(kind="verbatim", start=start, end=end, instead=instead, phrase=one.phrase))
    return found
