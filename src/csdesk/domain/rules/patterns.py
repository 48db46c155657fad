"""Regular expressions that cannot run away: what a rule may say with ``matches``.

The rule: the time a pattern takes must grow at most with the square of the text, of which only the first
``MOST_READ`` characters are read. So a repeated group may hold neither a repetition nor alternatives, only one
repetition without an upper bound may stand in a pattern (possessive ones, ``++``, do not count), and there are no back
references and no look-around.
"""

from __future__ import annotations

import re
from typing import Final

from csdesk.domain.records._settings import refused
from csdesk.domain.text.folding import fold
from csdesk.errors import sentence

MOST_READ: Final = 4_096
"""How many characters of a text a pattern is tried on."""

LONGEST: Final = 200
"""How many characters a pattern may have."""

MOST_WAYS: Final = 1_000
"""In how many ways a pattern may be tried at one place."""

_PIECE: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?:|\?P<\w+>)?|\)|\||[*+?]\+?\??|\{(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\}\+?\??|.",
    re.DOTALL,
)

_ANYTHING: Final = re.compile(r"^\.\*\??(?!\+)")


def compiled_pattern(text: str) -> re.Pattern[str]:
    """The pattern over folded text, to be searched for; case, width and Chinese script make no difference.

    Raises:
        PydanticCustomError: it is no pattern, or it might take too long; says why.
    """
    if len(text) > LONGEST:
        raise refused(
            sentence("a pattern of more than {longest} characters", longest=LONGEST),
            "split the rule, or use contains_any",
        )
    _check_cost(text)
    # A pattern is searched for wherever it may stand: said at its start that costs the square, and changes nothing.
    text = _ANYTHING.sub("", text, count=1)
    try:
        return re.compile("".join(map(_folded, text)), re.IGNORECASE)
    except re.error as error:
        raise refused(sentence("not a pattern: {error}", error=error.msg), "correct the regular expression") from None


def _folded(character: str) -> str:
    if character.isascii():
        return character
    folded = fold(character)
    return folded if len(folded) == 1 else character


def _check_cost(text: str) -> None:
    if re.search(r"\(\?(?!:|P<)|(?<!\\)(?:\\\\)*\\[1-9]|\(\?P=", text):
        raise refused("a back reference, look-around or flag", "leave it out: patterns must stay cheap")
    cost = _Cost()
    for piece in _PIECE.finditer(text):
        cost.take(piece)


class _Cost:
    """In how many ways the pattern may be tried at one place: alternatives add up, neighbours multiply."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = [[0, 1]]
        """For each open group: the alternatives that ended, and the present one so far."""
        self.last = 1
        """The ways of the piece that has just ended: what a repetition repeats."""
        self.unbounded = 0

    def take(self, piece: re.Match[str]) -> None:
        sign = piece[0]
        if sign.startswith("("):
            self.groups.append([0, 1])
        elif sign == ")" and len(self.groups) > 1:
            self._ended(sum(self.groups.pop()))
        elif sign == "|":
            ended, present = self.groups[-1]
            self.groups[-1] = [ended + present, 1]
        elif sign[0] in "*+?" or (sign[0] == "{" and (piece["least"] or piece["most"])):
            self._repeat(piece)
        else:
            self._ended(1)
        if sum(self.groups[-1]) > MOST_WAYS or self.unbounded > 1:
            raise refused("repetitions that might take too long", "keep one * or +, or make them possessive: *+ ++")

    def _ended(self, ways: int) -> None:
        self.last = ways
        self.groups[-1][1] *= ways

    def _repeat(self, piece: re.Match[str]) -> None:
        sign = piece[0]
        if self.last > 1 and sign[0] != "?":
            raise refused("a repetition of a group that repeats or offers alternatives", "write it without nesting")
        most = int(piece["most"] or piece["least"] or 1) if sign[0] == "{" else 1
        is_possessive = sign.endswith("+") and len(sign) > 1
        if sign[0] in "*+" or (piece["comma"] and not piece["most"]):
            self.unbounded += not is_possessive
        # A repeated group may not be repeated once more: it counts as two ways at least.
        ways = max(most, self.last) + 1
        self.groups[-1][1] = self.groups[-1][1] // self.last * ways
        self.last = ways
