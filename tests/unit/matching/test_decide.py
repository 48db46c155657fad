import pytest

from csdesk.domain.matching import MatchVerdict, Scored, decide
from csdesk.errors import InvalidInput


@pytest.mark.parametrize(
    ("score", "margin", "action", "reason"),
    [
        (0.7, 0.1, "auto_reply", "confident"),
        (0.69, 0.5, "suggest", "low_score"),
        (0.9, 0.09, "suggest", "close_call"),
        (0.1, 0.0, "suggest", "low_score"),
    ],
)
def test_decide(score: float, margin: float, action: str, reason: str) -> None:
    verdict = decide([Scored("p", score, margin), Scored("q", 0.0, 0.0)], threshold=0.7, min_margin=0.1)
    assert (verdict.action, verdict.reason) == (action, reason)
    assert (verdict.phrase_id, verdict.score, verdict.margin) == ("p", score, margin)


def test_nothing_ranked_is_handed_over() -> None:
    verdict = decide((), threshold=0.0, min_margin=0.0)
    assert verdict == MatchVerdict(action="hand_over", reason="no_match", phrase_id=None, score=0.0, margin=0.0)
    assert hash(verdict)


@pytest.mark.parametrize(("threshold", "min_margin", "name"), [(1.1, 0, "threshold"), (0, -0.1, "min_margin")])
def test_numbers_out_of_range_are_refused(threshold: float, min_margin: float, name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: "):
        decide((), threshold=threshold, min_margin=min_margin)
