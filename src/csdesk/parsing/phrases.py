"""Phrase libraries as files: CSV, JSON Lines, TOML and Markdown, from text to phrases and back.

The fields are those of ``csdesk.matching.Phrase``. In CSV (``csdesk.parsing.sheets``), lists stand in one cell, parted
by `|` or line breaks, or as JSON where a text holds such a sign. In Markdown, each file is one phrase: a heading is the
title, a list under `## Questions` (问题) the questions, the sections Keywords (关键词), Tags (标签) and Related (相关)
likewise, and what stands under `## Answer` (回答) the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import Final

from csdesk._nearest import guess, nearest
from csdesk._sentence import line_at
from csdesk.domain.matching.phrases import Phrase
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.cells import list_cell, split_list, time, truth
from csdesk.parsing.rows import json_rows, toml_rows, unknown_form, written
from csdesk.parsing.sheets import sheet_rows

_NAMES: Final = tuple(one.name for one in fields(Phrase))
_LISTS: Final = ("questions", "keywords", "tags", "related", "channels", "levels")
_TIMES: Final = ("valid_from", "valid_until")
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
        yield from ((f"phrases.{at}", row) for at, row in enumerate(toml_rows(text)))
    elif form == "md":
        yield name, _markdown(text, name)
    else:
        raise unknown_form(form)


def write(phrases: Iterable[Phrase], form: str) -> str:
    """The text that holds the phrases, as ``read`` reads it; Markdown takes one phrase.

    Raises:
        InvalidInput: an unknown form, or Markdown for more than one phrase.
    """
    return written(phrases, form, columns=_NAMES, document=_document, cell=_cell, to_markdown=_to_markdown)


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
            nearest(unknown[0], _NAMES),
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
        return time(name, value)
    if name == "auto_reply":
        return truth(name, value)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(name, "is no text", "put it in quotes")
    return value


def _document(phrase: Phrase) -> dict[str, object]:
    """The fields that differ from their defaults, as JSON has them."""
    document: dict[str, object] = {}
    for one in fields(Phrase):
        value = getattr(phrase, one.name)
        if value != one.default:
            plain = value.isoformat() if isinstance(value, datetime) else value
            document[one.name] = list(plain) if isinstance(plain, tuple) else plain
    return document


def _cell(_: str, value: object) -> object:
    return list_cell(value) if isinstance(value, list) else value


def _to_markdown(phrase: Phrase) -> str:
    parts = title_and_lists(phrase)
    if phrase.answer:
        parts.append(f"## Answer\n\n{phrase.answer}\n")
    return as_read("\n".join(parts), phrase.id, phrase.questions, phrase.answer)


def title_and_lists(phrase: Phrase | LibraryPhrase) -> list[str]:
    """What stands before the answer of a phrase in Markdown."""
    parts = [f"# {phrase.title}\n"]
    for heading in ("questions", "keywords", "tags", "related"):
        items = getattr(phrase, heading)
        if items:
            parts.append(f"## {heading.title()}\n\n" + "".join(f"- {item}\n" for item in items))
    return parts


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
