"""Taking what is due from the outbox and handing it to the channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.core.conversation.pieces import piece_key
from csdesk.domain.ids import MessageId
from csdesk.domain.records.channels import Capabilities, OutboundMessage, Receipt
from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.errors import ChannelError, NotFound, StoreError, UnsupportedFeature
from csdesk.flows.backing_off import broken
from csdesk.flows.outbound.attaching import attached
from csdesk.flows.outbound.outbox.recording import HOLD, record, record_piece
from csdesk.flows.outbound.outbox.results import Piece, Result, failed, not_asked
from csdesk.flows.outbound.outgoing import Ready, prepared
from csdesk.flows.retrying import retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest


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


def _deliver(item: OutboxItem, scope: Scope) -> Flow[Result]:
    able = scope.channels[item.account]
    if item.state is OutboxState.SENDING and able.idempotency != "key":
        result = Result(Delivery.UNKNOWN, OutboxState.UNKNOWN, "crashed_while_sending", needs="check")
    else:
        result = yield from _send(item, able)
    yield from retried(lambda now: record(item, result, now), attempts=30)
    return result


def _send(item: OutboxItem, able: Capabilities) -> Flow[Result]:
    """Hand over every sending that is left; the last one's receipt is the message's."""
    ready = yield from retried(lambda scope: prepared(item, able, scope), loads=3)
    if not isinstance(ready, Ready):
        return not_asked(ready, (yield from steps.attempt(0)).now)
    last = len(ready.pieces) - 1
    receipt = Receipt()
    for number in range(ready.done, last + 1):
        answer = yield from _tried(item, ready, number, able)
        if isinstance(answer, Result):
            return answer
        receipt = answer
        if number < last and not (yield from _noted(item, Piece(number + 1, last + 1, receipt, ready.quota))):
            return Result(Delivery.FAILED, OutboxState.DEAD, "erased", tried=False)
    return Result(
        Delivery(receipt.status),
        None,
        receipt=receipt,
        quota=ready.quota,
        unasked=ready.unasked,
        was_failing=ready.was_failing,
    )


def _noted(item: OutboxItem, piece: Piece) -> Flow[bool]:
    return (yield from retried(lambda scope: record_piece(item, piece, scope), attempts=30))


def _tried(item: OutboxItem, ready: Ready, number: int, able: Capabilities) -> Flow[Receipt | Result]:
    """The receipt of one sending, or what its failure means."""
    try:
        return (yield from _hand_over(ready, number, able))
    except ChannelError as error:
        return failed(item, error, able)
    except NotFound:
        return Result(Delivery.FAILED, OutboxState.DEAD, "media_missing", needs="other_content", tried=False)
    except UnsupportedFeature:
        return Result(Delivery.FAILED, OutboxState.DEAD, "unsupported", needs="operator", tried=False)
    except StoreError:
        raise  # ours, not the channel's: the lease runs out and it is looked at again
    except Exception as error:  # noqa: BLE001  an adapter that breaks its contract: nobody knows what it did before
        broke = broken(item.account, error, "unknown_outcome")
        return failed(item, broke, able)


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
