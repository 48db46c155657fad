"""Finding words that a reply should not say: forbidden ones, cold refusals, passages copied from internal reasons.

A refusal is cold where the reply offers nothing beside it: "不行" alone is, "这款不行，我帮您换一款" is not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from csdesk.domain.core.conversation._said import COLD, FORBIDDEN, OFFERS
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.sections.wording import WordingPolicy
from csdesk.domain.records.messages import (
    ContactPart,
    HtmlPart,
    LinkPart,
    LocationPart,
    MediaPart,
    MenuPart,
    OtherPart,
    Part,
    TemplatePart,
    TextPart,
)
from csdesk.domain.records.wording import WordingKind, WordingSpot
from csdesk.domain.text.comparing import CHINESE, comparable, comparable_places
from csdesk.domain.text.markup import text_of_html

_Words = dict[str, tuple[WordingKind, str]]


def text_of(parts: tuple[Part, ...]) -> str:
    """The text of a reply: its text parts, joined by line breaks."""
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


def words_of(parts: tuple[Part, ...], subject: str = "") -> str:
    """All that a customer reads of a reply, as positions count it: its text first, then other parts, then the subject.

    They are joined by line breaks; of HTML what is seen counts.
    """
    others = [line for part in parts for line in _words_in(part) if line.strip()]
    return "\n".join([one for one in (text_of(parts), *others, subject) if one])


def _words_in(part: Part) -> tuple[str, ...]:  # noqa: PLR0911  one line for each kind of part
    """What a customer reads of a part that is no text; what a mail quotes was said before."""
    match part:
        case HtmlPart():
            return (text_of_html(part.html),)
        case LinkPart():
            return (part.title, part.description)
        case MenuPart():
            return (part.head, *(item.text for item in part.items), part.tail)
        case MediaPart():
            return (part.caption, part.name)
        case LocationPart():
            return (part.name, part.address)
        case ContactPart():
            return (part.name,)
        case TemplatePart():
            filled = [value.text for value in (part.header, *part.body) if value is not None]
            return (part.text, *(one for one in filled if one not in part.text))
        case OtherPart():
            return (part.text,)
        case _:
            return ()


def spots_in(text: str, policy: WordingPolicy, book: PhraseBook | None = None) -> tuple[WordingSpot, ...]:
    """What the policy speaks against in a text, in its order; ``book`` is needed for copied passages."""
    words, pattern = _wanted(policy)
    is_copied = book is not None and policy.verbatim != "off"
    if not is_copied and (pattern is None or pattern.search(comparable(text)) is None):
        return ()  # most replies: where each sign stands need not be worked out
    plain, places = comparable_places(text)
    found: list[WordingSpot] = []
    offers = _OFFERS.search(plain) is not None
    for match in pattern.finditer(plain) if pattern is not None else ():
        kind, instead = words[match[0]]
        if kind == "cold" and offers:
            continue
        start, end = places[match.start()][0], places[match.end() - 1][1]
        found.append(WordingSpot(kind=kind, start=start, end=end, instead=instead))
    if book is not None and is_copied:
        found += _copied(text, book)
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def mode_of(policy: WordingPolicy, kind: WordingKind) -> str:
    """What the policy does about words of that kind."""
    return {"forbidden": policy.forbidden, "cold": policy.cold, "verbatim": policy.verbatim}[kind]


@lru_cache(maxsize=16)
def _wanted(policy: WordingPolicy) -> tuple[_Words, re.Pattern[str] | None]:
    words: _Words = {}
    if policy.standard:
        words.update({comparable(text): ("forbidden", instead) for text, instead in FORBIDDEN.items()})
        words.update({comparable(text): ("cold", instead) for text, instead in COLD.items()})
    words.update({comparable(one.text): (one.kind, one.instead) for one in policy.words})
    looked_for = [one for one, (kind, _) in words.items() if mode_of(policy, kind) != "off"]
    if not looked_for:
        return words, None
    # The longest first, so that "没有办法" is not found as "没办法" would be.
    ordered = sorted(looked_for, key=len, reverse=True)
    return words, re.compile("|".join(map(_bounded, ordered)))


def _bounded(word: str) -> str:
    """The pattern of a word: English ones stand alone; 行不行 and 可不可以 ask, they refuse nothing."""
    before = rf"(?<![^\W{CHINESE}])" if word[0].isascii() and word[0].isalnum() else ""
    after = rf"(?![^\W{CHINESE}])" if word[-1].isascii() and word[-1].isalnum() else ""
    if len(word) > 1 and word[0] in "不没":
        before = f"(?<!{re.escape(word[1])})"
    return f"{before}{re.escape(word)}{after}"


_OFFERS: Final = re.compile("|".join(map(re.escape, map(comparable, OFFERS))))


def _copied(text: str, book: PhraseBook) -> list[WordingSpot]:
    found: list[WordingSpot] = []
    for one in book.pasted_in(text):
        phrase = book.get(one.phrase)
        wording = phrase.wording_for(language=phrase.language) if phrase is not None else None
        instead = wording.text if wording is not None else ""
        found.append(WordingSpot(kind="verbatim", start=one.start, end=one.end, instead=instead, phrase=one.phrase))
    return found
