"""What unmerging gives back to its caller: both sides, and what stayed with the survivor.

The trace of the command is the source of both, so that a second run under the same idempotency key tells the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from csdesk.domain.ids import IdentityId, MessageId
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Entry
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Trace
from csdesk.errors import FlowError, sentence
from csdesk.flows.commands import Done
from csdesk.flows.reading.lists import everything, read
from csdesk.flows.results import customer_of, ticket_of
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmerged:
    """A ticket that was taken out of its survivor, both as they stand now."""

    ticket: Ticket
    survivor: Ticket
    stayed: tuple[MessageId, ...]
    """The messages of the ticket's conversation that came after the merge: they stay on the survivor."""
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergedCustomer:
    """A customer that was taken out of its survivor, both as they stand now.

    The rest is what was set on the two together after the merge, and stays with the survivor.
    """

    customer: Customer
    survivor: Customer
    attributes: tuple[str, ...]
    """The names of profile values."""
    tags: tuple[str, ...]
    fields: tuple[str, ...]
    """Which of ``name``, ``level``, ``stage``, ``language``, ``dedicated_agent`` and ``block`` were set."""
    identities: tuple[IdentityId, ...]
    """Identities that were linked to the survivor; ``desk.customers.unlink`` gives one a home of its own."""
    trace: Trace


def unmerged_ticket(done: Done) -> Flow[Unmerged]:
    """The outcome of ``UnmergeTicket``."""
    ticket = ticket_of(done)
    trace = yield from _trace_of(done, "unmerge.ticket")
    survivor = _param(trace, "unmerge.ticket", "out_of")
    loaded = yield from read(Needs(tickets=(survivor,)))
    stayed = (one.param("message") for one in trace.verdicts if one.code == "unmerge.stayed")
    return Unmerged(
        ticket=ticket,
        survivor=loaded.snapshot.tickets[survivor],
        stayed=tuple(MessageId(str(one)) for one in stayed),
        trace=trace,
    )


def unmerged_customer(done: Done) -> Flow[UnmergedCustomer]:
    """The outcome of ``UnmergeCustomers``."""
    customer = customer_of(done)
    trace = yield from _trace_of(done, "unmerge.customer")
    survivor = _param(trace, "unmerge.customer", "out_of")
    loaded = yield from read(Needs(customers=(survivor,)))
    return UnmergedCustomer(
        customer=customer,
        survivor=loaded.snapshot.customers[survivor],
        attributes=_kept(trace, "attribute"),
        tags=_kept(trace, "tag"),
        fields=_kept(trace, "field"),
        identities=tuple(map(IdentityId, _kept(trace, "identity"))),
        trace=trace,
    )


def _kept(trace: Trace, kind: str) -> tuple[str, ...]:
    kept = (one for one in trace.verdicts if one.code == "unmerge.kept" and one.param("kind") == kind)
    return tuple(str(one.param("name")) for one in kept)


def _trace_of(done: Done, code: str) -> Flow[Trace]:
    """The trace of the command, or of its first run."""
    if done.trace.find(code) is not None:
        return done.trace
    entries = yield from everything(Entry, Query(kind="entry", where=(("cause", done.id),), order="position"))
    told = (one.trace for one in entries if one.trace is not None and one.trace.find(code) is not None)
    return next(told, Trace())


def _param(trace: Trace, code: str, name: str) -> str:
    found = trace.find(code)
    if found is None:
        raise FlowError(sentence("the trace of the command has no {code}", code=code))
    return str(found.param(name))
