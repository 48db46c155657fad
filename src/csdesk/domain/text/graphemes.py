"""Cutting text for channels that take only so much, without breaking what a reader sees as one character.

A *grapheme cluster* is what a reader sees as one character (UAX #29): a letter with its marks, a flag, a family emoji.
The rules here follow UAX #29 with the properties that the standard library has, and join rather more than it asks
(after any zero-width joiner, after any virama): joining too much never breaks a character.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, Literal

from csdesk.errors import InvalidInput, sentence

Unit = Literal["chars", "bytes", "utf16"]

_UNCLEAN: Final = re.compile("[\x00\ud800-\udfff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ZWJ: Final = "\u200d"
_EXTENDING: Final = re.compile("[\u200c\u200d\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_PREPENDED: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
_VIRAMA_CLASS: Final = 9

# Best places first; a place counts only in the second half of a part, which keeps the work linear.
_PLACES: Final = (
    re.compile(r"\n\s*?\n"),
    re.compile(r"\n"),
    re.compile("(?<![。！？…])[。！？…]++[”’」』）》】\"')]*+|(?<![.!?])[.!?]++[\"')\\]”’]*+\\s"),
    re.compile(r"\s"),
)


def clean(text: str) -> str:
    """Return the text without NUL, pairs of surrogates joined and each lone surrogate replaced by U+FFFD.

    Meant for every string that comes in from outside: what it returns can be encoded and stored anywhere.
    """
    if not _UNCLEAN.search(text):
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "")


def _utf8_width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf16_width(character: str) -> int:
    return 2 if ord(character) >= 0x10000 else 1


_WIDTHS: Final[dict[Unit, tuple[int, Callable[[str], int] | None]]] = {
    "chars": (1, None),
    "bytes": (4, _utf8_width),
    "utf16": (2, _utf16_width),
}


def split_text(text: str, limit: int, *, unit: Unit = "chars") -> tuple[str, ...]:
    """Return the text cut into parts of at most ``limit``, which joined give the text again.

    A part ends, in this order of liking, after a paragraph, a line, a sentence, or whitespace, if one ends in its
    second half; else at the limit, before the grapheme cluster that does not fit. Only a single cluster larger than
    the limit is cut inside, between code points. The empty text has no parts. The cost is linear.

    Args:
        text: any text; a lone surrogate counts as 3 bytes or one UTF-16 unit.
        limit: the largest size of a part; at least 1 for chars, 4 for bytes, 2 for utf16.
        unit: what the limit counts: code points, UTF-8 bytes or UTF-16 code units.

    Raises:
        InvalidInput: an unknown unit, or a limit that may be too small for one code point.

    >>> split_text("您好。已发货，请查收。", 8)
    ('您好。已发货，请', '查收。')
    """
    if unit not in _WIDTHS:
        raise InvalidInput("unit", "it is not known", "give one of chars, bytes, utf16")
    smallest, width = _WIDTHS[unit]
    if limit < smallest:
        raise InvalidInput(
            "limit",
            sentence("{limit} {unit} may not hold one code point", limit=limit, unit=unit),
            sentence("give at least {smallest}", smallest=smallest),
        )
    parts: list[str] = []
    start = 0
    while start < len(text):
        end = _hard_end(text, start, limit, width)
        if end < len(text):
            end = _liked_end(text, start, end)
        parts.append(text[start:end])
        start = end
    return tuple(parts)


def _hard_end(text: str, start: int, limit: int, width: Callable[[str], int] | None) -> int:
    """Index after the last code point that still fits."""
    if width is None:
        return min(start + limit, len(text))
    room = limit
    for index in range(start, min(start + limit, len(text))):
        room -= width(text[index])
        if room < 0:
            return index
    return min(start + limit, len(text))


def _liked_end(text: str, start: int, end: int) -> int:
    middle = start + (end - start + 1) // 2
    for place in _PLACES:
        cuts = [match.end() for match in place.finditer(text, middle, end)]
        for cut in reversed(cuts):
            if _is_boundary(text, start, cut):
                return cut
    for cut in range(end, start, -1):
        if _is_boundary(text, start, cut):
            return cut
    return end


def graphemes(text: str) -> Iterator[str]:
    """Yield the grapheme clusters of the text in order.

    >>> list(graphemes("好🇨🇳👍🏽!"))
    ['好', '🇨🇳', '👍🏽', '!']
    """
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or _is_boundary(text, start, index):
            yield text[start:index]
            start = index


def _is_boundary(text: str, start: int, index: int) -> bool:
    """Whether a cluster ends before ``index``, given that one begins at ``start``."""
    before, after = text[index - 1], text[index]
    if before < "\u0300" and after < "\u0300":
        return not (before == "\r" and after == "\n")
    if before in "\r\n" or after in "\r\n":
        return True
    if _extends(after) or before == _ZWJ or before in _PREPENDED:
        return False
    if unicodedata.combining(before) == _VIRAMA_CLASS and unicodedata.category(after) == "Lo":
        return False
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_run(text, start, index) % 2 == 0
    return not _hangul_joins(before, after)


def _extends(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or _EXTENDING.match(character) is not None


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_run(text: str, start: int, index: int) -> int:
    run = 0
    while index - run > start and _is_flag_letter(text[index - run - 1]):
        run += 1
    return run


def _hangul_joins(before: str, after: str) -> bool:
    """Rules GB6 to GB8 of UAX #29: leading consonants, vowels and trailing consonants of one syllable."""
    left, right = _hangul_kind(before), _hangul_kind(after)
    if left == "L":
        return right in ("L", "V", "LV", "LVT")
    if left in ("V", "LV"):
        return right in ("V", "T")
    return left in ("T", "LVT") and right == "T"


def _hangul_kind(character: str) -> str:
    code = ord(character)
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    return ""
