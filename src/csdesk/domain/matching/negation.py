"""Where a text refuses something: the one place that knows the words of negation, in Chinese and English.

The rule: a negation refuses what stands right behind it, behind words that may stand between (给我, "want to"). Left
alone is what only looks like one: questions of the kind 能不能, and why something does not happen (为什么不, 还没).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_EITHER_OR: Final = re.compile(r"(.)[不没]\1")
_NEGATION: Final = re.compile(
    "(?:(?<!为什么)(?<!为何)(?<!为啥)(?<!怎么)(?<!还)不(?:是|要|想|用|必|需要|打算|准备)?|没(?:有)?(?:要|说|想|申请)|无需|拒绝|别|勿)"
    "(?:要|想|再|给我|帮我|帮|申请|办理|去)*+(?=(?P<zh>[^\\W\\d_a-z]{2}))"
    r"|\b(?:(?P<stop>stop)|no longer|no|without|avoid|refuse|never|don'?t|didn'?t|(?:do|did|to|i) not"
    r"|not (?=get|want|to|be))\b"
    r"(?: (?:want|need|wish|like|to|a|an|the|my|any|please|me)\b)*+(?=(?P<en>(?: [a-z']+){1,5}))"
)
_TAKEN_BACK: Final = re.compile(r"[?？,，.。!！] ?(?:no|not|不|不要|不用|不必|算了)[\s,，.。!！不要用了]*$")
_SHORT: Final = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """One negation.

    Attributes:
        rest: the text behind it, from what is refused on; "stop" refuses what is done, not the things it is done to.
        words: what it is about: two Chinese characters, or the longer ones of the next five words.
    """

    rest: str
    words: tuple[str, ...]


def refusals_in(folded: str) -> tuple[Refusal, ...]:
    """The refusals of one folded text, in its order."""
    text = _EITHER_OR.sub(r"\1", folded)
    found: list[Refusal] = []
    for match in _NEGATION.finditer(text):
        if match["zh"]:
            words: tuple[str, ...] = (match["zh"],)
        else:
            words = () if match["stop"] else tuple(one for one in match["en"].split() if len(one) > _SHORT)
        found.append(Refusal(text[match.end() :].lstrip(), words))
    return tuple(found)


def is_taken_back(folded: str) -> bool:
    """Whether a folded text ends with a refusal of what it said before."""
    return _TAKEN_BACK.search(folded) is not None
