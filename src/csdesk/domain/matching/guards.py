"""What makes a likely match wrong although its words fit: opposite wishes, finished business, other numbers.

The rule: an opposite wish (不要退款 against 退款, 退款 against 付款) halves the score, so the phrase loses its rank.
The other guards leave the rank alone and only keep the answer from being sent without a person, since a phrase may
well be the best suggestion although the customer refuses words of it (不是要发票), says that it is done (已经退款了)
or names another amount.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
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


def _refused(refusals: Iterable[Refusal]) -> tuple[str, ...]:
    """The words before which a negation stands."""
    return tuple(word for one in refusals for word in one.words)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the guards read in one text.

    Attributes:
        stance: what it wants done.
        finished: whether it tells that something is done, asks nothing and complains of nothing.
        numbers: the amounts it names; see ``amounts``.
        fixed: of a phrase, those of its amounts that a third of its texts name; others only stand for any amount.
        refused: the words before which a negation stands; a phrase as a whole has none.
        taken_back: whether it ends with a refusal of what it said before; a phrase as a whole never does.
    """

    stance: Stance
    finished: bool
    numbers: frozenset[str]
    fixed: frozenset[str] = frozenset()
    refused: tuple[str, ...] = ()
    taken_back: bool = False

    def refuses(self, folded: str, sample: str) -> bool:
        """Whether one of the two refuses what the other asks for; the same refusal on both sides is none.

        Args:
            folded: the text that was read.
            sample: the folded sample that is most like it.
        """
        others = _of_sample(sample)
        mine = self.taken_back or (_names(self.refused, sample) and not _names(_refused(others), sample))
        return mine or any(
            one.kind == "wish"
            and one.words
            and all(word in folded for word in one.words)
            and not _names(self.refused, sample)
            for one in others
        )


def _names(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


@lru_cache(maxsize=4096)
def _amounts_of_sample(sample: str) -> frozenset[str]:
    """The amounts of a phrase's text."""
    return amounts_in(sample)


@lru_cache(maxsize=4096)
def _of_sample(sample: str) -> tuple[Refusal, ...]:
    """The refusals of a phrase's text, which is asked for again and again; what customers write is not kept."""
    return refusals_in(sample)


_NOTHING: Final = Reading(frozenset(), finished=False, numbers=frozenset())


def reading_of(folded: str) -> Reading:
    """Read one folded text."""
    stance = stance_of(folded)
    finished = bool(_FINISHED.search(folded)) and not (_ASKS.search(folded) or _UNSOLVED.search(folded))
    numbers = amounts_in(folded)
    refused = _refused(refusals_in(folded))
    taken_back = is_taken_back(folded)
    if not (stance or finished or numbers or refused or taken_back):
        return _NOTHING
    return Reading(stance, finished, numbers, refused=refused, taken_back=taken_back)


def common_reading(folded_texts: Iterable[str]) -> Reading:
    """Read a phrase from its texts: a stance none contradicts, finished if any is, all their numbers."""
    readings = [reading_of(text) for text in folded_texts]
    stances = frozenset[tuple[str, int]]().union(*(one.stance for one in readings))
    stance = frozenset((action, side) for action, side in stances if (action, -side) not in stances)
    numbers = frozenset[str]().union(*(one.numbers for one in readings))
    finished = any(one.finished for one in readings)
    if not (stance or finished or numbers):
        return _NOTHING
    named = Counter(number for one in readings for number in one.numbers)
    fixed = frozenset(number for number, count in named.items() if count * _A_THIRD >= len(readings))
    return Reading(stance, finished, numbers, fixed)


def guards_against(text: Reading, folded: str, phrase: Reading, nearest: str) -> tuple[Guard, ...]:
    """The guards that stand between a folded text and a phrase, whose nearest text is ``nearest``."""
    found: list[Guard] = []
    if text.stance and contradicts(text.stance, phrase.stance):
        found.append("opposite")
    elif text.refuses(folded, nearest):
        found.append("refused")
    if text.finished and not phrase.finished:
        found.append("finished")
    if text.numbers - phrase.numbers and phrase.fixed & _amounts_of_sample(nearest) - text.numbers:
        found.append("numbers")
    return tuple(found)
