"""What merging, unmerging, splitting and unlinking read before they decide: families, streams, conversations.

Streams are read between two loads. A record's version counts its entries, so a stream that is longer or shorter than
the version that the last load brought was read at another moment, and the command starts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from csdesk._batched import batched
from csdesk.domain.core.knowledge import lessons
from csdesk.domain.core.lineage import Entries, Past, former_ticket, received_since
from csdesk.domain.matching.book import LESSONS
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import VersionConflict
from csdesk.flows.reading.lists import everything, page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded, Scope
from csdesk.ports.store import Query

_MANY = 200
"""How many subjects one query names."""

Gathered = tuple[Loaded, Past]


def gather(  # noqa: C901, PLR0911  one line for each kind of command
    command: cmd.Command, loaded: Loaded, needs: Needs, scope: Scope
) -> Flow[Gathered]:
    """The last load of a command, at most two more than the first one, and what is read of the past.

    Raises:
        VersionConflict: something changed in between; start again.
    """
    snapshot = loaded.snapshot
    match command:
        case cmd.MergeTickets() if command.ticket in snapshot.tickets:
            return (yield from _for_merge(snapshot.tickets[command.ticket], needs, scope))
        case cmd.UnmergeTicket() if command.ticket in snapshot.tickets:
            return (yield from _for_unmerge(snapshot.tickets[command.ticket], loaded, needs, scope))
        case cmd.SplitTicket() if command.ticket in snapshot.tickets:
            return (yield from _for_split(snapshot.tickets[command.ticket], loaded, needs, scope))
        case cmd.ReassessTicket(mode="retro") if command.ticket in snapshot.tickets:
            return (yield from _for_reassessment(snapshot.tickets[command.ticket], loaded))
        case cmd.MergeCustomers() if command.customer in snapshot.customers:
            members = snapshot.customers[command.customer].members
            return (yield from steps.load(needs._replace(customers=(*needs.customers, *members)))), Past()
        case cmd.UnmergeCustomers() if command.customer in snapshot.customers:
            return (yield from _for_customers(snapshot.customers[command.customer], loaded, needs))
        case cmd.EraseCustomer() if command.customer in snapshot.customers:
            return (yield from _for_erase(snapshot.customers[command.customer], loaded, needs, scope))
        case cmd.UnlinkIdentity():
            return (yield from _for_unlink(command, loaded, needs))
        case cmd.SendReply() if command.ticket in snapshot.tickets:
            return (yield from _for_reply(command, snapshot.tickets[command.ticket], loaded, needs))
        case cmd.JudgeSuggestions():
            last = yield from steps.load(needs, phrases="yes")
            return last, Past(book=last.phrases)
        case cmd.ForgetLessons():
            return (yield from _for_forgetting(command, loaded, needs))
        case cmd.CorrectReply() if command.ticket in snapshot.tickets:
            return (yield from _for_correction(command, needs))
    return loaded, Past()


def _for_reply(command: cmd.SendReply, ticket: Ticket, loaded: Loaded, needs: Needs) -> Flow[Gathered]:
    """The suggestions that the reply chose from and the question they were for."""
    is_chosen = command.phrase is not None or bool(command.shown)
    is_checked = loaded.policy.config.wording.verbatim != "off" and loaded.snapshot.epochs.phrases > 0
    if not is_chosen:
        if not is_checked:
            return loaded, Past()
        last = yield from steps.load(needs, phrases="yes")
        return last, Past(book=last.phrases)
    question = command.question or ticket.customer_message
    named = tuple(one for one in (command.phrase, *command.shown) if one is not None)
    last = yield from steps.load(
        needs._replace(
            messages=(*needs.messages, *((question,) if question is not None else ())),
            phrases=named,
            counters=(*needs.counters, *lessons.COUNTERS),
        ),
        phrases="yes",
    )
    return last, Past(book=last.phrases)


def _for_forgetting(command: cmd.ForgetLessons, loaded: Loaded, needs: Needs) -> Flow[Gathered]:
    """The lessons; of a phrase that is not there also the library, so that the error can name the nearest."""
    streams = {ev.LEARNING: (yield from _last_lessons())}
    if command.phrase is None or command.phrase in loaded.snapshot.phrases:
        return loaded, Past(streams=streams)
    last = yield from steps.load(needs, phrases="yes")
    return last, Past(streams=streams, book=last.phrases)


def _last_lessons() -> Flow[tuple[Entry, ...]]:
    """The entries of the lessons that count, in their order, and of what was forgotten."""
    found: list[Entry] = []
    query = Query(kind="entry", where=(("subject", ev.LEARNING),), order="position", descending=True, limit=500)
    while True:
        page = yield from page_of(Entry, query)
        found += page.items
        if page.cursor is None or len(found) >= 2 * LESSONS:
            return tuple(reversed(found))
        query = replace(query, after=page.cursor)


def _for_correction(command: cmd.CorrectReply, needs: Needs) -> Flow[Gathered]:
    """Where the wrong answer came from: the stream of its ticket, and the question."""
    streams = yield from _streams((command.ticket,))
    made_from, question = lessons.origin_of(Past(streams=streams), command.ticket, command.message)
    named = tuple(one for one in (made_from, command.right) if one is not None)
    asked = (question,) if question is not None else ()
    last = yield from steps.load(
        needs._replace(phrases=named, messages=(*needs.messages, *asked)), phrases="yes" if asked else "no"
    )
    return last, Past(streams=streams, book=last.phrases)


def _for_merge(ticket: Ticket, needs: Needs, scope: Scope) -> Flow[Gathered]:
    """What was merged into the ticket before, and the conversations that are handed over."""
    needs = needs._replace(tickets=(*needs.tickets, *ticket.absorbed))
    more = yield from steps.load(needs)
    found = more.snapshot.tickets
    keys = _conversations((found[one] for one in (ticket.id, *ticket.absorbed) if one in found), scope)
    return (yield from steps.load(needs._replace(claims=needs.claims + keys))), Past()


def _conversations(tickets: Iterable[Ticket], scope: Scope) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scope.keys.conversation(one.account, one.conversation) for one in tickets))


def _for_unmerge(ticket: Ticket, loaded: Loaded, needs: Needs, scope: Scope) -> Flow[Gathered]:
    survivor = loaded.snapshot.tickets.get(ticket.merged_into or "")
    if survivor is None:
        return loaded, Past()
    family = (survivor.id, *survivor.absorbed)
    streams = yield from _streams(family)
    _check_told(ticket, streams)
    worker = former_ticket(streams[ticket.id]).ticket.assignee
    last = yield from steps.load(
        needs._replace(
            claims=needs.claims + _conversations((ticket,), scope),
            tickets=family,
            agents=(worker,) if worker is not None else (),
            messages=received_since(streams[survivor.id], ticket.id),
        )
    )
    for key in family:
        _check_told(last.snapshot.tickets[key], streams)
    return last, Past(streams=streams)


def _for_split(ticket: Ticket, loaded: Loaded, needs: Needs, scope: Scope) -> Flow[Gathered]:
    streams = yield from _streams((ticket.id,))
    messages = yield from everything(Message, Query(kind="message", where=(("ticket", ticket.id),), limit=1000))
    mail = tuple(
        scope.keys.mail(one.account, one.provider_id)
        for one in loaded.snapshot.messages.values()
        if one.provider_id and one.ticket == ticket.id
    )
    last = yield from steps.load(needs._replace(claims=needs.claims + tuple(dict.fromkeys(mail))))
    _check_told(ticket, streams)
    _check_told(last.snapshot.tickets[ticket.id], streams)
    number = yield from steps.take_number()
    return last, Past(streams=streams, messages=messages, number=number)


def _for_reassessment(ticket: Ticket, loaded: Loaded) -> Flow[Gathered]:
    streams = yield from _streams((ticket.id,))
    _check_told(ticket, streams)
    return loaded, Past(streams=streams)


def _for_customers(customer: Customer, loaded: Loaded, needs: Needs) -> Flow[Gathered]:
    survivor = loaded.snapshot.customers.get(customer.merged_into or "")
    if survivor is None:
        return loaded, Past()
    family = (survivor.id, *survivor.members)
    streams = yield from _streams(family)
    last = yield from steps.load(needs._replace(customers=family))
    for key in family:
        _check_told(last.snapshot.customers[key], streams)
    return last, Past(streams=streams)


def _for_erase(customer: Customer, loaded: Loaded, needs: Needs, scope: Scope) -> Flow[Gathered]:
    """Everybody who was merged, and the claims of their identities; a store that cannot erase is found out here."""
    yield from steps.media_in_use(())
    survivor = loaded.snapshot.customers.get(customer.merged_into or customer.id, customer)
    needs = needs._replace(customers=(*needs.customers, survivor.id, *survivor.members))
    more = yield from steps.load(needs)
    held = (one for found in more.snapshot.customers.values() for one in found.identities if one.external_id)
    keys = tuple(scope.keys.identity(one.kind, one.scope, one.external_id) for one in held)
    return (yield from steps.load(needs._replace(claims=needs.claims + keys))), Past()


def _for_unlink(command: cmd.UnlinkIdentity, loaded: Loaded, needs: Needs) -> Flow[Gathered]:
    """The customer that the identity came from, if it came from one."""
    holders = loaded.snapshot.customers.values()
    found = next((known for one in holders if (known := one.identity(command.identity)) is not None), None)
    if found is None or found.origin is None:
        return loaded, Past()
    return (yield from steps.load(needs._replace(customers=(found.origin,)))), Past()


def _streams(subjects: tuple[str, ...]) -> Flow[Mapping[str, Entries]]:
    found: dict[str, list[Entry]] = {subject: [] for subject in subjects}
    for part in batched(subjects, _MANY):
        where = (("subject", part),)
        for entry in (yield from everything(Entry, Query(kind="entry", where=where, order="position", limit=500))):
            found[entry.subject].append(entry)
    return MappingProxyType({subject: tuple(entries) for subject, entries in found.items()})


def _check_told(record: Ticket | Customer, streams: Mapping[str, Entries]) -> None:
    told = len(streams.get(record.id, ()))
    if told != record.version:
        kind = "ticket" if isinstance(record, Ticket) else "customer"
        raise VersionConflict(kind, record.id, expected=told)
