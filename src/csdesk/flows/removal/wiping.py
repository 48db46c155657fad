"""Wiping what was said, a piece at a time: messages, a whole ticket with its stream, files that nothing needs any more.

Erasing a customer and keeping for a limited time are made of these pieces. Each may be repeated: what was wiped before
is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from csdesk._batched import batched
from csdesk.domain.core.customers import erasing
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import ChangeSet, Needs, Put, Strip
from csdesk.domain.records.codec import holds_personal
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.erasures import TicketProgress
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Message, media_of
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.reading.lists import everything, page_of
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Page, Query

BATCH: Final = 100
"""How many records one piece wipes at most."""

ENTRIES: Final = 500
"""How many entries one piece looks through."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A step through one ticket; ``after`` None: the ticket is done."""

    changes: ChangeSet
    after: TicketProgress | None
    media: frozenset[str]
    counts: Mapping[str, int]


def ticket_piece(
    at: TicketProgress,
    scope: Scope,
    *,
    theirs: Callable[[Message, Ticket], bool],
    cause: str,
    actor: Actor,
) -> Flow[Piece]:
    """Wipe the next messages of a ticket; with the last of them the ticket itself; then walk its stream."""
    if at.part == "entries":
        strips, cursor = yield from strips_of(at.id, at.cursor)
        follows = replaced(at, cursor=cursor) if cursor is not None else None
        return Piece(ChangeSet(strips=strips), follows, frozenset(), {"entries": len(strips)})
    page = yield from page_of(
        Message, Query(kind="message", where=(("ticket", at.id),), order="occurred_at", limit=BATCH, after=at.cursor)
    )
    loaded = yield from steps.load(
        Needs(tickets=(at.id,), messages=tuple(str(one.id) for one in page.items), parties=True)
    )
    work = workspace(loaded, scope)
    work.begin(cause, actor)
    ticket = work.ticket(at.id)
    found = [one for one in map(work.message, (item.id for item in page.items)) if theirs(one, ticket)]
    told = yield from wipe_messages(work, found)
    if page.cursor is None:
        return (yield from _last_piece(work, ticket, told))
    work.end(at.id)
    return Piece(told.changes(work), replaced(at, cursor=page.cursor), told.media, told.counts)


def _last_piece(work: Workspace, ticket: Ticket, told: Told) -> Flow[Piece]:
    """The last messages, the drafts, the ticket itself, and the begin of its stream."""
    drafts = yield from everything(Draft, Query(kind="draft", where=(("ticket", ticket.id),), limit=200))
    blanked = tuple(
        Put(replaced(one, text="", version=one.version + 1, updated_at=work.now), one.version)
        for one in drafts
        if one.text
    )
    if ticket.erased_at is None:
        erasing.erase_ticket(work, ticket)
    given = yield from _given_on(work, ticket)
    work.end(ticket.id)
    strips, cursor = yield from strips_of(ticket.id, None)
    changes = told.changes(work)
    changes = changes._replace(puts=changes.puts + blanked, strips=changes.strips + strips + given)
    counts = {**told.counts, "tickets": 1, "drafts": len(blanked)}
    counts["entries"] += len(strips)
    follows = TicketProgress(id=ticket.id, part="entries", cursor=cursor) if cursor is not None else None
    return Piece(changes, follows, told.media, counts)


def _given_on(work: Workspace, ticket: Ticket) -> Flow[tuple[Strip, ...]]:
    """Wipe what was given or asked for on a ticket; the strips of it."""
    query = Query(kind="settlement", where=(("ticket", ticket.id),), limit=200)
    found = yield from everything(Settlement, query)
    for one in found:
        work.lay(one)
    return (yield from wipe_settlements(work, found)).strips


@dataclass(frozen=True, slots=True)
class Told:
    """What wiping messages took: entries to strip, media they had, and how many of what."""

    strips: tuple[Strip, ...]
    media: frozenset[str]
    counts: dict[str, int]

    def changes(self, work: Workspace) -> ChangeSet:
        """What the workspace holds, and the strips."""
        return work.changes()._replace(strips=self.strips)


def wipe_messages(work: Workspace, messages: Iterable[Message]) -> Flow[Told]:
    """Lay the wiping of messages into the workspace; what was wiped before is passed over."""
    fresh = [one for one in messages if one.erased_at is None]
    unsent = 0
    for one in fresh:
        unsent += one.delivery.value in ("pending", "sending")
        erasing.erase_message(work, one)
        work.close(one.id)
    strips: tuple[Strip, ...] = ()
    if fresh:
        subjects = tuple(str(one.id) for one in fresh)
        where = (("subject", subjects),)
        entries = yield from everything(Entry, Query(kind="entry", where=where, order="position", limit=ENTRIES))
        strips = strips_in(entries)
    media = frozenset(digest for one in fresh for digest in media_of(one))
    return Told(strips, media, {"messages": len(fresh), "outbox": unsent, "entries": len(strips)})


def wipe_settlements(work: Workspace, settlements: Iterable[Settlement]) -> Flow[Told]:
    """Lay the wiping of settlements into the workspace; what was wiped before is passed over."""
    fresh = [one for one in settlements if one.erased_at is None]
    for one in fresh:
        erasing.erase_settlement(work, one)
        work.close(one.id)
    strips: tuple[Strip, ...] = ()
    if fresh:
        where = (("subject", tuple(str(one.id) for one in fresh)),)
        strips = strips_in((yield from everything(Entry, Query(kind="entry", where=where, limit=ENTRIES))))
    return Told(strips, frozenset(), {"entries": len(strips)})


def strips_in(entries: Iterable[Entry]) -> tuple[Strip, ...]:
    """The strips of those entries that hold something personal."""
    return tuple(Strip(one.position) for one in entries if any(map(holds_personal, one.events)))


def strips_of(subject: str, cursor: str | None) -> Flow[tuple[tuple[Strip, ...], str | None]]:
    """The strips of a page of a stream, and the cursor of the next page."""
    page = yield from entries_of(subject, cursor)
    return strips_in(page.items), page.cursor


def entries_of(subject: str, cursor: str | None) -> Flow[Page[Entry]]:
    """A page of the stream of a ticket or a customer."""
    where = (("subject", subject),)
    return (yield from page_of(Entry, Query(kind="entry", where=where, order="position", limit=ENTRIES, after=cursor)))


def delete_unused(digests: tuple[str, ...], idle: timedelta) -> Flow[tuple[tuple[str, ...], int]]:
    """Delete those media that nothing refers to; which of them are too young for that, and how many are gone."""
    young: list[str] = []
    gone = 0
    for part in batched(digests, BATCH):
        used = yield from steps.media_in_use(part)
        unused = tuple(one for one in part if one not in used)
        left = yield from steps.delete_media(unused, idle=idle)
        young += left
        gone += len(unused) - len(left)
    return tuple(young), gone
