"""What makes a likely match wrong although its words fit: opposite wishes, finished business, other numbers.

The rule: an opposite wish (不要退款 against 退款, 退款 against 付款) halves the score, so the phrase loses its rank.
The other guards leave the rank alone and only keep the answer from being sent without a person, since a phrase may
well be the best suggestion although the customer refuses words of it (不是要发票), says that it is done (已经退款了)
or names another amount.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from csdesk.domain.matching.amounts import amounts_in
from csdesk.domain.matching.negation import Refusal, is_taken_back, refusals_in
from csdesk.domain.matching.stance import Stance, contradicts, stance_of
from csdesk.domain.records.matches import Guard

OPPOSITE_SHARE: Final = 0.5
_A_THIRD: Final = 3

_ASKS: Final = re.compile(
    r"[?？吗呢么]|怎|如何|咋|什么|多少|多久|几|哪|谁|为何|为啥|能不能|能否|可否|是否|可不可以|有没有|是不是|行不行|要不要|会不会"
    r"|\b(?:how|what|when|where|why|who|which|can|could|may|is|are|do|does|did|will|would|should)\b"
)
_FINISHED: Final = re.compile(
    "已经.{0,12}了|刚.{0,8}(?:好|完|到)了|(?:收到|解决|搞定|完成|弄好|处理好|退好|付好|退回来|退回|到账|送到)了"
    r"|\b(?:already|finally) (?:\w+ )?(?:got|received|done|paid|solved|resolved|fixed|refunded|cancell?ed|returned)\b"
    r"|\b(?:has|have|was|been) (?:now |already )?(?:solved|resolved|fixed|refunded)\b"
)
_UNSOLVED: Final = re.compile(
    "但|却|可是|还没|还不|没有|没[收到发显]|未|不[了到能对]|失败|错|(?<!谢)不(?!用|必)"
    r"|\b(?:but|yet|however|not|still|never|un\w+)\b|n't\b"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the guards read in one text.

    Attributes:
        stance: what it wants done.
        finished: whether it tells that something is done, asks nothing and complains of nothing.
        numbers: the amounts it names; see ``amounts``.
        refusals: what it refuses.
        taken_back: whether it ends with a refusal of what it said before.
    """

    stance: Stance = frozenset()
    finished: bool = False
    numbers: frozenset[str] = frozenset()
    refusals: tuple[Refusal, ...] = ()
    taken_back: bool = False

    def refuses_in(self, text: str) -> bool:
        """Whether it refuses a word of a folded text."""
        return any(word in text for one in self.refusals for word in one.words)


@dataclass(frozen=True, slots=True)
class PhraseReading:
    """What the guards read in the texts of a phrase.

    Attributes:
        stance: what some of them want and none contradicts.
        finished: whether any tells that something is done.
        numbers: all amounts they name.
        fixed: the amounts that a third of them name; others only stand for any amount.
        samples: what stands in those that name an amount or refuse something, by their folded texts.
    """

    stance: Stance = frozenset()
    finished: bool = False
    numbers: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    samples: Mapping[str, Reading] = field(default_factory=dict, hash=False)


_NOTHING: Final = Reading()
_NOTHING_IN_ANY: Final = PhraseReading()


def reading_of(folded: str) -> Reading:
    """Read one folded text."""
    refusals = refusals_in(folded)
    stance = stance_of(folded, refusals)
    finished = bool(_FINISHED.search(folded)) and not (_ASKS.search(folded) or _UNSOLVED.search(folded))
    numbers = amounts_in(folded)
    taken_back = is_taken_back(folded)
    if not (stance or finished or numbers or refusals or taken_back):
        return _NOTHING
    return Reading(stance, finished, numbers, refusals, taken_back)


def common_reading(folded_texts: Iterable[str]) -> PhraseReading:
    """Read a phrase from its texts."""
    readings = {text: reading_of(text) for text in folded_texts}
    found = [one for one in readings.values() if one is not _NOTHING]
    if not found:
        return _NOTHING_IN_ANY
    stances = frozenset[tuple[str, int]]().union(*(one.stance for one in found))
    stance = frozenset((action, side) for action, side in stances if (action, -side) not in stances)
    named = Counter(number for one in found for number in one.numbers)
    fixed = frozenset(number for number, count in named.items() if count * _A_THIRD >= len(readings))
    samples = {text: one for text, one in readings.items() if one.numbers or one.refusals}
    return PhraseReading(stance, any(one.finished for one in found), frozenset(named), fixed, samples)


def guards_against(text: Reading, folded: str, phrase: PhraseReading, nearest: str) -> tuple[Guard, ...]:
    """The guards that stand between a folded text and a phrase, whose nearest text is ``nearest``."""
    found: list[Guard] = []
    sample = phrase.samples.get(nearest, _NOTHING)
    if text.stance and contradicts(text.stance, phrase.stance):
        found.append("opposite")
    elif _one_refuses(text, folded, sample, nearest):
        found.append("refused")
    if text.finished and not phrase.finished:
        found.append("finished")
    if text.numbers - phrase.numbers and phrase.fixed & sample.numbers - text.numbers:
        found.append("numbers")
    return tuple(found)


def _one_refuses(text: Reading, folded: str, sample: Reading, nearest: str) -> bool:
    """Whether a text or the sample most like it refuses what the other asks for; the same refusal on both is none."""
    if text.taken_back:
        return True
    mine = bool(text.refusals) and text.refuses_in(nearest)
    if not sample.refusals:
        return mine
    if mine and not sample.refuses_in(nearest):
        return True
    return not mine and any(
        one.kind == "wish" and one.words and all(word in folded for word in one.words) for one in sample.refusals
    )
