"""The sentences of errors in Chinese; their tables are loaded when the first one is shown.

A sentence that was stored, or went through JSON, is plain text by then: it is found again by its words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Final

from csdesk._sentence import Sentence, SentenceValue
from csdesk.domain.locale import zh_cn
from csdesk.domain.locale.happenings import WORDS_ZH

AREAS: Final = (
    "validation",
    "common",
    "config",
    "authority",
    "channels",
    "commands",
    "desk",
    "records",
    "stores",
    "time",
    "knowledge",
    "matching",
    "phrases",
    "reaching",
    "sources",
    "web",
    "cli",
    "testing",
)
"""The modules of ``csdesk.domain.locale.sentences``."""

_TOLD: Final = frozenset({"condition", "problem", "remedy", "what"})
"""Places in which part of a sentence stands."""
_WORDS: Final = frozenset({"category", "metric", "stage", "state"})
"""Places in which a word of a fixed set stands."""
_BY_PYDANTIC: Final = frozenset({"expected", "ge", "gt", "le", "lt"})
"""Places in which pydantic writes lists ('a', 'b' or 'c') and spans of time (10 minutes)."""
_UNITS: Final = {"day": "天", "hour": "小时", "minute": "分钟", "second": "秒"}
_UNIT: Final = re.compile(rf"(?<=\d) ({'|'.join(_UNITS)})s?\b")
_PLACE: Final = re.compile(r"(?<!\{)\{(?P<name>[a-z]\w*)(?P<quoted>!r)?\}")
"""Where a value stands in a template."""
_LEAST: Final = 11
"""How many characters of a stored text must be the template's own, so that it is taken for its sentence."""


def in_chinese(text: str) -> str:
    """The Chinese sentence for an English one; what no table has is returned as it is."""
    if isinstance(text, Sentence):
        template = sentences().get(text.template) or _neutral(text.template)
        return str(text) if template is None else _filled(template, text.params)
    exact = sentences().get(text) or zh_cn.KINDS.get(text)
    return exact or _found_again(text)


def _neutral(template: str) -> str | None:
    """The template itself, if it has no words of its own."""
    return None if any(map(str.isalpha, _PLACE.sub("", template))) else template


@cache
def sentences() -> Mapping[str, str]:
    """Chinese templates by their English ones."""
    return {english: chinese for area in AREAS for english, chinese in table(area).items()}


def table(area: str) -> Mapping[str, str]:
    """The sentences of one area, as its module has them."""
    found: Mapping[str, str] = import_module(f"csdesk.domain.locale.sentences.{area}").SENTENCES
    return found


def _filled(template: str, params: Mapping[str, SentenceValue]) -> str:
    return template.format(**{name: _shown(name, value) for name, value in params.items()}) if params else template


def _shown(name: str, value: SentenceValue) -> str:
    if isinstance(value, str):
        return _words(name, value)
    if isinstance(value, tuple):
        return "、".join(map(_word, value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return str(value)


def _words(name: str, value: str) -> str:
    if name in _TOLD:
        return in_chinese(value)
    if name in _WORDS:
        return zh_cn.WORDS.get(value) or WORDS_ZH.get(value, value)
    if name == "kind":
        return zh_cn.KINDS.get(value, value)
    if name in _BY_PYDANTIC:
        return _UNIT.sub(lambda unit: _UNITS[unit[1]], value.replace(", ", "、").replace(" or ", "或"))
    return _word(value)


def _word(value: str) -> str:
    if isinstance(value, Sentence):
        return in_chinese(value)
    return value if value.isprintable() else repr(value)[1:-1]


def _found_again(text: str) -> str:
    for _, pattern, template in _patterns():
        if match := pattern.fullmatch(text):
            return _filled(template, {name: in_chinese(value) for name, value in match.groupdict().items()})
    return text


@cache
def _patterns() -> tuple[tuple[int, re.Pattern[str], str], ...]:
    """The templates as patterns, those with most words of their own first."""
    found = [(*_pattern(english), chinese) for english, chinese in sentences().items() if _PLACE.search(english)]
    return tuple(sorted((one for one in found if one[0] >= _LEAST), key=lambda one: -one[0]))


def _pattern(template: str) -> tuple[int, re.Pattern[str]]:
    own, parts, seen, end = 0, [], set(), 0
    for place in _PLACE.finditer(template):
        words, end = template[end : place.start()], place.end()
        name, quote = place["name"], "['\"]" if place["quoted"] else ""
        value = f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
        parts.append(f"{_escaped(words)}{quote}{value}{quote}")
        own += len(words) + (2 if quote else 0)
        seen.add(name)
    return own + len(template) - end, re.compile("".join([*parts, _escaped(template[end:])]), re.DOTALL)


def _escaped(words: str) -> str:
    return re.escape(words.replace("{{", "{").replace("}}", "}"))
