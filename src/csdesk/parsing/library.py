"""Whole phrase libraries as files: CSV, JSON Lines, TOML and Markdown, from text to records and back.

The fields are those of ``LibraryPhrase`` without version and times, which are a desk's own. ``answer`` stands for a
single wording for everybody. In CSV, lists stand in one cell, parted by `|` or line breaks, and what has parts of its
own (``wordings``, ``variables``, ``article``) as JSON. Markdown is as ``csdesk.parsing.phrases`` has it, with a section
Rationale (依据) more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from csdesk._nearest import nearest
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.cells import list_cell, split_list, truth
from csdesk.parsing.phrases import as_read, rows, title_and_lists
from csdesk.parsing.rows import written

_OWN: Final = ("version", "created_at", "updated_at")
_NAMES: Final = tuple(one for one in LibraryPhrase.model_fields if one not in _OWN)
_LISTS: Final = ("questions", "keywords", "tags", "channels", "levels", "related", "attachments")
_NESTED: Final = ("wordings", "variables", "article")
_TRUTHS: Final = ("auto_reply", "retired")


def read(text: str, form: str, *, name: str = "phrase") -> list[LibraryPhrase]:
    """The phrases that a text holds.

    Args:
        text: the content of a file.
        form: ``csv``, ``jsonl``, ``toml`` or ``md``.
        name: the id of a Markdown phrase, its file's name as a rule.

    Raises:
        InvalidInput: the text is not of that form; the field names the line or the place in it.
    """
    return [_phrase(row, place) for place, row in rows(text, form, name)]


def write(phrases: Iterable[LibraryPhrase], form: str) -> str:
    """The text that holds the phrases, as ``read`` reads it; Markdown takes one phrase.

    Raises:
        InvalidInput: an unknown form, or Markdown for more than one phrase.
    """
    return written(phrases, form, columns=(*_NAMES, "answer"), document=_document, cell=_cell, to_markdown=_to_markdown)


def _phrase(row: Mapping[str, object], place: str) -> LibraryPhrase:
    known = (*_NAMES, "answer")
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise InvalidInput(
            sentence("{place}.{field}", place=place, field=unknown[0]),
            "is no field of a phrase",
            nearest(unknown[0], known),
        )
    try:
        given: dict[str, Any] = {name: _value(name, value) for name, value in row.items()}  # ``Any``: checked below
        answer = given.pop("answer", "")
        if answer:
            if given.get("wordings"):
                raise InvalidInput("answer", "stands beside wordings", "write one of the two")
            given["wordings"] = [{"text": answer}]
        if not given.get("wordings"):
            raise InvalidInput("answer", "is missing", "say what is answered, in answer or wordings")
        return LibraryPhrase(**given)
    except InvalidInput as error:
        field = error.field.removeprefix("LibraryPhrase.")
        raise InvalidInput(sentence("{place}.{field}", place=place, field=field), error.problem, error.remedy) from None


def _value(name: str, value: object) -> object:
    if name in _LISTS:
        return split_list(name, value)
    if name in _NESTED and isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidInput(name, "is no JSON", "write it as JSON") from None
    return truth(name, value) if name in _TRUTHS else value


def _document(phrase: LibraryPhrase) -> dict[str, object]:
    """The fields that differ from their defaults, as JSON has them."""
    whole: dict[str, object] = phrase.model_dump(mode="json", exclude_defaults=True, exclude=set(_OWN))
    only = phrase.wordings[0]
    if len(phrase.wordings) == 1 and only.model_dump(exclude_defaults=True) == {"text": only.text}:
        del whole["wordings"]
        whole["answer"] = only.text
    return whole


def _cell(name: str, value: object) -> object:
    if name in _NESTED:
        return json.dumps(value, ensure_ascii=False)
    return list_cell(value) if isinstance(value, list) else value


def _to_markdown(phrase: LibraryPhrase) -> str:
    parts = title_and_lists(phrase)
    wording = phrase.wording_for(language=phrase.language) or phrase.wordings[0]
    parts.append(f"## Answer\n\n{wording.text}\n")
    if phrase.rationale:
        parts.append(f"## Rationale\n\n{phrase.rationale}\n")
    return as_read("\n".join(parts), phrase.id, phrase.questions, wording.text)
