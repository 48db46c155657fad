"""How good a matcher is on questions whose answers are known: hits, rejection, calibration, confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

_BINS: Final = 10
_CURVE_POINTS: Final = 200
_SETTINGS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what the matcher said.

    Attributes:
        gold: the phrase that answers it; None where no phrase does.
        found: the phrases ranked, best first.
        confidence: the confidence in the first, 0 to 1; for a peer without one, its score.
        sent: whether the first would be sent without a person, guards and all considered.
    """

    gold: str | None
    found: tuple[str, ...]
    confidence: float
    sent: bool = False

    @property
    def right(self) -> bool:
        """Whether the first phrase is the one wanted."""
        return self.gold is not None and self.found[:1] == (self.gold,)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What answering everything from one confidence up would mean.

    Attributes:
        threshold: the confidence.
        coverage: the share of all questions that would be answered.
        precision: the share of those that would be answered rightly.
    """

    threshold: float
    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The questions whose first match has a confidence between two tenths.

    Attributes:
        above: the lower end, 0 to 0.9.
        questions: how many there are.
        confidence: how sure the matcher was on average.
        right: the share that is right.
    """

    above: float
    questions: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured; shares from 0 to 1, None where nothing could be measured.

    Attributes:
        questions: how many were asked.
        answerable: how many of them have an answer in the library.
        hit1: the share of answerable questions whose phrase came first.
        hit5: ... was among the first five.
        mrr10: the mean of 1 / rank of the phrase among the first ten, 0 where it is not there.
        auroc: the chance that an answerable question has a higher confidence than one without answer.
        auto95: the share of answerable questions that can be answered rightly while 95 % of all answers are right.
        ece: the mean gap between confidence and the share that is right, over ten bins.
        threshold: the confidence set for answering.
        precision: the share of answers at that threshold that are right.
        coverage: the share of all questions answered there.
        confusions: wanted phrase, found phrase and how often, the most frequent first.
        curve: coverage and precision from the highest threshold down.
        sent: how many ``decide`` would answer at that threshold, guards and all considered.
        sent_right: how many of those rightly.
        settings: coverage and precision at common thresholds; those at which nothing is answered are left out.
        calibration: how sure the matcher was and how often it was right, a row for each tenth that has questions.
    """

    questions: int
    answerable: int
    hit1: float | None
    hit5: float | None
    mrr10: float | None
    auroc: float | None
    auto95: float
    ece: float | None
    threshold: float
    precision: float | None
    coverage: float
    confusions: tuple[tuple[str, str, int], ...]
    curve: tuple[CurvePoint, ...]
    sent: int = 0
    sent_right: int = 0
    settings: tuple[CurvePoint, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()


def evaluated(asked: Sequence[Asked], *, threshold: float = 0.95, precision: float = 0.95) -> Evaluation:
    """Measure the answers to questions.

    Args:
        asked: the questions with what was found.
        threshold: the confidence from which answers would be sent.
        precision: the precision that ``auto95`` asks for.
    """
    wanted = [one for one in asked if one.gold is not None]
    sent = [one for one in asked if one.found and one.confidence >= threshold]
    mixed = Counter((one.gold, one.found[0]) for one in wanted if one.gold and one.found and not one.right)
    calibration = tuple(_calibration(asked))
    return Evaluation(
        questions=len(asked),
        answerable=len(wanted),
        hit1=_mean(one.right for one in wanted),
        hit5=_mean(one.gold in one.found[:5] for one in wanted),
        mrr10=_mean(_reciprocal(one) for one in wanted),
        auroc=area([one.confidence for one in wanted], [one.confidence for one in asked if one.gold is None]),
        auto95=_auto(asked, precision, len(wanted)),
        ece=_calibration_error(calibration),
        threshold=threshold,
        precision=_mean(one.right for one in sent),
        coverage=len(sent) / len(asked) if asked else 0.0,
        confusions=tuple((*pair, count) for pair, count in sorted(mixed.items(), key=lambda one: (-one[1], one[0]))),
        curve=tuple(_curve(asked)),
        sent=sum(one.sent for one in asked),
        sent_right=sum(one.sent and one.right for one in asked),
        settings=tuple(_settings(asked)),
        calibration=calibration,
    )


def area(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The area under the ROC curve: the chance that a positive number is above a negative one, ties counting half."""
    if not positive or not negative:
        return None
    pairs = sorted([(one, True) for one in positive] + [(one, False) for one in negative])
    ranks, before = 0.0, 0
    for _, group in groupby(pairs, key=lambda pair: pair[0]):
        same = list(group)
        ranks += sum(is_positive for _, is_positive in same) * (before + (len(same) + 1) / 2)
        before += len(same)
    count = len(positive)
    return (ranks - count * (count + 1) / 2) / (count * len(negative))


def _reciprocal(one: Asked) -> float:
    first = one.found[:10]
    return 1 / (1 + first.index(one.gold)) if one.gold is not None and one.gold in first else 0.0


def _mean(values: Iterable[float]) -> float | None:
    kept = list(values)
    return sum(kept) / len(kept) if kept else None


def _falling(asked: Sequence[Asked]) -> Iterable[tuple[float, int, int]]:
    """From the highest confidence down: the confidence, how many are answered there, and how many rightly."""
    answered = right = 0
    falling = sorted((one for one in asked if one.found), key=lambda one: -one.confidence)
    for confidence, group in groupby(falling, key=lambda one: one.confidence):
        for one in group:
            answered += 1
            right += one.right
        yield confidence, answered, right


def _auto(asked: Sequence[Asked], precision: float, answerable: int) -> float:
    best = max((right for _, answered, right in _falling(asked) if right >= precision * answered), default=0)
    return best / answerable if answerable else 0.0


def _curve(asked: Sequence[Asked]) -> Iterable[CurvePoint]:
    points = [CurvePoint(at, answered / len(asked), right / answered) for at, answered, right in _falling(asked)]
    stride = -(-len(points) // _CURVE_POINTS) or 1
    return points[stride - 1 :: stride] if points else points


def _settings(asked: Sequence[Asked]) -> Iterable[CurvePoint]:
    for threshold in _SETTINGS:
        sent = [one.right for one in asked if one.found and one.confidence >= threshold]
        if sent:
            yield CurvePoint(threshold, len(sent) / len(asked), sum(sent) / len(sent))


def _calibration(asked: Sequence[Asked]) -> Iterable[CalibrationBin]:
    """What ten equal bins of confidence hold, the lowest first; those without questions are left out."""
    bins: dict[int, list[Asked]] = {}
    for one in asked:
        bins.setdefault(min(_BINS - 1, int(one.confidence * _BINS)), []).append(one)
    for number, held in sorted(bins.items()):
        sure, right = sum(one.confidence for one in held), sum(one.right for one in held)
        yield CalibrationBin(number / _BINS, len(held), sure / len(held), right / len(held))


def _calibration_error(bins: Sequence[CalibrationBin]) -> float | None:
    """The expected calibration error over bins of confidence (Guo and others, ICML 2017)."""
    gaps = [one.questions * abs(one.confidence - one.right) for one in bins]
    return sum(gaps) / sum(one.questions for one in bins) if bins else None
