"""CSV as spreadsheets save it: parted by commas, semicolons or tabs, with names of columns in either language.

The rule: the first line names the columns, and the sign that parts it into most known ones parts all lines. Excel's own
line before it (``sep=;``) is taken at its word. Lines without any content are left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final

from csdesk._sentence import line_at
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.cells import unguarded

_SIGNS: Final = (",", ";", "\t")
_TOLD: Final = re.compile(r"sep=(?P<sign>.)\r?\n", re.IGNORECASE)
_WIDE: Final = re.compile("[，；]")
_CHINESE: Final = {
    "编号": "id", "标题": "title", "问题": "questions", "常见问法": "questions", "问法": "questions",
    "关键词": "keywords", "标签": "tags", "相关": "related", "回答": "answer", "话术": "answer", "依据": "rationale",
    "原因": "rationale", "语言": "language", "渠道": "channels", "等级": "levels", "自动回复": "auto_reply",
    "生效时间": "valid_from", "失效时间": "valid_until", "负责人": "owner",
    "名称": "title", "标准问题": "title", "标准问": "title", "相似问法": "questions", "相似问题": "questions",
    "相似问": "questions", "客户问法": "questions", "内容": "answer", "话术内容": "answer", "答案": "answer",
    "标准答案": "answer", "回复": "answer", "分类": "tags", "关键字": "keywords",
}  # fmt: skip
_ENGLISH: Final = {
    "question": "questions", "keyword": "keywords", "tag": "tags", "body": "answer", "reply": "answer",
}  # fmt: skip
"""What people call columns that are named otherwise."""


def sheet_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a sheet, each with the number of its line: its cells that are not empty, by the names of columns.

    Raises:
        InvalidInput: it is no CSV, two columns have one name, or a row has more cells than there are columns.
    """
    content = text.removeprefix("\ufeff")
    told = _TOLD.match(content)
    skipped = 1 if told else 0
    if told:
        content = content[told.end() :]
    reader = csv.reader(io.StringIO(content), delimiter=told["sign"] if told else _sign_of(content), strict=True)
    columns: list[str] = []
    while True:
        cells = _cells(reader, skipped)
        at = reader.line_num + skipped
        if cells is None:
            return
        if not columns:
            columns = _columns(cells, at)
        elif any(cells[len(columns) :]):
            raise InvalidInput(line_at(at), "more cells than columns", "quote cells that hold commas")
        elif any(cells):
            yield at, {name: unguarded(cell) for name, cell in zip(columns, cells, strict=False) if cell}


def _sign_of(content: str) -> str:
    """The sign that parts the first line into most known columns; commas, if it does not matter."""
    first = content.split("\n", 1)[0]
    return max(_SIGNS, key=lambda sign: sum(_name(cell) in _known() for cell in first.split(sign)))


def _known() -> frozenset[str]:
    return frozenset({*_CHINESE.values(), "wordings", "variables", "article", "attachments", "retired"})


def _name(cell: str) -> str:
    name = cell.strip().strip('"').strip().lower()
    return _CHINESE.get(name) or _ENGLISH.get(name, name)


def _cells(reader: Iterator[list[str]], skipped: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        remedy = "quote a cell as a whole, double the quotes in it, and keep it below 128 KB"
        at = line_at(reader.line_num + skipped)  # type: ignore[attr-defined]  # a reader of csv has it
        raise InvalidInput(at, sentence("is no CSV ({error})", error=str(error)), remedy) from None


def _columns(cells: list[str], line: int) -> list[str]:
    """The names of columns; those behind the last one are cells that somebody once clicked into."""
    columns = [_name(cell) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) == 1 and _WIDE.search(columns[0]):
        raise InvalidInput(
            line_at(line), "is parted by full-width commas", "save the sheet as CSV again, with half-width ones"
        )
    for at, name in enumerate(columns):
        if name in columns[:at]:
            raise InvalidInput(
                line_at(line),
                sentence("two columns are called {name!r}", name=name),
                "keep one, lists in one cell parted by |",
            )
    return columns
