"""What a channel reports beside messages: receipts, recalls, edits, people of ours who answered elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import COMMAND, MESSAGE, MessageId
from csdesk.domain.records import channels as ch
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.queues import DueItem, InboxItem, InboxState, OutboxState
from csdesk.errors import InvalidInput
from csdesk.flows import checks
from csdesk.flows.inbound.pipeline import Arrival, receive_many
from csdesk.flows.retrying import retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

_STATES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "failed": Delivery.FAILED,
    "blocked": Delivery.FAILED,
    "opted_out": Delivery.FAILED,
}
_RANK = {
    Delivery.PENDING: 0,
    Delivery.SENDING: 1,
    Delivery.UNKNOWN: 2,
    Delivery.SENT: 3,
    Delivery.DELIVERED: 4,
    Delivery.READ: 5,
}

PULL = "pull"
"""What the kind of a due item that asks for a pull begins with; the account follows."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a channel's events."""

    received: tuple[ch.Received, ...] = ()
    reports: int = 0


def handle(account: str, request: ch.RawRequest) -> Flow[tuple[ch.RawResponse, Taken]]:
    """A web request of a provider: verified and parsed, stored, and only then answered."""
    scope = yield from steps.attempt(0)
    checks.an_id(account, "account")
    checks.an_instance(request, ch.RawRequest, "request")
    if request.received_at is None:
        request = request.model_copy(update={"received_at": scope.now})
    result = yield from steps.parse(account, request)
    if result.rejected is not None:
        return result.reply, Taken()
    taken = yield from take_events(account, result.events)
    if result.pulls:
        yield from retried(lambda now: _plan_pulls(result.pulls, now))
    return result.reply, taken


_EVENTS: Final[tuple[type, ...]] = get_args(get_args(ch.ChannelEvent)[0])


def take_events(account: str, events: Sequence[ch.ChannelEvent]) -> Flow[Taken]:
    """Store what a channel reported, in order: runs of messages share commits."""
    for event in events:
        if not isinstance(event, _EVENTS):
            raise InvalidInput("events", f"holds a {type(event).__name__}", "pass channel events and inbound messages")
    received: list[ch.Received] = []
    run: list[Arrival] = []
    reports = 0
    for event in events:
        if isinstance(event, ch.EchoEvent) and (yield from _is_ours(event)):
            reports += 1
            continue
        message = event if isinstance(event, ch.InboundMessage) else _echo(event)
        if message is not None:
            scope = yield from steps.attempt(0)
            run.append(Arrival(message, MessageId(scope.ids.new(MESSAGE)), Actor.adapter(account)))
            continue
        received.extend((yield from receive_many(run)))
        run = []
        reports += 1
        yield from _report(event)
    received.extend((yield from receive_many(run)))
    return Taken(tuple(received), reports)


def _is_ours(event: ch.EchoEvent) -> Flow[bool]:
    """True if what comes back was sent by this desk."""
    if not event.provider_id:
        return False
    scope = yield from steps.attempt(0)
    key = scope.keys.outbound(event.account, event.provider_id)
    loaded = yield from steps.load(Needs(claims=(key,)))
    return key in loaded.snapshot.claims


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
        sent_at=event.occurred_at,
        author="elsewhere",
        raw=event.raw,
    )


def _report(event: ch.ChannelEvent) -> Flow[None]:
    if isinstance(event, ch.StatusEvent):
        yield from retried(lambda scope: _status(event, scope))
    elif isinstance(event, ch.DeleteEvent | ch.EditEvent):
        yield from retried(lambda scope: _changed(event, scope))
    elif isinstance(event, ch.UnknownEvent):
        yield from retried(lambda scope: _keep(event, scope))


def _status(event: ch.StatusEvent, scope: Scope) -> Flow[None]:
    keys = tuple(scope.keys.outbound(event.account, one) for one in (event.key, event.provider_id) if one)
    found = yield from steps.load(Needs(claims=keys))
    owner = next((found.snapshot.claims[key] for key in keys if key in found.snapshot.claims), None)
    if owner is None:
        return
    loaded = yield from steps.load(Needs(messages=(owner,), outbox=(owner,)))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    message, after = work.message(owner), _STATES[event.status]
    if not _is_news(message.delivery, after):
        return
    known = message.provider_id or message.erased_at is not None
    work.begin(message.id, Actor.adapter(event.account))
    work.emit(
        message.id,
        ev.DeliveryChanged(
            message=message.id,
            before=message.delivery,
            after=after,
            reason="" if message.erased_at is not None else event.reason,
            provider_id="" if known else event.provider_id,
        ),
    )
    item = loaded.snapshot.outbox.get(message.id)
    if item is not None and item.state is not OutboxState.SENDING and after is not Delivery.FAILED:
        work.end_outbox(message.id)  # nobody need decide any more, and nothing is sent twice
    work.end(message.id)
    yield from steps.commit(work.changes())


def _first_message(work: Workspace, keys: tuple[str, ...]) -> Message | None:
    for key in keys:
        found = work.find(work.claims.get(key, ""))
        if isinstance(found, Message):
            return found
    return None


def _is_news(before: Delivery, after: Delivery) -> bool:
    """False for a receipt that comes late, or again, or denies what has arrived."""
    if before is Delivery.FAILED:
        return False
    if after is Delivery.FAILED:
        return before not in (Delivery.DELIVERED, Delivery.READ)
    return _RANK[after] > _RANK.get(before, 0)


def _changed(event: ch.DeleteEvent | ch.EditEvent, scope: Scope) -> Flow[None]:
    keys = (
        scope.keys.inbound(event.account, event.provider_id),
        scope.keys.provider(event.account, event.provider_id),
        scope.keys.outbound(event.account, event.provider_id),
    )
    loaded = yield from steps.load(Needs(claims=keys))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    message = _first_message(work, keys)
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
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
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


def _plan_pulls(hints: tuple[ch.PullHint, ...], scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs())
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    for hint in hints:
        # A key of its own: a pull that runs now ends only the wishes that it has seen.
        key = f"{PULL}/{hint.account}/{scope.ids.new(COMMAND)}"
        work.put_due(DueItem(key=key, kind=f"{PULL}/{hint.account}", due_at=scope.now, payload=hint.model_dump_json()))
    yield from steps.commit(work.changes())
