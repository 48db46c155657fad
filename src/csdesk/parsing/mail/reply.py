"""What somebody wrote now, apart from what they quote and sign with.

The text is read line by line, once; a line is looked at together with at most eight others. Nothing is lost: the spans
cover the text from end to end, in order.

- Lines that begin with ``>`` are quoted, with the line that introduces them ("On … wrote:", "在…写道："). Answers
  between them stay visible. In a block of code (fenced, or indented by four blanks) and as the only one, in the midst
  of a paragraph, such a line is no quote.
- From an introduction without marked lines, a line "-----Original Message-----" or the head of the old mail as Outlook
  repeats it, everything to the end is quoted.
- What was sent on ("Forwarded message") is visible: it is what the mail is about.
- A mail that only quotes is visible as a whole: somebody sent it for a reason.
- A signature begins at a line of two hyphens (RFC 3676, section 4.3), is a line such as "Sent from my telephone" at the
  end of a visible run, or a farewell ("Best regards", "此致敬礼") with the few short lines below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, Literal, NamedTuple

from csdesk._sentence import is_a
from csdesk.errors import InvalidInput
from csdesk.parsing.mail import reply_words as words

SpanKind = Literal["visible", "quoted", "signature"]

_LONGEST: Final = 400
"""Longer lines are what somebody says: no program introduces a quote with so many characters."""
_WRAPPED: Final = 3
"""Over how many lines more an introduction may be wrapped."""
_LAST_WORDS: Final = 40
"""How much of the end of an introduction holds the word for writing, in characters."""
_HEADS: Final = 8
"""How many lines of a head are read."""
_GAP: Final = 2
"""How many blank lines may stand between an introduction and the quote."""
_BLOCK: Final = 200
"""How many lines a fenced block of code may have: further apart, two fences have nothing to do with each other."""
_NAME_LINES: Final = 8
"""How many lines a farewell may have below it."""
_NAME_LINE: Final = 80
"""How long each of those may be, in characters."""
_DASHES: Final = "-_=—－"
_MARKS: Final = (">", "＞", "&gt;")
_FIRST: Final = frozenset(f"{_DASHES}>＞&")
_FENCES: Final = ("```", "~~~")
_INDENT: Final = ("    ", "\t")
_DELIMITERS: Final = frozenset({"--", "—", "——"})
_DEVICE: Final = 121
"""One character more than a line of a telephone may have."""
_FACES: Final = (">_<", ">.<", ">﹏<", ">o<", ">=", ">:", "><", ">w<")


@dataclass(frozen=True, slots=True)
class ReplySpan:
    """A stretch of the original text: ``text[start:end]``."""

    kind: SpanKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReplyParts:
    """The three parts of a mail's text. Each is trimmed, and where it stands in pieces, blank lines join them."""

    visible: str
    """What was written now; never empty unless the mail is."""
    quoted: str
    signature: str
    spans: tuple[ReplySpan, ...] = ()
    """Which stretch of the original is which: in order, without gaps, to its last character."""


def split_reply(text: str) -> ReplyParts:
    """Tell what somebody wrote from what they quote and sign with.

    The text may be of any length and have any line ends; the time it takes grows with its length only. Of what programs
    add, that of Chinese, English and thirteen more languages is known.

    Raises:
        InvalidInput: ``text`` is no str.
    """
    if not isinstance(text, str):
        raise InvalidInput("text", is_a(text), "pass the text of a mail as a str")
    return _parts(text, _Reading(text).runs())


class _Run(NamedTuple):
    """Lines of one kind: ``first`` up to but not with ``end``, counted without blank ones."""

    kind: SpanKind
    first: int
    end: int


