"""Changing the configuration of a running desk."""

from __future__ import annotations

from csdesk.domain.core.access import check_may
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ConfigRow, EpochName, Needs
from csdesk.flows.retrying import retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def activate(config: DeskConfig, actor: Actor, run: str) -> Flow[bool]:
    """Make a configuration the active one; False if it was already.

    From the moment of the commit on, no process commits a decision that rests on another one.
    """
    return (yield from retried(lambda scope: _activate(config, actor, run, scope)))


def _activate(config: DeskConfig, actor: Actor, run: str, scope: Scope) -> Flow[bool]:
    loaded = yield from steps.load(Needs())
    check_may(loaded.policy, actor, "activate_config")
    digest = config.digest
    if loaded.policy.digest == digest and loaded.snapshot.epochs.config > 0:
        return False
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    work.begin(run, actor)
    before = loaded.policy.digest if loaded.snapshot.epochs.config > 0 else ""
    work.emit(ev.DESK, ev.ConfigActivated(digest=digest, before=before))
    work.bump(EpochName.CONFIG)
    work.put_config(ConfigRow(digest, config.canonical_json(), scope.now))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    return True

