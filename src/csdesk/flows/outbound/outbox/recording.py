"""Writing down what became of a message that was to be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ClaimMode, Needs
from csdesk.domain.records.channels import Receipt
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.flows.channels.feeding import note_change
from csdesk.flows.outbound.outbox.results import Piece, Result
from csdesk.flows.outbound.outgoing import ARRIVED
from csdesk.flows.outbound.pacing import note_failure, note_success, pause_key
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

HOLD = timedelta(minutes=2)
"""How long a lease holds: longer than any channel's time-out. Messages are leased one by one: whoever dies while it
sends leaves one message in doubt, and a slow channel cannot outlive the lease of those that wait their turn."""

_ORDER = (
    Delivery.NONE,
    Delivery.PENDING,
    Delivery.SENDING,
    Delivery.UNKNOWN,
    Delivery.SENT,
    Delivery.DELIVERED,
    Delivery.READ,
)


def record(item: OutboxItem, result: Result, scope: Scope) -> Flow[None]:
    """Note what became of a message, on it and in the outbox."""
    pace = (pause_key(item.account, scope),) if result.trouble or result.was_failing else ()
    loaded = yield from steps.load(Needs(messages=(item.message,), outbox=(item.message,), claims=pace))
    work = workspace(loaded, scope)
    message = work.message(item.message)
    gone = message.erased_at is not None
    row = loaded.snapshot.outbox.get(item.message)
    if not gone and (row is None or (result.state is not None and row.state is not OutboxState.SENDING)):
        return  # an earlier commit of this went through, though nobody knew
    work.begin(item.message, Actor.adapter(item.account))
    for key in pace:
        if result.trouble:
            note_failure(work, item.account, result.reason, key)
        else:
            note_success(work, item.account, key)
    after = _delivery_after(message, result)
    if after is Delivery.FAILED and result.delivery is not Delivery.FAILED:
        result = _denied(message, result)
    _tell(work, message, result, after)
    if result.receipt is not None and not gone:
        _remember(work, message, result.receipt)
        note_change(work, message, scope)
        for counter in filter(None, (result.quota, *result.unasked)):
            work.add(counter, 1)
    if result.state is None or after in ARRIVED or gone:
        work.end_outbox(item.message)
    else:
        work.put_outbox(_put_back(item, result, result.state, scope.now))
    work.end(message.id)
    yield from steps.commit(work.changes())


def _denied(message: Message, result: Result) -> Result:
    """Where the provider denied it meanwhile its word holds: there is nothing to try again, and nothing in doubt."""
    state = None if result.state is None else OutboxState.DEAD
    return replace(result, state=state, reason=message.delivery_reason, needs=message.delivery_needs)


def _tell(work: Workspace, message: Message, result: Result, after: Delivery) -> None:
    """Emit what changed; of a message that was erased meanwhile, only how far it came."""
    gone = message.erased_at is not None
    provider = result.receipt.provider_id if result.receipt is not None and not gone else ""
    if after is message.delivery and provider in ("", message.provider_id):
        return
    work.emit(
        message.id,
        ev.DeliveryChanged(
            message=message.id,
            before=message.delivery,
            after=after,
            reason="" if gone else result.reason,
            provider_id=provider,
            needs="" if gone else result.needs,
        ),
    )


def _put_back(item: OutboxItem, result: Result, state: OutboxState, now: datetime) -> OutboxItem:
    """The row as it waits for another try, or for somebody to look at it."""
    return replace(
        item,
        state=state,
        attempts=item.attempts + (1 if result.tried else 0),
        due_at=result.until or now + result.wait,
        created_at=result.until or item.created_at,
        reason=result.reason,
        needs=result.needs,
    )


def _delivery_after(message: Message, result: Result) -> Delivery:
    after = result.delivery
    if message.erased_at is not None and message.delivery is Delivery.FAILED:
        # It was given up while it was being sent; it is not tried again, and if it arrived, it did.
        return Delivery.FAILED if after in (Delivery.PENDING, Delivery.SENDING) else after
    if after is not Delivery.FAILED and _ORDER.index(after) < _rank(message.delivery):
        return message.delivery  # a receipt came before our own record of the sending
    return after


def _rank(delivery: Delivery) -> int:
    return _ORDER.index(delivery) if delivery in _ORDER else len(_ORDER)


def record_piece(item: OutboxItem, piece: Piece, scope: Scope) -> Flow[bool]:
    """Note a sending, and hold the lease for the next one; False if the message was erased meanwhile."""
    loaded = yield from steps.load(Needs(messages=(item.message,)))
    work = workspace(loaded, scope)
    message = work.message(item.message)
    if message.erased_at is not None:
        return False
    if len(message.pieces) >= piece.number:
        return True  # an earlier commit of this went through, though nobody knew
    work.begin(item.message, Actor.adapter(item.account))
    told = ev.PieceSent(message=message.id, number=piece.number, of=piece.of, provider_id=piece.receipt.provider_id)
    work.emit(message.id, told)
    _remember(work, message, piece.receipt)
    if piece.quota:
        work.add(piece.quota, 1)
    work.put_outbox(replace(item, state=OutboxState.SENDING, due_at=scope.now + HOLD))
    work.end(message.id)
    yield from steps.commit(work.changes())
    return True


def _remember(work: Workspace, message: Message, receipt: Receipt) -> None:
    """Claim the provider's ids, so that echoes, receipts and mail answers find the message."""
    account, kept, first_wins = message.account, work.policy.config.retention, ClaimMode.FIRST_WINS
    for provider_id in dict.fromkeys((receipt.provider_id, *receipt.also)):
        if provider_id:
            work.claim(work.keys.outbound(account, provider_id), message.id, first_wins, kept.outbound_claims)
            work.claim(work.keys.mail(account, provider_id), message.ticket, first_wins, kept.mail_claims)
