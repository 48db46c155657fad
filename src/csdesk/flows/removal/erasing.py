"""Erasing a customer: one command begins it, and bounded steps finish it, here or in any later ``run_due``.

Each step is one commit that carries how far it has come: a crash repeats a step and loses none. Steps may be repeated
in several processes, because what is erased already is passed over. The order matters twice: identities are forgotten
after everything that is compared with them, and nothing personal is written any more when the store is scrubbed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.core.customers import erasing
from csdesk.domain.core.knowledge import lessons
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import CustomerId, MessageId
from csdesk.domain.records import channels as ch
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import ChangeSet, Needs, Strip
from csdesk.domain.records.codec import holds_personal
from csdesk.domain.records.customers import ERASED, Customer, ErasedCounts, Erasure
from csdesk.domain.records.erasures import ERASE, Person, Progress, TicketProgress, progress_of
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Message
from csdesk.domain.records.queues import DueItem, InboxItem, InboxState, media_in
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput
from csdesk.flows.commands import execute
from csdesk.flows.reading.lists import get_customer, page_of
from csdesk.flows.removal.wiping import (
    delete_unused,
    entries_of,
    strips_in,
    ticket_piece,
    wipe_messages,
    wipe_settlements,
)
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest, Page, Query

BATCH: Final = 100
"""How many inbox items one step looks at."""

AHEAD: Final = 50
"""How many tickets are looked for together: each look passes over all that the customer has."""

WINDOW: Final = 1000
"""How many messages are looked at together for their identity."""

WINDOWS: Final = 20
"""How many such looks one step takes before it commits how far it came."""

HOLD: Final = timedelta(minutes=1)
"""How long others leave an erasing alone that somebody works on, or worked on when it died."""

LATER: Final = timedelta(minutes=1)
"""When to look again for what could not be done yet: an old state that is read, files that are too young."""

PAGES: Final = 2000
"""How many pages of work one scrubbing takes."""

INLINE: Final = 100
"""How many steps ``erase`` takes itself; ``run_due`` takes the rest."""

INLINE_TIME: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step does: its changes, and where the next one begins (None: there is none)."""

    changes: ChangeSet
    after: Progress | None
    wait: timedelta | None = None
    """None: go on at once."""


def erase(command: cmd.EraseCustomer, run: str) -> Flow[Erasure]:
    """Begin to erase a customer, and go on with it for a while."""
    done = yield from execute(command, run)
    began = yield from steps.attempt(0)
    for _ in range(INLINE):
        erasure = yield from erasure_of(done.customer.id if done.customer is not None else command.customer)
        scope = yield from steps.attempt(0)
        if erasure.completed_at is not None or scope.now - began.now > INLINE_TIME:
            break
        if not (yield from work_on(1, lambda: False)).is_busy:
            break
    return (yield from erasure_of(command.customer))


def erasure_of(customer_id: str) -> Flow[Erasure]:
    """How far the erasing of a customer has come.

    Raises:
        InvalidInput: it was never asked for.
    """
    customer = yield from get_customer(customer_id)
    if customer.erasure is None:
        raise InvalidInput("customer", "was not erased", "call desk.customers.erase first")
    return customer.erasure


def erasures(limit: int, cursor: str | None) -> Flow[Page[Erasure]]:
    """Everybody who was or is being erased; those who were merged count with their survivor."""
    query = Query(
        kind="customer",
        where=(("tag", ERASED), ("merged_into", None)),
        descending=True,
        limit=limit,
        after=cursor,
    )
    page = yield from page_of(Customer, query)
    return Page(tuple(one.erasure for one in page.items if one.erasure is not None), page.cursor)


@dataclass(frozen=True, slots=True)
class Worked:
    """What a round of erasing did: how many records, whether more can be done now, and when something is due."""

    erased: int = 0
    is_busy: bool = False
    next_due_at: datetime | None = None


