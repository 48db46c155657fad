"""Claims and counters inside a commit."""

from __future__ import annotations

from csdesk.domain.records.changes import Claim, ClaimMode, ClaimMove, Delta
from csdesk.domain.records.counters import LOAD
from csdesk.errors import ClaimTaken, GuardFailed
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.values import Cell, Cells, chunks, marks, micros_or_none, rows_sql

_TAKE = "INSERT INTO csdesk_claim(desk,key,owner,expires_at) VALUES{} ON CONFLICT DO NOTHING"
_OWNERS = "SELECT key,owner,expires_at FROM csdesk_claim WHERE desk=? AND key IN ({})"
_PROLONG = "UPDATE csdesk_claim SET expires_at=? WHERE desk=? AND key=?"
_OWNER = "SELECT owner FROM csdesk_claim WHERE desk=? AND key=?"
_MOVE = "UPDATE csdesk_claim SET owner=? WHERE desk=? AND key=? AND owner=?"
_RELEASE = "DELETE FROM csdesk_claim WHERE desk=? AND key=? AND owner=?"

_UNBOUNDED = 2**62
_COUNT = (
    "INSERT INTO csdesk_counter(desk,name,value) VALUES(?,?,?)"
    " ON CONFLICT(desk,name) DO UPDATE SET value=value+excluded.value WHERE value+excluded.value<=?"
)
_COUNT_PRESENT = "UPDATE csdesk_counter SET value=value+? WHERE desk=? AND name=? AND value+?<=?"
_CARRY = (
    "UPDATE csdesk_seat SET load=load+?, rank=CASE line WHEN 0 THEN load+? ELSE rank END,"
    " assigned=CASE WHEN line=2 AND queue<>? THEN assigned ELSE ? END WHERE desk=? AND agent=? AND load+?<=?"
)
_DROP = (
    "UPDATE csdesk_seat SET load=load+?, rank=CASE line WHEN 0 THEN load+? ELSE rank END"
    " WHERE desk=? AND agent=? AND load+?<=?"
)
_FIRST_LOAD = (
    "INSERT INTO csdesk_seat(desk,agent,queue,load,assigned,capacity,open) VALUES(?,?,'',?,?,0,0)"
    " ON CONFLICT DO NOTHING"
)


def claim_cells(desk: int, claims: tuple[Claim, ...]) -> list[Cells]:
    """The rows of the claims."""
    return [(desk, claim.key, claim.owner, micros_or_none(claim.expires_at)) for claim in claims]


def take(execute: Execute, desk: int, claims: tuple[Claim, ...], rows: list[Cells]) -> dict[str, str]:
    """Take the claims; answers the owners of first-wins ones that were taken before.

    Raises:
        ClaimTaken: a required one belongs to somebody else.
    """
    taken = 0
    for part in chunks(rows):
        cells = [cell for row in part for cell in row]
        taken += execute(rows_sql(_TAKE, "(?,?,?,?)", len(part)), cells).rowcount
    return {} if taken == len(rows) else _settle(execute, desk, claims)


def _settle(execute: Execute, desk: int, claims: tuple[Claim, ...]) -> dict[str, str]:
    keys = [claim.key for claim in claims]
    held: dict[str, tuple[str, int | None]] = {}
    for part in chunks(keys):
        found = execute(_OWNERS.format(marks(len(part))), (desk, *part)).fetchall()
        held.update((key, (owner, expires_at)) for key, owner, expires_at in found)
    owners: dict[str, str] = {}
    for claim in claims:
        owner, expires_at = held[claim.key]
        if owner != claim.owner:
            if claim.mode is ClaimMode.REQUIRED:
                raise ClaimTaken(claim.key, owner)
            owners[claim.key] = owner
        elif expires_at != (wanted := micros_or_none(claim.expires_at)):
            execute(_PROLONG, (wanted, desk, claim.key))
            held[claim.key] = owner, wanted
    return owners


def move(execute: Execute, desk: int, moves: tuple[ClaimMove, ...]) -> None:
    """Give claims to others, or release them.

    Raises:
        ClaimTaken: ``before`` does not own one.
    """
    for one in moves:
        if one.after is None:
            cursor = execute(_RELEASE, (desk, one.key, one.before))
        else:
            cursor = execute(_MOVE, (one.after, desk, one.key, one.before))
        if cursor.rowcount != 1:
            row = execute(_OWNER, (desk, one.key)).fetchone()
            raise ClaimTaken(one.key, "" if row is None else row[0])


def count(execute: Execute, desk: int, deltas: tuple[Delta, ...], order: int) -> None:
    """Change counters; ``order`` tells this commit from others among those that gave work to agents.

    Raises:
        GuardFailed: one would pass its limit.
    """
    for delta in deltas:
        limit = _UNBOUNDED if delta.limit is None else delta.limit
        change = _load if delta.counter.startswith(LOAD) else _plain
        if not change(execute, desk, delta, limit, order):
            raise GuardFailed(delta.counter, delta.amount, limit)


def _plain(execute: Execute, desk: int, delta: Delta, limit: int, _: int) -> bool:
    amount = delta.amount
    if amount > limit:
        # Only a counter that stands below zero can take it: one that is missing stands at zero.
        cells: list[Cell] = [amount, desk, delta.counter, amount, limit]
        return execute(_COUNT_PRESENT, cells).rowcount == 1
    return execute(_COUNT, (desk, delta.counter, amount, limit)).rowcount == 1


def _load(execute: Execute, desk: int, delta: Delta, limit: int, order: int) -> bool:
    agent = delta.counter[len(LOAD) :]
    amount = delta.amount
    if amount > 0 or delta.given:
        cells = (amount, amount, delta.queue, order + delta.given, desk, agent, amount, limit)
        changed = execute(_CARRY, cells).rowcount
    else:
        changed = execute(_DROP, (amount, amount, desk, agent, amount, limit)).rowcount
    if changed or amount > limit:
        return changed > 0
    # No seat, or a guard: only a first seat can still be added.
    return (
        execute(_FIRST_LOAD, (desk, agent, amount, order + delta.given if amount > 0 or delta.given else 0)).rowcount
        == 1
    )
