"""What the channel is asked to send: window, quota and content are checked before anything leaves the machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

from csdesk.domain.core.conversation.pacing import Barred
from csdesk.domain.core.conversation.pieces import Pieces, Unfit, pieces_of
from csdesk.domain.core.conversation.politeness import Held, caps_of, consent, held, is_automatic, is_unasked
from csdesk.domain.core.conversation.windows import Opening, opening_of, quota_counter, window_of
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import Capabilities, OutboundMessage, Sender, WindowState
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import AuthorKind, ChoicePart, Delivery, Direction, Message
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.domain.records.tickets import Role, Ticket
from csdesk.errors import NotFound
from csdesk.flows.outbound.pacing import paces_of
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import page_of
from csdesk.flows.working import channel_of, workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query

_ON_THEIR_WAY = (OutboxState.PENDING.value, OutboxState.SENDING.value)

MOST_TAPS = 20
"""How many taps on menus in a row are passed over to find what the customer wrote last."""

MOST_ANSWERED = 20
"""How many messages before it a channel with threads is told of."""

ARRIVED = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.READ})
"""The states of a message that the provider has taken over."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may be sent: the first of its sendings that is left, and all of them."""

    first: OutboundMessage
    pieces: Pieces
    done: int = 0
    """How many sendings the provider has taken over before."""
    quota: str = ""
    """The counter that each sending adds to; empty where the channel has no quota."""
    unasked: tuple[str, ...] = ()
    """The counters that the message adds to if nobody asked for it."""
    was_failing: bool = False
    """The account's last sending failed: success is worth noting."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """The provider's own receipt came first: nothing is left to do."""

    delivery: Delivery


def prepared(item: OutboxItem, able: Capabilities, scope: Scope) -> Flow[Ready | Unfit | Arrived | Held | Barred]:
    """What the adapter is asked to send, or why it is not asked."""
    conversation = scope.keys.conversation(item.account, item.conversation)
    paces = paces_of(item.account, item.conversation, able, scope)
    loaded = yield from steps.load(Needs(messages=(item.message,), claims=(conversation, *paces.keys), parties=True))
    work = workspace(loaded, scope)
    message = work.message(item.message)
    ticket = work.ticket(message.ticket)  # not the item's: the message may have moved since it was queued
    settled = _settled(message)
    if settled is not None:
        return settled
    receiving = work.find(work.claims.get(conversation, ""))
    opening = opening_of(ticket, receiving if isinstance(receiving, Ticket) else None)
    room = yield from room_of(item.account, item.conversation, opening, able, scope)
    made = fitting(message, able, room.window)
    if isinstance(made, Unfit):
        return made
    customer = work.person(message.identity)
    if customer is None:
        return Unfit("no_recipient", "other_recipient")
    manners = yield from _polite(message, customer, opening, loaded.policy, ticket.site, scope)
    if not isinstance(manners, tuple):
        return manners
    first = _outbound(message, ticket, customer, scope)
    if able.threads:
        first = first.model_copy(update={"answers": (yield from _answers(message))})
    if item.attempts or item.state is OutboxState.SENDING:
        first = first.model_copy(update={"again": True})
    barred = paces.admit(work, len(made) - len(message.pieces))
    if barred is not None:
        return barred
    if not (changes := work.changes()).is_empty:  # for most accounts nothing has changed
        yield from steps.commit(changes)
    failing = paces.pause in loaded.snapshot.claims
    return Ready(first, made, len(message.pieces), room.quota, manners, was_failing=failing)


def _settled(message: Message) -> Arrived | Unfit | None:
    """What the provider said after whoever sent it was gone, or why nobody may have it any more."""
    if message.delivery in ARRIVED:
        return Arrived(message.delivery)
    if message.erased_at is not None:
        return Unfit("erased", "other_recipient")
    if message.delivery is Delivery.FAILED:
        return Unfit(message.delivery_reason, message.delivery_needs)
    return None


