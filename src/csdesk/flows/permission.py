"""Asking whether an actor may: a refusal is an event before it is an error."""

from __future__ import annotations

from csdesk.domain.core.access import check_may
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import Denied
from csdesk.ports import steps
from csdesk.ports.steps import Flow


def require(work: Workspace, actor: Actor, command: str, subject: str) -> Flow[None]:
    """Let the actor pass; ``work`` has begun the command and done nothing yet.

    Raises:
        Denied: the access policy refuses, and the refusal is recorded.
    """
    try:
        ticket = work.find(subject) if work.policy.sites else None
        check_may(work.policy, actor, command, ticket.site if isinstance(ticket, Ticket) else None)
    except Denied as denied:
        yield from refuse(work, denied, subject)


def refuse(work: Workspace, denied: Denied, subject: str) -> Flow[None]:
    """Record a refusal, and raise it.

    Raises:
        Denied: always.
    """
    command, reason = str(denied.params["command"]), str(denied.params["reason"])
    work.emit(ev.DESK, ev.CommandDenied(subject=subject, command=command, reason=reason))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    raise denied
