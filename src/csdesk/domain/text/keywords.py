"""Which of many keywords occur in a text, at a cost that hardly grows with their number.

The rule: each keyword is filed under one *hook*, a word, two words in a row, or a pair of characters that any text
with the keyword must hold, the one that fewest other keywords share. A text's own words and pairs then call up the few
keywords worth a look.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from operator import add
from typing import Final, Self, TypeVar

from csdesk.domain.text.features import SPACED
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput

_WORD: Final = re.compile(f"(?:[a-z0-9]++|{SPACED})++")
_PLAIN_RUN: Final = re.compile("[a-z0-9]++")
# Every ASCII character that is no letter or digit becomes a blank.
_BLANKS: Final = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)
# The folded keyword, whether it begins and ends with a word character, and its ids.
_Entry = tuple[str, bool, bool, tuple[int, ...]]
_Ids = tuple[int, ...]
_Hook = str | tuple[str, str]
H = TypeVar("H", str, tuple[str, str])


class KeywordIndex:
    """An immutable set of keywords, each naming the ids it stands for.

    A keyword is folded when the index is built. Where it begins or ends with a letter or digit of a script that puts
    spaces between words, no further such character may follow there: "cat" is not in "category", but "vip" is in
    "我是vip吗". Chinese keywords are found anywhere.
    """

    __slots__ = (
        "_ascii_pairs",
        "_ascii_words",
        "_has_pairs",
        "_has_words",
        "_keywords",
        "_pairs",
        "_run_words",
        "_runs",
        "_singles",
        "_whole_pairs",
        "_whole_words",
        "_words",
    )

    def __init__(self, keywords: Iterable[tuple[str, int]]) -> None:
        """Compile the index.

        Args:
            keywords: pairs of a keyword and an id; keywords and ids may repeat.

        Raises:
            InvalidInput: a keyword is empty, or empty once folded.
        """
        ids: dict[str, set[int]] = {}
        for keyword, id_ in keywords:
            folded = fold(keyword)
            if not folded:
                raise InvalidInput("keywords", "a keyword is empty", "give at least one visible character")
            ids.setdefault(folded, set()).add(id_)
        self._keywords = len(ids)
        shared = Counter(hook for keyword in ids for hook in set(_hooks(keyword)))
        # A keyword that is its own hook, one word or one pair, is found with it; others must be looked for.
        self._whole_words: dict[str, _Ids] = {}
        self._whole_pairs: dict[str, _Ids] = {}
        self._words: dict[str, list[_Entry]] = {}
        self._runs: dict[tuple[str, str], list[_Entry]] = {}
        self._pairs: dict[str, list[_Entry]] = {}
        self._singles: dict[str, list[_Entry]] = {}
        for keyword, found in ids.items():
            self._file(keyword, min(_hooks(keyword), key=lambda hook: shared[hook]), tuple(sorted(found)))
        self._run_words: frozenset[str] = frozenset(word for run in self._runs for word in run)
        words = [*self._whole_words, *self._words, *self._run_words]
        self._has_words = bool(words)
        self._ascii_words = all(map(str.isascii, words))
        pairs = [*self._whole_pairs, *self._pairs]
        self._has_pairs = bool(pairs)
        self._ascii_pairs = any(map(str.isascii, pairs))

    def _file(self, keyword: str, hook: _Hook, ids: _Ids) -> None:
        entry = (keyword, _is_word(keyword[0]), _is_word(keyword[-1]), ids)
        if isinstance(hook, tuple):
            self._runs.setdefault(hook, []).append(entry)
        elif _is_word(hook[0]):
            if hook == keyword:
                self._whole_words[keyword] = ids
            else:
                self._words.setdefault(hook, []).append(entry)
        elif len(hook) == 1:
            self._singles.setdefault(hook, []).append(entry)
        elif hook == keyword:
            self._whole_pairs[keyword] = ids
        else:
            self._pairs.setdefault(hook, []).append(entry)

    @classmethod
    def of(cls, keywords: Iterable[str]) -> Self:
        """Compile keywords whose ids are their positions, counted from 0."""
        return cls((keyword, position) for position, keyword in enumerate(keywords))

    def __len__(self) -> int:
        """The number of different keywords."""
        return self._keywords

    def find(self, folded_text: str) -> tuple[int, ...]:
        """Return the ids of the keywords that occur, ascending, each once.

        Args:
            folded_text: a text as ``fold`` returns it; it is not folded again.

        >>> KeywordIndex([("退款", 1), ("refund", 1), ("vip", 2)]).find(fold("我是VIP，要退款"))
        (1, 2)
        """
        return tuple(sorted(self.hits(folded_text)))

    def hits(self, folded_text: str) -> frozenset[int]:
        """Return the ids of the keywords that occur, in no order: faster than ``find``.

        Args:
            folded_text: a text as ``fold`` returns it; it is not folded again.
        """
        is_ascii = folded_text.isascii()
        found: list[int] = []
        if self._has_words:
            words, whole = self._words_of(folded_text, is_ascii), self._whole_words
            if whole:
                found = [one for word in words if word in whole for one in whole[word]]
            if self._words:
                self._look(self._words, words, folded_text, found)
            if self._runs:
                self._look(self._runs, pairwise(words), folded_text, found)
        if self._has_pairs and (self._ascii_pairs or not is_ascii):
            pairs, whole = list(map(add, folded_text, folded_text[1:])), self._whole_pairs
            found += [one for pair in pairs if pair in whole for one in whole[pair]]
            if self._pairs:
                self._look(self._pairs, pairs, folded_text, found)
        if self._singles:
            self._look(self._singles, folded_text, folded_text, found)
        return frozenset(found)

    def _look(self, table: dict[H, list[_Entry]], hooks: Iterable[H], text: str, found: list[int]) -> None:
        for hook in table.keys() & hooks:
            for keyword, starts_word, ends_word, ids in table[hook]:
                # Most are not there at all, which costs no call.
                if keyword in text and _occurs(keyword, text, starts_word, ends_word):
                    found += ids

    def _words_of(self, text: str, is_ascii: bool) -> list[str]:
        """The words of a text; or, if none of them can be a keyword's, some others."""
        if is_ascii:
            return text.encode().translate(_BLANKS).decode().split()
        if self._ascii_words:
            runs = _PLAIN_RUN.findall(text)  # part of a longer word, perhaps: but no word of ASCII is missing
            if not (self._whole_words.keys() & runs or self._words.keys() & runs or self._run_words & {*runs}):
                return []
        return _WORD.findall(text)


def _hooks(keyword: str) -> list[_Hook]:
    """What a text with the keyword must hold; never empty.

    Whole words, words in a row (with whatever lies between them), and pairs of other characters.
    """
    words = _WORD.findall(keyword)
    hooks: list[_Hook] = [*words, *pairwise(words)]
    rest = _WORD.sub("\n", keyword)
    for part in rest.split("\n"):
        hooks += map(add, part, part[1:])
    return hooks or [part for part in rest.split("\n") if part]


def _is_word(character: str) -> bool:
    return _WORD.match(character) is not None


def _occurs(keyword: str, text: str, starts_word: bool, ends_word: bool) -> bool:
    at = text.find(keyword)
    while at >= 0:
        end = at + len(keyword)
        continues = ends_word and end < len(text) and _is_word(text[end])
        if not continues and not (starts_word and at and _is_word(text[at - 1])):
            return True
        at = text.find(keyword, at + 1)
    return False
