"""Signs that somebody is typing: for a few seconds, in a claim, for whoever reads the conversation from the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from csdesk.domain.ids import TicketId
from csdesk.domain.records import channels as ch
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.errors import NotFound, UnsupportedFeature, sentence
from csdesk.flows.channels.feeding import TYPING_LASTS, feed_counter, typed_at, typing_key
from csdesk.flows.permission import require
from csdesk.flows.reading import checks
from csdesk.flows.retrying import retried
from csdesk.flows.working import channel_of, workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

Side = Literal["in", "out"]

_KEEP: Final = timedelta(days=1)
_ANEW: Final = TYPING_LASTS / 2
"""A sign that is younger than this is not renewed: people press many keys."""


def show_typing(ticket_id: str, actor: Actor, run: str) -> Flow[None]:
    """Show the customer of a ticket that somebody of ours is typing.

    Raises:
        NotFound: this desk has no such ticket, or this process no channel for its account.
        UnsupportedFeature: nobody reads conversations through the channel.
    """
    checks.an_id(ticket_id, "ticket")
    checks.an_instance(actor, Actor, "actor")
    yield from retried(lambda scope: _show(TicketId(ticket_id), actor, run, scope))


def _show(ticket_id: TicketId, actor: Actor, run: str, scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs(tickets=(ticket_id,), parties=True))
    work = workspace(loaded, scope)
    ticket = work.ticket(ticket_id)
    work.begin(run, actor)
    yield from require(work, actor, "reply", ticket.id)
    able = channel_of(ticket.account, scope)
    if not able.feed:
        raise UnsupportedFeature(
            sentence("account {account}", account=ticket.account),
            "show typing from the desk",
            "some adapters show it themselves: see typing",
        )
    yield from _sign(ticket.account, ticket.conversation, "out", scope)


def note_typing(event: ch.TypingEvent, scope: Scope) -> Flow[None]:
    """Keep that a customer is typing, if the conversation has a ticket."""
    known = scope.keys.conversation(event.account, event.conversation)
    loaded = yield from steps.load(Needs(claims=(known,)))
    if known in loaded.snapshot.claims:
        yield from _sign(event.account, event.conversation, "in", scope)


def _sign(account: str, conversation: str, side: Side, scope: Scope) -> Flow[None]:
    key = typing_key(scope.keys, account, conversation, side)
    loaded = yield from steps.load(Needs(claims=(key,)))
    known = loaded.snapshot.claims.get(key)
    if known is not None and scope.now - typed_at(known) < _ANEW:
        return
    work = workspace(loaded, scope)
    now = str(int(scope.now.timestamp() * 1000))
    if known is None:
        work.claim(key, now, keep=_KEEP)
    else:
        work.move_claim(key, known, now)
    if side == "out":
        work.add(feed_counter(scope.keys, account, conversation), 1)
    yield from steps.commit(work.changes())


def customer_types(ticket_id: str) -> Flow[datetime | None]:
    """Until when the sign of a ticket's customer lasts; None: they are not typing.

    Raises:
        NotFound: this desk has no such ticket.
    """
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(checks.needs(Needs(tickets=(ticket_id,))))
    ticket = loaded.snapshot.tickets.get(ticket_id)
    if ticket is None:
        raise NotFound("ticket", ticket_id)
    key = typing_key(scope.keys, ticket.account, ticket.conversation, "in")
    needs = Needs(claims=(key,), messages=(ticket.last_message,) if ticket.last_message else ())
    found = (yield from steps.load(needs)).snapshot
    last = found.messages.get(ticket.last_message or "")
    begun = typed_at(found.claims.get(key, "0"))
    until = begun + TYPING_LASTS
    is_said = last is not None and last.author == "customer" and last.received_at >= begun
    return None if until <= scope.now or is_said else until.astimezone(UTC)
