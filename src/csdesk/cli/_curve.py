"""Pictures of an evaluation as SVG: coverage against precision, and confidence against what is right."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from csdesk.domain.matching.evaluating import Evaluation

_WIDTH, _HEIGHT, _EDGE = 640, 400, 48
_BLUE, _RED, _GREY = "#0b6bcb", "#c0392b", "#ddd"


def curve_of(measured: Evaluation, across: str, up: str) -> str:
    """The curve of coverage (across) and precision (up), with a dot at the set threshold."""
    line = f'<polyline fill="none" stroke="{_BLUE}" stroke-width="2" points="{{}}"/>'
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(one.coverage, one.precision) for one in measured.curve))
    dots = [] if measured.precision is None else [(measured.coverage, measured.precision, 5.0)]
    return _picture(line.format(points) + _dots(dots, _RED), across, up)


def calibration_of(measured: Evaluation, across: str, up: str) -> str:
    """How often the matcher was right (up) where it was so sure (across), beside the line on which both agree.

    A bigger dot stands for more questions.
    """
    x, y = _place(1, 1)
    agree = f'<line x1="{_EDGE}" y1="{_HEIGHT - _EDGE}" x2="{x}" y2="{y}" stroke="{_GREY}" stroke-dasharray="4"/>'
    most = max((one.questions for one in measured.calibration), default=1)
    dots = [(one.confidence, one.right, 3 + 9 * (one.questions / most) ** 0.5) for one in measured.calibration]
    return _picture(agree + _dots(dots, _BLUE), across, up)


def _picture(inside: str, across: str, up: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(across)}, {escape(up)}">\n{"".join(map(_grid_line, range(0, 11, 2)))}{inside}\n'
        f'<text x="{_WIDTH // 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="4" y="{_EDGE - 16}">{escape(up)}</text></svg>'
    )


def _dots(dots: Iterable[tuple[float, float, float]], colour: str) -> str:
    found = ((*_place(across, up), size) for across, up, size in dots)
    return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}"/>' for x, y, size in found)


def _place(across: float, up: float) -> tuple[float, float]:
    return _EDGE + across * (_WIDTH - 2 * _EDGE), _HEIGHT - _EDGE - up * (_HEIGHT - 2 * _EDGE)


def _grid_line(tenths: int) -> str:
    x, y = _place(tenths / 10, tenths / 10)
    return (
        f'<line x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GREY}"/>'
        f'<text x="{_EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{tenths * 10}%</text>'
        f'<text x="{x:.1f}" y="{_HEIGHT - _EDGE + 18}" text-anchor="middle">{tenths * 10}%</text>\n'
    )
