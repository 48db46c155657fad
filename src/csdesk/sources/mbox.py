"""mbox files, read line by line: no more than one mail is in memory.

A new mail begins at a ``From `` line that follows a blank line (or begins the file) and either holds a weekday and a
time of day or is followed by a header field. That keeps sentences that begin with "From", which careless writers leave
unquoted, and finds mails whose separator is broken. Without a blank line before it, both are needed. ``>From `` loses
one ``>`` (mboxrd; in mboxo the same line is meant).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from csdesk.sources.items import Progress, Settings

_LINE: Final = 65_536
_TIME: Final = re.compile(rb"From .{0,400}?\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.{0,40}?\d{1,2}:\d{2}")
_FIELD: Final = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_QUOTED: Final = re.compile(rb">{1,200}From ")


def read_mbox(path: Path, settings: Settings) -> Progress:
    """The mails of an mbox file, in order."""
    with path.open("rb") as file:
        for begin, mail, end in split_mbox(file, most=settings.most):
            where = f"{path.name}:{begin}"
            yield (settings.too_large(where) if mail is None else settings.mail(mail, where)), end


def split_mbox(file: IO[bytes], *, most: int) -> Iterator[tuple[int, bytes | None, int]]:
    """Where each mail begins, its bytes (None if they are more than ``most``), and where it ends."""
    gathered = _Mail(0, most)
    for line, begin, is_separator in _marked(_lines(file)):
        if is_separator:
            if begin > 0 and not gathered.is_empty:
                yield gathered.begin, gathered.content(), begin
            gathered = _Mail(begin, most)
        else:
            gathered.add(line)
        gathered.end = begin + len(line)
    if not gathered.is_empty:
        yield gathered.begin, gathered.content(), gathered.end


class _Mail:
    """The lines of one mail."""

    def __init__(self, begin: int, most: int) -> None:
        self.begin = begin
        self.end = begin
        self._lines: list[bytes] = []
        self._size = 0
        self._most = most
        self._has_text = False

    @property
    def is_empty(self) -> bool:
        return not self._has_text

    def add(self, line: bytes) -> None:
        self._size += len(line)
        self._has_text = self._has_text or bool(line.strip())
        if self._size > self._most:
            self._lines.clear()
        else:
            self._lines.append(line[1:] if _QUOTED.match(line) else line)

    def content(self) -> bytes | None:
        """Its bytes without the blank line that the separator needed."""
        if self._size > self._most:
            return None
        if self._lines and not self._lines[-1].strip():
            self._lines.pop()
        return b"".join(self._lines)


def _lines(file: IO[bytes]) -> Iterator[tuple[bytes, int, bool]]:
    """Pieces of at most 64 KiB, where each begins, and whether it begins a line."""
    begin, starts = 0, True
    while piece := file.readline(_LINE):
        yield piece, begin, starts
        begin += len(piece)
        starts = piece.endswith(b"\n")


def _marked(lines: Iterator[tuple[bytes, int, bool]]) -> Iterator[tuple[bytes, int, bool]]:
    """Every piece with the answer whether it separates mails; one piece is read ahead."""
    after_blank = True
    held = next(lines, None)
    while held is not None:
        following = next(lines, None)
        line, begin, starts = held
        yield line, begin, starts and line.startswith(b"From ") and _separates(line, following, after_blank=after_blank)
        after_blank = starts and not line.strip()
        held = following


def _separates(line: bytes, following: tuple[bytes, int, bool] | None, *, after_blank: bool) -> bool:
    has_time = _TIME.match(line) is not None
    has_field = following is not None and _FIELD.match(following[0]) is not None
    return has_time or has_field if after_blank else has_time and has_field
