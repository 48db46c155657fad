"""Fetching the media that customers sent while the provider still has them.

A message is stored first; each of its media is a due item with a deadline, the end of what the provider keeps. What
became of it stands in the message: a reference to the stored bytes, or the problem why there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet, Needs
from csdesk.domain.records.channels import Capabilities, MediaFetched, MediaWanted
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import MediaPart, Message
from csdesk.domain.records.queues import DueItem
from csdesk.domain.time.instants import earliest
from csdesk.domain.time.waits import doubled
from csdesk.errors import ChannelError
from csdesk.flows.backing_off import at_least_asked, broken, may_pass
from csdesk.flows.channels.foreign import put_foreign
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest

FETCH: Final = "fetch"
"""What the kind of a due item that asks for media begins with; the account follows."""

MOST_BYTES: Final = 25_000_000
"""The largest media that is fetched where the channel declares no limit."""

HOLD: Final = timedelta(minutes=5)
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(slots=True)
class Fetched:
    """What a round of fetching did."""

    stored: int = 0
    failed: int = 0
    retried: int = 0
    more: bool = False
    next_due_at: datetime | None = None

    def come_back(self, at: datetime | None) -> None:
        """Note when something is due."""
        self.next_due_at = earliest(self.next_due_at, at)


@dataclass(frozen=True, slots=True)
class _Outcome:
    ref: MediaRef | None = None
    problem: str = ""
    again_at: datetime | None = None


def wanted_item(account: str, message: str, part: int, at: datetime) -> DueItem:
    """The due item for one part of a message."""
    return DueItem(key=f"{FETCH}/{message}/{part}", kind=f"{FETCH}/{account}", due_at=at)


def kinds_of(scope: Scope) -> tuple[str, ...]:
    """The due items that this process can deal with."""
    return tuple(f"{FETCH}/{account}" for account, able in scope.channels.items() if able.fetches_media)


def fetch_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[Fetched]:
    """Fetch what is due, at most ``limit`` pieces of media, for the accounts whose channels this process has."""
    done = Fetched()
    scope = yield from steps.attempt(0)
    kinds = kinds_of(scope)
    if not kinds:
        return done
    request = LeaseRequest(what="due", now=scope.now, limit=limit, hold=HOLD, kinds=kinds)
    leased = yield from steps.lease(request)
    done.come_back(leased.next_due_at)
    done.more = len(leased.due) == limit
    for item in leased.due:
        if out_of_time():
            done.more = True  # their leases run out, and they are due again
            break
        yield from _fetch(item, done)
    return done


def _fetch(item: DueItem, done: Fetched) -> Flow[None]:
    scope = yield from steps.attempt(0)
    _, message_id, number = item.key.split("/")
    loaded = yield from steps.load(Needs(messages=(message_id,)))
    message = loaded.snapshot.messages.get(message_id)
    part = message.parts[int(number)] if message is not None and int(number) < len(message.parts) else None
    if message is None or not isinstance(part, MediaPart) or part.ref is not None:
        yield from steps.commit(ChangeSet(due_done=(item.key,)))  # it is gone, or it was fetched
        return
    outcome = yield from _ask(item, message, part, scope)
    if outcome.again_at is not None:
        done.retried += 1
        done.come_back(outcome.again_at)
        again = replace(item, due_at=outcome.again_at, attempts=item.attempts + 1)
        yield from steps.commit(ChangeSet(due=(again,)))
        return
    yield from retried(lambda scope: _record(item, message_id, int(number), outcome, scope))
    done.stored += outcome.ref is not None
    done.failed += outcome.ref is None


def _ask(item: DueItem, message: Message, part: MediaPart, scope: Scope) -> Flow[_Outcome]:
    able = scope.channels[message.account]
    most = _most(part, able)
    wanted = MediaWanted(
        account=message.account, provider_id=part.provider_id, media=part.media, name=part.name, most=most
    )
    try:
        got = yield from steps.fetch(wanted)
    except ChannelError as error:
        return _failed(item, error, message.received_at + able.fetch_within, scope.now)
    except Exception as error:  # noqa: BLE001  an adapter that breaks its contract must not stop the others
        broke = broken(message.account, error, "retry")
        return _failed(item, broke, message.received_at + able.fetch_within, scope.now)
    if len(got.content) > most:
        return _Outcome(problem="too_large")
    return (yield from _stored(part, got))


def _most(part: MediaPart, able: Capabilities) -> int:
    limit = next((one.most for one in able.media if one.media is part.media), able.media_bytes or MOST_BYTES)
    return max(limit, MOST_BYTES)


def _failed(item: DueItem, error: ChannelError, deadline: datetime, now: datetime) -> _Outcome:
    if not may_pass(error):
        return _Outcome(problem=error.provider_code or error.disposition)
    wait = at_least_asked(doubled(FIRST_WAIT, item.attempts, LONGEST_WAIT), error)
    return _Outcome(again_at=now + wait) if now + wait <= deadline else _Outcome(problem="expired")


def _stored(part: MediaPart, got: MediaFetched) -> Flow[_Outcome]:
    name = part.name or got.name
    ref, problem = yield from put_foreign(got.content, type=got.type, name=name, media=part.media)
    return _Outcome(ref=ref, problem=problem)


def _record(item: DueItem, message_id: str, part: int, outcome: _Outcome, scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs(messages=(message_id,)))
    work = workspace(loaded, scope)
    message = work.find_message(message_id)
    if message is not None and message.erased_at is None:
        work.begin(item.key, Actor.adapter(message.account))
        work.emit(message.id, ev.MediaStored(message=message.id, part=part, ref=outcome.ref, problem=outcome.problem))
        work.end(message.id)
    work.end_due(item.key)
    yield from steps.commit(work.changes())
