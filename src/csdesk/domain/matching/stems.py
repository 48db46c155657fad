"""The stems of English words, so that forms of one word are found by each other."""

from typing import Final

_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ies", "ied", "es", "ed", "ly", "s", "e", "y")
_SHORTEST: Final = 3


def stem(word: str) -> str:
    """Cut one common English ending; rough, but the same for library and query."""
    if not word.endswith(_ENDINGS):
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word
