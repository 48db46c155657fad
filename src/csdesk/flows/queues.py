"""What people do about work that is stuck: parked messages, dead and unknown outbound ones."""

from __future__ import annotations

from dataclasses import replace

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import InboundMessage, Received
from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import InboxItem, InboxState, OutboxState
from csdesk.errors import InvalidInput, NotFound, StoreError, sentence
from csdesk.flows.inbound.pipeline import Arrival, receive
from csdesk.flows.permission import require
from csdesk.flows.reading import checks
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query


def discard(command: cmd.SettleParked, run: str) -> Flow[None]:
    """Give a parked message up; what waits behind it is taken in."""
    item = yield from retried(lambda scope: _discard(command, run, scope))
    yield from _follow(item, command.actor)


def _discard(command: cmd.SettleParked, run: str, scope: Scope) -> Flow[InboxItem]:
    work, item = yield from _open_item(command.item, scope, run, command.actor)
    yield from require(work, command.actor, command.kind, item.id)
    if item.state is InboxState.DISCARDED:
        return item
    _release(work, item, (yield from _heir(item)))
    work.put_inbox(replace(item, state=InboxState.DISCARDED))
    work.emit(ev.DESK, ev.MessageReleased(item=item.id, discarded=True))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    return item


def retry_parked(item_id: MessageId, actor: Actor, run: str) -> Flow[Received]:
    """Put a parked or blocked message through the pipeline again; what waits behind it follows."""
    checks.an_id(item_id, "item")
    checks.an_instance(actor, Actor, "actor")
    item = yield from retried(lambda scope: _unpark(item_id, scope, run, actor))
    result = yield from _replay(item, actor)
    if result.state != "parked":
        yield from _follow(item, actor)
    return result


def _unpark(item_id: MessageId, scope: Scope, run: str, actor: Actor) -> Flow[InboxItem]:
    work, item = yield from _open_item(item_id, scope, run, actor)
    yield from require(work, actor, "retry_parked", item.id)
    if item.state in (InboxState.DISCARDED, InboxState.UNKNOWN):
        raise InvalidInput(
            "item", sentence("is {state}", state=item.state), "only parked, waiting and blocked messages can be retried"
        )
    holder = work.claims.get(work.keys.parked(item.account, item.conversation))
    if item.state is InboxState.WAITING and holder not in (None, item.id):
        raise InvalidInput("item", sentence("waits behind {holder}", holder=holder), "retry or discard that one first")
    return item


def _open_item(item_id: MessageId, scope: Scope, run: str, actor: Actor) -> Flow[tuple[Workspace, InboxItem]]:
    loaded = yield from steps.load(Needs(inbox=(item_id,)))
    item = loaded.snapshot.inbox.get(item_id)
    if item is None:
        raise NotFound("inbox item", item_id)
    key = scope.keys.parked(item.account, item.conversation)
    loaded = yield from steps.load(Needs(inbox=(item_id,), claims=(key,)))
    work = workspace(loaded, scope)
    work.begin(run, actor)
    return work, item


def _release(work: Workspace, item: InboxItem, heir: MessageId | None) -> None:
    key = work.keys.parked(item.account, item.conversation)
    if work.claims.get(key) == item.id:
        work.move_claim(key, item.id, heir)


def _waiting(item: InboxItem, limit: int) -> Flow[list[InboxItem]]:
    """The oldest messages that wait in the conversation of an item."""
    where = (("account", item.account), ("conversation", item.conversation), ("state", InboxState.WAITING.value))
    page = yield from steps.listed(Query(kind="inbox", where=where, order="id", limit=limit))
    return [row for row in page.items if isinstance(row, InboxItem)]


def _heir(item: InboxItem) -> Flow[MessageId | None]:
    """The message that holds the conversation up next: so nothing that arrives meanwhile overtakes those that wait."""
    waiting = yield from _waiting(item, 2)
    return next((one.id for one in waiting if one.id != item.id), None)


def _replay(item: InboxItem, actor: Actor) -> Flow[Received]:
    message = InboundMessage.model_validate_json(item.payload)
    heir = yield from _heir(item)
    arrival = Arrival(message, item.id, actor, received_at=item.created_at, heir=heir)
    (result,) = yield from receive((arrival,))
    return result


def _follow(item: InboxItem, actor: Actor) -> Flow[None]:
    try:
        yield from _take_waiting(item, actor)
    except StoreError:
        return  # what was asked for is done; ``resume`` takes in the rest


