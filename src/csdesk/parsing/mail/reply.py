"""What somebody wrote now, apart from what they quote and sign with.

The text is read line by line, once; a line is looked at together with at most three others. Nothing is lost: the spans
cover the text from end to end, in order.

- Lines that begin with ``>`` are quoted, with the line that introduces them ("On … wrote:", "在…写道："). Answers
  between them stay visible.
- From an introduction without marked lines, a line "-----Original Message-----" or the head of the old mail as Outlook
  repeats it, everything to the end is quoted.
- What was sent on ("Forwarded message") is visible: it is what the mail is about.
- A mail that only quotes is visible as a whole: somebody sent it for a reason.
- A signature begins at a line of two hyphens (RFC 3676, section 4.3) or is a line such as "Sent from my telephone" at
  the end of a visible run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

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
_DASHES: Final = "-_=—－"
_MARKS: Final = (">", "＞", "&gt;")
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
    """
    lines = text.splitlines(keepends=True)
    kinds = _Reading(lines).kinds()
    return _parts(text, lines, kinds)


class _Reading:
    """One walk over the lines."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.strip() for line in lines]
        self._kinds: list[SpanKind] = ["visible"] * len(lines)

    def kinds(self) -> list[SpanKind]:
        """What each line is."""
        self._find_quotes()
        if not any(line and kind == "visible" for line, kind in zip(self._lines, self._kinds, strict=True)):
            self._kinds = ["visible"] * len(self._lines)
        self._close_gaps()
        before = list(self._kinds)
        self._find_signatures()
        if not any(line and kind == "visible" for line, kind in zip(self._lines, self._kinds, strict=True)):
            return before
        return self._kinds

    def _find_quotes(self) -> None:
        at, count = 0, len(self._lines)
        while at < count:
            line = self._lines[at]
            if not line or len(line) > _LONGEST:
                at += 1
            elif _is_marked(line):
                self._kinds[at] = "quoted"
                at += 1
            elif (line[0] in _DASHES or line[-1] in ":：") and words.FORWARDED.match(line):
                return
            elif self._opens_at(at):
                if not self._is_quote_marked(at + 1):
                    self._quote(at, count)
                    return
                at += 1
            else:
                at += 1

    def _opens_at(self, at: int) -> bool:
        """True if a quote begins at this line, or ended its introduction here: then its lines are marked as quoted."""
        line = self._lines[at]
        if line[0] in _DASHES and words.ORIGINAL.match(line):
            self._quote(at, at + 1)
            return True
        if (":" in line or "：" in line) and self._is_head(at):
            above = at - 1
            while above >= 0 and not self._lines[above]:
                above -= 1
            is_ruled = above >= 0 and words.RULE.match(self._lines[above]) is not None
            self._quote(above if is_ruled else at, at + 1)
            return True
        if line[-1] in ":：":
            return self._introduces(at)
        return False

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
        for first in range(at, max(at - _WRAPPED, 0) - 1, -1):
            line = self._lines[first]
            if not line or self._kinds[first] == "quoted" or len(line) + len(joined) >= _LONGEST:
                return
            joined = f"{line} {joined}" if joined else line
            yield first, joined

    def _is_head(self, at: int) -> bool:
        """True if the head of an old mail begins here: who, when, and an address or a subject."""
        first = words.HEAD.match(self._lines[at])
        if first is None or first.lastgroup != "from":
            return False
        found, address = {"from"}, words.ADDRESS.search(self._lines[at]) is not None
        for line in self._lines[at + 1 : at + _HEADS]:
            if not line:
                continue
            head = words.HEAD.match(line) if len(line) <= _LONGEST else None
            if head is None or head.lastgroup is None:
                break
            found.add(head.lastgroup)
        return bool(found & {"sent", "date"}) and (address or bool(found & {"sent", "subject"}))

    def _is_quote_marked(self, at: int) -> bool:
        """True if the next line with text is marked as a quote."""
        following = self._lines[at : at + 3]
        return next((_is_marked(line) for line in following if line), False)

    def _quote(self, start: int, end: int) -> None:
        self._kinds[start:end] = ["quoted"] * (end - start)

    def _close_gaps(self) -> None:
        """Blank lines between quoted ones are quoted."""
        last: int | None = None
        for at, (line, kind) in enumerate(zip(self._lines, list(self._kinds), strict=True)):
            if kind == "quoted":
                if last is not None:
                    self._quote(last + 1, at)
                last = at
            elif line:
                last = None

    def _find_signatures(self) -> None:
        start = 0
        for kind, group in groupby(list(self._kinds)):
            end = start + sum(1 for _ in group)
            if kind == "visible":
                self._sign(start, end)
            start = end

    def _sign(self, start: int, end: int) -> None:
        """The signature of one visible run."""
        for at in range(start, end):
            if self._lines[at] in {"--", "—", "——"} and at > start and at + 1 < end:
                self._kinds[at:end] = ["signature"] * (end - at)
                end = at
                break
        while end > start and self._is_device_line(end - 1):
            end -= 1
            self._kinds[end] = "signature"

    def _is_device_line(self, at: int) -> bool:
        line = self._lines[at]
        if not line:
            later = self._kinds[at + 1 : at + 2]
            return later == ["signature"] or self._is_last_device(at)
        return len(line) <= 120 and words.FROM_DEVICE.match(line) is not None

    def _is_last_device(self, at: int) -> bool:
        """True if only blank lines stand between this one and a device's line above it."""
        while at >= 0 and not self._lines[at]:
            at -= 1
        line = self._lines[at] if at >= 0 else ""
        return 0 < len(line) <= 120 and words.FROM_DEVICE.match(line) is not None


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


def _parts(text: str, lines: list[str], kinds: list[SpanKind]) -> ReplyParts:
    spans: list[ReplySpan] = []
    at = 0
    for line, kind in zip(lines, kinds, strict=True):
        end = at + len(line)
        if spans and spans[-1].kind == kind:
            spans[-1] = ReplySpan(kind, spans[-1].start, end)
        else:
            spans.append(ReplySpan(kind, at, end))
        at = end
    told: dict[SpanKind, list[str]] = {"visible": [], "quoted": [], "signature": []}
    for span in spans:
        if piece := text[span.start : span.end].strip():
            told[span.kind].append(piece)
    visible, quoted, signature = ("\n\n".join(told[kind]) for kind in told)
    return ReplyParts(visible, quoted, signature, tuple(spans))
