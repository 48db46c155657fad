"""What texts are compared by: characters, words and their neighbours, each a number that stands for one *term*.

The rule: a term is the checksum of its text and its kind, so a library of any size keeps no strings; the kind says how
much the term weighs before its rarity counts. No dictionary is used. A run of Chinese gives its characters, pairs,
triples, pairs with one character between, and the sounds of its pairs; a word gives its stem, its neighbours, and the
triples of its letters. Digits count by shape, and a little by value. The weights are desk policy, chosen on public
intent data in English and Chinese, see docs/explanation/matching.md.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from operator import add
from typing import Final
from zlib import crc32

from csdesk.domain.matching.sounds import sound_of
from csdesk.domain.matching.stems import stem
from csdesk.domain.text.features import RUN

CHARACTER: Final = 0
PAIR: Final = 1
TRIPLE: Final = 2
SKIP: Final = 3
WORD: Final = 4
WORD_PAIR: Final = 5
WORD_SKIP: Final = 6
LETTERS: Final = 7
NUMBER: Final = 8
EMOJI: Final = 9
SOUND: Final = 10
CONCEPT: Final = 11

KIND_WEIGHTS: Final = (1.0, 0.7, 0.4, 0.2, 1.0, 0.5, 0.3, 0.5, 0.5, 0.5, 0.3, 0.8)
"""The weight of each kind of term."""

KIND_BITS: Final = 4
KIND_MASK: Final = 15

_SHORT_WORD: Final = 24
_DIGITS: Final = re.compile(r"\d+")
_EMOJI: Final = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


def term(kind: int, text: str) -> int:
    """The number of one term."""
    return crc32(text.encode("utf-8", "replace")) << KIND_BITS | kind


def terms_of(folded: str, *, lean: bool = False) -> set[int]:
    """The terms of a folded text, without concepts; a lean choice leaves out those that matter least."""
    found: set[int] = set()
    for kind, texts in pieces_of(folded, lean=lean):
        if kind == LETTERS:
            found.update(*[_remembered(word) if len(word) <= _SHORT_WORD else _letters_of(word) for word in texts])
        else:
            found.update([crc32(text.encode("utf-8", "replace")) << KIND_BITS | kind for text in texts])
    return found


def _letters_of(word: str) -> tuple[int, ...]:
    bounded = f"^{word}$"
    return tuple([term(LETTERS, one) for one in map(add, map(add, bounded, bounded[1:]), bounded[2:])])


_remembered: Final = lru_cache(maxsize=4_096)(_letters_of)
"""Customers and libraries say the same words again and again; at most some 4 MB are kept."""


def pieces_of(folded: str, *, lean: bool = False) -> Iterator[tuple[int, Iterable[str]]]:
    """The texts of all terms by kind; some may come twice. Lean: no sounds, no letters, no neighbours but one.

    For letters the words come that hold them.
    """
    shaped = _DIGITS.sub(_shape, folded)
    words: list[str] = []
    for match in RUN.finditer(shaped):
        run = match[0]
        if match[1] is None:
            words.append(run)
            continue
        yield CHARACTER, run
        if len(run) > 1:
            pairs = list(map(add, run, run[1:]))
            yield PAIR, pairs
            yield TRIPLE, map(add, pairs, run[2:])
            if not lean:
                yield SKIP, map(add, run, run[2:])
                sounds = list(map(sound_of, run))
                yield SOUND, map(add, sounds, sounds[1:])
    if words:
        yield from _words(words, lean=lean)
    if shaped is not folded and shaped != folded:
        yield NUMBER, [number.lstrip("0") for number in _DIGITS.findall(folded)]
    if not folded.isascii():
        yield EMOJI, _EMOJI.findall(folded)


def _words(words: list[str], *, lean: bool) -> Iterator[tuple[int, Iterable[str]]]:
    stems = [stem(word) for word in words]
    yield WORD, stems
    yield WORD_PAIR, map(" ".join, pairwise(stems))
    if lean:
        return
    yield WORD_SKIP, map(" ".join, zip(stems, stems[2:], strict=False))
    yield LETTERS, words


_COMMON_CHINESE: Final = (
    "的了吗呢吧啊我你您他是不有在个这那什么怎样如何能可以请问想要给会都就也还和到为没说一下上看得着哪里时候多少谁帮忙好"
)
_COMMON_PAIRS: Final = (
    "怎么 什么 如何 可以 请问 为什 怎样 我想 我要 能不 不能 一下 哪里 时候 多少 多久 没有 有没 是不 不是 这个 你们 我们"
)
_COMMON_WORDS: Final = (
    "i you he she it we they me my your our a an the this that is are was be been do does did have has had can could"
    " will would should may not no to of in on at for from with by and or if how what when where why who which there"
    " please need want get any some about so just as but"
)
COMMON_TERMS: Final = frozenset(
    [term(CHARACTER, one) for one in _COMMON_CHINESE]
    + [term(PAIR, one) for one in _COMMON_PAIRS.split()]
    + [term(WORD, stem(one)) for one in _COMMON_WORDS.split()]
)
"""Terms of which every library is full; what a library knows better, it tells by its own counts."""


def _shape(match: re.Match[str]) -> str:
    return "0" if len(match[0]) == 1 else "00"