def work_on(limit: int, out_of_time: Callable[[], bool]) -> Flow[Worked]:
    """Take steps of the erasing that waits longest, ``limit`` of them at most."""
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="due", now=scope.now, limit=1, hold=HOLD, kinds=(ERASE,)))
    if not leased.due:
        return Worked(next_due_at=leased.next_due_at)
    item = leased.due[0]
    erased = 0
    left = limit
    while True:
        left -= 1
        is_last = left <= 0 or out_of_time()
        before = progress_of(item)
        step = yield from retried(_stepping(item, is_last=is_last), loads=4)
        if step.after is None:
            return Worked(erased, is_busy=True)
        erased += _total(step.after.counts) - _total(before.counts)
        if step.wait is not None:
            return Worked(erased, next_due_at=scope.now + step.wait)
        if is_last:
            return Worked(erased, is_busy=True)
        item = replace(item, payload=step.after.model_dump_json())


def _total(counts: ErasedCounts) -> int:
    return counts.messages + counts.tickets + counts.drafts + counts.inbox + counts.entries + counts.media


def _stepping(item: DueItem, *, is_last: bool) -> Callable[[Scope], Flow[Step]]:
    return lambda scope: _step(item, scope, is_last=is_last)


def _step(item: DueItem, scope: Scope, *, is_last: bool) -> Flow[Step]:
    progress = progress_of(item)
    step = yield from _STAGES[progress.stage](progress, scope)
    if step.after is None:
        yield from steps.commit(step.changes._replace(due_done=(item.key,)))
        return step
    wait = step.wait if step.wait is not None else timedelta(0) if is_last else HOLD
    due = replace(item, due_at=scope.now + wait, payload=step.after.model_dump_json())
    yield from steps.commit(step.changes._replace(due=(*step.changes.due, due)))
    return step


def _begun(loaded: steps.Loaded, progress: Progress, scope: Scope) -> Workspace:
    work = workspace(loaded, scope)
    work.begin(progress.command, Actor.system("erase"))
    return work


def _plus(counts: ErasedCounts, **more: int) -> ErasedCounts:
    return replaced(counts, **{name: getattr(counts, name) + number for name, number in more.items()})


# What never reached a ticket


def _inbox(progress: Progress, scope: Scope) -> Flow[Step]:
    page = yield from page_of(InboxItem, Query(kind="inbox", limit=BATCH, after=progress.cursor))
    keys = frozenset(scope.keys.identity(one.kind, one.scope, one.external_id) for one in progress.people)
    theirs = [item for item in page.items if _is_from(item, keys, progress.people, scope)]
    held = {item.id: scope.keys.parked(item.account, item.conversation) for item in theirs}
    loaded = yield from steps.load(Needs(claims=tuple(dict.fromkeys(held.values()))))
    work = _begun(loaded, progress, scope)
    gone = frozenset(held)
    for item in theirs:
        if work.claims.get(held[item.id]) == item.id:
            work.move_claim(held[item.id], item.id, (yield from _heir(item, gone)))
        work.end_inbox(item.id)
        work.emit(ev.DESK, ev.MessageReleased(item=item.id, discarded=True))
    work.end(ev.DESK)
    after = replaced(
        progress,
        stage="inbox" if page.cursor is not None else "tickets",
        cursor=page.cursor,
        media=_joined(progress.media, *map(media_in, theirs)),
        counts=_plus(progress.counts, inbox=len(theirs)),
    )
    return Step(work.changes(), after)


def _is_from(item: InboxItem, keys: frozenset[str], people: tuple[Person, ...], scope: Scope) -> bool:
    """True if one of the people sent it; of what the adapter did not know, if it names one of them at all."""
    if item.state is InboxState.UNKNOWN:
        raw = ch.UnknownEvent.model_validate_json(item.payload).raw
        return any(one.external_id.encode() in raw for one in people if one.external_id)
    message = ch.InboundMessage.model_validate_json(item.payload)
    senders = (message.sender, *message.also)
    return any(scope.keys.identity(one.kind, one.scope, one.external_id) in keys for one in senders)


