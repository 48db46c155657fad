"""Sending what the outbox holds: lease, send, record.

Messages of one conversation go in order; one in retry holds those behind it, dead and unknown ones let them pass. A
message found in state ``sending`` was left there by a crash between sending and recording: it is sent again only where
the channel promises to take a key once, otherwise nobody knows, and it is ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from csdesk.domain.core.pacing import Barred
from csdesk.domain.core.pieces import Unfit, piece_key
from csdesk.domain.core.politeness import Held
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ClaimMode, Needs
from csdesk.domain.records.channels import Capabilities, OutboundMessage, Receipt
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.errors import ChannelError, Disposition, NotFound, StoreError, UnsupportedFeature
from csdesk.flows.attaching import attached
from csdesk.flows.feeding import note_change
from csdesk.flows.outgoing import ARRIVED, Arrived, Ready, prepared
from csdesk.flows.pacing import is_trouble, note_failure, note_success, pause_key
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest

MOST_ATTEMPTS = 8
"""How often a message is tried before it is dead."""

FIRST_WAIT = timedelta(seconds=5)
"""The wait after the first failure; it doubles with each further one, up to an hour."""

LONGEST_WAIT = timedelta(hours=1)

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

_NEEDS: Final[Mapping[Disposition, str]] = MappingProxyType(
    {
        "retry": "retry",
        "refresh_auth": "operator",
        "wait_customer": "customer_message",  # or a template, where the channel has them
        "fix_content": "other_content",
        "operator": "operator",
        "recipient_gone": "other_recipient",
        "unknown_outcome": "check",
    }
)
"""What would make a message possible after an error of that disposition was final."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a round of sending did."""

    counts: Mapping[str, int]
    """By kind: ``sent``, ``failed`` (dead or unknown), ``retried``."""
    messages: frozenset[MessageId] = frozenset()
    """The messages that were tried."""
    more: bool = False
    """Stopped by the limit or the time, not because nothing was due."""
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sending that was taken over, with more to follow."""

    number: int
    of: int
    receipt: Receipt
    quota: str


@dataclass(frozen=True, slots=True)
class _Result:
    delivery: Delivery
    state: OutboxState | None
    """None: the message leaves the outbox."""
    reason: str = ""
    wait: timedelta = timedelta(0)
    receipt: Receipt | None = None
    tried: bool = True
    needs: str = ""
    quota: str = ""
    unasked: tuple[str, ...] = ()
    barred: bool = False
    """The account may not send now: nothing of it is tried for this time."""
    trouble: bool = False
    """It failed for a reason that other messages of the account may meet too."""
    was_failing: bool = False
    until: datetime | None = None
    """For one that waits by our own rules: it goes behind those that are written meanwhile."""

    @property
    def kind(self) -> str:
        """How it is counted."""
        if self.state is None:
            return "sent"
        return "retried" if self.state is OutboxState.PENDING else "failed"


def deliver(
    limit: int,
    *,
    account: str,
    conversation: str | None = None,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Flow[Sending]:
    """Send what is due for an account whose channel this process has, at most ``limit`` messages.

    Each is leased when its turn has come: a slow channel lets no lease of those behind it run out, and a crash leaves
    one message in doubt, not all.
    """
    counts = {"sent": 0, "failed": 0, "retried": 0}
    tried: set[MessageId] = set()
    for _ in range(limit):
        if out_of_time():
            break
        scope = yield from steps.attempt(0)
        request = LeaseRequest(
            what="outbox", now=scope.now, limit=1, hold=HOLD, account=account, conversation=conversation
        )
        leased = yield from steps.lease(request)
        if not leased.outbox:
            return Sending(counts, messages=frozenset(tried), next_due_at=leased.next_due_at)
        (item,) = leased.outbox
        result = yield from _deliver(item, scope)
        if result.barred:
            return Sending(counts, messages=frozenset(tried), next_due_at=scope.now + result.wait)
        counts[result.kind] += 1
        tried.add(item.message)
    return Sending(counts, messages=frozenset(tried), more=True)


def _deliver(item: OutboxItem, scope: Scope) -> Flow[_Result]:
    able = scope.channels[item.account]
    if item.state is OutboxState.SENDING and able.idempotency != "key":
        result = _Result(Delivery.UNKNOWN, OutboxState.UNKNOWN, "crashed_while_sending", needs="check", tried=False)
    else:
        result = yield from _send(item, able)
    yield from retried(lambda now: _record(item, result, now), attempts=30)
    return result


def _send(item: OutboxItem, able: Capabilities) -> Flow[_Result]:
    """Hand over every sending that is left; the last one's receipt is the message's."""
    ready = yield from retried(lambda scope: prepared(item, able, scope), loads=3)
    if not isinstance(ready, Ready):
        return _not_asked(ready, (yield from steps.attempt(0)).now)
    last = len(ready.pieces) - 1
    receipt = Receipt()
    for number in range(ready.done, last + 1):
        answer = yield from _tried(item, ready, number, able)
        if isinstance(answer, _Result):
            return answer
        receipt = answer
        if number < last and not (yield from _noted(item, _Piece(number + 1, last + 1, receipt, ready.quota))):
            return _Result(Delivery.FAILED, OutboxState.DEAD, "erased", tried=False)
    return _Result(
        Delivery(receipt.status),
        None,
        receipt=receipt,
        quota=ready.quota,
        unasked=ready.unasked,
        was_failing=ready.was_failing,
    )


def _not_asked(why: Arrived | Held | Barred | Unfit, now: datetime) -> _Result:
    """What becomes of a message that the adapter is not asked to send."""
    if isinstance(why, Arrived):
        return _Result(why.delivery, None, tried=False)
    if isinstance(why, Held):
        return _Result(Delivery.PENDING, OutboxState.PENDING, why.reason, until=why.until, tried=False)
    if isinstance(why, Barred):
        wait = max(why.until - now, timedelta(0))
        return _Result(Delivery.PENDING, OutboxState.PENDING, why.reason, wait, tried=False, barred=not why.alone)
    return _Result(Delivery.FAILED, OutboxState.DEAD, why.reason, needs=why.needs, tried=False)


def _tried(item: OutboxItem, ready: Ready, number: int, able: Capabilities) -> Flow[Receipt | _Result]:
    """The receipt of one sending, or what its failure means."""
    try:
        return (yield from _hand_over(ready, number, able))
    except ChannelError as error:
        return _failed(item, error, able)
    except NotFound:
        return _Result(Delivery.FAILED, OutboxState.DEAD, "media_missing", needs="other_content", tried=False)
    except UnsupportedFeature:
        return _Result(Delivery.FAILED, OutboxState.DEAD, "unsupported", needs="operator", tried=False)
    except StoreError:
        raise  # ours, not the channel's: the lease runs out and it is looked at again
    except Exception as error:  # noqa: BLE001  an adapter that breaks its contract: nobody knows what it did before
        broke = ChannelError(
            item.account, "the adapter broke", disposition="unknown_outcome", provider_code=type(error).__name__
        )
        return _failed(item, broke, able)


def _hand_over(ready: Ready, number: int, able: Capabilities) -> Flow[Receipt]:
    key = piece_key(ready.first.key, number)
    message = ready.first.model_copy(update={"key": key, "parts": ready.pieces[number]})
    try:
        return (yield from steps.send((yield from _attached(message, able))))
    except ChannelError as error:
        if not error.media_expired:
            raise
        return (yield from steps.send((yield from _attached(message, able, anew=True))))


def _attached(message: OutboundMessage, able: Capabilities, *, anew: bool = False) -> Flow[OutboundMessage]:
    """The message with its media. What breaks here broke before anything was said: the outcome is known."""
    try:
        return (yield from attached(message, able, anew=anew))
    except (ChannelError, StoreError, UnsupportedFeature):
        raise
    except Exception as error:
        raise ChannelError(
            message.account,
            "the media of the message could not be made ready",
            disposition="operator",
            provider_code=type(error).__name__,
        ) from error


def _failed(item: OutboxItem, error: ChannelError, able: Capabilities) -> _Result:
    result = _consequence(item, error, able)
    return replace(result, trouble=is_trouble(error))


def _consequence(item: OutboxItem, error: ChannelError, able: Capabilities) -> _Result:
    code = error.provider_code or error.disposition
    attempt = item.attempts + 1
    again: tuple[Disposition, ...] = ("retry", "refresh_auth")
    if error.disposition == "unknown_outcome" and able.idempotency != "key":
        return _Result(Delivery.UNKNOWN, OutboxState.UNKNOWN, code, needs="check")
    if error.disposition in again or error.disposition == "unknown_outcome":
        if attempt >= MOST_ATTEMPTS:
            return _Result(Delivery.FAILED, OutboxState.DEAD, code, needs=_needs(error, able))
        wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
        if error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        return _Result(Delivery.PENDING, OutboxState.PENDING, code, wait)
    return _Result(Delivery.FAILED, OutboxState.DEAD, code, needs=_needs(error, able))


def _needs(error: ChannelError, able: Capabilities) -> str:
    if error.disposition == "wait_customer" and "template" in able.outside_window:
        return "template"
    return _NEEDS[error.disposition]


def _record(item: OutboxItem, result: _Result, scope: Scope) -> Flow[None]:
    pace = (pause_key(item.account, scope),) if result.trouble or result.was_failing else ()
    loaded = yield from steps.load(Needs(messages=(item.message,), claims=pace))
    work = workspace(loaded, scope)
    work.begin(item.message, Actor.adapter(item.account))
    for key in pace:
        if result.trouble:
            note_failure(work, item.account, result.reason, key)
        else:
            note_success(work, item.account, key)
    message = work.message(item.message)
    gone = message.erased_at is not None
    after = _delivery_after(message, result)
    provider = result.receipt.provider_id if result.receipt is not None and not gone else ""
    if after is not message.delivery or provider not in ("", message.provider_id):
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
    if result.receipt is not None and not gone:
        _remember(work, message, result.receipt)
        note_change(work, message, scope)
        for counter in filter(None, (result.quota, *result.unasked)):
            work.add(counter, 1)
    if result.state is None or after in ARRIVED or gone:
        work.end_outbox(item.message)
    else:
        tries = item.attempts + (1 if result.tried else 0)
        work.put_outbox(
            replace(
                item,
                state=result.state,
                attempts=tries,
                due_at=result.until or scope.now + result.wait,
                created_at=result.until or item.created_at,
                reason=result.reason,
                needs=result.needs,
            )
        )
    work.end(message.id)
    yield from steps.commit(work.changes())


def _delivery_after(message: Message, result: _Result) -> Delivery:
    after = result.delivery
    if message.erased_at is not None and message.delivery is Delivery.FAILED:
        # It was given up while it was being sent; it is not tried again, and if it arrived, it did.
        return Delivery.FAILED if after in (Delivery.PENDING, Delivery.SENDING) else after
    if after is not Delivery.FAILED and _ORDER.index(after) < _rank(message.delivery):
        return message.delivery  # a receipt came before our own record of the sending
    return after


def _noted(item: OutboxItem, piece: _Piece) -> Flow[bool]:
    return (yield from retried(lambda scope: _record_piece(item, piece, scope), attempts=30))


def _record_piece(item: OutboxItem, piece: _Piece, scope: Scope) -> Flow[bool]:
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


def _rank(delivery: Delivery) -> int:
    return _ORDER.index(delivery) if delivery in _ORDER else len(_ORDER)


def _remember(work: Workspace, message: Message, receipt: Receipt) -> None:
    """Claim the provider's ids, so that echoes, receipts and mail answers find the message."""
    account, kept, first_wins = message.account, work.policy.config.retention, ClaimMode.FIRST_WINS
    for provider_id in dict.fromkeys((receipt.provider_id, *receipt.also)):
        if provider_id:
            work.claim(work.keys.outbound(account, provider_id), message.id, first_wins, kept.outbound_claims)
            work.claim(work.keys.mail(account, provider_id), message.ticket, first_wins, kept.mail_claims)
