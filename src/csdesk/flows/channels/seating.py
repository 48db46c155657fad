"""Telling providers who has a conversation: a step of the network for each change of hands, tried again for a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.core.casework.leases import is_with_bot
from csdesk.domain.core.conversation.seating import SEAT
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet, Needs, person_behind
from csdesk.domain.records.channels import Seat, Sender
from csdesk.domain.records.queues import DueItem
from csdesk.domain.time.waits import doubled
from csdesk.errors import ChannelError
from csdesk.flows.backing_off import at_least_asked, broken, may_pass
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest

HOLD: Final = timedelta(minutes=2)
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)
MOST_ATTEMPTS: Final = 6

REFUSED: Final = "channel.seat"
"""The name of the alert that tells that a provider did not take the news."""


def kinds_of(scope: Scope) -> tuple[str, ...]:
    """The due items that this process can deal with."""
    if not scope.policy.seated:
        return ()
    return tuple(f"{SEAT}/{account}" for account, able in scope.channels.items() if able.seats)


def seat_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[Counter[str], bool, datetime | None]]:
    """Tell what is due, for the accounts whose channels this process has; what was done, and whether more is left."""
    done: Counter[str] = Counter()
    scope = yield from steps.attempt(0)
    kinds = kinds_of(scope)
    if not kinds:
        return done, False, None
    for _ in range(limit):
        if out_of_time():
            return done, True, None
        scope = yield from steps.attempt(0)
        request = LeaseRequest(what="due", now=scope.now, limit=1, hold=HOLD, kinds=kinds)
        leased = yield from steps.lease(request)
        if not leased.due:
            return done, False, leased.next_due_at
        yield from _tell(leased.due[0], done)
    return done, True, None


def _tell(item: DueItem, done: Counter[str]) -> Flow[None]:
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(tickets=(item.payload,), parties=True))
    ticket = loaded.snapshot.tickets.get(item.payload)
    person = (
        person_behind(ticket.identity, loaded.snapshot.homes, loaded.snapshot.customers)
        if ticket is not None and ticket.is_live and not ticket.elsewhere
        else None
    )
    identity = person.identity(ticket.identity) if ticket is not None and person is not None else None
    if ticket is None or identity is None:
        yield from steps.commit(ChangeSet(due_done=(item.key,)))
        return
    seat = Seat(
        account=ticket.account,
        conversation=ticket.conversation,
        customer=Sender(kind=identity.kind, scope=identity.scope, external_id=identity.external_id),
        holder="bot" if is_with_bot(ticket) else "people",
        agent=ticket.assignee,
        away=loaded.policy.account(ticket.account).people == "there",
    )
    try:
        yield from steps.seat(seat)
    except ChannelError as error:
        yield from _failed(item, error, scope, done)
    except Exception as error:  # noqa: BLE001  one broken adapter must not stop what is due elsewhere
        broke = broken(ticket.account, error, "operator")
        yield from _failed(item, broke, scope, done)
    else:
        yield from steps.commit(ChangeSet(due_done=(item.key,)))


def _failed(item: DueItem, error: ChannelError, scope: Scope, done: Counter[str]) -> Flow[None]:
    if may_pass(error) and item.attempts + 1 < MOST_ATTEMPTS:
        done["retried"] += 1
        wait = at_least_asked(doubled(FIRST_WAIT, item.attempts, LONGEST_WAIT), error)
        again = replace(item, due_at=scope.now + wait, attempts=item.attempts + 1)
        yield from steps.commit(ChangeSet(due=(again,)))
        return
    done["failed"] += 1
    yield from retried(lambda scope: _give_up(item, scope))


def _give_up(item: DueItem, scope: Scope) -> Flow[None]:
    """The desk goes on as it is; somebody should look."""
    loaded = yield from steps.load(Needs(tickets=(item.payload,)))
    work = workspace(loaded, scope)
    work.begin(item.key, Actor.system("seating"))
    work.emit(item.payload, ev.AlertRaised(name=REFUSED))
    work.end_due(item.key)
    work.end(item.payload)
    yield from steps.commit(work.changes())