def _heir(item: InboxItem, gone: frozenset[MessageId]) -> Flow[MessageId | None]:
    """The message that holds the conversation up next: somebody else's that waits behind it."""
    where = (("account", item.account), ("conversation", item.conversation), ("state", InboxState.WAITING.value))
    page = yield from page_of(InboxItem, Query(kind="inbox", where=where, limit=2 * BATCH))
    return next((one.id for one in page.items if one.id not in gone), None)


# Tickets, one after the other


def _tickets(progress: Progress, scope: Scope) -> Flow[Step]:
    if progress.ticket is None:
        progress = yield from _with_ticket(progress)
        if progress.ticket is None:
            return Step(ChangeSet(), replaced(progress, stage="elsewhere", cursor=None, is_last=False))
    assert progress.ticket is not None
    own = frozenset(progress.identities)
    piece = yield from ticket_piece(
        progress.ticket,
        scope,
        theirs=lambda message, ticket: erasing.is_theirs(message, ticket, own),
        cause=progress.command,
        actor=Actor.system("erase"),
    )
    after = replaced(
        progress,
        ticket=piece.after,
        media=_joined(progress.media, piece.media),
        counts=_plus(progress.counts, **piece.counts),
    )
    return Step(piece.changes, after)


def _with_ticket(progress: Progress) -> Flow[Progress]:
    """The progress with its next ticket, if there is one."""
    if not progress.ahead and progress.identities and not progress.is_last:
        where = (("identity", tuple(progress.identities)),)
        page = yield from page_of(Ticket, Query(kind="ticket", where=where, limit=AHEAD, after=progress.cursor))
        ahead = tuple(one.id for one in page.items)
        progress = replaced(progress, ahead=ahead, cursor=page.cursor, is_last=page.cursor is None)
    if not progress.ahead:
        return progress
    return replaced(progress, ticket=TicketProgress(id=progress.ahead[0]), ahead=progress.ahead[1:])


# What they wrote on tickets of others


def _elsewhere(progress: Progress, scope: Scope) -> Flow[Step]:
    cursor = progress.cursor or ""
    fresh: list[Message] = []
    is_over = not progress.identities
    loaded = yield from steps.load(Needs())
    for _ in range(WINDOWS if not is_over else 0):
        ids, cursor = yield from steps.written_by(tuple(map(str, progress.identities)), cursor, WINDOW)
        is_over = not cursor
        if ids:
            loaded = yield from steps.load(Needs(messages=ids))
            fresh = [one for one in loaded.snapshot.messages.values() if one.erased_at is None]
        if fresh or ids or is_over:
            break
    work = _begun(loaded, progress, scope)
    told = yield from wipe_messages(work, [work.message(one.id) for one in fresh])
    work.end(ev.DESK)
    after = replaced(
        progress,
        stage="settlements" if is_over else "elsewhere",
        cursor=None if is_over else cursor,
        media=_joined(progress.media, told.media),
        counts=_plus(progress.counts, **told.counts),
    )
    return Step(told.changes(work), after)


def _joined(known: tuple[str, ...], *more: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({*known, *(digest for one in more for digest in one)}))


# What was given to them


def _settlements(progress: Progress, scope: Scope) -> Flow[Step]:
    """Blank what was given to them, a batch at a time; nobody gives them anything any more."""
    where = (("customer", tuple(map(str, progress.family))),)
    page = yield from page_of(Settlement, Query(kind="settlement", where=where, limit=BATCH, after=progress.cursor))
    loaded = yield from steps.load(Needs(settlements=tuple(str(one.id) for one in page.items)))
    work = _begun(loaded, progress, scope)
    told = yield from wipe_settlements(work, [work.settlement(one.id) for one in page.items])
    after = replaced(
        progress,
        stage="settlements" if page.cursor is not None else "customers",
        cursor=page.cursor,
        counts=_plus(progress.counts, **told.counts),
    )
    return Step(told.changes(work), after)


# Streams of customers


