"""What commands gave, narrowed to the record asked for; and drafts."""

from __future__ import annotations

from csdesk.domain.core.customers.erasing import is_erased
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import ChangeSet, Needs, Put
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import LessonsForgotten
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.replies import Draft
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import IllegalTransition
from csdesk.flows.commands import Done
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import everything, read
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query


def ticket_of(done: Done) -> Ticket:
    """The ticket that a command changed."""
    assert done.ticket is not None, "the command gave no ticket"
    return done.ticket


def new_ticket_of(done: Done) -> Ticket:
    """The ticket that a split made."""
    assert done.new_ticket is not None, "the command gave no new ticket"
    return done.new_ticket


def customer_of(done: Done) -> Customer:
    """The customer that a command changed."""
    assert done.customer is not None, "the command gave no customer"
    return done.customer


def agent_of(done: Done) -> Agent:
    """The agent that a command made or changed."""
    assert done.agent is not None, "the command gave no agent"
    return done.agent


def settlement_of(done: Done) -> Settlement:
    """The settlement that a command made or changed."""
    assert done.settlement is not None, "the command gave no settlement"
    return done.settlement


def phrase_of(done: Done) -> LibraryPhrase:
    """The phrase that a command made or changed."""
    assert done.phrase is not None, "the command gave no phrase"
    return done.phrase


def forgotten_by(done: Done) -> int:
    """How many lessons a command made the desk forget."""
    return sum(
        len(event.lessons) for entry in done.entries for event in entry.events if isinstance(event, LessonsForgotten)
    )


def asset_of(done: Done) -> Asset:
    """The asset that a command saved."""
    assert done.asset is not None, "the command gave no asset"
    return done.asset


def holidays_of(done: Done) -> PublicHolidays:
    """The holidays that a command saved."""
    assert done.holidays is not None, "the command gave no holidays"
    return done.holidays


def _draft_id(scope: Scope, ticket: str, actor: Actor) -> str:
    checks.an_id(ticket, "ticket")
    checks.an_instance(actor, Actor, "actor")
    # One draft for each ticket and author: the id is made of both.
    return scope.keys.counter("drf", ticket, str(actor))


def save_draft(ticket: str, text: str, actor: Actor) -> Flow[Draft]:
    """Keep a draft; it remembers the version of the ticket that it answers."""
    return (yield from retried(lambda scope: _save_draft(ticket, text, actor, scope)))


def _save_draft(ticket: str, text: str, actor: Actor, scope: Scope) -> Flow[Draft]:
    draft_id = _draft_id(scope, ticket, actor)
    loaded = yield from steps.load(Needs(tickets=(ticket,), drafts=(draft_id,), parties=True))
    work = workspace(loaded, scope)
    answered = work.ticket(ticket)
    if is_erased(work, answered):
        raise IllegalTransition(ticket, "erased", "save_draft")
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
