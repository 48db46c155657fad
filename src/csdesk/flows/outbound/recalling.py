"""Taking back what was sent, where the channel lets us."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import SentMessage
from csdesk.domain.records.messages import Message
from csdesk.errors import InvalidInput, UnsupportedFeature, sentence
from csdesk.flows.channels.feeding import note_change
from csdesk.flows.outbound.outgoing import ARRIVED, recipient
from csdesk.flows.permission import require
from csdesk.flows.reading import checks
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def recall(message_id: MessageId, actor: Actor, run: str) -> Flow[Message]:
    """Take a message back at the provider, then note it; one that was taken back already stays so.

    Raises:
        NotFound: this desk has no such message.
        InvalidInput: it was not sent by us, or not sent yet.
        UnsupportedFeature: the channel takes nothing back, or no longer.
        ChannelError: the provider refused.
    """
    checks.an_id(message_id, "message")
    checks.an_instance(actor, Actor, "actor")
    sent = yield from retried(lambda scope: _sent(message_id, actor, run, scope))
    if sent is not None:
        yield from steps.recall(sent)
    return (yield from retried(lambda scope: _record(message_id, actor, run, scope)))


def _sent(message_id: MessageId, actor: Actor, run: str, scope: Scope) -> Flow[SentMessage | None]:
    loaded = yield from steps.load(Needs(messages=(message_id,), parties=True))
    work = workspace(loaded, scope)
    message = work.message(message_id)
    work.begin(run, actor)
    yield from require(work, actor, "recall_message", message.ticket)
    if message.recalled_at is not None:
        return None
    check_went_out(message)
    able = scope.channels.get(message.account)
    if able is None or able.recall_within is None:
        raise UnsupportedFeature(
            sentence("account {account}", account=message.account), "take messages back", "write another one"
        )
    if scope.now - message.occurred_at > able.recall_within:
        raise UnsupportedFeature(
            sentence("account {account}", account=message.account), "take back what is so old", "write another one"
        )
    return as_sent(message, work)


def check_went_out(message: Message) -> None:
    """Let a message of ours pass that the provider has.

    Raises:
        InvalidInput: it is none.
    """
    if message.delivery not in ARRIVED:
        raise InvalidInput("message", "was not sent", "choose a message of ours that the channel has taken over")


def as_sent(message: Message, work: Workspace) -> SentMessage:
    """The message as the provider knows it."""
    return SentMessage(
        key=message.id,
        account=message.account,
        conversation=message.conversation,
        to=recipient(message, work.person(message.identity)),
        provider_ids=tuple(one for one in (*message.pieces, message.provider_id) if one),
    )


def _record(message_id: MessageId, actor: Actor, run: str, scope: Scope) -> Flow[Message]:
    loaded = yield from steps.load(Needs(messages=(message_id,)))
    work = workspace(loaded, scope)
    if work.message(message_id).recalled_at is None:
        work.begin(run, actor)
        work.emit(message_id, ev.MessageRecalled(message=message_id))
        message = work.message(message_id)
        note_change(work, message, scope)
        work.end(message_id)
        yield from steps.commit(work.changes())
    return work.message(message_id)
