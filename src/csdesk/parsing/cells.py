"""What stands in a cell or field of a file: lists, times, yes and no."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from csdesk.errors import InvalidInput

_PARTING: Final = re.compile(r"[|\n]")
_FORMULA: Final = re.compile(r"'*[=+@\t\r＝＋－＠-]")
_TRUE: Final = frozenset({"1", "true", "yes", "是", "y"})
_FALSE: Final = frozenset({"0", "false", "no", "否", "n"})


def split_list(name: str, value: object) -> tuple[str, ...]:
    """A list of texts, one text parted by `|` or line breaks, or a text that is a list in JSON.

    Raises:
        InvalidInput: it is neither.
    """
    parts = _parts(value) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InvalidInput(name, "is no list of texts", "give a list of texts")
    return tuple(part.strip() for part in parts if part.strip())


def _parts(text: str) -> list[object]:
    if text.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):
            found = json.loads(text)
            if isinstance(found, list) and all(isinstance(part, str) for part in found):
                return found
    return list(_PARTING.split(text))


def list_cell(texts: Sequence[str]) -> str:
    """A list as one cell of CSV, so that ``split_list`` reads the same: as JSON where a text holds a parting sign."""
    plain = "\n".join(texts)
    return plain if split_list("", plain) == tuple(texts) else json.dumps(list(texts), ensure_ascii=False)


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before what begins one.

    >>> guarded("=1+1"), guarded("'=1"), guarded("It's 1 = 1")
    ("'=1+1", "''=1", "It's 1 = 1")
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text of such a cell; any other cell is returned as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def time(name: str, value: object) -> datetime | None:
    """An instant as ISO 8601 writes it; None stays None.

    Raises:
        InvalidInput: it is no time.
    """
    try:
        return value if value is None or isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(name, "is no time", "write it as 2026-06-18T00:00:00+08:00") from None


def truth(name: str, value: object) -> bool:
    """Yes or no, in words of either language.

    Raises:
        InvalidInput: it is neither.
    """
    said = str(value).strip().lower()
    if said not in _TRUE | _FALSE:
        raise InvalidInput(name, "is neither true nor false", "write true or false")
    return said in _TRUE
