"""What a source yields, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from csdesk.domain.records.channels import ChannelEvent
from csdesk.domain.records.media import MediaRef
from csdesk.errors import sentence
from csdesk.parsing.mail import Attachment, parse_mail
from csdesk.parsing.mail.parse import stored

MOST_BYTES: Final = 50_000_000
"""How large one mail, one line or one page may be, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItem:
    """One mail, line or page: its events in order, and the attachments of its message."""

    where: str
    """File and place, for a person: ``inbox.mbox:1024`` (a byte), ``a.jsonl#7`` (a line)."""
    events: tuple[ChannelEvent, ...]
    attachments: tuple[Attachment, ...] = ()

    def stored(self, put: Callable[[Attachment], MediaRef]) -> tuple[ChannelEvent, ...]:
        """The events with every attachment put into a media store by ``put``, and its reference in its part."""
        return tuple(stored(event, self.attachments, put) for event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProblem:
    """A piece that could not be read. ``code`` is for programs, ``detail`` for people; neither holds what it said."""

    where: str
    code: str
    """``too_large``, ``not_json``, ``not_a_message``, ``page_refused`` or ``unreadable``."""
    detail: str


Entry = SourceItem | SourceProblem
Progress = Iterator[tuple[Entry, int]]
"""What was read, and how many bytes of the source lie behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the caller said about a source."""

    now: datetime
    account: str | None
    own_addresses: frozenset[str]
    scope: str
    accounts: Mapping[str, str]
    most: int

    def mail(self, raw: bytes, where: str) -> SourceItem:
        """A mail as an item; mail never fails."""
        parsed = parse_mail(
            raw,
            account=self.account or "mail",
            own_addresses=self.own_addresses,
            received_at=self.now,
            scope=self.scope,
        )
        return SourceItem(where=where, events=(parsed.event,), attachments=parsed.attachments)

    def too_large(self, where: str) -> SourceProblem:
        """The problem of a piece beyond the limit."""
        return SourceProblem(
            where=where,
            code="too_large",
            detail=sentence("larger than {most} bytes; raise max_bytes to read it", most=self.most),
        )


def unreadable(where: str, error: OSError) -> SourceProblem:
    """The problem of a file that the system refuses."""
    return SourceProblem(
        where=where,
        code="unreadable",
        detail=sentence("{type}: {error}", type=type(error).__name__, error=error.strerror),
    )


Reader = Callable[[Path, Settings], Progress]
