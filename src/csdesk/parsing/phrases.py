"""Phrase libraries as files: CSV, JSON Lines, TOML and Markdown, from text to phrases and back.

The fields are those of ``csdesk.matching.Phrase``. In CSV (``csdesk.parsing.sheets``), lists stand in one cell, parted
by `|` or line breaks, or as JSON where a text holds such a sign. In Markdown, each file is one phrase: a heading is the
title, a list under `## Questions` (问题) the questions, the sections Keywords (关键词), Tags (标签) and Related (相关)
likewise, and what stands under `## Answer` (回答) the answer.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import Final

from csdesk._nearest import guess, nearest
from csdesk._sentence import line_at
from csdesk.domain.matching.phrases import Phrase
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.sheets import sheet_rows

FORMATS: Final = ("csv", "jsonl", "toml", "md")
"""The formats, by the endings of their files."""

_NAMES: Final = tuple(one.name for one in fields(Phrase))
_LISTS: Final = ("questions", "keywords", "tags", "related", "channels", "levels")
_TIMES: Final = ("valid_from", "valid_until")
_PARTING: Final = re.compile(r"[|\n]")
_TRUE: Final = frozenset({"1", "true", "yes", "是", "y"})
_FALSE: Final = frozenset({"0", "false", "no", "否", "n"})
_TEXTS: Final = frozenset({"answer", "rationale"})
_HEADINGS: Final = {
    "questions": "questions", "问题": "questions", "常见问法": "questions",
    "keywords": "keywords", "关键词": "keywords", "tags": "tags", "标签": "tags", "related": "related",
    "相关": "related", "answer": "answer", "回答": "answer", "话术": "answer",
    "rationale": "rationale", "依据": "rationale", "原因": "rationale",
}  # fmt: skip


def read(text: str, form: str, *, name: str = "phrase") -> list[Phrase]:
    """The phrases that a text holds.

    Args:
        text: the content of a file.
        form: one of ``FORMATS``.
        name: the id of a Markdown phrase, its file's name as a rule.

    Raises:
        InvalidInput: the text is not of that form; the field names the line or the place in it.
    """
    found = list(rows(text, form, name))
    if form == "md":  # a rationale is for people, and for libraries of a desk
        found = [(place, {key: value for key, value in row.items() if key != "rationale"}) for place, row in found]
    return [_phrase(row, place) for place, row in found]


def rows(text: str, form: str, name: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The phrases of a text as they stand there, each with its place.

    Raises:
        InvalidInput: the text is not of that form.
    """
    if form == "csv":
        yield from ((line_at(at), row) for at, row in sheet_rows(text))
    elif form == "jsonl":
        yield from ((line_at(at), row) for at, row in json_rows(text))
    elif form == "toml":
        yield from ((f"phrases.{at}", row) for at, row in enumerate(_toml_rows(text)))
    elif form == "md":
        yield name, _markdown(text, name)
    else:
        raise InvalidInput(
            "form", sentence("{form!r} is not known", form=form), sentence("use one of {names}", names=tuple(FORMATS))
        )


def write(phrases: Iterable[Phrase], form: str) -> str:
    """The text that holds the phrases, as ``read`` reads it; Markdown takes one phrase.

    Raises:
        InvalidInput: an unknown form, or Markdown for more than one phrase.
    """
    if form == "csv":
        return _to_csv(phrases)
    if form == "jsonl":
        return "".join(json.dumps(_document(one), ensure_ascii=False) + "\n" for one in phrases)
    if form == "toml":
        return "\n".join(to_toml(_document(one)) for one in phrases)
    if form == "md":
        kept = list(phrases)
        if len(kept) != 1:
            raise InvalidInput("phrases", "Markdown holds one phrase a file", "write one file for each")
        return _to_markdown(kept[0])
    raise InvalidInput(
        "form", sentence("{form!r} is not known", form=form), sentence("use one of {names}", names=tuple(FORMATS))
    )


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


def _toml_rows(text: str) -> Iterator[Mapping[str, object]]:
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


