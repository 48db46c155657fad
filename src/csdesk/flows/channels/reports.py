"""What a channel reports beside messages: receipts, recalls, edits, people of ours who answered elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeVar, get_args

from csdesk.domain.core.conversation.pieces import Unfit, piece_of, pieces_of, reserved
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId
from csdesk.domain.records import channels as ch
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.queues import InboxItem, InboxState, OutboxItem, OutboxState
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.channels.entering import note_entrance
from csdesk.flows.channels.greeting import greet
from csdesk.flows.channels.handing import hand
from csdesk.flows.channels.people import note_contact, note_identity, opt_out
from csdesk.flows.channels.reacting import first_message, keys_of, note_reaction
from csdesk.flows.channels.riding import Rider
from csdesk.flows.channels.typing_signs import note_typing
from csdesk.flows.inbound.pipeline import BATCH, Arrival, arrival_of, receive_many
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

T = TypeVar("T")

_STATES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "failed": Delivery.FAILED,
    "blocked": Delivery.FAILED,
    "opted_out": Delivery.FAILED,
}
_NEEDS = {"blocked": "consent", "opted_out": "consent"}
_RANK = {
    Delivery.PENDING: 0,
    Delivery.SENDING: 1,
    Delivery.UNKNOWN: 2,
    Delivery.SENT: 3,
    Delivery.DELIVERED: 4,
    Delivery.READ: 5,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a channel's events."""

    received: tuple[ch.Received, ...] = ()
    reports: int = 0


_EVENTS: Final[tuple[type, ...]] = get_args(get_args(ch.ChannelEvent)[0])


def take_events(account: str, events: Sequence[ch.ChannelEvent], rider: Rider | None = None) -> Flow[Taken]:
    """Store what a channel reported, in order: runs of messages share commits; the last commit takes ``rider`` along.

    Raises:
        InvalidInput: something else than channel events is among them.
    """
    for event in events:
        if not isinstance(event, _EVENTS):
            raise InvalidInput(
                "events",
                sentence("holds a {type}", type=type(event).__name__),
                "pass channel events and inbound messages",
            )
    received: list[ch.Received] = []
    reports = 0
    units = yield from _units(account, events)
    for unit in units:
        last = rider if unit is units[-1] else None
        if isinstance(unit, list):
            received.extend((yield from _take_run(unit, last)))
        else:
            reports += 1
            yield from _carrying(last, _report(unit))
    return Taken(tuple(received), reports)


_Unit = list[Arrival] | ch.ChannelEvent


def _units(account: str, events: Sequence[ch.ChannelEvent]) -> Flow[list[_Unit]]:
    """Runs of messages, and between them everything else, one by one."""
    units: list[_Unit] = []
    ids = (yield from steps.attempt(0)).ids
    adapter = Actor.adapter(account)
    for event in events:
        is_ours = isinstance(event, ch.EchoEvent) and (yield from _is_ours(event))
        message = event if isinstance(event, ch.InboundMessage) else _echo(event)
        if message is None or is_ours:
            units.append(event)
            continue
        if not units or not isinstance(units[-1], list):
            units.append([])
        run = units[-1]
        assert isinstance(run, list)
        run.append(arrival_of(message, adapter, ids))
    return units


def _take_run(run: list[Arrival], rider: Rider | None) -> Flow[list[ch.Received]]:
    """Take in messages; the last batch of them takes the rider along."""
    at = (len(run) - 1) // BATCH * BATCH
    received = list((yield from receive_many(run[:at])))
    received.extend((yield from _carrying(rider, receive_many(run[at:]))))
    return received


def _carrying(rider: Rider | None, flow: Flow[T]) -> Flow[T]:
    return flow if rider is None else rider.on(flow)


def _is_ours(event: ch.EchoEvent) -> Flow[bool]:
    """True if what comes back was sent by this desk, even if its sending is still under way."""
    names = _names_in(event)
    if not names:
        return False
    scope = yield from steps.attempt(0)
    keys = tuple(scope.keys.outbound(event.account, name) for name in names)
    loaded = yield from steps.load(Needs(claims=keys))
    return any(key in loaded.snapshot.claims for key in keys)


def _names_in(event: ch.EchoEvent | ch.StatusEvent) -> Collection[str]:
    """The names under which the desk may have sent what a report is about."""
    return dict.fromkeys(name for one in (event.key, event.provider_id) if one for name in reserved(one))


def _echo(event: ch.ChannelEvent) -> ch.InboundMessage | None:
    if not isinstance(event, ch.EchoEvent):
        return None
    return ch.InboundMessage(
        account=event.account,
        dedupe_key=event.dedupe_key,
        conversation=event.conversation,
        sender=event.to,
        parts=event.parts,
        provider_id=event.provider_id,
        provider_order=event.provider_order,
        sent_at=event.occurred_at,
        author="elsewhere",
        raw=event.raw,
    )


def _report(event: ch.ChannelEvent) -> Flow[None]:
    note = _NOTES.get(type(event))
    if note is not None:
        yield from retried(lambda scope: note(event, scope))
    elif isinstance(event, ch.SessionEvent):
        yield from _session(event)


def _session(event: ch.SessionEvent) -> Flow[None]:
    if event.what == "ended":
        yield from retried(lambda scope: hand(event, scope))
    elif event.what == "started":
        yield from retried(lambda scope: note_entrance(event, scope))
    yield from greet(event)


