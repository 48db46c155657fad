"""Let docstrings be plain text: `code` in backticks, lists, indented drawings; other signs mean themselves.

People read docstrings in an editor, so that is how they are written. Sphinx by itself would take a star for emphasis
and a drawing for a broken quotation.
"""

import inspect
import re
from collections.abc import Iterator

from sphinx.application import Sphinx

_MARKED = re.compile(r"(``.+?``|:[\w:+-]+:`[^`]+`|`[^`]+`_{1,2})|`([^`]+)`|([*|\\])|(?<=\w)(_)(?!\w)")
_BULLET = re.compile(r"\s*(?:[-*+]|\d+\.) +")
_LEFT_ALONE = (">>>", "...", "..")
_SECTION = re.compile(r"\A(?:Args|Attributes|Examples?|Notes?|Raises|Returns|Warnings?|Yields):\s*\Z")


def setup(app: Sphinx) -> dict[str, bool]:
    """Hook into Sphinx, before napoleon reads the sections."""
    app.connect("autodoc-process-docstring", as_plain_text, priority=400)
    return {"parallel_read_safe": True}


def as_plain_text(_app: Sphinx, what: str, _name: str, value: object, _options: object, lines: list[str]) -> None:
    """Rewrite one docstring for Sphinx, in place."""
    if what == "data" and "\n".join(lines).strip() == (inspect.getdoc(type(value)) or "").strip():
        lines.clear()  # the docstring of the constant's type says nothing about the constant
    lines[:] = plain_lines(lines)


def plain_lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines as reStructuredText that shows what the docstring's reader sees."""
    before, blank, literal_indent = "", True, None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and literal_indent is not None and indent <= literal_indent:
            literal_indent = None
        if literal_indent is not None or not line.strip():
            blank = blank or not line.strip()
            yield line
            continue
        if is_drawing(line, before) and blank:
            yield from ("::", "")
            literal_indent = 0
            yield line
        else:
            if is_first_of_list(line, before) and not blank:
                yield ""
            yield line if line.lstrip().startswith(_LEFT_ALONE) else escaped(line)
            literal_indent = indent if line.rstrip().endswith("::") else None
        before, blank = line, False


def is_drawing(line: str, before: str) -> bool:
    """Tell an indented block, as in Markdown, from what belongs to a section, a list or a directive."""
    return (
        line.startswith("    ")
        and bool(before)
        and not before.startswith((" ", *_LEFT_ALONE))
        and not _BULLET.match(before)
        and not _SECTION.match(before)
    )


def is_first_of_list(line: str, before: str) -> bool:
    """Tell the first item of a list that follows a paragraph at once."""
    same_indent = len(line) - len(line.lstrip()) == len(before) - len(before.lstrip())
    return bool(_BULLET.match(line)) and same_indent and not _BULLET.match(before)


def escaped(line: str) -> str:
    """Turn `code` into a literal and take their meaning from signs that reStructuredText would read."""
    bullet = _BULLET.match(line)
    start = bullet.end() if bullet else 0
    return line[:start] + _MARKED.sub(_plain, line[start:])


def _plain(match: re.Match[str]) -> str:
    marked, code, sign, underscore = match.groups()
    if marked:
        return marked
    return f"``{code}``" if code else f"\\{sign or underscore}"
