"""``render``: codes with parameters as text in zh-CN or English.

A text names its parameters in braces; what stands in square brackets is left out if a parameter in it is missing.
Any other missing parameter shows as ``—``: a text is always made, for an old trace too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, get_args

from csdesk._sentence import Sentence, is_a
from csdesk.domain.locale import en, zh_cn
from csdesk.domain.locale.chinese import in_chinese
from csdesk.domain.locale.happenings import HAPPENINGS, WORDS_ZH
from csdesk.domain.locale.telling import facts_of
from csdesk.domain.records._model import Scalar
from csdesk.domain.records.events import Event
from csdesk.domain.records.trace import Outcome, Trace, Verdict
from csdesk.errors import ConfigError, CsdeskError, CsdeskWarning, InvalidInput, Problem, sentence

Locale = Literal["zh-CN", "en"]
"""The languages of the catalogues."""

MISSING: Final = "—"
"""What stands for a parameter that is not there."""

_TEXTS: Final[dict[str, dict[str, str]]] = {"zh-CN": zh_cn.TEXTS, "en": en.TEXTS}
_REASONS: Final[dict[str, dict[str, str]]] = {"zh-CN": zh_cn.REASONS, "en": en.REASONS}
_NAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "disposition": zh_cn.DISPOSITIONS,
    "kind": zh_cn.KINDS,
    "state": WORDS_ZH | zh_cn.WORDS,
    "system": zh_cn.SYSTEMS,
}
"""Parameters that are words of a fixed set, with their Chinese words."""
_OPTIONAL: Final = re.compile(r"\[([^\[\]]*)\]")
_NAME: Final = re.compile(r"\{(\w+)\}")
_SAID: Final = frozenset({"call", "feature", "problem", "remedy", "thing"})
"""Parameters that are sentences, or parts of one, and not names."""
_MARKS: Final = {
    Outcome.PASSED: "+",
    Outcome.CHOSEN: "*",
    Outcome.REMOVED: "x",
    Outcome.SKIPPED: "-",
    Outcome.NOTED: ".",
}


def render(
    thing: Trace | Verdict | Event | CsdeskError | CsdeskWarning | Problem | str,
    /,
    locale: Locale = "zh-CN",
    **params: Scalar,
) -> str:
    """The text of a trace, a verdict, an event, an error or warning, a problem of a configuration, or a code.

    A verdict is one line for itself and one, indented by two blanks, for each below it; each begins with the mark of
    its outcome (``*`` chosen, ``+`` passed, ``x`` removed, ``-`` skipped, ``.`` noted). A code that the catalogue
    does not have is shown as it is, with its parameters.

    Args:
        thing: what to show; a str is a code, such as ``thread.none``, or what an error says, such as its ``remedy``.
        locale: ``zh-CN`` or ``en``.
        params: the values of a code's parameters; for other things they add to what the thing has.

    Raises:
        InvalidInput: no catalogue has that locale, or ``thing`` is nothing that has a text.
    """
    if locale not in _TEXTS:
        raise InvalidInput(
            "locale", "no such catalogue", sentence("choose one of: {names}", names=tuple(get_args(Locale)))
        )
    if isinstance(thing, Trace | Verdict):
        verdicts = thing.verdicts if isinstance(thing, Trace) else (thing,)
        return "\n".join(line for one in verdicts for line in _lines(one, locale, params, 0))
    if isinstance(thing, CsdeskError | CsdeskWarning):
        return _error(thing, locale, params)
    if isinstance(thing, Problem):
        return _text(ConfigError.code, locale, thing._asdict() | params)
    if isinstance(thing, str):
        is_code = thing in _TEXTS[locale] or params
        return _text(thing, locale, params) if is_code else _sentence(thing, locale)
    if getattr(thing, "kind", None) not in HAPPENINGS:
        raise InvalidInput("thing", is_a(thing), "pass a trace, a verdict, an event, an error or a code")
    return happening(thing, locale)


def _error(error: CsdeskError | CsdeskWarning, locale: Locale, params: Mapping[str, Scalar]) -> str:
    # What a host's own kind of error says stands in its message alone; so does what the root's kinds say.
    message = error.args[0] if error.args else ""
    if error.code not in _TEXTS[locale]:
        return _sentence(message, locale)
    return _text(error.code, locale, {"problem": message, **error.params, **params})


def happening(event: Event, locale: Locale) -> str:
    """The line that an event is in a timeline; nothing personal stands in it."""
    facts = facts_of(event, chinese=locale == "zh-CN")
    both = HAPPENINGS[event.kind]
    return _filled(both[locale == "zh-CN"], facts).lstrip(" ,，")


def _lines(verdict: Verdict, locale: Locale, params: Mapping[str, Scalar], depth: int) -> Iterator[str]:
    text = _text(verdict.code, locale, {**dict(verdict.params), **params})
    yield f"{'  ' * depth}{_MARKS[verdict.outcome]} {text}"
    for below in verdict.below:
        yield from _lines(below, locale, params, depth + 1)


def _text(code: str, locale: Locale, params: Mapping[str, Scalar]) -> str:
    template = _TEXTS[locale].get(code)
    if template is None:
        told = ", ".join(f"{name}={_shown(name, value, locale)}" for name, value in params.items())
        return f"{code} ({told})" if told else code
    return _filled(
        template, {name: _shown(name, value, locale) for name, value in params.items() if value not in (None, "")}
    )


def _filled(template: str, given: Mapping[str, str]) -> str:
    # One pass each, so that braces and brackets inside a value stay as they are.
    def optional(match: re.Match[str]) -> str:
        return match[1] if all(name in given for name in _NAME.findall(match[1])) else ""

    return _NAME.sub(lambda match: given.get(match[1], MISSING), _OPTIONAL.sub(optional, template))


def _sentence(text: str, locale: Locale) -> str:
    return in_chinese(text) if locale == "zh-CN" else str(text)


def _shown(name: str, value: Scalar, locale: Locale) -> str:
    if isinstance(value, Sentence) or (name in _SAID and isinstance(value, str)):
        return _sentence(value, locale)
    if name == "reason" and isinstance(value, str):
        return reason_in_words(value, locale)
    if isinstance(value, str) and locale == "zh-CN" and name in _NAMED:
        return _NAMED[name].get(value, value)
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def reason_in_words(reason: str, locale: Locale) -> str:
    """What a reason of a decision says; one that the catalogue lacks as it is."""
    return _REASONS[locale].get(reason, reason)


def parameters(text: str) -> frozenset[str]:
    """The names of the parameters of a catalogue text."""
    return frozenset(_NAME.findall(text))
