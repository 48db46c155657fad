"""The records of a decision as they stand now: those of its snapshot, with what happened to them since."""

from __future__ import annotations

from typing import TypeVar

from csdesk.domain.ids import CustomerId, IdentityId, by_another_name
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import Stored, person_behind
from csdesk.domain.records.codec import KINDS
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import NotFound

R = TypeVar("R", Ticket, Customer, Message, Agent, LibraryPhrase, Article, Asset, Settlement)


class RecordsAtHand:
    """Looks records up by their ids, each by its kind."""

    _records: dict[str, Stored]
    homes: dict[IdentityId, CustomerId]
    """By identity: the customer whose document holds it, merged or not."""

    def ticket(self, ticket_id: str) -> Ticket:
        """The ticket as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        record = self._records.get(ticket_id)
        return record if type(record) is Ticket else self._known(Ticket, ticket_id)

    def customer(self, customer_id: str) -> Customer:
        """The customer as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        record = self._records.get(customer_id)
        return record if type(record) is Customer else self._known(Customer, customer_id)

    def message(self, message_id: str) -> Message:
        """The message as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        return self._known(Message, message_id)

    def find_message(self, message_id: str) -> Message | None:
        """The message as it stands now; None if the snapshot does not have it."""
        record = self._records.get(message_id)
        return record if type(record) is Message else None

    def agent(self, agent_id: str) -> Agent:
        """The agent as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        return self._known(Agent, agent_id)

    def phrase(self, phrase_id: str) -> LibraryPhrase:
        """The phrase as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        return self._known(LibraryPhrase, phrase_id)

    def article(self, article_id: str) -> Article:
        """The article as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        return self._known(Article, article_id)

    def settlement(self, settlement_id: str) -> Settlement:
        """The settlement as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        return self._known(Settlement, settlement_id)

    def asset(self, asset_id: str) -> Asset:
        """The asset as it stands now.

        Raises:
            NotFound: the snapshot does not have it.
        """
        return self._known(Asset, asset_id)

    def _known(self, kind: type[R], record_id: str) -> R:
        record = self._records.get(record_id)
        if type(record) is kind:
            return record
        raise NotFound(KINDS[kind], record_id, remedy=by_another_name(KINDS[kind], record_id))

    def find(self, record_id: str) -> Stored | None:
        """The record of that id, of whatever kind; None if the snapshot does not have it."""
        return self._records.get(record_id)

    def person(self, identity: str | None) -> Customer | None:
        """The customer behind an identity: its home customer, or the survivor that one was merged into."""
        return person_behind(identity, self.homes, self._records)
