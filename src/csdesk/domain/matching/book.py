"""The desk's phrases, ready to answer: the index over their texts and the records behind it, as one immutable value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from csdesk.domain.matching.decide import decide
from csdesk.domain.matching.index import PhraseIndex, PhraseText
from csdesk.domain.records.channels import ReplyDecision, Suggestion
from csdesk.domain.records.replies import Phrase


class PhraseBook:
    """All phrases of a desk that are in use."""

    __slots__ = ("_index", "_phrases")

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = {str(one.id): one for one in phrases if not one.retired}
        self._index = PhraseIndex(
            PhraseText(one.id, one.title, one.questions, one.keywords) for one in self._phrases.values()
        )

    def __len__(self) -> int:
        return len(self._phrases)

    def decide(self, text: str, threshold: float, margin: float, limit: int, *, auto: bool) -> ReplyDecision:
        """What to do with a message: with ``auto`` a sure phrase that allows it is sent, otherwise it is suggested.

        Args:
            text: the message.
            threshold: the least confidence for an automatic answer, 0 to 1.
            margin: the least lead over the runner-up, 0 to 1.
            limit: how many phrases are suggested at most, 1 to 10.
            auto: whether an automatic answer is possible at all.
        """
        ranked = self._index.rank(text, limit=limit)
        found = tuple(
            Suggestion(phrase=self._phrases[one.phrase_id], score=one.score, confidence=one.score, margin=one.margin)
            for one in ranked
        )
        verdict = decide(ranked, threshold=threshold, min_margin=margin)
        action: Literal["auto_reply", "suggest", "hand_over"] = verdict.action
        reason: str = verdict.reason
        if action == "auto_reply" and not (auto and found[0].phrase.auto_reply):
            action, reason = "suggest", "confident" if not auto else "phrase_by_hand"
        return ReplyDecision(action=action, reason=reason, suggestions=found)
