"""One spelling for texts that mean the same: width, case, whitespace and Chinese script.

The rule: a folded text is compared, indexed and searched, never shown. Both sides of a comparison are folded, so a
many-to-one mapping that would be wrong for display (帳 and 賬 both become 账) is right here.

The fast path is one ``str.translate``: for a text without combining marks and conjoining letters the Unicode
normalisation of the whole is the concatenation of the normalised characters. Other texts take a slower, still linear
path through ``unicodedata``.
"""

import re
import unicodedata
from typing import Final

from csdesk.domain.text._variants import SIMPLIFIED, TRADITIONAL
from csdesk.domain.text.graphemes import clean

# What the dictionary leaves apart, but customers mix freely: 回覆/回复, 瞭解/了解, 甚麼/什么, 接著/接着, 帳/账.
_DESK_FOLDS: Final = str.maketrans("覆瞭甚著祇衹藉妳牠帳帐賬", "复了什着只只借你它账账账")
_VARIANTS: Final = {**str.maketrans(TRADITIONAL, SIMPLIFIED), **_DESK_FOLDS}

# Controls that are not whitespace, and the code points that Unicode asks renderers to ignore.
_INVISIBLE: Final = re.compile(
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Characters that never combine or reorder with a neighbour; the rest (combining marks, conjoining letters, lone
# surrogates and, by whole blocks, some innocent ones) takes the slow path.
_SELF_CONTAINED: Final = re.compile(
    "[\x00-\u02ff\u0370-\u0482\u048a-\u058f\u10a0-\u10ff\u1200-\u135c\u1360-\u16ff\u1e00-\u200a\u2010-\u20cf"
    "\u2100-\u2cee\u2cf2-\u2d7e\u2d80-\u2ddf\u2e00-\u3029\u3030-\u3098\u309b-\u312f\u3190-\ua66e\ua6a0-\ua6ef"
    "\ua6f2-\ua7ff\uac00-\ud7a3\ue000-\ufb1d\ufb1f-\ufe1f\ufe30-\uff9d\uffe0-\uffff"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff]*+"
)
_MARK_RUN: Final = re.compile(r"[^\w\s\x00-\x7f]{31,}")
# As the Unicode stream-safe text format (UAX #15, section 13): no real writing stacks more than 30 marks.
_MARKS_IN: Final = 60
_MARKS_OUT: Final = 30
_CACHED_BELOW: Final = 0x20000


class _FoldTable(dict[int, str | int | None]):
    """Folded form of each single code point, worked out when it is first met; two planes of 17 are kept."""

    def __missing__(self, code: int) -> str | int | None:
        folded = _fold_character(chr(code))
        entry = ord(folded) if len(folded) == 1 else folded or None
        if code < _CACHED_BELOW:
            self[code] = entry
        return entry


def _fold_character(character: str) -> str:
    if _INVISIBLE.match(character):
        return ""
    folded = character
    for _ in range(3):
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return _INVISIBLE.sub("", folded).translate(_VARIANTS)


_TABLE: Final = _FoldTable()


def fold(text: str) -> str:
    r"""Return the text in the one form used for comparing and searching.

    Compatibility forms become plain ones (Ａ１ to a1, ｶﾞ to ガ), case is folded, traditional characters become
    simplified, controls, NUL, zero-width and other ignorable code points disappear, every run of whitespace is one
    space, and none is left at the ends. A lone surrogate becomes U+FFFD. More than 30 combining marks in a row are
    cut to 30. Any ``str`` is accepted; the cost is linear; folding twice changes nothing more.

    >>> fold("  ＡＢＣ　發票\\u200b ")
    'abc 发票'
    """
    if text.isascii():
        folded = " ".join(text.lower().split())
        return folded if folded.isprintable() else " ".join(_INVISIBLE.sub("", text).lower().split())
    if not _SELF_CONTAINED.fullmatch(text):
        text = _fold_combining(text)
    return " ".join(text.translate(_TABLE).split())


def _fold_combining(text: str) -> str:
    text = unicodedata.normalize("NFKC", _limit_marks(_INVISIBLE.sub("", clean(text)), _MARKS_IN))
    for _ in range(2):  # folding may let two characters compose, and the composed one may fold again
        text = unicodedata.normalize("NFKC", text.translate(_TABLE))
    return _limit_marks(text, _MARKS_OUT)


def _limit_marks(text: str, limit: int) -> str:
    """Cut runs of combining marks: sorting a long run, as normalisation must, costs the square of its length."""
    if not _MARK_RUN.search(text):
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= limit:
            kept.append(character)
    return "".join(kept)
