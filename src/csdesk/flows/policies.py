"""Changing the configuration of a running desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from csdesk.domain.policy.compiled import Policy, compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.changes import ConfigRow, EpochName, Needs
from csdesk.domain.records.queues import DueItem
from csdesk.flows.due.rebuilding import walks
from csdesk.flows.permission import require
from csdesk.flows.reading import checks, lists
from csdesk.flows.removal.keeping import kept_items
from csdesk.flows.retrying import retried
from csdesk.flows.routing.reconciling import planned
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def activate(config: DeskConfig, actor: Actor, run: str, *, only_first: bool = False) -> Flow[bool]:
    """Make a configuration the active one; False if it was already (or, with ``only_first``, if any one was).

    From the moment of the commit on, no process commits a decision that rests on another one.
    """
    checks.an_instance(config, DeskConfig, "config")
    checks.an_instance(actor, Actor, "actor")
    is_new = yield from retried(lambda scope: _activate(config, actor, run, only_first, scope))
    if is_new:
        yield from lists.read(Needs())  # so that this process has it at hand
    return is_new


def _activate(config: DeskConfig, actor: Actor, run: str, only_first: bool, scope: Scope) -> Flow[bool]:
    loaded = yield from steps.load(Needs())
    before = None if loaded.snapshot.epochs.config == 0 else loaded.policy
    if before is not None and only_first:
        return False
    digest = config.digest
    if before is not None and before.digest == digest and before.is_usable:
        return False
    compiled = _compiled(config, digest, loaded.policy)
    if before is None or before.is_usable:
        work = workspace(loaded, scope)
    else:
        _check_host(actor, before)
        work = workspace(loaded._replace(policy=compiled), scope)
    work.begin(run, actor)
    if before is not None:  # a new desk has no policy yet that could refuse
        yield from require(work, actor, "activate_config", ev.DESK)
    work.emit(ev.DESK, ev.ConfigActivated(digest=digest, before="" if before is None else before.digest))
    work.bump(EpochName.CONFIG)
    for item in _due(before, compiled, run, scope.now):
        work.put_due(item)
    work.put_config(ConfigRow(digest, config.canonical_json(), scope.now, compiled.routing.orders))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    return True


def _compiled(config: DeskConfig, digest: str, known: Policy) -> Policy:
    """A new desk was opened with the policy that it now takes: that one need not be compiled again."""
    return known if known.digest == digest and known.is_usable else compile_policy(config)


def _check_host(actor: Actor, before: Policy) -> None:
    """Nobody can tell who might change a policy that cannot be read: only the host itself may."""
    if actor.kind is not ActorKind.SYSTEM:
        _ = before.config


def _due(before: Policy | None, after: Policy, run: str, now: datetime) -> Iterator[DueItem]:
    yield from kept_items(now)
    yield planned(now, after.config)
    if before is not None:
        yield from walks(before, after, run, now)


def active() -> Flow[DeskConfig]:
    """The configuration in force.

    Raises:
        ConfigUnreadable: this release cannot use it.
    """
    return (yield from lists.read(Needs())).policy.config


def active_digest() -> Flow[str]:
    """The digest of the configuration in force, even of one that cannot be used."""
    return (yield from lists.read(Needs())).policy.digest
