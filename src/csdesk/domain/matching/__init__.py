"""Which phrase answers this text: an immutable index, its ranking, and the verdict on it."""

from csdesk.domain.matching.decide import MatchAction, MatchReason, MatchVerdict, decide
from csdesk.domain.matching.index import PhraseIndex, PhraseText, Scored

__all__ = ["MatchAction", "MatchReason", "MatchVerdict", "PhraseIndex", "PhraseText", "Scored", "decide"]
