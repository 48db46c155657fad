"""Asking hosts' knowledge bases, one after the other, for a person or a bot who looks for an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from csdesk._sentence import is_a
from csdesk.domain.records._model import replaced
from csdesk.domain.records.changes import Needs, person_behind
from csdesk.domain.records.knowledge import (
    Consultation,
    KnowledgeAbstains,
    KnowledgeAnswer,
    KnowledgeHit,
    KnowledgeQuestion,
    KnowledgeSilence,
)
from csdesk.errors import CsdeskError, InvalidInput, NotFound, sentence
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.knowledge import AnyKnowledge
from csdesk.ports.steps import Flow

WITHIN: Final = timedelta(seconds=10)
"""How long each knowledge base has, unless the caller says otherwise."""


def for_message(message_id: str, bases: Iterable[AnyKnowledge], limit: int, within: timedelta) -> Flow[Consultation]:
    """What they say to a stored message, in the language, on the account and for the level it came with.

    Raises:
        NotFound: this desk has no such message.
    """
    asked = _checked(bases, limit, within)
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(checks.needs(Needs(messages=(message_id,), parties=True)))
    found = loaded.snapshot
    message = found.messages.get(message_id)
    ticket = found.tickets.get(message.ticket) if message is not None else None
    if message is None or ticket is None:
        raise NotFound("message", message_id)
    customer = person_behind(ticket.identity, found.homes, found.customers)
    question = KnowledgeQuestion(
        text=message.text,
        language=message.language or ticket.language,
        account=message.account,
        level=customer.level if customer is not None else "",
        queue=ticket.queue,
        limit=limit,
        asked_at=scope.now,
        deadline=scope.now + within,
    )
    return (yield from _consulted(question, asked, within))


def for_text(
    text: str, bases: Iterable[AnyKnowledge], language: str | None, limit: int, within: timedelta
) -> Flow[Consultation]:
    """What they say to a text."""
    asked = _checked(bases, limit, within)
    checks.a_text(text, "text")
    if language is not None:
        checks.an_id(language, "language")
    scope = yield from steps.attempt(0)
    question = KnowledgeQuestion(
        text=text, language=language, limit=limit, asked_at=scope.now, deadline=scope.now + within
    )
    return (yield from _consulted(question, asked, within))


def _checked(bases: Iterable[AnyKnowledge], limit: int, within: timedelta) -> tuple[AnyKnowledge, ...]:
    checks.a_number(limit, "limit", 1, 50)
    checks.patience(within)
    given: object = bases
    if not isinstance(given, Iterable):
        raise InvalidInput("knowledge", is_a(given), "pass a list of knowledge bases")
    found = tuple(bases)
    for one in found:
        if isinstance(one, type) or not isinstance(getattr(one, "name", None), str) or not _answers(one):
            raise InvalidInput(
                "knowledge", sentence("{type} is no knowledge base", type=type(one).__name__), "pass name and look_up"
            )
    return found


def _answers(one: object) -> bool:
    return callable(getattr(one, "look_up", None))


def _consulted(question: KnowledgeQuestion, bases: tuple[AnyKnowledge, ...], within: timedelta) -> Flow[Consultation]:
    hits: list[KnowledgeHit] = []
    silent: list[KnowledgeSilence] = []
    for base in bases if question.text.strip() else ():
        scope = yield from steps.attempt(0)
        told = yield from _told(base, replaced(question, deadline=scope.now + within), within)
        if isinstance(told, KnowledgeSilence):
            silent.append(told)
        else:
            hits += [KnowledgeHit(knowledge=base.name, answer=one) for one in told]
    ranked = sorted(hits, key=lambda hit: -hit.answer.confidence)
    return Consultation(hits=tuple(ranked[: question.limit]), silent=tuple(silent))


def _told(
    base: AnyKnowledge, question: KnowledgeQuestion, within: timedelta
) -> Flow[tuple[KnowledgeAnswer, ...] | KnowledgeSilence]:
    silence = KnowledgeSilence(knowledge=base.name, outcome="failed")
    try:
        reply = yield from steps.consult(base, question, within)
    except TimeoutError:
        return replace(silence, outcome="late")
    except CsdeskError as error:
        return replace(silence, reason=error.code)
    except Exception as error:  # noqa: BLE001  a host's code: whatever breaks there, the others are still asked
        return replace(silence, reason=type(error).__name__)
    if isinstance(reply, KnowledgeAbstains):
        return replace(silence, outcome="abstained", reason=reply.reason)
    if not isinstance(reply, tuple | list) or not all(isinstance(one, KnowledgeAnswer) for one in reply):
        return replace(silence, outcome="wrong", reason=type(reply).__name__)
    return tuple(reply) if reply else replace(silence, outcome="abstained", reason="no_answer")
