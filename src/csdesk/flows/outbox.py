"""Sending what the outbox holds: lease, send, record.

Messages of one conversation go in order; one in retry holds those behind it, dead and unknown ones let them pass. A
message found in state ``sending`` was left there by a crash between sending and recording: it is sent again only where
the channel promises to take a key once, otherwise nobody knows, and it is ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from csdesk.domain.core.windows import window_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ClaimMode, Needs
from csdesk.domain.records.channels import Capabilities, OutboundMessage, Receipt, Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import AuthorKind, Delivery, Message
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.domain.records.tickets import Role, Ticket
from csdesk.errors import ChannelError, Disposition
from csdesk.flows.retrying import retried
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


_ARRIVED = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.READ})


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
class _Result:
    delivery: Delivery
    state: OutboxState | None
    """None: the message leaves the outbox."""
    reason: str = ""
    wait: timedelta = timedelta(0)
    receipt: Receipt | None = None
    tried: bool = True

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
        counts[result.kind] += 1
        tried.add(item.message)
    return Sending(counts, messages=frozenset(tried), more=True)


def _deliver(item: OutboxItem, scope: Scope) -> Flow[_Result]:
    able = scope.channels[item.account]
    if item.state is OutboxState.SENDING and able.idempotency != "key":
        result = _Result(Delivery.UNKNOWN, OutboxState.UNKNOWN, "crashed_while_sending", tried=False)
    else:
        result = yield from _send(item, able)
    yield from retried(lambda now: _record(item, result, now), attempts=30)
    return result


def _send(item: OutboxItem, able: Capabilities) -> Flow[_Result]:
    ready = yield from retried(lambda scope: _prepared(item, able, scope))
    if isinstance(ready, _Result):
        return ready
    try:
        receipt = yield from steps.send(ready)
    except ChannelError as error:
        return _failed(item, error, able)
    except Exception as error:  # noqa: BLE001  an adapter that breaks its contract: nobody knows what it did before
        broke = ChannelError(
            item.account, "the adapter broke", disposition="unknown_outcome", provider_code=type(error).__name__
        )
        return _failed(item, broke, able)
    return _Result(Delivery(receipt.status), None, receipt=receipt)


def _prepared(item: OutboxItem, able: Capabilities, scope: Scope) -> Flow[OutboundMessage | _Result]:
    """What the adapter is asked to send, or why it is not asked."""
    loaded = yield from steps.load(Needs(messages=(item.message,), parties=True))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    message = work.message(item.message)
    ticket = work.ticket(message.ticket)  # not the item's: the message may have moved since it was queued
    if message.delivery in _ARRIVED:
        return _Result(message.delivery, None, tried=False)  # the provider's own receipt came first
    if message.erased_at is not None:
        return _Result(Delivery.FAILED, OutboxState.DEAD, "erased", tried=False)
    customer = work.person(message.identity)
    window = window_of(ticket, replace_quota(able, ticket), scope.now)
    if not window.is_open:
        return _Result(Delivery.FAILED, OutboxState.DEAD, "window_closed", tried=False)
    unfit = _unfit(message, able)
    if unfit or customer is None:
        return _Result(Delivery.FAILED, OutboxState.DEAD, unfit or "no_recipient", tried=False)
    return _outbound(message, ticket, customer, scope)


def replace_quota(able: Capabilities, ticket: Ticket) -> Capabilities:
    """The quota as it was before this message was queued: the ticket counts it already."""
    if able.per_message is None:
        return able
    return able.model_copy(update={"per_message": able.per_message + min(1, ticket.unanswered)})


def _unfit(message: Message, able: Capabilities) -> str:
    """Why the channel cannot take the message; empty if it can. Splitting long texts comes with the channels."""
    if any(part.kind not in able.parts for part in message.parts):
        return "part_not_supported"
    if able.text is None:
        return ""
    return "too_long" if _size(message.text, able.text.unit) > able.text.amount else ""


def _size(text: str, unit: Literal["bytes", "chars", "utf16"]) -> int:
    if unit == "chars":
        return len(text)
    return len(text.encode()) if unit == "bytes" else len(text.encode("utf-16-le")) // 2


def _outbound(message: Message, ticket: Ticket, customer: Customer, scope: Scope) -> OutboundMessage:
    identity = customer.identity(message.identity or "")
    copies = [customer.identity(one.identity) for one in ticket.participants if one.role is Role.CC]
    return OutboundMessage(
        key=message.id,
        account=message.account,
        conversation=message.conversation,
        to=Sender(
            kind=identity.kind if identity else "external",
            scope=identity.scope if identity else "",
            external_id=identity.external_id if identity else message.conversation,
            name=customer.name,
        ),
        cc=tuple(
            Sender(kind=one.kind, scope=one.scope, external_id=one.external_id) for one in copies if one is not None
        ),
        subject=message.subject or ticket.subject,
        parts=message.parts,
        automatic=message.author is not AuthorKind.AGENT,
        occurred_at=scope.now,
    )


def _failed(item: OutboxItem, error: ChannelError, able: Capabilities) -> _Result:
    code = error.provider_code or error.disposition
    attempt = item.attempts + 1
    again: tuple[Disposition, ...] = ("retry", "refresh_auth")
    if error.disposition == "unknown_outcome" and able.idempotency != "key":
        return _Result(Delivery.UNKNOWN, OutboxState.UNKNOWN, code)
    if error.disposition in again or error.disposition == "unknown_outcome":
        if attempt >= MOST_ATTEMPTS:
            return _Result(Delivery.FAILED, OutboxState.DEAD, code)
        wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
        if error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        return _Result(Delivery.PENDING, OutboxState.PENDING, code, wait)
    return _Result(Delivery.FAILED, OutboxState.DEAD, code)


def _record(item: OutboxItem, result: _Result, scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs(messages=(item.message,)))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    work.begin(item.message, Actor.adapter(item.account))
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
            ),
        )
    if result.receipt is not None and not gone:
        _remember(work, message, result.receipt)
    if result.state is None or after in _ARRIVED or gone:
        work.end_outbox(item.message)
    else:
        tries = item.attempts + (1 if result.tried else 0)
        work.put_outbox(
            replace(item, state=result.state, attempts=tries, due_at=scope.now + result.wait, reason=result.reason)
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


def _rank(delivery: Delivery) -> int:
    return _ORDER.index(delivery) if delivery in _ORDER else len(_ORDER)


def _remember(work: Workspace, message: Message, receipt: Receipt) -> None:
    """Claim the provider's ids, so that echoes, receipts and mail answers find the message."""
    account, kept, first_wins = message.account, work.policy.config.retention, ClaimMode.FIRST_WINS
    for provider_id in dict.fromkeys((receipt.provider_id, *receipt.also)):
        if provider_id:
            work.claim(work.keys.outbound(account, provider_id), message.id, first_wins, kept.outbound_claims)
            work.claim(work.keys.mail(account, provider_id), message.ticket, first_wins, kept.mail_claims)
