"""Searching messages: full text, and filters on them and on their tickets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from csdesk.domain.ids import CustomerId
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.text.features import query_tokens
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import get_customer, identities_of, read, sites_below
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, SearchRequest


@dataclass(frozen=True, slots=True)
class Found:
    """A message that a search found, with its ticket."""

    message: Message
    ticket: Ticket


def search(text: str, asked: SearchRequest, customer: CustomerId | None) -> Flow[Page[Found]]:
    """The messages that contain every part of ``text``, newest first; ``asked`` says which ones are looked at.

    Raises:
        NotFound: this desk has no such customer.
    """
    tokens = query_tokens(checks.a_text(text, "text"))
    tickets = yield from sites_below(asked.tickets)
    request = replace(checks.search(asked), phrases=tuple(tokens), tickets=tickets)
    yield from steps.attempt(0)
    if customer is not None:
        identities = yield from identities_of((yield from get_customer(customer)))
        request = replace(request, tickets=(*request.tickets, ("identity", identities)))
    hits = yield from steps.search(request)
    if not hits.items:
        return Page((), hits.cursor)
    loaded = yield from read(Needs(messages=tuple(hit.message for hit in hits.items)))
    snapshot = loaded.snapshot
    items = tuple(
        Found(snapshot.messages[hit.message], snapshot.tickets[hit.ticket])
        for hit in hits.items
        if hit.message in snapshot.messages and hit.ticket in snapshot.tickets
    )
    return Page(items, hits.cursor)
