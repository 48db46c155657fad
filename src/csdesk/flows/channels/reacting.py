"""What a provider tells of a message by its own id: which one that is, and the signs that people put on it."""

from __future__ import annotations

from csdesk.domain.core.customers.identity import known_identity
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import ReactionEvent
from csdesk.domain.records.messages import Message
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def keys_of(account: str, provider_id: str, scope: Scope) -> tuple[str, ...]:
    """The claims that lead to the message of that id: one that came in, or one of ours."""
    keys = scope.keys
    return keys.inbound(account, provider_id), keys.provider(account, provider_id), keys.outbound(account, provider_id)


def first_message(work: Workspace, keys: tuple[str, ...]) -> Message | None:
    """The message that one of these claims leads to; None if the desk has none."""
    for key in keys:
        found = work.find(work.claims.get(key, ""))
        if isinstance(found, Message):
            return found
    return None


def note_reaction(event: ReactionEvent, scope: Scope) -> Flow[None]:
    """Write the sign down beside the message, once; a message that is not here, or was erased, has none."""
    seen = scope.keys.inbound(event.account, event.dedupe_key)
    keys = keys_of(event.account, event.provider_id, scope)
    who = scope.keys.identity(event.sender.kind, event.sender.scope, event.sender.external_id)
    loaded = yield from steps.load(Needs(claims=(seen, who, *keys)))
    work = workspace(loaded, scope)
    message = first_message(work, keys)
    if message is None or message.erased_at is not None or seen in loaded.snapshot.claims:
        return
    work.begin(message.id, Actor.adapter(event.account))
    work.claim(seen, message.id, keep=loaded.policy.config.retention.inbound_claims)
    identity = known_identity(work, event.sender)
    work.emit(message.id, ev.MessageReacted(message=message.id, identity=identity, sign=event.sign))
    work.end(message.id)
    yield from steps.commit(work.changes())
