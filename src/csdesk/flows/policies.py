"""Changing the configuration of a running desk."""

from __future__ import annotations

from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ConfigRow, EpochName, Needs
from csdesk.flows import checks
from csdesk.flows.keeping import kept_items
from csdesk.flows.permission import require
from csdesk.flows.rebuilding import walks
from csdesk.flows.reconciling import planned
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def activate(config: DeskConfig, actor: Actor, run: str, *, only_first: bool = False) -> Flow[bool]:
    """Make a configuration the active one; False if it was already (or, with ``only_first``, if any one was).

    From the moment of the commit on, no process commits a decision that rests on another one.
    """
    checks.an_instance(config, DeskConfig, "config")
    checks.an_instance(actor, Actor, "actor")
    return (yield from retried(lambda scope: _activate(config, actor, run, only_first, scope)))


def _activate(config: DeskConfig, actor: Actor, run: str, only_first: bool, scope: Scope) -> Flow[bool]:
    loaded = yield from steps.load(Needs())
    digest = config.digest
    is_first = loaded.snapshot.epochs.config == 0
    if not is_first and (only_first or loaded.policy.digest == digest):
        return False
    work = workspace(loaded, scope)
    work.begin(run, actor)
    if not is_first:  # a new desk has no policy yet that could refuse
        yield from require(work, actor, "activate_config", ev.DESK)
    before = "" if is_first else loaded.policy.digest
    work.emit(ev.DESK, ev.ConfigActivated(digest=digest, before=before))
    work.bump(EpochName.CONFIG)
    for item in kept_items(scope.now):
        work.put_due(item)
    work.put_due(planned(scope.now, config))
    compiled = compile_policy(config)
    if not is_first:
        for item in walks(loaded.policy, compiled, run, scope.now):
            work.put_due(item)
    work.put_config(ConfigRow(digest, config.canonical_json(), scope.now, compiled.routing.orders))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    return True


def active() -> Flow[DeskConfig]:
    """The configuration in force."""
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs())
    return loaded.policy.config
