"""Step 1: the same delivery is stored once.

The inbound claim is owned by the message's id, which was fixed before the first attempt: a claim that our own id holds
means that an earlier attempt was committed after all.
"""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import IdentityId, MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import Message
from csdesk.domain.records.queues import InboxItem, InboxState
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case


def is_replay(case: Case, work: Workspace) -> bool:
    """Claim the delivery; True if it was stored before, by us or by somebody else."""
    key = case.keys.inbound
    owner = work.claims.get(key)
    if owner is None:
        work.claim(key, case.id, keep=work.policy.config.retention.inbound_claims)
        return False
    if owner == case.id and case.retried and not isinstance(work.find(owner), Message):
        return False  # it owns its claim since it was parked, and only now goes through
    if owner != case.id:
        case.say("dedupe.replay", Outcome.REMOVED, message=owner)
        case.state = "duplicate"
    elif not isinstance(work.find(owner), Message):
        _leave_as_it_is(case, work)
    case.id = MessageId(owner)
    return True


def _leave_as_it_is(case: Case, work: Workspace) -> None:
    """An earlier attempt of ours went through after all, and left the message in the inbox."""
    item = work.snapshot.inbox.get(case.id)
    if item is not None and item.state is InboxState.BLOCKED:
        sender = work.claims.get(case.keys.sender)
        case.state, case.identity = "blocked", IdentityId(sender) if sender is not None else None
    else:
        case.state = "parked"
        if item is not None:
            case.error, case.error_told = item.error, item.told


def leave_inbox(case: Case, work: Workspace) -> None:
    """A message that was parked goes on: it leaves the inbox and no longer holds up its conversation."""
    key = case.keys.parked
    if work.claims.get(key) == case.id:
        work.move_claim(key, case.id, case.heir)
    work.end_inbox(case.id)
    work.emit(ev.DESK, ev.MessageReleased(item=case.id))


def waits(case: Case, work: Workspace) -> bool:
    """Keep the message back if an earlier one of its conversation is parked; True if it waits."""
    if case.retried:
        return False
    holder = work.claims.get(case.keys.parked)
    if holder is None:
        return False
    case.state = "parked"
    case.error, case.error_told = "error.waits", ""
    case.say("inbox.waits", Outcome.SKIPPED, behind=holder)
    store_item(case, work, InboxState.WAITING)
    return True


def store_item(case: Case, work: Workspace, state: InboxState, *, detail: str = "") -> None:
    """Keep the whole message in the inbox."""
    work.put_inbox(
        InboxItem(
            id=case.id,
            account=case.message.account,
            conversation=case.message.conversation,
            state=state,
            error=case.error,
            detail=detail,
            told=case.error_told,
            payload=case.message.model_dump_json(),
            created_at=case.received_at,
        )
    )