def _polite(
    message: Message, customer: Customer, opening: Opening | None, policy: Policy, site: str | None, scope: Scope
) -> Flow[tuple[str, ...] | Unfit | Held]:
    """The counters of a message that nobody asked for (none for others), or why it may not go, or not yet."""
    config, zone = policy.config, policy.contact_zone(site)
    purpose, automatic = message.purpose, is_automatic(message)
    refused = consent(purpose, customer, config.contact, scope.now, automatic=automatic)
    if refused is not None:
        return refused
    if not is_unasked(purpose, opening, config.session_gap, scope.now, automatic=automatic):
        return ()
    caps = caps_of(scope.keys, purpose, customer.id, config.contact, scope.now, zone)
    counters = tuple(one.counter for one in caps)
    counted = yield from steps.load(Needs(counters=counters))
    return held(config.contact, caps, counted.snapshot.counters, scope.now, zone) or counters


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be said in a conversation now, and the counter that says how much was (empty: nothing counts)."""

    window: WindowState
    quota: str = ""


def room_of(account: str, conversation: str, opening: Opening | None, able: Capabilities, scope: Scope) -> Flow[Room]:
    """The room in a conversation that the customer opened so: one load where the channel has a quota."""
    if able.per_message is None or opening is None:
        return Room(window_of(opening, 0, able, scope.now))
    if not able.taps_renew:
        opening = yield from _before_taps(opening, account, conversation)
    quota = quota_counter(scope.keys, account, conversation, opening)
    loaded = yield from steps.load(Needs(counters=(quota,)))
    return Room(window_of(opening, loaded.snapshot.counters.get(quota, 0), able, scope.now), quota)


def _before_taps(opening: Opening, account: str, conversation: str) -> Flow[Opening]:
    """From when the quota counts where taps do not renew it: the last message that is none, else the first tap."""
    where = (("ticket", opening.ticket), ("account", account), ("direction", Direction.IN.value))
    query = Query(kind="message", where=where, order="occurred_at", descending=True, limit=MOST_TAPS)
    page = yield from page_of(Message, query)
    said = [one for one in page.items if one.conversation == conversation]
    written = (one for one in said if not any(isinstance(part, ChoicePart) for part in one.parts))
    counted = next(written, said[-1] if said else None)
    return opening if counted is None else replace(opening, message=counted.id)


def window(ticket_id: str) -> Flow[WindowState]:
    """Whether a reply on the ticket can be sent now, and how many more; those that wait in the outbox count as sent.

    Raises:
        NotFound: this desk has no such ticket, or this process no channel for its account.
    """
    scope = yield from steps.attempt(0, loads=3)
    loaded = yield from steps.load(checks.needs(Needs(tickets=(ticket_id,))))
    ticket = loaded.snapshot.tickets.get(ticket_id)
    if ticket is None:
        raise NotFound("ticket", ticket_id)
    able = channel_of(ticket.account, scope)
    key = scope.keys.conversation(ticket.account, ticket.conversation)
    loaded = yield from steps.load(Needs(claims=(key,)))
    receiving = loaded.snapshot.tickets.get(loaded.snapshot.claims.get(key, ""))
    room = yield from room_of(ticket.account, ticket.conversation, opening_of(ticket, receiving), able, scope)
    state = room.window
    if state.remaining is None:
        return state
    where = (("account", ticket.account), ("conversation", ticket.conversation), ("state", _ON_THEIR_WAY))
    left = max(0, state.remaining - (yield from steps.count(Query(kind="outbox", where=where))))
    return state.model_copy(update={"remaining": left, "is_open": state.is_open and left > 0})


def fitting(message: Message, able: Capabilities, window: WindowState) -> Pieces | Unfit:
    """The sendings of a message, if the channel and the window let all that are left of them pass."""
    if not window.is_open and not passes_anyway(message, able):
        return Unfit("window_closed", "template" if "template" in able.outside_window else "customer_message")
    made = pieces_of(message.parts, able)
    if isinstance(made, Unfit):
        return made
    left = len(made) - len(message.pieces)
    if left <= 0:
        return Unfit("pieces_changed", "check")  # the channel cuts differently now than when a part of it was sent
    if window.remaining is not None and left > window.remaining:
        never = able.per_message is not None and left > able.per_message
        return Unfit("quota", "shorter_text" if never else "customer_message")
    return made


def passes_anyway(message: Message, able: Capabilities) -> bool:
    """True if the message holds nothing but what may be sent outside the window."""
    return bool(message.parts) and all(part.kind in able.outside_window for part in message.parts)


def _answers(message: Message) -> Flow[tuple[str, ...]]:
    """The provider's ids of the messages of its ticket and account, newest first."""
    query = Query(
        kind="message",
        where=(("ticket", message.ticket), ("account", message.account)),
        order="occurred_at",
        descending=True,
        limit=MOST_ANSWERED,
    )
    page = yield from page_of(Message, query)
    return tuple(one.provider_id for one in page.items if one.provider_id and one.id != message.id)


def _outbound(message: Message, ticket: Ticket, customer: Customer, scope: Scope) -> OutboundMessage:
    copies = [customer.identity(one.identity) for one in ticket.participants if one.role is Role.CC]
    return OutboundMessage(
        key=message.id,
        account=message.account,
        conversation=message.conversation,
        ticket=ticket.id,
        to=recipient(message, customer),
        cc=tuple(
            Sender(kind=one.kind, scope=one.scope, external_id=one.external_id) for one in copies if one is not None
        ),
        subject=message.subject or ticket.subject,
        parts=message.parts,
        automatic=message.author is not AuthorKind.AGENT,
        purpose=message.purpose,
        occurred_at=scope.now,
    )


def recipient(message: Message, customer: Customer | None) -> Sender:
    """To whom a message goes, as the channel knows them."""
    identity = customer.identity(message.identity or "") if customer is not None else None
    return Sender(
        kind=identity.kind if identity else "external",
        scope=identity.scope if identity else "",
        external_id=identity.external_id if identity else message.conversation,
        name=customer.name if customer is not None else "",
    )
