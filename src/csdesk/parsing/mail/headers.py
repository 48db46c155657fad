"""The header fields of a mail or of one of its parts: found, unfolded, decoded, within limits.

The standard library's parser is not used here: on hostile input its address and parameter parsing is recursive or
quadratic, and what it makes of broken fields differs between Python releases.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import cached_property
from hashlib import sha256
from typing import Final

from csdesk.parsing.mail.addresses import Mailbox, mailboxes
from csdesk.parsing.mail.charsets import decode_text
from csdesk.parsing.mail.words import decode_words

MOST_FIELDS: Final = 1000
MOST_HEADER_BYTES: Final = 262_144
MOST_VALUE_BYTES: Final = 65_536
MOST_REFERENCES: Final = 20
"""How many message ids a mail may answer; the first of the thread and the nearest ones are kept."""

_MOST_ID: Final = 900
_NAME: Final = re.compile(rb"([!-9;-~]+)[ \t]*:")
_PLAIN: Final = re.compile(rb"([!-9;-~]{1,100}):([^\n\0]{0,8000}(?:\n[ \t]{1,50}[!-\xff][^\n\0]{0,1000}){0,50})\n")
"""A field as programs write it, with its further lines; its next line is known by what it begins with."""
_IDS: Final = re.compile(r"<([^<>]*)>")
_BLANKS: Final = re.compile(r"\s+")
_BLANK_LINE: Final = re.compile(rb"\n[ \t]{0,100}\r?\n")
_DAY: Final = timedelta(days=1)
_MONTHS: Final = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)  # noqa: SIM905
}
_DATE: Final = re.compile(
    rf"(?:[A-Z][a-z]{{2}}, )?([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([12][0-9]{{3}})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([01][0-9]|2[0-3])([0-5][0-9])"
)
"""A date as nearly all programs write it."""


class Headers:
    """Fields by name, whatever the case; values are unfolded but not yet decoded."""

    def __init__(self, fields: tuple[tuple[str, bytes], ...] = ()) -> None:
        self.fields = fields
        self._raw = dict(reversed(fields))
        self._first: dict[str, str] = {}
        self._people: dict[str, tuple[Mailbox, ...]] = {}

    @cached_property
    def subject(self) -> str:
        """The subject as a person would read it."""
        return self.text("subject")

    def get(self, name: str) -> str:
        """The first field of that (lower-case) name, 8-bit signs decoded; empty if it is missing."""
        known = self._first.get(name)
        if known is None:
            raw = self._raw.get(name)
            known = self._first[name] = decode_text(raw) if raw else ""
        return known

    def every(self, name: str) -> tuple[str, ...]:
        """All fields of that name, in order."""
        return tuple(decode_text(value) for key, value in self.fields if key == name)

    def text(self, name: str) -> str:
        """The first field of that name as a person would read it, encoded words decoded."""
        return _BLANKS.sub(" ", decode_words(self.get(name))).strip()

    def mailboxes(self, name: str) -> tuple[Mailbox, ...]:
        """The mailboxes of the first field of that name."""
        if name not in self._raw:
            return ()
        known = self._people.get(name)
        if known is None:
            known = self._people[name] = mailboxes(self.get(name))
        return known

    def every_mailbox(self, name: str) -> tuple[Mailbox, ...]:
        """The mailboxes of all fields of that name, each address once."""
        if sum(key == name for key, _ in self.fields) < 2:
            return self.mailboxes(name)
        return mailboxes(", ".join(self.every(name)))

    def __contains__(self, name: object) -> bool:
        return name in self._raw


def read_headers(content: bytes, begin: int, end: int) -> tuple[Headers, int]:
    """The fields at ``begin`` and where the body starts. A line that is no field ends the header, as a blank one does.

    What goes beyond the limits is passed over up to the next blank line.
    """
    fields, at = _plain_fields(content, begin, end)
    if fields and content.startswith((b"\n", b"\r\n"), at, end):
        return Headers(tuple(fields)), content.index(b"\n", at) + 1
    return _read_slowly(content, begin, end)


def _plain_fields(content: bytes, begin: int, end: int) -> tuple[list[tuple[str, bytes]], int]:
    """The fields that need no care, and where they end."""
    fields: list[tuple[str, bytes]] = []
    at = begin
    while at - begin < MOST_HEADER_BYTES // 2 and len(fields) < MOST_FIELDS:
        found = _PLAIN.match(content, at, end)
        if found is None:
            break
        name, value = found.groups()
        fields.append((name.decode("ascii").lower(), value.translate(None, b"\r\n").strip()))
        at = found.end()
    return fields, at


def _read_slowly(content: bytes, begin: int, end: int) -> tuple[Headers, int]:
    """The same of any header: line by line, with every limit."""
    fields: list[tuple[str, list[bytes]]] = []
    at = begin
    while at < end:
        if len(fields) > MOST_FIELDS or at - begin > MOST_HEADER_BYTES:
            at = _after_blank(content, at, end)
            break
        after = content.find(b"\n", at, end) + 1 or end
        line = content[at : min(after, at + MOST_VALUE_BYTES)]
        if not line.strip():
            at = after
            break
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif (match := _NAME.match(line)) is not None:
            fields.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif not line.startswith((b"From ", b">From ")) or fields:
            break
        at = after
    return Headers(tuple((name, _unfolded(lines)) for name, lines in fields[:MOST_FIELDS])), at


def _after_blank(content: bytes, at: int, end: int) -> int:
    found = _BLANK_LINE.search(content, at - 1, end)
    return found.end() if found is not None else end


def _unfolded(lines: list[bytes]) -> bytes:
    return b"".join(lines)[:MOST_VALUE_BYTES].translate(None, b"\r\n\0").strip()


def message_id(value: str) -> str:
    """The message id of a field such as Message-ID, in angle brackets; empty if there is none."""
    ids = message_ids(value)
    return ids[0] if ids else ""


def message_ids(value: str) -> list[str]:
    """Every message id of a field, in order, each once. An id without brackets counts if it stands alone.

    Some mailers (Python's own among them) encode ids that are longer than a line as words.
    """
    if "=?" in value:
        value = decode_words(value)
    if not value:
        return []
    found = _IDS.findall(value)
    if not found and "@" in value and len(value.split()) == 1:
        found = [value.strip("<>")]
    return list(dict.fromkeys(one for text in found if (one := _normal_id(text))))


def _normal_id(text: str) -> str:
    text = "".join(text.split())
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable())
    if len(text) > _MOST_ID:
        text = f"sha256.{sha256(text.encode()).hexdigest()}@long.invalid"
    return f"<{text}>" if text else ""


def references(headers: Headers, *, own: str = "") -> tuple[tuple[str, ...], str]:
    """What a mail answers, strongest evidence first, and the root of its thread (empty if it answers nothing).

    In-Reply-To comes first, then References from the last to the first. Of a long chain the near ones and the root
    stay.
    """
    chain = [one for one in message_ids(headers.get("references")) if one != own]
    answered = [one for one in message_ids(headers.get("in-reply-to")) if one != own]
    found = list(dict.fromkeys([*answered, *reversed(chain)]))
    if not found:
        return (), ""
    root = chain[0] if chain else answered[-1]
    if len(found) > MOST_REFERENCES:
        near = found[: MOST_REFERENCES - 1]
        found = near if root in near else [*near, root]
    return tuple(found), root


def date_of(value: str) -> datetime | None:
    """The instant of a Date field in UTC; None if it is missing or no date. Without a zone it counts as UTC."""
    value = value[:200].strip()
    try:
        if (usual := _DATE.fullmatch(value)) is not None:
            return _usual_date(usual)
        found = _mail_date(value) or datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _usual_date(found: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes))
    at = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
    return at - east if sign == "+" else at + east


def _mail_date(value: str) -> datetime | None:
    parts = parsedate_tz(value)
    if parts is None:
        return None
    offset = timedelta(seconds=parts[9] or 0)
    zone = timezone(offset) if abs(offset) < _DAY else UTC
    second = min(parts[5], 59)  # a leap second
    return datetime(*parts[:5], second, tzinfo=zone)
