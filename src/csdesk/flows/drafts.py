"""Drafts of replies: one for each ticket and author."""

from __future__ import annotations

from csdesk.domain.core.customers.erasing import is_erased
from csdesk.domain.ids import COMMAND
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet, Needs, Put
from csdesk.domain.records.drafts import Draft
from csdesk.errors import IllegalTransition
from csdesk.flows.permission import require
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import everything, read
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query


def save_draft(ticket: str, text: str, actor: Actor) -> Flow[Draft]:
    """Keep a draft; it remembers the version of the ticket that it answers.

    Raises:
        Denied: the actor may not reply.
    """
    return (yield from retried(lambda scope: _save_draft(ticket, text, actor, scope)))


def _save_draft(ticket: str, text: str, actor: Actor, scope: Scope) -> Flow[Draft]:
    draft_id = _draft_id(scope, ticket, actor)
    loaded = yield from steps.load(Needs(tickets=(ticket,), drafts=(draft_id,), parties=True))
    work = workspace(loaded, scope)
    answered = work.ticket(ticket)
    if is_erased(work, answered):
        raise IllegalTransition(ticket, "erased", "save_draft")
    work.begin(scope.ids.new(COMMAND), actor)
    yield from require(work, actor, "reply", answered.id)
    old = loaded.snapshot.drafts.get(draft_id)
    before = old.version if old is not None else 0
    draft = Draft(
        id=draft_id,
        version=before + 1,
        ticket=ticket,
        author=actor.id,
        text=text,
        answers_version=answered.version,
        updated_at=scope.now,
    )
    # The epoch is checked so that nothing is kept about somebody whom another process has begun to erase.
    yield from steps.commit(ChangeSet(config_epoch=loaded.snapshot.epochs.config, puts=(Put(draft, before),)))
    return draft


def get_draft(ticket: str, actor: Actor) -> Flow[Draft | None]:
    """The actor's draft on a ticket, None if there is none."""
    scope = yield from steps.attempt(0)
    draft_id = _draft_id(scope, ticket, actor)
    loaded = yield from read(Needs(drafts=(draft_id,)))
    return loaded.snapshot.drafts.get(draft_id)


def list_drafts(ticket: str) -> Flow[tuple[Draft, ...]]:
    """All drafts on a ticket."""
    return (yield from everything(Draft, Query(kind="draft", where=(("ticket", ticket),), limit=200)))


def _draft_id(scope: Scope, ticket: str, actor: Actor) -> str:
    checks.an_id(ticket, "ticket")
    checks.an_instance(actor, Actor, "actor")
    # One draft for each ticket and author: the id is made of both.
    return scope.keys.counter("drf", ticket, str(actor))
