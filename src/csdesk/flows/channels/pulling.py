"""Fetching what providers hold back until they are asked: one page after the other, each stored with its cursor.

A wish to pull is a due item: a provider's hint makes one, and a channel that is polled has one that stays. The cursor
is the owner of a claim; it moves in the last commit of its page. A crash before that repeats the page, and the dedupe
keys of its events keep everything single.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.core.conversation.pacing import Barred, Pause
from csdesk.domain.ids import COMMAND
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet, Claim, ClaimMode, ClaimMove, Needs
from csdesk.domain.records.channels import Capabilities, PullHint, PullPage
from csdesk.domain.records.queues import DueItem
from csdesk.domain.time.instants import earliest
from csdesk.errors import NotFound, StoreError, UnsupportedFeature, sentence
from csdesk.flows.backing_off import at_least_asked
from csdesk.flows.channels.reports import take_events
from csdesk.flows.channels.riding import Rider
from csdesk.flows.outbound.pacing import code_of, is_trouble, note_failure, note_success, pause_key
from csdesk.flows.reading import checks
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Leased, LeaseRequest

PULL: Final = "pull"
"""What the kind of a due item that asks for a pull begins with; the account follows."""

AGAIN: Final = timedelta(minutes=1)
"""How long a failed pull waits before it is tried again, unless the provider asks for more.

After several in a row the account is pulled ever more seldom, at least every half hour, until a pull succeeds."""

MOST_PAGES: Final = 20
"""How many pages of one account are fetched before others have their turn."""

HOLD: Final = timedelta(minutes=10)
"""How long a pull is left to the process that began it."""


@dataclass(slots=True)
class Pulled:
    """What pulling did."""

    events: int = 0
    retried: int = 0
    more: bool = False
    next_due_at: datetime | None = None

    def come_back(self, at: datetime | None) -> None:
        """Note when something is due."""
        self.next_due_at = earliest(self.next_due_at, at)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The due items of one account, oldest first; the newest hint is the one that is used."""

    account: str
    items: tuple[DueItem, ...]
    poll_every: timedelta | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What is done when the account is pulled."""
        return tuple(one.key for one in self.items)

    @property
    def hint(self) -> PullHint | None:
        """The provider's newest hint; None if only a poll is due."""
        hints = [PullHint.model_validate_json(one.payload) for one in self.items if one.payload]
        return hints[-1] if hints else None


def plan_pulls(hints: tuple[PullHint, ...]) -> Flow[None]:
    """Make wishes of a provider's hints."""
    yield from retried(lambda scope: _plan(hints, scope))


def pull_soon(account: str) -> Flow[None]:
    """Let the next ``run_due`` of a process that has the channel pull the account.

    Raises:
        NotFound: this desk has no channel with that account.
        UnsupportedFeature: nothing is pulled there.
    """
    scope = yield from steps.attempt(0)
    able = scope.channels.get(checks.an_id(account, "account"))
    if able is None:
        raise NotFound("account", account)
    if not able.pull:
        raise UnsupportedFeature(
            sentence("account {account}", account=account), "pull", "nothing is pulled there: it comes by itself"
        )
    yield from plan_pulls((PullHint(account=account),))


def _plan(hints: tuple[PullHint, ...], scope: Scope) -> Flow[None]:
    # A key of its own: a pull that runs now ends only the wishes that it has seen.
    due = tuple(
        DueItem(
            key=f"{PULL}/{hint.account}/{scope.ids.new(COMMAND)}",
            kind=f"{PULL}/{hint.account}",
            due_at=scope.now,
            payload=hint.model_dump_json(),
        )
        for hint in hints
    )
    yield from steps.commit(ChangeSet(due=due))


def pull_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[Pulled]:
    """Pull every account of this process for which somebody wishes it, or whose time to be polled has come."""
    done = Pulled()
    scope = yield from steps.attempt(0)
    able = scope.channels
    if not able:
        return done
    yield from _plan_polls(able)
    kinds = tuple(f"{PULL}/{account}" for account in able)
    leased: Leased = yield from steps.lease(
        LeaseRequest(what="due", now=scope.now, limit=limit, hold=HOLD, kinds=kinds)
    )
    done.come_back(leased.next_due_at)
    done.more = len(leased.due) == limit
    for wishes in _by_account(leased.due, able):
        if out_of_time():
            done.more = True  # their leases run out, and they are due again
            break
        yield from _pull(wishes, done)
    return done


def _by_account(items: tuple[DueItem, ...], able: Mapping[str, Capabilities]) -> list[Wishes]:
    found: dict[str, list[DueItem]] = {}
    for item in items:
        found.setdefault(item.kind.removeprefix(f"{PULL}/"), []).append(item)
    return [Wishes(account, tuple(mine), able[account].poll_every) for account, mine in found.items()]


def _plan_polls(able: Mapping[str, Capabilities]) -> Flow[None]:
    """See that every account that is polled has its due item: it is made once, and then only moved."""
    polled = [account for account, one in able.items() if one.poll_every is not None]
    if polled:
        yield from retried(lambda scope: _plan_missing(polled, scope))


def _plan_missing(polled: list[str], scope: Scope) -> Flow[None]:
    keys = {scope.keys.effect("poll", account): account for account in polled}
    loaded = yield from steps.load(Needs(claims=tuple(keys)))
    missing = {key: account for key, account in keys.items() if key not in loaded.snapshot.claims}
    yield from steps.commit(
        ChangeSet(
            claims=tuple(Claim(key, account, ClaimMode.REQUIRED) for key, account in missing.items()),
            due=tuple(_poll_item(account, scope.now) for account in missing.values()),
        )
    )


