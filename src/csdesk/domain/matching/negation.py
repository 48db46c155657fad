"""Where a text refuses something: the one place that knows the words of negation, in Chinese and English.

The rule: a negation refuses what stands right behind it, behind words that may stand between (给我, "want to"), or the
noun right before it (发票不用开了). Left alone is what only looks like a refusal of the customer's own:

- two negations that cancel each other (不是不想, 不得不, "not that I don't want");
- questions: 能不能, 不退款吗, "don't you ship", and why something does not happen (为什么不, 还没);
- what others refuse (你们不退款, 再不退款, 不退款就投诉), unless they are asked to (请你们不要退款);
- words that hold the sign of a negation (特别, 不但, 要不, "don't know how").

Whoever denies that he did something (没有付款却被扣款, "I never ordered it") refuses it too, but may still want it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

_EITHER_OR: Final = re.compile(r"(.)[不没]\1")
_CANCELLED: Final = re.compile(
    "不(?:得|能|会|可|该|应该|可能|可以)不|(?:不是|并非)(?:我们?|说|因为)?(?:不|没)|没有?不"
    r"|\bnot (?:that|because) (?:i|we) (?:don'?t|do not|didn'?t|did not)\b|\b(?:don'?t|do not|can'?t|not) not\b"
)
# Who else may refuse; an adverb may stand between.
_OTHERS: Final = (
    "(?P<others>(?:你们?|您|他们?|她们?|商家|卖家|店家|店铺|平台|客服|对方|老板|快递|物流|仓库|厂家|银行|公司)"
    "(?:就是|就|一直|都|也|又|还|老是|总是|总|死活|坚决|现在|居然|竟然|反正)*+)?"
)
_WISHES: Final = (
    "(?P<wish>不(?:要|想|用|必|需要|打算|准备)|没(?:有)?(?:要|说|想|申请)|无需|唔(?:想|要|使|好)|休想"
    "|(?<![特分级个区差性类识告离辨鉴判派国道永送])别(?![的人处墅名])|勿|甭|莫(?!名))"
)
_PLAIN: Final = "(?P<plain>(?:(?<!为什么)(?<!为何)(?<!为啥)(?<!怎么)(?<![还要何再但仅光])不)(?:是)?|拒绝)"
_DENIED: Final = (
    "(?P<denied>(?<!还)没(?:有)?(?=付款|支付|下单|购买|取消|开通|订阅|续费|充值|授权|绑定|注册)(?!付款成功|支付成功))"
)
_CHINESE: Final = (
    f"{_OTHERS}(?:{_WISHES}|{_PLAIN}|{_DENIED})"
    "(?:要|想|再|给我|帮我|帮|申请|办理|去|让我)*+(?=(?P<zh>[^\\W\\d_a-z]{2}))"
)
_ENGLISH: Final = (
    r"\b(?:(?P<stop>stop)|no longer|no need (?:for|to)|without|avoid|instead of|rather than|(?P<than>than)|i refuse"
    r"|(?<!have )(?<!has )(?<!had )(?<!is )(?<!are )(?<!got )no"
    r"|never(?! (?:got|get|receive|arrive|came|had|ship))"
    r"|(?:don'?t|do not|didn'?t|did not)"
    r"(?! (?:you|they|we|know|understand|see|remember|recall|have|get|receive|recogni[sz]e|find|work)\b)"
    r"|(?:to|i) not|(?:haven'?t|have not)(?= (?:paid|ordered|cancel|subscribed|asked|requested))"
    r"|i(?: won'?t| will not| wouldn'?t| would not|'?m not| am not)"
    r"(?! (?:be )?(?:able|sure|supposed|allowed|certain|aware|seeing|getting|receiving|happy|satisfied|finding)\b)"
    r"|not (?=get|want|to|be)|(?:(?<=[,.;:!] )|(?<=[,.;:!])|(?<=^)|(?<=\bbut )|(?<=\band ))not(?= an? ))"
    r"(?: (?:want|need|wish|like|think|i|we|be|going|looking|trying|asking|asked|for|to get|to|a|an|the|my|any|please"
    r"|me)\b)*+(?=(?P<en>(?: (?!but\b|and\b)[a-z']+){1,5}))"
)
_NEGATION: Final = re.compile(f"{_CHINESE}|{_ENGLISH}")
_SIGN: Final = re.compile(
    "[不没别勿甭莫唔休拒]|无需|\\b(?:no|not|stop|never|without|avoid|instead|than|refuse)\\b|n'?t\\b"
)
_BEHIND: Final = re.compile(
    "(?P<noun>[^\\W\\d_a-z]{2})(?:就|都|也|我)?(?:不(?:用|必|需要)|无需|(?:不要|别)(?=再?[开发寄送退换办给]))"
    "再?(?:[开发寄送退换办给做]|申请)?了?(?=[,，。.!！~ ]|$)"
)
_TAKEN_BACK: Final = re.compile(r"[?？,，.。!！] ?(?:no|not|不|不要|不用|不必|算了)[\s,，.。!！不要用了]*$")
_ASKED: Final = re.compile("[^\\W\\d_a-z]{1,4}?(?:了)?[吗么嘛]")
_THREAT: Final = re.compile("[^\\W_]{0,10}(?:就|要|会|去)[^\\W_]{0,4}(?:投诉|举报|差评|报警|起诉|曝光)")
_MAY: Final = ("可以", "能", "可否", "能否")
_WANTED: Final = re.compile(r"\b(?:want|need|wish|like|longer)\b")
_VERBS: Final = "开发寄送办打退换"
_SHORT: Final = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """One negation.

    Attributes:
        rest: the text behind it, from what is refused on; "stop" refuses what is done, not the things it is done to.
        words: what it is about: two Chinese characters, and the two behind a verb of one; or the longer ones of the
            next five words.
        kind: what it says: ``wish`` that this is not wanted, ``denial`` that it was not done, ``plain`` either.
    """

    rest: str
    words: tuple[str, ...]
    kind: Literal["wish", "denial", "plain"]


def refusals_in(folded: str) -> tuple[Refusal, ...]:
    """The refusals of one folded text, in its order."""
    text = folded.replace("’", "'")
    if not _SIGN.search(text):
        return ()
    text = _CANCELLED.sub("", _EITHER_OR.sub(r"\1", text))
    found = [_refusal(text, match) for match in _NEGATION.finditer(text) if not _is_seeming(text, match)]
    found += [Refusal(match["noun"], (match["noun"],), "wish") for match in _BEHIND.finditer(text)]
    return tuple(one for one in found if one.kind != "denial" or not _named_again(one))


def _named_again(one: Refusal) -> bool:
    return any(word in one.rest[len(word) :] for word in one.words)


def _refusal(text: str, match: re.Match[str]) -> Refusal:
    rest = text[match.end() :].lstrip()
    if match["zh"]:
        words: tuple[str, ...] = (match["zh"],)
        if rest[0] in _VERBS and len(rest) > _SHORT - 1 and rest[1:3].isalpha():
            words = (match["zh"], rest[1:3])
        return Refusal(rest, words, "denial" if match["denied"] else "wish" if match["wish"] else "plain")
    words = () if match["stop"] else tuple(one for one in match["en"].split() if len(one) > _SHORT)
    return Refusal(rest, words, "wish" if _WANTED.search(match[0]) else "plain")


def _is_seeming(text: str, match: re.Match[str]) -> bool:
    """Whether a negation is no refusal of the customer's own."""
    if match["than"]:
        return "rather" not in text[: match.start()]
    if not match["plain"]:
        return False
    rest = text[match.end() :]
    asked = bool(_ASKED.match(rest)) and not text[: match.start()].endswith(_MAY)
    return match["others"] is not None or asked or bool(_THREAT.match(rest))


def is_taken_back(folded: str) -> bool:
    """Whether a folded text ends with a refusal of what it said before."""
    return _TAKEN_BACK.search(folded) is not None
