"""How the reference reads docstrings: as the plain text that people see in an editor."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("sphinx")
SOURCE = Path(__file__).parent.parent.parent / "docs" / "_ext" / "docstrings.py"


@pytest.fixture(scope="module")
def plain():
    spec = importlib.util.spec_from_file_location("docstrings", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda *lines: list(module.plain_lines(list(lines)))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Code is `a_b*`.", "Code is ``a_b*``."),
        ("As is: ``a_``, :class:`A`.", "As is: ``a_``, :class:`A`."),
        ("2 * 3, id_ and \\d", r"2 \* 3, id\_ and \\d"),
        ("* a `b`", "* a ``b``"),
        (">>> 2 * 3", ">>> 2 * 3"),
    ],
)
def test_signs_mean_themselves(plain, line, shown):
    assert plain(line) == [shown]


def test_a_drawing_keeps_its_shape(plain):
    assert plain("A tree.", "", "    a*", "      b*", "", "End*") == [
        "A tree.", "", "::", "", "    a*", "      b*", "", r"End\*",
    ]  # fmt: skip


def test_a_section_is_no_drawing(plain):
    assert plain("Args:", "    a: one.") == ["Args:", "    a: one."]


def test_a_list_may_follow_its_paragraph_at_once(plain):
    assert plain("Two:", "- a", "  more", "- b") == ["Two:", "", "- a", "  more", "- b"]