class _Reading:
    """One walk over the lines; blank ones only count as distance."""

    def __init__(self, text: str) -> None:
        lines = text.splitlines(keepends=True)
        stripped = [line.strip() for line in lines]
        self._numbers = [number for number, line in enumerate(stripped) if line]
        self._lines = [stripped[number] for number in self._numbers]
        ends = list(accumulate(map(len, lines))) if self._lines else []
        self._starts = [ends[number] - len(lines[number]) for number in self._numbers]
        self._raw = lines
        self._has_code = any(fence in text for fence in _FENCES)
        self._quoted: list[tuple[int, int]] = []
        self._introduced = False

    def runs(self) -> list[tuple[_Run, int]]:
        """The runs of lines, and where in the text each ends; without the blank lines behind it."""
        self._find_quotes()
        self._forgive_a_lone_mark()
        if sum(end - first for first, end in self._quoted) == len(self._lines):
            self._quoted = []
        found = [run for one in self._alternating() for run in (self._signed(one) if one.kind == "visible" else [one])]
        if found and all(one.kind != "visible" for one in found):
            found = list(self._alternating())
        return [(one, self._starts[one.first]) for one in found]

    def _find_quotes(self) -> None:
        count = len(self._lines)
        for at in self._interesting():
            if self._quoted and at < self._quoted[-1][1]:
                continue
            line = self._lines[at]
            if len(line) > _LONGEST:
                continue
            if self._is_marked(at):
                self._quote(at, at + 1)
            elif (
                (line[0] in _DASHES or line[-1] in ":：")
                and line[0] in words.FORWARDED_BY
                and words.FORWARDED.match(line)
            ):
                return
            elif self._opens_at(at):
                self._introduced = True
                if not self._is_quote_marked(at + 1):
                    self._quote(at, count)
                    return

    def _interesting(self) -> list[int]:
        """The lines that may begin something, in order: those in fenced code do not."""
        found = [at for at, line in enumerate(self._lines) if line[0] in _FIRST or ":" in line or "：" in line]
        blocks = self._blocks() if self._has_code else ()
        if not blocks:
            return found
        inside = {at for first, last in blocks for at in range(first, last + 1)}
        return [at for at in found if at not in inside]

    def _blocks(self) -> list[tuple[int, int]]:
        """The first and last line of each fenced block of code."""
        blocks: list[tuple[int, int]] = []
        opened: int | None = None
        for at in [at for at, line in enumerate(self._lines) if line.startswith(_FENCES)]:
            if opened is None or at - opened > _BLOCK:
                opened = at
            else:
                blocks.append((opened, at))
                opened = None
        return blocks

    def _is_marked(self, at: int) -> bool:
        return _is_marked(self._lines[at]) and not self._raw[self._numbers[at]].startswith(_INDENT)

    def _forgive_a_lone_mark(self) -> None:
        """One marked line in the midst of a paragraph, and nothing that announces a quote: somebody compares."""
        if self._introduced or len(self._quoted) != 1:
            return
        at, end = self._quoted[0]
        is_within = at > 0 and end < len(self._lines) and not self._gap_above(at) and not self._gap_above(end)
        if end == at + 1 and is_within:
            self._quoted = []

    def _opens_at(self, at: int) -> bool:
        """True if a quote begins at this line, or ended its introduction here: then its lines are marked as quoted."""
        line = self._lines[at]
        if line[0] in _DASHES and words.ORIGINAL.match(line):
            self._quote(at, at + 1)
            return True
        if line[0] in words.HEADED_BY and self._is_head(at):
            is_ruled = at > 0 and words.RULE.match(self._lines[at - 1][:_LONGEST]) is not None
            self._quote(at - 1 if is_ruled else at, at + 1)
            return True
        if line[-1] not in ":：":
            return False
        told = line[:-1].rstrip()
        return (told[-2:].lower() in words.WROTE_ENDS or told[-1] == ">") and self._introduces(at)

    def _introduces(self, at: int) -> bool:
        """True if an introduction ends at this line, which then is quoted with the lines it is wrapped over."""
        is_marked = self._is_quote_marked(at + 1)
        begins = [first for first, joined in self._wrapped(at) if _is_introduction(joined, is_marked=is_marked)]
        if not begins and is_marked and _is_weak_introduction(self._lines[at]):
            begins = [at]
        for first in begins[:1]:
            self._quote(first, at + 1)
        return bool(begins)

    def _wrapped(self, at: int) -> Iterator[tuple[int, str]]:
        """This line, then with the one above it, and so on: where each begins, and its text."""
        joined = ""
        after_quote = self._quoted[-1][1] if self._quoted else 0
        for first in range(at, max(at - _WRAPPED, after_quote) - 1, -1):
            line = self._lines[first]
            if len(line) + len(joined) >= _LONGEST:
                return
            joined = f"{line} {joined}" if joined else line
            yield first, joined
            if self._gap_above(first):
                return

    def _gap_above(self, at: int) -> int:
        """How many blank lines stand above a line."""
        return self._numbers[at] - self._numbers[at - 1] - 1 if at else self._numbers[0]

    def _is_head(self, at: int) -> bool:
        """True if the head of an old mail begins here: who, when, and an address or a subject."""
        if words.FROM_HEAD.match(self._lines[at]) is None:
            return False
        found, address = {"from"}, words.ADDRESS.search(self._lines[at]) is not None
        for line in self._lines[at + 1 : at + _HEADS]:
            head = words.HEAD.match(line) if len(line) <= _LONGEST else None
            if head is None or head.lastgroup is None:
                break
            found.add(head.lastgroup)
        return bool(found & {"sent", "date"}) and (address or bool(found & {"sent", "subject"}))

    def _is_quote_marked(self, at: int) -> bool:
        """True if this line is near the one above it, and marked as a quote."""
        return at < len(self._lines) and self._gap_above(at) <= _GAP and self._is_marked(at)

    def _quote(self, first: int, end: int) -> None:
        if self._quoted and self._quoted[-1][1] >= first:
            first = min(first, self._quoted.pop()[0])
        self._quoted.append((first, end))

    def _alternating(self) -> Iterator[_Run]:
        at = 0
        for first, end in self._quoted:
            if first > at:
                yield _Run("visible", at, first)
            yield _Run("quoted", first, end)
            at = end
        if at < len(self._lines):
            yield _Run("visible", at, len(self._lines))

    def _signed(self, run: _Run) -> list[_Run]:
        """A visible run, apart from the signature at its end."""
        lines = self._lines
        least = run.first or 1  # behind a quote there may be nothing but a signature
        end = next((at for at in range(least, run.end - 1) if lines[at] in _DELIMITERS), run.end)
        while end > run.first and len(lines[end - 1]) <= _LONGEST and words.FROM_DEVICE.match(lines[end - 1][:_DEVICE]):
            end -= 1
        end = self._farewell(least, end)
        made = [_Run("visible", run.first, end)] if end > run.first else []
        return [*made, _Run("signature", end, run.end)] if end < run.end else made

    def _farewell(self, first: int, end: int) -> int:
        """Where the farewell begins that ends these lines; their end if there is none."""
        for at in range(max(first, end - _NAME_LINES - 1), end):
            if len(self._lines[at]) <= _NAME_LINE and words.FAREWELL.match(self._lines[at]):
                below = self._lines[at + 1 : end]
                is_name = all(len(one) <= _NAME_LINE and one[-1] not in "?？" for one in below)
                return at if is_name else end
        return end