def _customers(progress: Progress, _: Scope) -> Flow[Step]:
    """Walk the stream of each customer; note to whom identities once went, because their streams tell of them too."""
    page = yield from entries_of(progress.family[progress.place], progress.cursor)
    strips = strips_in(page.items)
    own = frozenset(progress.identities)
    homes = [
        event.into
        for entry in page.items
        for event in entry.events
        if isinstance(event, ev.IdentityUnlinked) and event.identity in own
    ]
    origins = [one.origin for one in progress.people if one.origin is not None]
    foreign = [one for one in (*progress.foreign, *origins, *homes) if one not in progress.family]
    told = replaced(
        progress,
        foreign=tuple(dict.fromkeys(foreign)),
        counts=_plus(progress.counts, entries=len(strips)),
    )
    return Step(ChangeSet(strips=strips), _onwards(told, page, progress.family, "foreign"))


def _foreign(progress: Progress, _: Scope) -> Flow[Step]:
    """Of customers who once held an identity, erase what their streams tell of that identity, and no more."""
    if not progress.foreign:
        return Step(ChangeSet(), _forgetting(progress))
    page = yield from entries_of(progress.foreign[progress.place], progress.cursor)
    own = frozenset(progress.identities)
    strips: list[Strip] = []
    for entry in page.items:
        places = tuple(
            place
            for place, event in enumerate(entry.events)
            if isinstance(event, ev.IdentityLinked) and event.identity in own and holds_personal(event)
        )
        if places:
            strips.append(Strip(entry.position, places))
    told = replaced(progress, counts=_plus(progress.counts, entries=len(strips)))
    after = _onwards(told, page, progress.foreign, "media")
    return Step(ChangeSet(strips=tuple(strips)), _forgetting(after) if after.stage == "media" else after)


def _onwards(progress: Progress, page: Page[Entry], subjects: tuple[CustomerId, ...], then: str) -> Progress:
    """The next page of this stream, the first one of the next stream, or the next stage."""
    if page.cursor is not None:
        return replaced(progress, cursor=page.cursor)
    if progress.place + 1 < len(subjects):
        return replaced(progress, cursor=None, place=progress.place + 1)
    return replaced(progress, cursor=None, place=0, stage=then)


def _forgetting(progress: Progress) -> Progress:
    """Who they were is needed no more."""
    return replaced(progress, people=(), stage="media", cursor=None, place=0)


# Files, traces, the end


def _media(progress: Progress, _: Scope) -> Flow[Step]:
    """Delete files that nothing refers to any more. One that was put lately may belong to a commit on its way."""
    loaded = yield from steps.load(Needs())
    young, gone = yield from delete_unused(progress.media, loaded.policy.config.retention.orphaned_media)
    counts = _plus(progress.counts, media=gone)
    if young:
        return Step(ChangeSet(), replaced(progress, media=young, counts=counts), wait=LATER)
    return Step(ChangeSet(), replaced(progress, media=(), counts=counts, stage="scrub"))


def _scrub(progress: Progress, _: Scope) -> Flow[Step]:
    state = yield from steps.scrub(PAGES)
    if state == "done":
        return Step(ChangeSet(), replaced(progress, stage="complete"))
    return Step(ChangeSet(), progress, wait=LATER if state == "busy" else None)


def _complete(progress: Progress, scope: Scope) -> Flow[Step]:
    loaded = yield from steps.load(Needs(customers=tuple(progress.family), counters=(lessons.NUMBER,)))
    work = _begun(loaded, progress, scope)
    if erasing.complete(work, progress.family, progress.counts):
        lessons.forget_erased(work)
    work.end(progress.survivor)
    return Step(work.changes(), None)


_STAGES: Final[Mapping[str, Callable[[Progress, Scope], Flow[Step]]]] = {
    "inbox": _inbox,
    "tickets": _tickets,
    "elsewhere": _elsewhere,
    "settlements": _settlements,
    "customers": _customers,
    "foreign": _foreign,
    "media": _media,
    "scrub": _scrub,
    "complete": _complete,
}
