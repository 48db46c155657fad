"""Articles as files: JSON Lines, and one file of Markdown for each, from text to records and back.

The fields are those of ``Article`` without version and times, which are a desk's own. In Markdown a heading is the
title; between lines of ``---`` before it stand ``name: value`` lines (campaign, language, valid_from, valid_until,
owner, url, and parted by commas tags, keywords and not_needed); the sections are What (是什么), Rules (规则), Fees
(费用, each ``what: price``), Cautions (注意事项), Steps (步骤) and Questions (常见问题, each question a heading of the
third level).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from csdesk._nearest import nearest
from csdesk._sentence import line_at
from csdesk.domain.records.articles import SECTIONS, Article
from csdesk.errors import InvalidInput, sentence
from csdesk.parsing.cells import truth
from csdesk.parsing.rows import json_rows

_OWN: Final = ("version", "created_at", "updated_at")
_NAMES: Final = tuple(one for one in Article.model_fields if one not in _OWN)
_LISTED: Final = ("tags", "keywords", "not_needed")
_PLAIN: Final = ("campaign", "language", "valid_from", "valid_until", "owner", "url", "retired")
_HEADINGS: Final[Mapping[str, str]] = {
    "what": "what", "what it is": "what", "about": "what", "是什么": "what", "活动内容": "what", "内容": "what",
    "rules": "rules", "规则": "rules", "活动规则": "rules",
    "fees": "fees", "fee": "fees", "费用": "fees", "收费": "fees", "资费": "fees",
    "cautions": "cautions", "caution": "cautions", "注意事项": "cautions", "注意": "cautions",
    "steps": "steps", "步骤": "steps", "流程": "steps", "操作步骤": "steps",
    "questions": "questions", "faq": "questions", "常见问题": "questions", "问题": "questions",
}  # fmt: skip
_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d+[.)、])\s*(.*\S)")
_FEE: Final = re.compile(r"\s*[:：]\s*")


def read(text: str, form: str, *, name: str = "article") -> list[Article]:
    """The articles that a text holds.

    Args:
        text: the content of a file.
        form: ``jsonl`` or ``md``.
        name: the id of a Markdown article, its file's name as a rule.

    Raises:
        InvalidInput: the text is not of that form; the field names the line or the place in it.
    """
    if form == "jsonl":
        return [_article(row, line_at(at)) for at, row in json_rows(text)]
    if form == "md":
        return [_article(_markdown(text, name), name)]
    raise InvalidInput("form", sentence("{form!r} is not known", form=form), "use jsonl or md")


def write(articles: Iterable[Article], form: str) -> str:
    """The text that holds the articles, as ``read`` reads it; Markdown takes one article.

    Raises:
        InvalidInput: an unknown form, or Markdown for more than one article or for one that it would part.
    """
    if form == "jsonl":
        return "".join(json.dumps(_document(one), ensure_ascii=False) + "\n" for one in articles)
    if form != "md":
        raise InvalidInput("form", sentence("{form!r} is not known", form=form), "use jsonl or md")
    kept = list(articles)
    if len(kept) != 1:
        raise InvalidInput("articles", "Markdown holds one article a file", "write one file for each")
    return _to_markdown(kept[0])


def _article(row: Mapping[str, object], place: str) -> Article:
    unknown = sorted(set(row) - set(_NAMES))
    if unknown:
        remedy = nearest(unknown[0], _NAMES)
        raise InvalidInput(f"{place}.{unknown[0]}", "is no field of an article", remedy)
    try:
        return Article(**row)  # type: ignore[arg-type]  # checked by it
    except InvalidInput as error:
        field = error.field.removeprefix("Article")
        raise InvalidInput(f"{place}{field}", error.problem, error.remedy) from None


def _document(article: Article) -> dict[str, object]:
    """The fields that differ from their defaults, as JSON has them."""
    whole: dict[str, object] = article.model_dump(mode="json", exclude_defaults=True, exclude=set(_OWN))
    return whole


def _markdown(text: str, name: str) -> dict[str, object]:
    """What one file says. Behind the front matter and the title nothing may get lost."""
    document: dict[str, Any] = {"id": name}  # ``Any``: the record checks it
    lines = list(enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), start=1))
    while lines and not lines[0][1].strip():
        lines.pop(0)
    if lines and lines[0][1].strip() == "---":
        lines = _front_matter(lines[1:], document)
    section = ""
    for at, line in lines:
        if line.startswith("# ") and "title" not in document:
            document["title"] = line[2:].strip()
        elif line.startswith("## "):
            section = _section(line[3:].strip().lower(), at)
        elif line.strip() or section in ("what", "questions"):
            _take(document, section, line, at)
    for one in ("what",):
        if one in document:
            document[one] = document[one].strip()
    for question in document.get("questions", ()):
        question["answer"] = question["answer"].strip()
    return document


def _front_matter(lines: list[tuple[int, str]], document: dict[str, Any]) -> list[tuple[int, str]]:
    for place, (at, line) in enumerate(lines):
        if line.strip() == "---":
            return lines[place + 1 :]
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not name and not colon:
            continue
        if not colon or name not in (*_PLAIN, *_LISTED):
            remedy = sentence("use {names}, each with a colon and its value", names=(*_PLAIN, *_LISTED))
            raise InvalidInput(line_at(at), "is no value of an article", remedy)
        if name in _LISTED:
            document[name] = [part.strip() for part in re.split("[,，、]", value) if part.strip()]
        elif value:
            document[name] = truth(name, value) if name == "retired" else value
    raise InvalidInput("front matter", "does not end", "close it with a line of ---")


def _section(heading: str, at: int) -> str:
    found = _HEADINGS.get(heading)
    if found is None:
        raise InvalidInput(
            line_at(at), sentence("unknown heading {heading!r}", heading=heading), nearest(heading, _HEADINGS)
        )
    return found


def _take(document: dict[str, Any], section: str, line: str, at: int) -> None:
    if section == "what":
        document["what"] = document.get("what", "") + line + "\n"
    elif section == "questions":
        _take_question(document.setdefault("questions", []), line, at)
    elif not section or (item := _ITEM.fullmatch(line)) is None:
        raise InvalidInput(line_at(at), "is no part of the list", "begin it with - or put it under ## What (是什么)")
    elif section == "fees":
        what, price = ([*_FEE.split(item[1], maxsplit=1), ""])[:2]
        document.setdefault("fees", []).append({"what": what, "price": price})
    else:
        document.setdefault(section, []).append(item[1])


def _take_question(questions: list[dict[str, str]], line: str, at: int) -> None:
    if line.startswith("### "):
        questions.append({"question": line[4:].strip(), "answer": ""})
    elif questions:
        questions[-1]["answer"] += line + "\n"
    elif line.strip():
        raise InvalidInput(line_at(at), "stands before the first question", "write each question as a ### heading")


def _to_markdown(article: Article) -> str:
    parts = [*_front_lines(article), f"# {article.title}\n"]
    for section in SECTIONS:
        told = _section_lines(article, section)
        if told:
            parts.append(f"## {section.title()}\n\n{told}\n")
    text = "\n".join(parts)
    with suppress(InvalidInput):
        (again,) = read(text, "md", name=article.id)
        if _document(again) == _document(article):
            return text
    raise InvalidInput(article.id, "holds headings or line breaks that Markdown would part", "write jsonl")


def _front_lines(article: Article) -> list[str]:
    document = _document(article)
    lines = [
        f"{name}: {str(document[name]).lower() if name == 'retired' else document[name]}"
        for name in _PLAIN
        if name in document
    ]
    lines += [f"{name}: {', '.join(getattr(article, name))}" for name in _LISTED if getattr(article, name)]
    return ["---", *lines, "---\n"] if lines else []


def _section_lines(article: Article, section: str) -> str:
    if section == "what":
        return article.what
    if section == "fees":
        return "\n".join(f"- {one.what}: {one.price}" if one.price else f"- {one.what}" for one in article.fees)
    if section == "questions":
        return "\n\n".join(f"### {one.question}\n\n{one.answer}".strip() for one in article.questions)
    if section == "steps":
        return "\n".join(f"{at}. {one}" for at, one in enumerate(article.steps, start=1))
    return "\n".join(f"- {one}" for one in getattr(article, section))
