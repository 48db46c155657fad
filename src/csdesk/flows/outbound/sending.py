"""Replying: the command commits the message, then its delivery is tried at once."""

from __future__ import annotations

from contextlib import suppress

from csdesk.domain.ids import TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import Sent
from csdesk.domain.records.messages import Message
from csdesk.domain.records.trace import Outcome, Trace, verdict
from csdesk.errors import StoreError
from csdesk.flows.commands import Done, earlier_reply, execute
from csdesk.flows.outbound.outbox import deliver
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.steps import Flow

MOST_AHEAD = 5
"""How many messages ahead of the reply, in its conversation, are sent on the way."""


def reply(command: cmd.SendReply, run: str, *, deliver_now: bool) -> Flow[Sent]:
    """Store a reply and (with ``deliver_now``) try to send it, after those ahead of it in its conversation.

    Without a channel for its account it waits for a process that has one, and the trace says so.
    """
    done = yield from execute(command, run)
    return (yield from outcome_of(done, deliver_now=deliver_now))


def sent_before(ticket: TicketId, idempotency_key: str) -> Flow[Sent | None]:
    """What became of the reply that went under that key, so that nothing is worked out anew; None: none did.

    Raises:
        InvalidInput: that is no ticket, or no key.
    """
    checks.an_id(ticket, "ticket")
    key = checks.a_text(checks.an_id(idempotency_key, "idempotency_key"), "idempotency_key")
    earlier = yield from earlier_reply(ticket, key)
    return None if earlier is None else (yield from outcome_of(earlier, deliver_now=False))


def outcome_of(done: Done, *, deliver_now: bool) -> Flow[Sent]:
    """What became of a stored reply, after trying to send it; one that was stored before is not tried again."""
    message, ticket, trace = message_of(done), done.ticket, done.trace
    assert ticket is not None, "a reply is loaded with its ticket"
    if message.account not in (yield from steps.attempt(0)).channels:
        lacking = verdict("send.no_channel", Outcome.NOTED, account=message.account)
        trace = Trace(verdicts=(*trace.verdicts, lacking))
    elif deliver_now and not done.duplicate:
        # The reply is stored, and the next ``run_due`` goes on: an error would invite a second reply.
        with suppress(StoreError):
            message = yield from _send_now(message)
    return Sent(message=message, ticket=ticket, delivery=message.delivery, trace=trace)


def _send_now(message: Message) -> Flow[Message]:
    for _ in range(MOST_AHEAD):
        sending = yield from deliver(1, account=message.account, conversation=message.conversation)
        if message.id in sending.messages or not sending.messages:
            break
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(messages=(message.id,)))
    return loaded.snapshot.messages.get(message.id, message)


def message_of(done: Done) -> Message:
    """The message that a command made."""
    assert done.message is not None, "the command made no message"
    return done.message
