"""The features by which a question is compared: characters, pairs, triples and words, each kind with its weight.

No dictionary is used. A run of Chinese gives its characters, pairs, triples and pairs with one character between; a
word gives its stem, the pair with the word before, and the triples of its letters. The weights are desk policy, chosen
on public intent data in English and Chinese.
"""

import re
from itertools import pairwise
from operator import add
from typing import Final

from csdesk.domain.text.features import RUN

_DIGITS: Final = re.compile(r"\d+")
_STEM_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ies", "ied", "es", "ed", "ly", "s", "e", "y")
_SHORTEST_STEM: Final = 3

CHARACTER: Final = 1.0
CHARACTER_PAIR: Final = 0.7
CHARACTER_TRIPLE: Final = 0.4
CHARACTER_SKIP: Final = 0.2
WORD: Final = 1.0
WORD_PAIR: Final = 0.7
WORD_SKIP: Final = 0.5
LETTER_TRIPLE: Final = 0.35


def features_of(folded: str) -> dict[str, float]:
    """Return the features of a folded text, each once, with the weight of its kind; numbers count by shape only."""
    features: dict[str, float] = {}
    words: list[str] = []
    for match in RUN.finditer(_DIGITS.sub(_shape, folded)):
        if match[1] is None:
            words.append(match[0])
        else:
            _add_characters(features, match[0])
    if words:
        _add_words(features, words)
    return features


def _shape(match: re.Match[str]) -> str:
    return "0" if len(match[0]) == 1 else "00"


def _add_characters(features: dict[str, float], run: str) -> None:
    features.update(dict.fromkeys(run, CHARACTER))
    features.update(dict.fromkeys(map(add, run, run[1:]), CHARACTER_PAIR))
    for index in range(len(run) - 2):
        features[run[index : index + 3]] = CHARACTER_TRIPLE
        features[f"{run[index]}_{run[index + 2]}"] = CHARACTER_SKIP


def _add_words(features: dict[str, float], words: list[str]) -> None:
    stems = [stem(word) for word in words]
    features.update(dict.fromkeys(stems, WORD))
    for before, after in pairwise(stems):
        features[f"{before} {after}"] = WORD_PAIR
    for before, after in zip(stems, stems[2:], strict=False):
        features[f"{before}_{after}"] = WORD_SKIP
    for word in words:
        bounded = f"^{word}$"
        triples = map(add, map(add, bounded, bounded[1:]), bounded[2:])
        features.update(dict.fromkeys(map("~".__add__, triples), LETTER_TRIPLE))


def stem(word: str) -> str:
    """Cut one common English ending; rough, but the same for library and query."""
    if not word.endswith(_STEM_ENDINGS):
        return word
    for ending in _STEM_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
