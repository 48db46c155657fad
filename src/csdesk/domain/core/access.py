"""Who may do what: asked inside every decision, so that the answer rests on the same moment as the decision."""

from __future__ import annotations

from typing import Final

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.actors import Actor
from csdesk.errors import Denied

READ: Final = "read"
"""What grants call the reads of a ``Viewer``."""


def check_may(policy: Policy, actor: Actor, command: str, site: str | None = None) -> None:
    """Let the actor pass; ``site`` is that of the ticket that it is about.

    Raises:
        Denied: the access policy refuses; the caller records it.
    """
    reason = policy.may(actor, command, site)
    if reason is not None:
        raise Denied(str(actor), command, reason)