def _poll_item(account: str, at: datetime) -> DueItem:
    return DueItem(key=f"{PULL}/{account}/poll", kind=f"{PULL}/{account}", due_at=at)


@dataclass(slots=True)
class _Progress:
    key: str
    cursor: str | None
    hint: PullHint | None
    taken: int = 0
    pages: int = field(default=0)


def _pull(wishes: Wishes, done: Pulled) -> Flow[None]:
    """Fetch page after page; all wishes of the account that were planned before are met by one pull."""
    scope = yield from steps.attempt(0)
    key, pause = scope.keys.cursor(wishes.account), pause_key(wishes.account, scope, "pull")
    loaded = yield from steps.load(Needs(claims=(key, pause)))
    barred = _barred(loaded.snapshot.claims.get(pause), scope.now)
    if barred is not None:
        yield from _plan_again(wishes, barred.until, tried=False)
        done.come_back(barred.until)
        return
    progress = _Progress(key, loaded.snapshot.claims.get(key), wishes.hint)
    try:
        more = yield from _pages(wishes, progress)
    except Exception as error:  # noqa: BLE001  one broken adapter must not stop what is due elsewhere
        at = max(scope.now + at_least_asked(AGAIN, error), (yield from _failed(wishes.account, error)))
        yield from _plan_again(wishes, at)
        done.retried += 1
        done.come_back(at)
    else:
        if pause in loaded.snapshot.claims:
            yield from retried(lambda now: _note(wishes.account, None, now))
        if more:
            yield from _plan_again(wishes, scope.now)
            done.come_back(scope.now)
        elif wishes.poll_every is not None:
            done.come_back(scope.now + wishes.poll_every)
    done.events += progress.taken


def _barred(owner: str | None, now: datetime) -> Barred | None:
    """Until when the account rests; its wishes are one process's, so whoever comes then is the one that tries."""
    until = Pause.of(owner).until
    return Barred(until, "paused") if until is not None and now < until else None


def _failed(account: str, error: Exception) -> Flow[datetime]:
    """Note a failure that the next pull may meet too; until when the account rests."""
    if isinstance(error, StoreError) or not is_trouble(error):
        return (yield from steps.attempt(0)).now
    return (yield from retried(lambda now: _note(account, error, now)))


def _note(account: str, error: Exception | None, scope: Scope) -> Flow[datetime]:
    """Note how a pull went (None: well); until when the account rests."""
    key = pause_key(account, scope, "pull")
    loaded = yield from steps.load(Needs(claims=(key,)))
    work = workspace(loaded, scope)
    work.begin(f"pull/{account}", Actor.adapter(account))
    until = scope.now
    if error is None:
        note_success(work, account, key, "pull")
    else:
        until = note_failure(work, account, code_of(error), key, "pull").until or until
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    return until


def _plan_again(wishes: Wishes, at: datetime, *, tried: bool = True) -> Flow[None]:
    """Leave one wish, the newest, for later."""
    latest = next((one for one in reversed(wishes.items) if one.payload), wishes.items[-1])
    again = {latest.key: replace(latest, due_at=at, attempts=latest.attempts + tried)}
    if wishes.poll_every is not None:
        poll = _poll_item(wishes.account, at)
        again[poll.key] = poll
    gone = tuple(key for key in wishes.keys if key not in again)
    yield from steps.commit(ChangeSet(due=tuple(again.values()), due_done=gone))


def _pages(wishes: Wishes, progress: _Progress) -> Flow[bool]:
    """Take page after page; True if more is left when others should have their turn."""
    for _ in range(MOST_PAGES):
        page: PullPage = yield from steps.pull(wishes.account, progress.hint, progress.cursor)
        scope = yield from steps.attempt(0)
        rider = Rider(_carried(wishes, progress, page, scope))
        result = yield from take_events(wishes.account, page.events, rider)
        progress.taken += len(result.received) + result.reports
        yield from rider.alone()
        if rider.lost and not (yield from _is_at(progress.key, page.cursor)):
            return True  # another process pulls this account too: look again where it stands then
        progress.cursor = page.cursor or progress.cursor
        if not page.more:
            return False
    return True


def _carried(wishes: Wishes, progress: _Progress, page: PullPage, scope: Scope) -> ChangeSet:
    """What goes with the last commit of a page: the cursor, and with the last page the end of the wishes."""
    claims: tuple[Claim, ...] = ()
    moves: tuple[ClaimMove, ...] = ()
    if page.cursor and page.cursor != progress.cursor:
        if progress.cursor is None:
            claims = (Claim(progress.key, page.cursor),)
        else:
            moves = (ClaimMove(progress.key, progress.cursor, page.cursor),)
    if page.more:
        return ChangeSet(claims=claims, moves=moves)
    due = () if wishes.poll_every is None else (_poll_item(wishes.account, scope.now + wishes.poll_every),)
    kept = {one.key for one in due}
    return ChangeSet(claims=claims, moves=moves, due=due, due_done=tuple(k for k in wishes.keys if k not in kept))


def _is_at(key: str, cursor: str) -> Flow[bool]:
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(claims=(key,)))
    return loaded.snapshot.claims.get(key) == cursor
