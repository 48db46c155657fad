"""What to do with a ranking: answer, suggest to an agent, or hand over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from csdesk.domain.matching.index import Scored
from csdesk.errors import InvalidInput

MatchAction = Literal["auto_reply", "suggest", "hand_over"]
MatchReason = Literal["confident", "close_call", "low_score", "no_match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchVerdict:
    """What to do with one message, and why.

    Attributes:
        action: send the best phrase, show the ranking to an agent, or leave the message to people alone.
        reason: ``confident`` (score and margin reached), ``close_call`` (the runner-up is too near), ``low_score``
            (the best score is below the threshold), ``no_match`` (nothing in the library shares anything).
        phrase_id: the best phrase; None only with ``no_match``.
        score: its score, 0 to 1; 0 with ``no_match``.
        margin: its lead over the runner-up, 0 to 1.
    """

    action: MatchAction
    reason: MatchReason
    phrase_id: str | None
    score: float
    margin: float


def decide(ranked: Sequence[Scored], *, threshold: float, min_margin: float) -> MatchVerdict:
    """Return the verdict on a ranking, best first.

    The best phrase is sent when its score is at least ``threshold`` and it leads by at least ``min_margin``; with less
    it is suggested; an empty ranking is handed over. Both are reached by equality.

    Args:
        ranked: what ``PhraseIndex.rank`` returned.
        threshold: the least score for an automatic reply, 0 to 1.
        min_margin: the least lead over the runner-up for an automatic reply, 0 to 1.

    Raises:
        InvalidInput: a threshold or margin outside 0 to 1.
    """
    for name, number in (("threshold", threshold), ("min_margin", min_margin)):
        if not 0 <= number <= 1:
            raise InvalidInput(name, f"{number} is out of range", "give a number from 0 to 1")
    if not ranked:
        return MatchVerdict(action="hand_over", reason="no_match", phrase_id=None, score=0.0, margin=0.0)
    best = ranked[0]
    reason: MatchReason = "confident"
    if best.score < threshold:
        reason = "low_score"
    elif best.margin < min_margin:
        reason = "close_call"
    action: MatchAction = "auto_reply" if reason == "confident" else "suggest"
    return MatchVerdict(action=action, reason=reason, phrase_id=best.phrase_id, score=best.score, margin=best.margin)
