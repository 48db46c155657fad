"""What an attempt works with: the workspace over its load, and the channels of its scope."""

from __future__ import annotations

from csdesk.domain.core.lineage import Past
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.channels import Capabilities
from csdesk.domain.routing.choice import Found
from csdesk.errors import NotFound
from csdesk.ports.steps import Loaded, Scope


def workspace(loaded: Loaded, scope: Scope, *, past: Past = Past(), found: Found | None = None) -> Workspace:
    """A workspace over a snapshot, under the policy that came with it."""
    return Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids, past=past, found=found)


def channel_of(account: str, scope: Scope) -> Capabilities:
    """What the channel of an account can do.

    Raises:
        NotFound: this process has no channel for it.
    """
    able = scope.channels.get(account)
    if able is None:
        raise NotFound("account", account, remedy="ask a process that has its channel")
    return able
