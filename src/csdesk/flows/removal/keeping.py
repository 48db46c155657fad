"""What is kept long enough is removed: payloads, what was said on closed tickets, discarded and dead items, files.

Each kind is one due item that walks its list a piece at a time, begins anew once it has seen all of it, and carries how
far it came in the commit that removes. Every removal of something a customer said is an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.core.knowledge import lessons
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.policy.sections.keeping import RetentionPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import Record, replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet, Needs
from csdesk.domain.records.erasures import TicketProgress
from csdesk.domain.records.messages import Message
from csdesk.domain.records.queues import DueItem, InboxItem, InboxState, OutboxItem, OutboxState
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.errors import UnsupportedFeature
from csdesk.flows.reading.lists import page_of
from csdesk.flows.removal.wiping import delete_unused, ticket_piece
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest, Query

BATCH: Final = 100
PIECES: Final = 20
"""How many pieces one call takes at most."""

_PREFIX: Final = "keep/"

AGAIN: Final = timedelta(hours=6)
"""How long after a walk has seen everything the next one begins."""

CAUSE: Final = "retention"
_ACTOR: Final = Actor.system(CAUSE)


class Walk(Record):
    """How far a walk has come."""

    cursor: str | None = None
    ticket: TicketProgress | None = None


@dataclass(frozen=True, slots=True)
class _Removed:
    """One piece of a walk: ``walk`` None: it has seen everything."""

    changes: ChangeSet
    walk: Walk | None
    count: int = 0


def kept_items(now: datetime) -> tuple[DueItem, ...]:
    """The due items that a desk needs; a new configuration begins its walks anew."""
    return tuple(DueItem(key=kind, kind=kind, due_at=now) for kind in KINDS)


def keep(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[dict[str, int], bool]]:
    """Take pieces of the walks that are due; how much was removed by kind, and whether more is to be done at once."""
    counts = dict.fromkeys(_WALKS, 0)
    for _ in range(PIECES):
        scope = yield from steps.attempt(0)
        leased = yield from steps.lease(LeaseRequest(what="due", now=scope.now, limit=1, kinds=KINDS))
        if not leased.due:
            return counts, False
        name = leased.due[0].kind.removeprefix(_PREFIX)
        removed = yield from retried(_removing(name, leased.due[0]), loads=3)
        counts[name] += removed.count
        if sum(counts.values()) >= limit or out_of_time():
            break
    return counts, True


def _removing(name: str, item: DueItem) -> Callable[[Scope], Flow[_Removed]]:
    return lambda scope: _remove(name, item, scope)


def _remove(name: str, item: DueItem, scope: Scope) -> Flow[_Removed]:
    walk = Walk.model_validate_json(item.payload) if item.payload else Walk()
    loaded = yield from steps.load(Needs())
    removed = yield from _WALKS[name](walk, loaded.policy.config.retention, scope)
    payload = "" if removed.walk is None else removed.walk.model_dump_json()
    due_at = scope.now + (AGAIN if removed.walk is None else timedelta(0))
    due = replace(item, due_at=due_at, payload=payload)
    yield from steps.commit(removed.changes._replace(due=(due,)))
    return removed


def _raw(walk: Walk, kept: RetentionPolicy, scope: Scope) -> Flow[_Removed]:
    """Messages stand in order of arrival, so the walk ends at the first young one."""
    if kept.raw is None:
        return _Removed(ChangeSet(), None)
    page = yield from page_of(Message, Query(kind="message", limit=BATCH, after=walk.cursor))
    old = [one for one in page.items if one.received_at <= scope.now - kept.raw]
    fat = tuple(str(one.id) for one in old if one.raw or one.raw_media is not None)
    loaded = yield from steps.load(Needs(messages=fat))
    work = _begun(loaded, scope)
    for key in fat:
        work.emit(key, ev.RawRemoved(message=MessageId(key)))
    work.end(ev.DESK)
    is_over = page.cursor is None or len(old) < len(page.items)
    return _Removed(work.changes(), None if is_over else Walk(cursor=page.cursor), len(fat))


def _closed_tickets(walk: Walk, kept: RetentionPolicy, scope: Scope) -> Flow[_Removed]:
    if kept.closed_tickets is None:
        return _Removed(ChangeSet(), None)
    if walk.ticket is not None:
        piece = yield from ticket_piece(
            walk.ticket, scope, theirs=lambda _, __: True, cause=f"{CAUSE}/{walk.ticket.id}", actor=_ACTOR
        )
        return _Removed(piece.changes, replaced(walk, ticket=piece.after), piece.counts.get("tickets", 0))
    before = scope.now - kept.closed_tickets
    ended = (Category.CLOSED.value, Category.MERGED.value)
    query = Query(kind="ticket", where=(("category", ended),), until=before, limit=BATCH, after=walk.cursor)
    page = yield from page_of(Ticket, query)
    left = [one for one in page.items if one.erased_at is None]
    survivors = yield from _survivors(left)
    for one in left:
        if _is_over(one, survivors, before):
            # The same page is read again afterwards: what is erased by then is passed over.
            return _Removed(ChangeSet(), replaced(walk, ticket=TicketProgress(id=one.id)))
    if page.cursor is not None:
        return _Removed(ChangeSet(), Walk(cursor=page.cursor))
    return _Removed((yield from _relearning(scope)), None)


def _relearning(scope: Scope) -> Flow[ChangeSet]:
    """What people decided about texts that are gone is learnt from no more."""
    loaded = yield from steps.load(Needs(counters=(lessons.NUMBER,)))
    work = _begun(loaded, scope)
    lessons.forget_erased(work)
    work.end(ev.LEARNING)
    return work.changes()


def _survivors(tickets: Iterable[Ticket]) -> Flow[Mapping[str, Ticket]]:
    """What these tickets were merged into, read at once."""
    names = tuple(dict.fromkeys(one.merged_into for one in tickets if one.merged_into is not None))
    if not names:
        return {}
    loaded = yield from steps.load(Needs(tickets=names))
    return loaded.snapshot.tickets


def _is_over(ticket: Ticket, survivors: Mapping[str, Ticket], before: datetime) -> bool:
    """True if it was closed before that instant; a merged one ends with its survivor."""
    if ticket.merged_into is None:
        return ticket.closed_at is not None and ticket.closed_at <= before
    survivor = survivors.get(ticket.merged_into)
    return survivor is not None and survivor.erased_at is not None


def _discarded_inbox(_: Walk, kept: RetentionPolicy, scope: Scope) -> Flow[_Removed]:
    if kept.discarded_inbox is None:
        return _Removed(ChangeSet(), None)
    where = (("state", InboxState.DISCARDED.value),)
    query = Query(kind="inbox", where=where, until=scope.now - kept.discarded_inbox, limit=BATCH)
    page = yield from page_of(InboxItem, query)
    gone = tuple(one.id for one in page.items)
    return _Removed(ChangeSet(inbox_done=gone), Walk() if page.cursor is not None else None, len(gone))


def _dead_outbox(_: Walk, kept: RetentionPolicy, scope: Scope) -> Flow[_Removed]:
    if kept.dead_outbox is None:
        return _Removed(ChangeSet(), None)
    where = (("state", (OutboxState.DEAD.value, OutboxState.UNKNOWN.value)),)
    query = Query(kind="outbox", where=where, until=scope.now - kept.dead_outbox, limit=BATCH)
    page = yield from page_of(OutboxItem, query)
    gone = tuple(one.message for one in page.items)
    return _Removed(ChangeSet(outbox_done=gone), Walk() if page.cursor is not None else None, len(gone))


def _media(walk: Walk, kept: RetentionPolicy, _: Scope) -> Flow[_Removed]:
    """Files that were written before a commit that never came, and files that nothing refers to any more."""
    tidied = 0 if walk.cursor else (yield from steps.tidy_media(idle=kept.orphaned_media))
    digests = yield from steps.list_media(walk.cursor or "", 5 * BATCH)
    try:
        _young, gone = yield from delete_unused(digests, kept.orphaned_media)
    except UnsupportedFeature:
        return _Removed(ChangeSet(), None, tidied)  # a store that cannot tell what is in use: nothing is deleted
    is_over = len(digests) < 5 * BATCH
    return _Removed(ChangeSet(), None if is_over else Walk(cursor=digests[-1]), gone + tidied)


def _begun(loaded: steps.Loaded, scope: Scope) -> Workspace:
    work = workspace(loaded, scope)
    work.begin(CAUSE, _ACTOR)
    return work


_WALKS: Final[Mapping[str, Callable[[Walk, RetentionPolicy, Scope], Flow[_Removed]]]] = {
    "raw": _raw,
    "closed_tickets": _closed_tickets,
    "discarded_inbox": _discarded_inbox,
    "dead_outbox": _dead_outbox,
    "media": _media,
}
KINDS: Final = tuple(_PREFIX + name for name in _WALKS)
"""The kinds of due items of all walks."""