def _status(event: ch.StatusEvent, scope: Scope) -> Flow[None]:
    keys = tuple(scope.keys.outbound(event.account, name) for name in _names_in(event))
    found = yield from steps.load(Needs(claims=keys))
    owner = next((found.snapshot.claims[key] for key in keys if key in found.snapshot.claims), None)
    if owner is None:
        return
    loaded = yield from steps.load(Needs(messages=(owner,), outbox=(owner,), parties=True))
    work = workspace(loaded, scope)
    message, after = work.message(owner), _STATES[event.status]
    item = loaded.snapshot.outbox.get(message.id)
    piece = None if after is Delivery.FAILED else _earlier_piece(message, event, scope)
    if piece is not None:
        yield from _piece_arrived(work, message, piece, event, item)
        return
    if not _is_news(message.delivery, after):
        return
    known = message.provider_id or message.erased_at is not None
    changed = ev.DeliveryChanged(
        message=message.id,
        before=message.delivery,
        after=after,
        reason="" if message.erased_at is not None else event.reason,
        provider_id="" if known else event.provider_id,
        needs=_needs(event) if after is Delivery.FAILED else "",
        facts=event.facts,
    )
    work.begin(message.id, Actor.adapter(event.account))
    work.emit(message.id, changed)
    if event.status == "opted_out":
        _opt_out(work, message)
    if item is not None and item.state is not OutboxState.SENDING:  # whoever is sending it settles that
        _settle(work, item, changed)
    work.end(message.id)
    yield from steps.commit(work.changes())


def _needs(event: ch.StatusEvent) -> str:
    return event.needs or _NEEDS.get(event.status, "" if event.permanent else "retry")


def _settle(work: Workspace, item: OutboxItem, changed: ev.DeliveryChanged) -> None:
    """Of a message that arrived nobody need decide any more; one that failed waits for somebody, and is not sent."""
    if changed.after is Delivery.FAILED:
        work.put_outbox(replace(item, state=OutboxState.DEAD, reason=changed.reason or "", needs=changed.needs))
    else:
        work.end_outbox(item.message)


def _earlier_piece(message: Message, event: ch.StatusEvent, scope: Scope) -> tuple[int, int] | None:
    """Which sending of the message the report is about, of how many, if others come after it: they decide."""
    number, able = piece_of(message, event.key, event.provider_id), scope.channels.get(event.account)
    if number is None:
        return None
    made = Unfit("no_channel") if able is None else pieces_of(message.parts, able)
    total = len(message.pieces) + 1 if isinstance(made, Unfit) else len(made)
    return (number, total) if number < total - 1 else None


def _piece_arrived(
    work: Workspace, message: Message, piece: tuple[int, int], event: ch.StatusEvent, item: OutboxItem | None
) -> Flow[None]:
    """Go on with a message whose sending in doubt is known now to have arrived: the rest of it waited for that."""
    number, total = piece
    if item is None or item.state is not OutboxState.UNKNOWN or number != len(message.pieces):
        return
    work.begin(message.id, Actor.adapter(event.account))
    sent = ev.PieceSent(message=message.id, number=number + 1, of=total, provider_id=event.provider_id)
    again = ev.DeliveryChanged(message=message.id, before=message.delivery, after=Delivery.PENDING)
    work.emit(message.id, sent, again)
    work.put_outbox(replace(item, state=OutboxState.PENDING, due_at=work.now, reason="", needs=""))
    work.end(message.id)
    yield from steps.commit(work.changes())


def _opt_out(work: Workspace, message: Message) -> None:
    customer = work.person(message.identity)
    if customer is not None:
        opt_out(work, customer, work.policy.config.contact.opt_out_tag_for(message.purpose))


def _is_news(before: Delivery, after: Delivery) -> bool:
    """False for a receipt that comes late, or again, or denies what has arrived."""
    if before is Delivery.FAILED:
        return False
    if after is Delivery.FAILED:
        return before not in (Delivery.DELIVERED, Delivery.READ)
    return _RANK[after] > _RANK.get(before, 0)


def _changed(event: ch.DeleteEvent | ch.EditEvent, scope: Scope) -> Flow[None]:
    keys = keys_of(event.account, event.provider_id, scope)
    loaded = yield from steps.load(Needs(claims=keys))
    work = workspace(loaded, scope)
    message = first_message(work, keys)
    if message is None or message.erased_at is not None:
        return
    work.begin(message.id, Actor.adapter(event.account))
    if isinstance(event, ch.EditEvent):
        if message.edited == event.parts:
            return
        work.emit(message.id, ev.MessageEdited(message=message.id, parts=event.parts))
    elif message.recalled_at is None:
        work.emit(message.id, ev.MessageRecalled(message=message.id))
    work.end(message.id)
    yield from steps.commit(work.changes())


def _keep(event: ch.UnknownEvent, scope: Scope) -> Flow[None]:
    """Keep what the adapter did not know, once."""
    key = scope.keys.inbound(event.account, event.dedupe_key)
    loaded = yield from steps.load(Needs(claims=(key,)))
    if key in loaded.snapshot.claims:
        return
    work = workspace(loaded, scope)
    item = MessageId(scope.ids.new(MESSAGE))
    work.claim(key, item, keep=loaded.policy.config.retention.inbound_claims)
    work.put_inbox(
        InboxItem(
            id=item,
            account=event.account,
            conversation="",
            state=InboxState.UNKNOWN,
            error="inbox.unknown",
            payload=event.model_dump_json(),
            created_at=scope.now,
        )
    )
    yield from steps.commit(work.changes())


_NOTES: Final[Mapping[type, Callable[..., Flow[None]]]] = MappingProxyType(
    {
        ch.StatusEvent: _status,
        ch.DeleteEvent: _changed,
        ch.EditEvent: _changed,
        ch.ReactionEvent: note_reaction,
        ch.TypingEvent: note_typing,
        ch.ContactEvent: note_contact,
        ch.IdentityEvent: note_identity,
        ch.HandoffEvent: hand,
        ch.UnknownEvent: _keep,
    }
)
"""What is made of each kind of report."""
