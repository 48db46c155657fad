"""Conversations that a person has taken on the provider's own side, and given back."""

from __future__ import annotations

from csdesk.domain.core.casework.leases import is_with_bot
from csdesk.domain.core.casework.tickets import assign
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.conversation.reception import hand_off
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import HandoffEvent, SessionEvent
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def hand(event: HandoffEvent | SessionEvent, scope: Scope) -> Flow[None]:
    """Note on the ticket of the conversation who has it there; a known agent of ours gets the ticket too.

    While somebody has it there, nothing is answered automatically. The end of the session gives it back.
    """
    by, agent = (event.to, event.agent) if isinstance(event, HandoffEvent) else ("", "")
    seen = scope.keys.inbound(event.account, event.dedupe_key)
    conversation = scope.keys.conversation(event.account, event.conversation)
    agents = (agent,) if agent else ()
    loaded = yield from steps.load(Needs(claims=(seen, conversation), agents=agents, parties=True))
    ticket = loaded.snapshot.tickets.get(loaded.snapshot.claims.get(conversation, ""))
    if seen in loaded.snapshot.claims or ticket is None:
        return
    work = workspace(loaded, scope)
    work.begin(event.dedupe_key, Actor.adapter(event.account))
    work.claim(seen, event.dedupe_key, keep=loaded.policy.config.retention.inbound_claims)
    _note(work, ticket, by, agent)
    if isinstance(event, SessionEvent) and ticket.auto_replied_at is not None and not ticket.session_over:
        work.emit(ticket.id, ev.SessionBegan())
    work.end(ticket.id)
    yield from steps.commit(work.changes())


def _note(work: Workspace, ticket: Ticket, by: str, agent: str) -> None:
    if ticket.elsewhere != by:
        work.emit(ticket.id, ev.ConversationTaken(by=by, before=ticket.elsewhere))
        if by and is_with_bot(ticket):
            hand_off(work, work.ticket(ticket.id), "away")
    known = work.find(agent) if agent else None
    if isinstance(known, Agent) and not known.retired and ticket.is_live:
        assign(work, catch_up(work, work.ticket(ticket.id)), known.id, reason="elsewhere")
