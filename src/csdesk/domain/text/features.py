"""Tokens for full-text search, made so that an index and a query always agree.

The rule: a run of a script written without spaces (Chinese, Japanese, Korean, Thai and its neighbours) becomes its
overlapping pairs of characters; every other run of letters and digits is one token. A query becomes phrases, each a
tuple of tokens that must stand side by side in the index, in order; all phrases must be found.
"""

import re
from collections.abc import Sequence
from operator import add
from typing import Final

from csdesk.domain.text.folding import fold

UNSPACED: Final = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u1000-\u109f\u1780-\u17d3"
    "\u1100-\u11ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Character class body: the characters that are indexed by pairs."""
SPACED: Final = (
    f"(?:[a-z0-9]|(?![\x00-\x7f{UNSPACED}])[^\\W_]|[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u0900-\u0dff])"
)
"""Pattern: one folded character of a word in a script that puts spaces between words."""

RUN: Final = re.compile(f"([{UNSPACED}]++)|(?:[a-z0-9]++|{SPACED})++")
"""Pattern: one run of either kind; group 1 holds it when it is of the kind indexed by pairs."""

_WORD: Final = re.compile("[a-z0-9]++")
"""Pattern: one run, where there are only ASCII characters."""
_TOKEN_LENGTH: Final = 64
_TEXT_LENGTH: Final = 200_000
_QUERY_LENGTH: Final = 1_000


def search_tokens(text: str, *, limit: int = 20_000) -> list[str]:
    """Return the tokens under which the text is found, in the order of the text.

    "订单A1001退货" gives 订单, a1001, 退货; a single Chinese character gives itself; an address or an order number with
    marks gives its parts one after the other, so the whole is found as a phrase and each part alone. Tokens are folded
    and longer ones cut to 64 characters.

    Args:
        text: any text; what lies past its first 200,000 characters is not indexed.
        limit: the largest number of tokens; those past it are not indexed.
    """
    folded = fold(text[:_TEXT_LENGTH])
    if folded.isascii():
        return [word[:_TOKEN_LENGTH] for word in _WORD.findall(folded)[:limit]]
    tokens: list[str] = []
    for match in RUN.finditer(folded):
        tokens += _tokens_of(match)
        if len(tokens) >= limit:
            return tokens[:limit]
    return tokens


def query_tokens(query: str, *, limit: int = 32) -> list[tuple[str, ...]]:
    """Return what must be found for the query: phrases, each a tuple of tokens that stand side by side.

    A run of Chinese is one phrase; the words of one address or number with marks (no whitespace between) are one
    phrase. An empty list (only marks, or nothing) finds nothing. One Chinese character finds only places where it
    stands alone between other scripts or marks.

    Args:
        query: what somebody typed, never read as a query language; at most its first 1,000 characters count.
        limit: the largest number of phrases; those past it are not asked for.

    >>> query_tokens("發票 li.na@shop.cn")
    [('发票',), ('li', 'na', 'shop', 'cn')]
    """
    phrases: list[tuple[str, ...]] = []
    words: list[str] = []
    folded = fold(query[:_QUERY_LENGTH])
    end = 0
    for match in RUN.finditer(folded):
        is_word = match[1] is None
        if words and (not is_word or " " in folded[end : match.start()]):
            phrases.append(tuple(words))
            words = []
        if is_word:
            words += _tokens_of(match)
        else:
            phrases.append(tuple(_tokens_of(match)))
        end = match.end()
    return [*phrases, tuple(words)][:limit] if words else phrases[:limit]


def tokens_match(tokens: Sequence[str], phrases: Sequence[Sequence[str]]) -> bool:
    """Tell whether every phrase stands in the tokens; no phrase at all matches nothing.

    What a store's full-text index must answer, in its simplest form.
    """
    line = "\n" + "\n".join(tokens) + "\n"
    return bool(phrases) and all("\n" + "\n".join(phrase) + "\n" in line for phrase in phrases)


def _tokens_of(match: re.Match[str]) -> list[str]:
    run = match[0]
    if match[1] is None:
        return [run[:_TOKEN_LENGTH]]
    if len(run) == 1:
        return [run]
    return list(map(add, run, run[1:]))
