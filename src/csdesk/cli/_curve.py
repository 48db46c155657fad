"""The curve of coverage and precision as one page of HTML: no script, nothing fetched."""

from __future__ import annotations

from html import escape

from csdesk.domain.matching.evaluating import CurvePoint, Evaluation

_WIDTH, _HEIGHT, _EDGE = 640, 400, 48
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>csdesk match: coverage and precision</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:46rem;color:#222}}td,th{{padding:.15rem .8rem;
text-align:right}}th{{font-weight:600}}svg text{{font-size:12px;fill:#555}}</style>
<h1>Coverage and precision</h1>
<p>Each point answers every question from one confidence up: how many of all questions that is (coverage), and how many
of those answers are right (precision). The dot is the set threshold, {threshold:.2f}.</p>
<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="coverage and precision">
{grid}<polyline fill="none" stroke="#0b6bcb" stroke-width="2" points="{points}"/>{dot}
<text x="{middle}" y="{bottom}" text-anchor="middle">coverage</text><text x="4" y="{top}">precision</text></svg>
<table><tr>{heads}</tr><tr>{cells}</tr></table></html>
"""


def curve_page(measured: Evaluation) -> str:
    """The page for an evaluation."""
    names = ("questions", "hit1", "hit5", "mrr10", "auroc", "auto95", "ece", "precision", "coverage")
    values = [getattr(measured, name) for name in names]
    shown = ["–" if one is None else str(one) if isinstance(one, int) else f"{one:.3f}" for one in values]
    dot = ""
    if measured.precision is not None:
        x, y = _place(CurvePoint(measured.threshold, measured.coverage, measured.precision))
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#c0392b"/>'
    return _PAGE.format(
        threshold=measured.threshold,
        width=_WIDTH,
        height=_HEIGHT,
        grid="".join(map(_grid_line, range(0, 11, 2))),
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in map(_place, measured.curve)),
        dot=dot,
        middle=_WIDTH // 2,
        bottom=_HEIGHT - 8,
        top=_EDGE - 16,
        heads="".join(f"<th>{escape(name)}</th>" for name in names),
        cells="".join(f"<td>{escape(one)}</td>" for one in shown),
    )


def _place(point: CurvePoint) -> tuple[float, float]:
    x = _EDGE + point.coverage * (_WIDTH - 2 * _EDGE)
    return x, _HEIGHT - _EDGE - point.precision * (_HEIGHT - 2 * _EDGE)


def _grid_line(tenths: int) -> str:
    x, y = _place(CurvePoint(0, tenths / 10, tenths / 10))
    return (
        f'<line x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{_EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{tenths * 10}%</text>'
        f'<text x="{x:.1f}" y="{_HEIGHT - _EDGE + 18}" text-anchor="middle">{tenths * 10}%</text>\n'
    )