def _markdown(text: str, name: str) -> dict[str, object]:
    """What one file says. Before its first section stands what is for people; behind it nothing may get lost."""
    document: dict[str, object] = {"id": name}
    lists: dict[str, list[str]] = {}
    texts: dict[str, list[str]] = {"answer": []}
    section = ""
    for at, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.startswith("# ") and "title" not in document:
            document["title"] = line[2:].strip()
        elif line.startswith("## ") and (known := _section(line[3:].strip().lower(), section, at)):
            section = known
        elif section in _TEXTS:
            texts.setdefault(section, []).append(line.removesuffix("\r"))
        elif section and (item := re.match(r"\s*[-*+]\s+(.*\S)", line)):
            lists.setdefault(section, []).append(item[1])
        elif section and line.strip():
            raise InvalidInput(
                line_at(at), "is no part of the list", "begin it with - or put it under ## Answer (回答)"
            )
    return {**document, **lists, **{name: "\n".join(lines).strip() for name, lines in texts.items()}}


def _section(heading: str, within: str, at: int) -> str:
    """The field that a heading begins; empty if it is one of the answer's own."""
    found = _HEADINGS.get(heading, "")
    meant = guess(heading, _HEADINGS)
    if not found and (meant or within not in _TEXTS):
        raise InvalidInput(
            line_at(at), sentence("unknown heading {heading!r}", heading=heading), nearest(heading, _HEADINGS)
        )
    return found


def _phrase(row: Mapping[str, object], place: str) -> Phrase:
    unknown = sorted(set(row) - set(_NAMES))
    if unknown:
        raise InvalidInput(
            sentence("{place}.{field}", place=place, field=unknown[0]),
            "is no field of a phrase",
            sentence("use {names}", names=tuple(_NAMES)),
        )
    if not row.get("id") or not row.get("title"):
        missing = "title" if row.get("id") else "id"
        raise InvalidInput(
            sentence("{place}.{field}", place=place, field=missing), "is missing", "give every phrase an id and a title"
        )
    try:
        return Phrase(**{name: _value(name, value) for name, value in row.items()})  # type: ignore[arg-type]
    except InvalidInput as error:
        raise InvalidInput(
            sentence("{place}.{field}", place=place, field=error.field), error.problem, error.remedy
        ) from None


def _value(name: str, value: object) -> object:
    if name in _LISTS:
        return split_list(name, value)
    if name in _TIMES:
        return _time(name, value)
    if name == "auto_reply":
        return truth(name, value)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(name, "is no text", "put it in quotes")
    return value


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


def _time(name: str, value: object) -> datetime | None:
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


def _document(phrase: Phrase) -> dict[str, object]:
    """The fields that differ from their defaults, as JSON has them."""
    document: dict[str, object] = {}
    for one in fields(Phrase):
        value = getattr(phrase, one.name)
        if value != one.default:
            plain = value.isoformat() if isinstance(value, datetime) else value
            document[one.name] = list(plain) if isinstance(plain, tuple) else plain
    return document


def _to_csv(phrases: Iterable[Phrase]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, _NAMES, lineterminator="\r\n")
    writer.writeheader()
    for phrase in phrases:
        row = _document(phrase)
        writer.writerow({name: list_cell(value) if isinstance(value, list) else value for name, value in row.items()})
    return out.getvalue()


def to_toml(document: Mapping[str, object]) -> str:
    """One phrase as a table of TOML."""
    lines = [f"{name} = {_toml_value(value)}" for name, value in document.items()]
    return "\n".join(["[[phrases]]", *lines, ""])


def _toml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _to_markdown(phrase: Phrase) -> str:
    parts = [f"# {phrase.title}\n"]
    for heading in ("questions", "keywords", "tags", "related"):
        items = getattr(phrase, heading)
        if items:
            parts.append(f"## {heading.title()}\n\n" + "".join(f"- {item}\n" for item in items))
    if phrase.answer:
        parts.append(f"## Answer\n\n{phrase.answer}\n")
    return as_read("\n".join(parts), phrase.id, phrase.questions, phrase.answer)


def as_read(text: str, name: str, questions: tuple[str, ...], answer: str) -> str:
    """A phrase in Markdown, if reading it gives the same questions and answer again.

    Raises:
        InvalidInput: something in it would be read as a heading or as another line of a list.
    """
    with suppress(InvalidInput):
        found = _markdown(text, name)
        if found.get("questions", []) == list(questions) and found["answer"] == answer.strip():
            return text
    raise InvalidInput(name, "holds headings or line breaks that Markdown would part", "write csv, jsonl or toml")