def resume(limit: int) -> Flow[int]:
    """Take in messages that wait although nothing before them is parked any more: somebody died in between.

    Looks at ``limit`` conversations that could go on at most; those that wait rightly are passed over.
    """
    where = (("state", InboxState.WAITING.value),)
    free: dict[str, InboxItem] = {}
    cursor: str | None = None
    while True:
        page = yield from steps.listed(Query(kind="inbox", where=where, limit=500, after=cursor))
        free |= yield from _free([row for row in page.items if isinstance(row, InboxItem)])
        cursor = page.cursor
        if cursor is None or len(free) >= limit:
            break
    for item in free.values():
        yield from _take_waiting(item, Actor.system("inbox"))
    return len(free)


def _free(items: list[InboxItem]) -> Flow[dict[str, InboxItem]]:
    """By conversation, one of the messages that nothing holds up."""
    if not items:
        return {}
    scope = yield from steps.attempt(0)
    first = {scope.keys.parked(one.account, one.conversation): one for one in items}
    loaded = yield from steps.load(Needs(claims=tuple(first)))
    free = {None, *(one.id for one in items)}
    return {key: item for key, item in first.items() if loaded.snapshot.claims.get(key) in free}


def _take_waiting(item: InboxItem, actor: Actor) -> Flow[None]:
    """Take in the messages that waited behind one, oldest first, until one of them breaks.

    Where another message still holds the conversation up, they go on waiting.
    """
    if (yield from _is_held_up(item)):
        return
    seen: set[str] = set()
    while True:
        waiting = yield from _waiting(item, 1)
        if not waiting or waiting[0].id in seen:
            return
        seen.add(waiting[0].id)
        result = yield from _replay(waiting[0], actor)
        if result.state == "parked":
            return


def _is_held_up(item: InboxItem) -> Flow[bool]:
    """True if a parked message holds the conversation up; one that only waits its turn does not."""
    scope = yield from steps.attempt(0)
    key = scope.keys.parked(item.account, item.conversation)
    loaded = yield from steps.load(Needs(claims=(key,)))
    holder = loaded.snapshot.claims.get(key)
    if holder is None:
        return False
    loaded = yield from steps.load(Needs(inbox=(holder,)))
    held = loaded.snapshot.inbox.get(holder)
    return held is not None and held.state is not InboxState.WAITING


def retry_outbound(command: cmd.RetryOutbound, run: str) -> Flow[str]:
    """Queue a dead or unknown message again, or give it up; the run that did so: another one, if it is a repetition."""
    return (yield from retried(lambda scope: _retry_outbound(command, run, scope)))


def _retry_outbound(command: cmd.RetryOutbound, run: str, scope: Scope) -> Flow[str]:
    own = command.idempotency_key
    key = scope.keys.command(run if own is None else f"{command.kind} {command.message} {own}")
    loaded = yield from steps.load(Needs(claims=(key,), outbox=(command.message,), messages=(command.message,)))
    owner = loaded.snapshot.claims.get(key)
    if owner is not None:
        return owner  # it ran before, or its commit was unknown and went through
    work = workspace(loaded, scope)
    work.begin(run, command.actor)
    yield from require(work, command.actor, command.kind, command.message)
    item = loaded.snapshot.outbox.get(command.message)
    if item is None:
        raise NotFound("outbox item", command.message)
    if item.state not in (OutboxState.DEAD, OutboxState.UNKNOWN):
        raise InvalidInput(
            "message", sentence("is {state}", state=item.state), "only dead and unknown messages wait for a decision"
        )
    work.claim(key, run, keep=loaded.policy.config.retention.command_claims)
    message = work.message(command.message)
    after = Delivery.FAILED if command.discard else Delivery.PENDING
    reason = "discarded" if command.discard else "retried"
    if message.delivery is not after:
        work.emit(
            message.id, ev.DeliveryChanged(message=message.id, before=message.delivery, after=after, reason=reason)
        )
    if command.discard:
        work.end_outbox(message.id)
    else:
        attempts = min(item.attempts, 1)  # counted anew, but the channel is told that it may have arrived
        again = replace(item, state=OutboxState.PENDING, attempts=attempts, due_at=scope.now, reason=reason, needs="")
        work.put_outbox(again)
    work.end(message.id)
    yield from steps.commit(work.changes())
    return run
