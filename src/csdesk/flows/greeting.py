"""Sessions of a conversation: a word in answer to their beginning or end, where the provider gives a code for it.

A code allows one message, for a short while, and needs no ticket. Each is used once at most: the claim comes first, so
a crash in between costs a greeting and never doubles one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csdesk.domain.ids import MESSAGE
from csdesk.domain.policy.sections.service import AccountPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import OutboundMessage, SessionEvent
from csdesk.domain.records.messages import MenuItem, MenuPart, Part, TextPart
from csdesk.errors import ChannelError
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

_AT_MOST: Final = timedelta(days=1)


def greet(event: SessionEvent) -> Flow[None]:
    """Say what the account's policy has for this moment, if it is not too late and was not said."""
    if not event.code or event.what not in ("started", "ended"):
        return
    parts = yield from retried(lambda scope: _claimed(event, scope))
    if not parts:
        return
    scope = yield from steps.attempt(0)
    message = OutboundMessage(
        key=scope.ids.new(MESSAGE),
        account=event.account,
        conversation=event.conversation,
        to=event.sender,
        parts=parts,
        code=event.code,
        automatic=True,
        occurred_at=scope.now,
    )
    problem = ""
    try:
        yield from steps.send(message)
    except ChannelError as error:
        problem = error.provider_code or error.disposition
    except Exception as error:  # noqa: BLE001  one broken adapter must not stop what else the page brings
        problem = type(error).__name__
    yield from retried(lambda scope: _record(event, problem, scope))


def _claimed(event: SessionEvent, scope: Scope) -> Flow[tuple[Part, ...]]:
    """What to say, claimed for this event; nothing if there is nothing, it is too late, or it was said."""
    able = scope.channels.get(event.account)
    key = scope.keys.effect("session", event.account, event.dedupe_key)
    loaded = yield from steps.load(Needs(claims=(key,)))
    parts = words_for(event.what, loaded.policy.account(event.account))
    late = event.occurred_at is not None and able is not None and scope.now - event.occurred_at > able.code_lives
    if not parts or able is None or late or key in loaded.snapshot.claims:
        return ()
    work = workspace(loaded, scope)
    work.claim(key, event.dedupe_key, keep=_AT_MOST)
    yield from steps.commit(work.changes())
    return parts


def words_for(what: str, policy: AccountPolicy) -> tuple[Part, ...]:
    """The greeting of an account, with its questions to choose from, or its farewell."""
    if what == "ended":
        return (TextPart(text=policy.farewell),) if policy.farewell else ()
    if policy.greeting_choices:
        items = tuple(
            MenuItem(id=f"choice-{number}", text=text) for number, text in enumerate(policy.greeting_choices, 1)
        )
        return (MenuPart(head=policy.greeting, items=items),)
    return (TextPart(text=policy.greeting),) if policy.greeting else ()


def _record(event: SessionEvent, problem: str, scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs())
    work = workspace(loaded, scope)
    work.begin(event.dedupe_key, Actor.adapter(event.account))
    work.emit(ev.DESK, ev.SessionAnswered(account=event.account, what=event.what, problem=problem))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
