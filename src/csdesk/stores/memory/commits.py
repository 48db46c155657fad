"""A commit in two halves: everything is checked first, then everything is applied, and applying cannot fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType

from csdesk.domain.records.changes import ChangeSet, Claim, ClaimMode, ClaimMove, Committed, Delta, Put, Strip
from csdesk.domain.records.codec import stripped
from csdesk.domain.records.counters import LOAD
from csdesk.domain.records.events import Entry
from csdesk.errors import ClaimTaken, GuardFailed, VersionConflict
from csdesk.stores.memory.state import DeskState, Held, kind_of, position_of


@dataclass(slots=True)
class _Plan:
    """What the checks found out: claims (None: released) and counters as they will be."""

    claims: dict[str, Held | None] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)


def commit(desk: DeskState, changes: ChangeSet) -> Committed:
    """Write all of it, or raise and write nothing."""
    plan = _Plan()
    _check_config(desk, changes.config_epoch)
    _check_versions(desk, changes.puts)
    _plan_claims(desk, changes.claims, plan)
    _plan_moves(desk, changes.moves, plan)
    _plan_deltas(desk, changes.deltas, plan)
    _apply(desk, changes, plan)
    return Committed(position=position_of(len(desk.entries)), owners=MappingProxyType(plan.owners))


def _check_config(desk: DeskState, expected: int | None) -> None:
    if expected is not None and expected != desk.epochs.config:
        raise VersionConflict("config", "epoch", expected=expected)


def _check_versions(desk: DeskState, puts: Iterable[Put]) -> None:
    versions: dict[tuple[str, str], int] = {}
    for put in puts:
        kind, key = kind_of(put.record), put.record.id
        present = versions.get((kind, key))
        if present is None:
            stored = desk.find(kind, key)
            present = None if stored is None else stored.version
        # Version 0 means "not there", whatever a stored document says.
        if (present is None) != (put.expected == 0) or (present is not None and present != put.expected):
            raise VersionConflict(kind, key, expected=put.expected)
        versions[kind, key] = put.record.version


def _held(desk: DeskState, plan: _Plan, key: str) -> Held | None:
    return plan.claims[key] if key in plan.claims else desk.claims.get(key)


def _plan_claims(desk: DeskState, claims: Iterable[Claim], plan: _Plan) -> None:
    for claim in claims:
        held = _held(desk, plan, claim.key)
        if held is None or held.owner == claim.owner:
            plan.claims[claim.key] = Held(claim.owner, claim.expires_at)
        elif claim.mode is ClaimMode.REQUIRED:
            raise ClaimTaken(claim.key, held.owner)
        else:
            plan.owners[claim.key] = held.owner


def _plan_moves(desk: DeskState, moves: Iterable[ClaimMove], plan: _Plan) -> None:
    for move in moves:
        held = _held(desk, plan, move.key)
        if held is None or held.owner != move.before:
            raise ClaimTaken(move.key, "" if held is None else held.owner)
        plan.claims[move.key] = None if move.after is None else Held(move.after, held.expires_at)


def _plan_deltas(desk: DeskState, deltas: Iterable[Delta], plan: _Plan) -> None:
    for delta in deltas:
        value = plan.counters.get(delta.counter, desk.counters.get(delta.counter, 0)) + delta.amount
        if delta.limit is not None and value > delta.limit:
            raise GuardFailed(delta.counter, delta.amount, delta.limit)
        plan.counters[delta.counter] = value


def _apply(desk: DeskState, changes: ChangeSet, plan: _Plan) -> None:
    desk.commits += 1
    for put in changes.puts:
        desk.put(put.record)
    _apply_plan(desk, plan)
    _apply_marks(desk, changes)
    _apply_queues(desk, changes)
    _strip(desk, changes.strips)
    _append(desk, changes.entries)
    for name in changes.bumps:
        desk.epochs = desk.epochs._replace(**{name.value: getattr(desk.epochs, name.value) + 1})
    if changes.config is not None:
        desk.configs[changes.config.digest] = changes.config
        desk.config = changes.config.digest
        desk.seats.orders = dict(changes.config.orders)
        for agent in desk.agents.values():
            desk.seat(agent)


def _apply_plan(desk: DeskState, plan: _Plan) -> None:
    for key, held in plan.claims.items():
        if held is None:
            desk.claims.pop(key, None)
        else:
            desk.claims[key] = held
    desk.counters.update(plan.counters)


def _apply_marks(desk: DeskState, changes: ChangeSet) -> None:
    for delta in changes.deltas:
        if delta.counter.startswith(LOAD):
            key = delta.counter.removeprefix(LOAD)
            if delta.amount > 0 or delta.given:
                desk.seats.give(key, delta.queue, (desk.commits << 20) + delta.given)
            if key in desk.agents:
                desk.seat(desk.agents[key])
    for mark in changes.seen:
        if mark.customer in desk.customers:
            desk.seen[mark.customer] = max(mark.at, desk.seen.get(mark.customer, mark.at))


def _apply_queues(desk: DeskState, changes: ChangeSet) -> None:
    # Removals come first: a due item that is done and planned again in one commit stays planned.
    for message in changes.outbox_done:
        desk.outbox.pop(message, None)
    for key in changes.due_done:
        desk.due.pop(key, None)
    for item in changes.inbox_done:
        desk.inbox.pop(item, None)
    desk.outbox.update((one.message, one) for one in changes.outbox)
    desk.due.update((one.key, one) for one in changes.due)
    desk.inbox.update((one.id, one) for one in changes.inbox)


def _append(desk: DeskState, entries: Iterable[Entry]) -> None:
    for entry in entries:
        desk.entries.append(entry._replace(position=position_of(len(desk.entries) + 1)))


def _strip(desk: DeskState, strips: Iterable[Strip]) -> None:
    for strip in strips:
        place = int(strip.position) - 1
        if 0 <= place < len(desk.entries):
            desk.entries[place] = stripped(desk.entries[place], strip.events)
