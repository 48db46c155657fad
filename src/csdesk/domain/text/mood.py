"""How a text sounds, by counting words of a small lexicon. Simple on purpose: it does not understand anybody.

The rule: each word of anger or disappointment counts -1, each word of thanks or praise +1, the strong ones twice; a
negation right before turns a word around (in English, in one of the two words before). The mood is the sum divided by
the sum of what was counted, plus one: it lies between -1 and 1, and one word alone is never sure.
"""

from __future__ import annotations

import re
from typing import Final

_BAD: Final = (
    *(
        "不满",
        "生气",
        "失望",
        "糟糕",
        "太慢",
        "差劲",
        "难用",
        "坑人",
        "敷衍",
        "没人管",
        "没人理",
        "烦死",
        "无语",
        "恶心",
    ),
    *(
        "受不了",
        "垃圾",
        "骗子",
        "骗人",
        "投诉",
        "曝光",
        "差评",
        "气死",
        "愤怒",
        "维权",
        "12315",
        "欺骗",
        "态度差",
        "太差",
    ),
)
_GOOD: Final = (
    *("谢谢", "感谢", "满意", "不错", "很好", "好评", "点赞", "喜欢", "开心", "给力", "辛苦了", "多谢"),
    *("太棒", "非常好", "五星", "非常满意", "完美"),
)
_BAD_WORDS: Final = (
    *("angry", "disappointed", "unhappy", "slow", "annoyed", "annoying", "bad", "useless", "upset", "frustrated"),
    *("frustrating", "rude", "ridiculous", "unacceptable", "complaint", "complain", "terrible", "awful", "worst"),
    *("scam", "furious", "horrible", "disgusting", "hate"),
)
_GOOD_WORDS: Final = (
    *("thanks", "thank", "good", "happy", "nice", "helpful", "glad", "pleased", "like", "appreciate", "satisfied"),
    *("great", "excellent", "perfect", "love", "amazing", "wonderful"),
)
_STRONG: Final = frozenset(
    (
        *(
            "垃圾",
            "骗子",
            "骗人",
            "投诉",
            "曝光",
            "气死",
            "愤怒",
            "维权",
            "12315",
            "欺骗",
            "太棒",
            "非常好",
            "五星",
            "完美",
        ),
        *("terrible", "awful", "worst", "scam", "furious", "horrible", "disgusting", "hate", "unacceptable"),
        *("excellent", "perfect", "love", "amazing", "wonderful"),
    )
)
_SCORES: Final = dict.fromkeys((*_BAD, *_BAD_WORDS), -1) | dict.fromkeys((*_GOOD, *_GOOD_WORDS), 1)
_NOT: Final = r"(?:不太|不是|不|没有|没|别)"
_NO: Final = r"(?:not|never|no|don't|dont|isn't|isnt|wasn't|wasnt)"
_FIND: Final = re.compile(
    rf"({_NOT})?({'|'.join(sorted(map(re.escape, (*_BAD, *_GOOD)), key=len, reverse=True))})"
    rf"|(?<![a-z])(?:({_NO})\s+(?:[a-z']+\s+)?)?({'|'.join((*_BAD_WORDS, *_GOOD_WORDS))})(?![a-z])"
)
MOST_READ: Final = 4_096
"""How many characters are read."""


def mood_of(folded: str) -> float:
    """How a folded text sounds: below 0 bad, above 0 good, 0 neither; between -1 and 1, rounded to two places.

    >>> mood_of("东西太差了,我要投诉")
    -0.75
    >>> mood_of("thanks, very helpful"), mood_of("明天能到吗")
    (0.67, 0.0)
    """
    total = weight = 0
    for found in _FIND.finditer(folded[:MOST_READ]):
        turned, word = found[1] or found[3], found[2] or found[4]
        score = _SCORES[word] * (2 if word in _STRONG else 1)
        total += -score if turned else score
        weight += abs(score)
    return round(total / (weight + 1), 2)
