"""What tags say of a stretch of time: which ones were put on tickets most, and on what they gather."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from csdesk.domain.ids import TicketId
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records._model import Scalar
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

Polarity = Literal["negative", "neutral", "positive"]

EXAMPLES: Final = 3
"""How many tickets each row names."""

_BY: Final[dict[str, Callable[[Ticket], Scalar]]] = {
    "type": lambda ticket: ticket.type,
    "queue": lambda ticket: ticket.queue,
    "account": lambda ticket: ticket.account,
    "language": lambda ticket: ticket.language,
    "site": lambda ticket: ticket.site,
}


@dataclass(frozen=True, slots=True)
class TagCount:
    """How many tickets got a tag: all of them, or those with one value of what the report goes by."""

    tag: str
    value: Scalar
    """None where the report goes by nothing, or the ticket has no value."""
    tickets: int
    examples: tuple[TicketId, ...]
    """The latest of them."""


_Found = dict[tuple[str, Scalar], list[tuple[datetime, TicketId]]]


def top_tags(
    polarity: Polarity, since: datetime, until: datetime, by: str | None, limit: int
) -> Flow[tuple[TagCount, ...]]:
    """The tags of that polarity that were put on tickets in a stretch of time and are still there, most first."""
    _check(since, until, by)
    checks.a_number(limit, "limit", 1, 1000)
    yield from steps.attempt(0)
    config = (yield from steps.load(Needs())).policy.config
    names = _named(config, polarity)
    if not names:
        return ()
    read = _reader(by)
    found: _Found = {}
    for name in names:
        # Whoever was given a tag since then has changed since then.
        query: Query | None = Query(kind="ticket", where=(("tag", name),), since=since, limit=500)
        while query is not None:
            page = yield from page_of(Ticket, query)
            for ticket, at in _given(page, name, since, until):
                found.setdefault((name, read(ticket)), []).append((at, ticket.id))
            query = None if page.cursor is None else replace(query, after=page.cursor)
    return tuple(sorted(_rows(found), key=_most_first)[:limit])


def _given(page: Page[Ticket], name: str, since: datetime, until: datetime) -> Iterator[tuple[Ticket, datetime]]:
    """The tickets of a page that were given that tag, and when."""
    return (
        (ticket, tag.at) for ticket in page.items for tag in ticket.tags if tag.name == name and since <= tag.at < until
    )


def _rows(found: _Found) -> Iterator[TagCount]:
    for (tag, value), tickets in found.items():
        latest = sorted(tickets, reverse=True)[:EXAMPLES]
        yield TagCount(tag, value, len(tickets), tuple(key for _, key in latest))


def _most_first(row: TagCount) -> tuple[int, str, str]:
    return -row.tickets, row.tag, str(row.value)


def _named(config: DeskConfig, polarity: Polarity) -> tuple[str, ...]:
    if polarity not in ("negative", "neutral", "positive"):
        raise InvalidInput("polarity", "is none", "pass negative, neutral or positive")
    return tuple(one.name for one in config.tags if one.polarity == polarity)


def _reader(by: str | None) -> Callable[[Ticket], Scalar]:
    if by is None:
        return lambda _: None
    return _BY[by] if by in _BY else lambda ticket: ticket.field(by[2:])


def _check(since: datetime, until: datetime, by: str | None) -> None:
    for name, at in (("since", since), ("until", until)):
        checks.an_instance(at, datetime, name)
        if at.tzinfo is None:
            raise InvalidInput(name, "has no time zone", "pass an aware datetime, for example with tzinfo=datetime.UTC")
    if since >= until:
        raise InvalidInput("until", "is not after since", "pass the end of the stretch")
    if by is not None and checks.an_id(by, "by") not in _BY and not (by.startswith("x.") and len(by) > 2):
        raise InvalidInput(
            "by", "is nothing that a report can go by", sentence("pass one of {names}, x.<name>", names=tuple(_BY))
        )
