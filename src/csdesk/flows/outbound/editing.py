"""Changing what was sent, where the channel lets us."""

from __future__ import annotations

from csdesk.domain.core.conversation.watching import checked, tell
from csdesk.domain.core.lineage import Past
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import Capabilities, SentMessage
from csdesk.domain.records.messages import Message, TextPart
from csdesk.domain.records.wording import WordingSpot
from csdesk.errors import InvalidInput, UnsupportedFeature, sentence
from csdesk.flows.channels.feeding import note_change
from csdesk.flows.outbound.recalling import as_sent, check_went_out
from csdesk.flows.permission import require
from csdesk.flows.reading import checks
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def edit(message_id: MessageId, text: str, actor: Actor, run: str, override: str = "") -> Flow[Message]:
    """Change a text of ours at the provider, then note it; the first words stay in the message record.

    Raises:
        NotFound: this desk has no such message.
        InvalidInput: it was not sent by us, is no single text, or the new text is empty or too long for one sending.
        UnsupportedFeature: the channel changes nothing, or no longer.
        WordingRefused: the policy on wording speaks against words of it, and ``override`` says no reason.
        ChannelError: the provider refused.
    """
    checks.an_id(message_id, "message")
    checks.an_instance(actor, Actor, "actor")
    checks.a_text(override, "override")
    part = TextPart(text=checks.a_text(text, "text").strip())
    sent, spots = yield from retried(lambda scope: _sent(message_id, part, actor, run, override, scope))
    yield from steps.edit(sent, part)
    return (yield from retried(lambda scope: _record(message_id, part, actor, run, spots, override, scope)))


_Spots = tuple[WordingSpot, ...]


def _sent(
    message_id: MessageId, part: TextPart, actor: Actor, run: str, override: str, scope: Scope
) -> Flow[tuple[SentMessage, _Spots]]:
    is_copied = scope.policy.config.wording.verbatim != "off"
    needs = Needs(messages=(message_id,), parties=True)
    loaded = yield from steps.load(needs, phrases="yes" if is_copied else "no")
    past = Past(book=loaded.phrases)
    work = workspace(loaded, scope, past=past)
    message = work.message(message_id)
    work.begin(run, actor)
    yield from require(work, actor, "edit_message", message.ticket)
    check_went_out(message)
    able = scope.channels.get(message.account)
    if able is None or able.edit_within is None:
        raise UnsupportedFeature(
            sentence("account {account}", account=message.account), "change messages", "write another one"
        )
    if scope.now - message.occurred_at > able.edit_within:
        raise UnsupportedFeature(
            sentence("account {account}", account=message.account), "change what is so old", "write another one"
        )
    _check_text(message, part, able)
    spots = checked(work, (part,), override) if actor.kind is ActorKind.AGENT else ()
    return as_sent(message, work), spots


def _check_text(message: Message, part: TextPart, able: Capabilities) -> None:
    if message.recalled_at is not None or message.pieces or [one.kind for one in message.parts] != ["text"]:
        raise InvalidInput("message", "is not one text", "choose a text that was sent in one piece and not taken back")
    if not part.text or (able.text is not None and not able.text.holds(part.text)):
        raise InvalidInput("text", "is empty or too long for one sending", "pass a text that fits the channel")


def _record(
    message_id: MessageId, part: TextPart, actor: Actor, run: str, spots: _Spots, override: str, scope: Scope
) -> Flow[Message]:
    loaded = yield from steps.load(Needs(messages=(message_id,), parties=bool(spots)))
    work = workspace(loaded, scope)
    message = work.message(message_id)
    if message.edited != (part,) and message.erased_at is None:
        work.begin(run, actor)
        work.emit(message_id, ev.MessageEdited(message=message_id, parts=(part,)))
        note_change(work, message, scope)
        tell(work, message.ticket, message_id, spots, override)
        work.end(message_id)
        yield from steps.commit(work.changes())
    return work.message(message_id)
