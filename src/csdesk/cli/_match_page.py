"""What ``csdesk match`` measured as one page of HTML, in the language of the command: no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from csdesk.cli._curve import calibration_of, curve_of
from csdesk.cli._output import Output
from csdesk.domain.matching.evaluating import Evaluation

MEASURES = ("questions", "answerable", "hit1", "hit5", "mrr10", "auroc", "auto95", "ece", "precision", "coverage")
_MOST_WRONG = 100
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:60rem;color:#222}td,th{padding:.15rem .8rem;
text-align:left;vertical-align:top}td.n,th.n{text-align:right}th{font-weight:600}svg text{font-size:12px;fill:#555}
table{border-collapse:collapse}tr+tr td{border-top:1px solid #eee}"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A question whose first match is not the one wanted."""

    text: str
    wanted: str | None
    found: str
    confidence: float
    because: str
    told: str


def page_of(measured: Evaluation, wrong: Sequence[Wrong], out: Output) -> str:
    """The page for an evaluation, with what went wrong, the surest first."""
    word = out.word
    kept = sorted(wrong, key=lambda one: -one.confidence)[:_MOST_WRONG]
    parts = [
        f"<h1>{_said(word('match.page'))}</h1>",
        _table(["match.measure", ">match.value"], _measures(measured, out), out),
        _part("match.curve", curve_of(measured, word("match.axis.coverage"), word("match.axis.precision")), out),
        _table([">match.setting", ">match.axis.coverage", ">match.axis.precision"], _settings(measured), out),
        _part("match.calibration", calibration_of(measured, word("match.confidence"), word("match.right")), out),
        _table([">match.above", ">match.questions", ">match.confidence", ">match.right"], _bins(measured), out),
    ]
    if measured.confusions:
        parts.append(_part("match.confusions", "", out))
        rows = ((gold, found, str(times)) for gold, found, times in measured.confusions)
        parts.append(_table(["match.wanted", "match.found", ">match.times"], rows, out))
    if kept:
        parts.append(_part("match.wrong", "", out))
        heads = ["said", "match.wanted", "match.found", ">match.confidence", "match.because", "match.action"]
        rows_ = (
            (one.text, one.wanted or "–", one.found, f"{one.confidence:.2f}", one.because, one.told) for one in kept
        )
        parts.append(_table(heads, rows_, out))
    title, body = _said(word("match.page")), "\n".join(parts)
    head = f'<meta charset="utf-8"><title>csdesk match: {title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="{out.locale}">{head}\n{body}\n</html>\n'


def shown(value: float | None) -> str:
    """A measure as people read it."""
    return "–" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"


def _measures(measured: Evaluation, out: Output) -> Iterable[tuple[str, str]]:
    for name in MEASURES:
        yield out.word(f"match.{name}", threshold=measured.threshold), shown(getattr(measured, name))
    yield out.word("match.sent", threshold=measured.threshold), f"{measured.sent} ({measured.sent_right})"


def _settings(measured: Evaluation) -> Iterable[tuple[str, str, str]]:
    for one in measured.settings:
        yield f"{one.threshold:.2f}", f"{one.coverage:.1%}", f"{one.precision:.1%}"


def _bins(measured: Evaluation) -> Iterable[tuple[str, str, str, str]]:
    for one in measured.calibration:
        yield f"{one.above:.1f}", str(one.questions), f"{one.confidence:.2f}", f"{one.right:.2f}"


def _part(key: str, picture: str, out: Output) -> str:
    return f"<h2>{_said(out.word(key))}</h2>\n<p>{_said(out.word(f'{key}.note'))}</p>\n{picture}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], out: Output) -> str:
    """A table; heads are keys of words, numbers stand under those with ``>`` before them."""
    sides = [' class="n"' if head.startswith(">") else "" for head in heads]
    names = [_said(out.word(head.removeprefix(">"))) for head in heads]
    lines = ["".join(f"<th{side}>{name}</th>" for side, name in zip(sides, names, strict=True))]
    lines += ["".join(f"<td{side}>{_said(cell)}</td>" for side, cell in zip(sides, row, strict=True)) for row in rows]
    return "<table>\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table>"


def _said(text: str) -> str:
    return escape(text)
