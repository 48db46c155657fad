"""What commands gave, narrowed to the record asked for."""

from __future__ import annotations

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import LessonsForgotten
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.commands import Done


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
