"""The workspace of an attempt: what its load brought, and what its scope gave."""

from __future__ import annotations

from csdesk.domain.core.lineage import Past
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.routing.choice import Found
from csdesk.ports.steps import Loaded, Scope


def workspace(loaded: Loaded, scope: Scope, *, past: Past = Past(), found: Found | None = None) -> Workspace:
    """A workspace over a snapshot, under the policy that came with it."""
    return Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids, past=past, found=found)
