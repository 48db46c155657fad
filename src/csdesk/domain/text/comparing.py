"""One spelling for words that are looked for in a text: ``fold``, and quotes and superfluous blanks do not matter."""

from __future__ import annotations

import re
from typing import Final

from csdesk.domain.text.folding import fold

CHINESE: Final = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese signs and their punctuation, as a range within a pattern's brackets."""

_QUOTES: Final = str.maketrans("‘’‚‛ʼ`´′＇“”„‟«»「」『』″＂", "'''''''''" + '"' * 12)
_NEEDLESS: Final = re.compile(rf"(?<=[{CHINESE},.;:!?]) +(?=[{CHINESE}])|(?<=[{CHINESE}]) +(?=[,.;:!?])|(?<=\s)\s+")
_CLUSTER: Final = re.compile("\\S[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*|(?s:.)")
"""A sign with the marks that fold into it."""


def comparable(text: str) -> str:
    """The text folded, its quotes alike, without blanks between Chinese signs; a line break stays one blank."""
    lines = (_NEEDLESS.sub("", fold(line)) for line in text.translate(_QUOTES).splitlines())
    return " ".join(line for line in lines if line)


def comparable_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """As ``comparable``, but for blanks at the ends; and for each of its signs where it begins and ends in ``text``."""
    signs: list[str] = []
    places: list[tuple[int, int]] = []
    for found in _CLUSTER.finditer(text.translate(_QUOTES)):
        given = found[0]
        shown = given if given in "\r\n" else " " if given.isspace() else fold(given)
        signs.append("\n" if shown == "\r" else shown)
        places += [found.span()] * len(shown)
    folded = "".join(signs)
    gone = {at for one in _NEEDLESS.finditer(folded) for at in range(*one.span())}
    kept = [at for at in range(len(folded)) if at not in gone]
    return "".join([folded[at] for at in kept]).replace("\n", " "), [places[at] for at in kept]
