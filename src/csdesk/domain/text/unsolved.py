"""Whether somebody says that an answer did not help, in words that ask for nothing else. A short list, no grammar.

The rule: a text says so with one of the patterns below, in Chinese or English; one that also tells that it is solved
now does not. It is only asked of what a customer writes right after an answer, where such words have this meaning.
"""

from __future__ import annotations

import re
from typing import Final

_UNSOLVED: Final = re.compile(
    "(?:还是|依然|仍然|照样|依旧)(?:不|没|打不开|进不去|一样|有问题|这样|老样子)|没(?:有)?(?:用|解决|效果|帮助|帮上)"
    "|不管用|不起作用"
    "|不(?:是|对)(?:这个|这样|我(?:要|想|问))|答非所问|文不对题|(?:打|点)不开|看不(?:懂|明白)|(?:找|看)不到(?:你说|这个|入口|按钮|页面|链接)"
    "|(?:转|找|要|换|叫)(?:个)?(?:人工|真人)|人工客服|(?:是|有)(?:真人|人)吗|机器人"
    r"|\b(?:did|does|do|is|was)(?:n't| not) (?:really )?(?:help|work|solve|answer|what)"
    r"|\bnot (?:help|work|solved|what i)|\b(?:no use|useless|not useful|wrong answer|same problem|no help)\b"
    r"|\bstill (?:not|no|does|do|can|is|have|the same)\b|\b(?:already )?tried (?:that|this|it)\b"
    r"|\b(?:human|real person|live agent|(?:speak|talk) to (?:an?|some))|\blink (?:is|looks) (?:broken|dead)\b"
)
_SOLVED: Final = re.compile(
    "(?<!没)(?<!没有)(?<!不)解决了|搞定了|弄好了|(?<!不)可以了|(?<!还没)好了|谢谢|多谢|感谢|不用(?:转|找)?人工"
    r"|\b(?:solved|fixed|sorted|works now|thanks?|thank you|never ?mind)\b"
)


def says_unsolved(folded: str) -> bool:
    """Whether a folded text says that the answer before it did not help.

    >>> says_unsolved("还是不行啊"), says_unsolved("that did not help"), says_unsolved("解决了,谢谢")
    (True, True, False)
    """
    text = folded.replace("’", "'")
    return _UNSOLVED.search(text) is not None and _SOLVED.search(text) is None