def _is_marked(line: str) -> bool:
    return line.startswith(_MARKS) and not (line.startswith(_FACES) and not line.startswith(">>"))


def _is_introduction(line: str, *, is_marked: bool) -> bool:
    """True if the line says who wrote and when. Without marked lines below, it must name an address or a full time."""
    end = line[-_LONGEST // 2 :]
    if not words.WROTE.search(end[-_LAST_WORDS:]):
        return words.CLOSED_BY_ADDRESS.search(end) is not None and words.YEAR.search(line) is not None
    opens = words.OPENS.match(line) is not None
    has_year = words.YEAR.search(line) is not None
    if is_marked:
        return opens or has_year
    is_dated = has_year or (opens and any(sign.isdigit() for sign in line))
    return is_dated and (words.ADDRESS.search(line) is not None or words.TIME.search(line) is not None)


def _is_weak_introduction(line: str) -> bool:
    """True if the line says who wrote, but not when: enough above marked lines."""
    return words.WROTE.search(line[-_LAST_WORDS:]) is not None and words.ADDRESS.search(line) is not None


def _parts(text: str, runs: list[tuple[_Run, int]]) -> ReplyParts:
    """The runs as stretches of the text; blank lines between two of them go with the first."""
    starts = [0, *(start for _, start in runs[1:]), len(text)]
    spans = tuple(ReplySpan(run.kind, *bounds) for (run, _), bounds in zip(runs, pairwise(starts), strict=False))
    if text and not spans:
        spans = (ReplySpan("visible", 0, len(text)),)
    told: dict[SpanKind, list[str]] = {"visible": [], "quoted": [], "signature": []}
    for span in spans:
        if piece := text[span.start : span.end].strip():
            told[span.kind].append(piece)
    visible, quoted, signature = ("\n\n".join(told[kind]) for kind in told)
    return ReplyParts(visible, quoted, signature, spans)
