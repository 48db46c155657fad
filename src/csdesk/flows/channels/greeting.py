"""Sessions of a conversation: a word in answer to their beginning or end, where the provider gives a code for it.

A code allows one message, for a short while, and needs no ticket. Each is used once at most: the claim comes first, so
a crash in between costs a greeting and never doubles one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from csdesk.domain.ids import MESSAGE
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.sections.service import AccountPolicy, EntryPointPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import OutboundMessage, SessionEvent
from csdesk.domain.records.messages import MenuItem, MenuPart, Part, TextPart
from csdesk.flows.outbound.pacing import code_of, is_trouble, note_failure, note_success, paces_of, pause_key
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

_AT_MOST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is to be said, or why the account may not say it now."""

    parts: tuple[Part, ...] = ()
    problem: str = ""
    was_failing: bool = False
    """The account's last sending failed: success is worth noting."""


def greet(event: SessionEvent) -> Flow[None]:
    """Say what the account's policy has for this moment, if it is not too late and was not said.

    An account that rests, or has used up its rate, says nothing: the moment will be over before it may.
    """
    if not event.code or event.what not in ("started", "ended"):
        return
    turn = yield from retried(lambda scope: _claimed(event, scope))
    if not turn.parts:
        return
    error = None if turn.problem else (yield from _said(event, turn.parts))
    yield from retried(lambda scope: _record(event, turn, error, scope))


def _said(event: SessionEvent, parts: tuple[Part, ...]) -> Flow[Exception | None]:
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
    try:
        yield from steps.send(message)
    except Exception as error:  # noqa: BLE001  one broken adapter must not stop what else the page brings
        return error
    return None


def _claimed(event: SessionEvent, scope: Scope) -> Flow[_Turn]:
    """What to say, claimed for this event; nothing if there is nothing, it is too late, or it was said."""
    able = scope.channels.get(event.account)
    if able is None:
        return _Turn()
    key = scope.keys.effect("session", event.account, event.dedupe_key)
    paces = paces_of(event.account, event.conversation, able, scope)
    loaded = yield from steps.load(Needs(claims=(key, *paces.keys)))
    parts = words_for(event.what, loaded.policy.account(event.account), _entry_point(event, loaded.policy))
    late = event.occurred_at is not None and scope.now - event.occurred_at > able.code_lives
    if not parts or late or key in loaded.snapshot.claims:
        return _Turn()
    work = workspace(loaded, scope)
    barred = paces.admit(work, 1)
    if barred is not None:
        work = workspace(loaded, scope)
    work.claim(key, event.dedupe_key, keep=_AT_MOST)
    yield from steps.commit(work.changes())
    return _Turn(parts, "" if barred is None else barred.reason, paces.pause in loaded.snapshot.claims)


def _entry_point(event: SessionEvent, policy: Policy) -> EntryPointPolicy | None:
    came = event.entrance
    return policy.entry_point(event.account, came.scene, came.param) if came is not None else None


def words_for(what: str, account: AccountPolicy, point: EntryPointPolicy | None = None) -> tuple[Part, ...]:
    """The greeting of the entry point or the account, with its questions to choose from; or the farewell."""
    if what == "ended":
        return (TextPart(text=account.farewell),) if account.farewell else ()
    said = point if point is not None and point.greeting else account
    if said.greeting_choices:
        items = tuple(
            MenuItem(id=f"choice-{number}", text=text) for number, text in enumerate(said.greeting_choices, 1)
        )
        return (MenuPart(head=said.greeting, items=items),)
    return (TextPart(text=said.greeting),) if said.greeting else ()


def _record(event: SessionEvent, turn: _Turn, error: Exception | None, scope: Scope) -> Flow[None]:
    trouble = error is not None and is_trouble(error)
    pace = pause_key(event.account, scope)
    loaded = yield from steps.load(Needs(claims=(pace,) if trouble or turn.was_failing else ()))
    work = workspace(loaded, scope)
    problem = turn.problem if error is None else code_of(error)
    work.begin(event.dedupe_key, Actor.adapter(event.account))
    work.emit(ev.DESK, ev.SessionAnswered(account=event.account, what=event.what, problem=problem))
    if trouble:
        note_failure(work, event.account, problem, pace)
    elif turn.was_failing and not turn.problem and error is None:
        note_success(work, event.account, pace)
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
