"""Which of many keywords occur in a text, at a cost that hardly grows with their number.

The rule: each keyword is filed under one *hook*, a word or a pair of characters that any text with the keyword must
hold, the one that fewest other keywords share. A text's own words and pairs then call up the few keywords worth a look.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import add
from typing import Final, Self

from csdesk.domain.text.features import SPACED
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput

_WORD: Final = re.compile(f"(?:[a-z0-9]++|{SPACED})++")
# The folded keyword, whether it begins and ends with a word character, and its ids.
_Entry = tuple[str, bool, bool, tuple[int, ...]]


class KeywordIndex:
    """An immutable set of keywords, each naming the ids it stands for.

    A keyword is folded when the index is built. Where it begins or ends with a letter or digit of a script that puts
    spaces between words, no further such character may follow there: "cat" is not in "category", but "vip" is in
    "我是vip吗". Chinese keywords are found anywhere.
    """

    __slots__ = ("_keywords", "_pairs", "_singles", "_words")

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
        self._words: dict[str, list[_Entry]] = {}
        self._pairs: dict[str, list[_Entry]] = {}
        self._singles: dict[str, list[_Entry]] = {}
        for keyword, found in ids.items():
            hook = min(_hooks(keyword), key=lambda hook: shared[hook])
            entry = (keyword, _is_word(keyword[0]), _is_word(keyword[-1]), tuple(sorted(found)))
            self._table(hook).setdefault(hook, []).append(entry)

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
        found: set[int] = set()
        for keyword, starts_word, ends_word, ids in self._called_up(folded_text):
            if _occurs(keyword, folded_text, starts_word, ends_word):
                found.update(ids)
        return tuple(sorted(found))

    def _table(self, hook: str) -> dict[str, list[_Entry]]:
        if _is_word(hook[0]):
            return self._words
        return self._pairs if len(hook) == 2 else self._singles

    def _called_up(self, text: str) -> Iterator[_Entry]:
        if self._words:
            for hook in self._words.keys() & set(_WORD.findall(text)):
                yield from self._words[hook]
        if self._pairs:
            for hook in self._pairs.keys() & set(map(add, text, text[1:])):
                yield from self._pairs[hook]
        if self._singles:
            for hook in self._singles.keys() & set(text):
                yield from self._singles[hook]


def _hooks(keyword: str) -> list[str]:
    """The whole words and the pairs of other characters that a text with the keyword must hold; never empty."""
    hooks = _WORD.findall(keyword)
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
