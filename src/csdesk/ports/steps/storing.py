"""What flows ask the store besides loads and commits: due work, lists, search, the event stream, upkeep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.domain.records.events import Entry
from csdesk.ports.steps._answers import answered, wrong
from csdesk.ports.store import (
    BackupReport,
    Leased,
    LeaseRequest,
    Maintained,
    Outlook,
    OutlookRequest,
    Page,
    Progress,
    Query,
    Row,
    Scrubbed,
    SearchHit,
    SearchRequest,
)

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow


@dataclass(frozen=True, slots=True)
class Lease:
    """Take due work."""

    request: LeaseRequest


def lease(request: LeaseRequest) -> Flow[Leased]:
    """Due work, taken for a while."""
    return answered(Lease(request), Leased, "lease")


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Whether anything at all is due."""

    request: OutlookRequest


def outlook(request: OutlookRequest) -> Flow[Outlook | None]:
    """What lies ahead; None: the store cannot tell, ask for each kind of work."""
    reply = yield LookAhead(request)
    if reply is None or isinstance(reply, Outlook):
        return reply
    raise wrong("outlook", reply)


@dataclass(frozen=True, slots=True)
class List:
    """A page of records."""

    query: Query


def listed(query: Query) -> Flow[Page[Row]]:
    """A page of records."""
    return answered(List(query), Page, "list")


@dataclass(frozen=True, slots=True)
class Count:
    """How many records match."""

    query: Query


def count(query: Query) -> Flow[int]:
    """How many records match."""
    return answered(Count(query), int, "count")


@dataclass(frozen=True, slots=True)
class Search:
    """Full text."""

    request: SearchRequest


def search(request: SearchRequest) -> Flow[Page[SearchHit]]:
    """The messages that match."""
    return answered(Search(request), Page, "search")


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """The next entries for a consumer."""

    consumer: str
    limit: int


def read_entries(consumer: str, limit: int) -> Flow[tuple[Entry, ...]]:
    """The next entries for a consumer."""
    return answered(ReadEntries(consumer, limit), tuple, "entries")


@dataclass(frozen=True, slots=True)
class Ack:
    """Move a consumer's cursor."""

    consumer: str
    position: str


def ack(consumer: str, position: str) -> Flow[None]:
    """Move a consumer's cursor."""
    yield Ack(consumer, position)


@dataclass(frozen=True, slots=True)
class TakeNumber:
    """The next ticket number."""


def take_number() -> Flow[int]:
    """The next ticket number."""
    return answered(TakeNumber(), int, "number")


@dataclass(frozen=True, slots=True)
class WrittenBy:
    """The messages of some identities, a stretch at a time."""

    identities: tuple[str, ...]
    after: str
    limit: int


def written_by(identities: tuple[str, ...], after: str, limit: int) -> Flow[tuple[tuple[str, ...], str]]:
    """The messages of these identities among the next ``limit`` ones, and where to go on (empty: at no more)."""
    reply = yield WrittenBy(identities, after, limit)
    if isinstance(reply, tuple) and len(reply) == 2:
        return reply  # type: ignore[return-value]  # tuples differ by type argument only
    raise wrong("written by", reply)


@dataclass(frozen=True, slots=True)
class Maintain:
    """A round of upkeep."""

    limit: int


def maintain(limit: int) -> Flow[Maintained]:
    """A round of upkeep."""
    return answered(Maintain(limit), Maintained, "maintain")


@dataclass(frozen=True, slots=True)
class Scrub:
    """Leave no trace of what was deleted."""

    limit: int


def scrub(limit: int) -> Flow[Scrubbed]:
    """Leave no trace of what was deleted."""
    reply = yield Scrub(limit)
    if reply in {"done", "more", "busy"}:
        return reply
    raise wrong("scrub", reply)


@dataclass(frozen=True, slots=True)
class Backup:
    """Copy the store and the media."""

    target: Path
    overwrite: bool
    progress: Progress | None


def backup(target: Path, *, overwrite: bool, progress: Progress | None) -> Flow[BackupReport]:
    """Copy the store to that file and the media beside it."""
    return answered(Backup(target, overwrite, progress), BackupReport, "backup")
