"""Rows of fields in files, whatever they tell of: JSON Lines and tables of TOML; CSV is read by ``sheets``."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from csdesk._sentence import line_at
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.cells import guarded

P = TypeVar("P")

FORMATS: Final = ("csv", "jsonl", "toml", "md")
"""The formats of phrases, by the endings of their files."""
WORKBOOKS: Final = frozenset({"xlsx", "xls", "et", "ods", "numbers"})
"""The endings of what spreadsheets save unless told otherwise."""


def json_rows(text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The objects of JSON Lines, each with the number of its line.

    Raises:
        InvalidInput: a line holds no JSON object, or one that says something twice.
    """
    # Not ``splitlines``: JSON texts may hold other separators of lines as they are.
    for at, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line, object_pairs_hook=_once)
            except InvalidInput as error:
                raise InvalidInput(line_at(at, error.field), error.problem, error.remedy) from None
            except ValueError:
                raise InvalidInput(line_at(at), "no JSON", "put one JSON object on each line") from None
            except RecursionError:
                raise InvalidInput(line_at(at), "is nested too deeply", "write one record's fields") from None
            if not isinstance(row, dict):
                raise InvalidInput(line_at(at), "no object", "put one JSON object on each line")
            yield at, row


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object, if it says nothing twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise InvalidInput(twice, "stands there twice", "keep one of the two")
    return found


def toml_rows(text: str) -> Iterator[Mapping[str, object]]:
    """The tables of phrases in TOML.

    Raises:
        InvalidInput: it is no TOML, or holds something else.
    """
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("toml", sentence("is no TOML: {error}", error=str(error)), "correct the TOML") from None
    except RecursionError:
        raise InvalidInput("toml", "is nested too deeply", "write one phrase's fields in each table") from None
    strange = sorted(set(document) - {"phrases"})
    if strange:
        raise InvalidInput(strange[0], "is no table of phrases", "begin each phrase with [[phrases]]")
    rows = document.get("phrases", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput("phrases", "no array of tables", "begin each phrase with [[phrases]]")
    yield from rows


def written(
    phrases: Iterable[P],
    form: str,
    *,
    columns: Sequence[str],
    document: Callable[[P], Mapping[str, object]],
    cell: Callable[[str, object], object],
    to_markdown: Callable[[P], str],
) -> str:
    """The text of phrases in one of the forms; Markdown takes one phrase.

    Args:
        phrases: what is written.
        form: one of ``FORMATS``.
        columns: of CSV.
        document: the fields of a phrase as JSON has them.
        cell: such a field as CSV has it, by its name.
        to_markdown: a phrase as a file of its own.

    Raises:
        InvalidInput: an unknown form, or Markdown for more than one phrase.
    """
    if form == "csv":
        return _to_csv(columns, ({name: cell(name, value) for name, value in document(one).items()} for one in phrases))
    if form == "jsonl":
        return "".join(json.dumps(document(one), ensure_ascii=False) + "\n" for one in phrases)
    if form == "toml":
        return "\n".join(_to_toml(document(one)) for one in phrases)
    if form != "md":
        raise unknown_form(form)
    kept = list(phrases)
    if len(kept) != 1:
        raise InvalidInput("phrases", "Markdown holds one phrase a file", "write one file for each")
    return to_markdown(kept[0])


def unknown_form(form: str) -> InvalidInput:
    """The error for a form that is none of ``FORMATS``."""
    remedy = sentence("use one of {names}", names=tuple(FORMATS))
    if form in WORKBOOKS:
        remedy = sentence("save the sheet as CSV (UTF-8)")
    return InvalidInput("form", sentence("{form!r} is not known", form=form), remedy)


def _to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    # What customers asked stands in libraries too, and whoever opens the sheet must not run it.
    writer.writerows({name: guarded(one) if isinstance(one, str) else one for name, one in row.items()} for row in rows)
    return out.getvalue()


def _to_toml(document: Mapping[str, object]) -> str:
    lines = [f"{name} = {_toml_value(value)}" for name, value in document.items()]
    return "\n".join(["[[phrases]]", *lines, ""])


def _toml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
