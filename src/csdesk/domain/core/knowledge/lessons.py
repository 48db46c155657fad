"""What became of suggestions: recorded, counted, handed on as lessons. Wrong answers are followed up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.core.casework.tickets import change_status, happen
from csdesk.domain.core.lineage import Past
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId, PhraseId
from csdesk.domain.matching.book import AT_ONCE
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import EpochName
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.messages import Direction, Message
from csdesk.domain.records.phrases import usage_counter
from csdesk.domain.records.tickets import Move, Ticket
from csdesk.errors import InvalidInput, sentence

NUMBER: Final = "learning"
"""The counter of lessons."""

TOLD: Final = "learning/told"
"""The counter that says how many lessons there were when every process was last made to learn them."""

COUNTERS: Final = (NUMBER, TOLD)
"""What a decision that may be a lesson reads."""

TOLD_EVERY: Final = 20
"""After so many lessons processes that only take in messages are made to learn them too."""

SECOND_CONTACT: Final = "second_contact"
"""The name of the promise that a wrong answer makes: somebody contacts the customer again."""

_TEACHES: Final = frozenset({"picked", "edited", "ignored", "wrong"})


def judge(
    work: Workspace,
    question: MessageId,
    fate: ev.Fate,
    *,
    picked: PhraseId | None = None,
    shown: tuple[PhraseId, ...] = (),
) -> None:
    """Record what became of suggestions for a message, and count it.

    The matcher's view of the text is taken down with it, so that learning is a fold of what was recorded.
    """
    shown = tuple(dict.fromkeys(shown))  # named twice, it was shown once
    asked = work.find(question)
    book = work.past.book
    number, lead, evidence = 0, 0.0, tuple[float, ...]()
    is_wanted = work.policy.config.reply.learn and fate in _TEACHES
    if is_wanted and book is not None and isinstance(asked, Message) and asked.text.strip():
        lesson = book.weigh(asked.text, picked, shown)
        number, lead, evidence = _number(work), lesson.lead, lesson.evidence
    work.emit(
        ev.LEARNING,
        ev.SuggestionsJudged(
            question=question,
            fate=fate,
            picked=picked,
            shown=shown,
            number=number,
            lead=lead,
            evidence=evidence,
        ),
    )
    for one in shown:
        work.add(usage_counter(one, "shown"), 1)


def _number(work: Workspace) -> int:
    """The number of one more lesson.

    Lessons decided at once may share it: nobody waits for anybody. The guard only keeps one that was decided long ago
    from counting far behind its turn.
    """
    number = work.counter(NUMBER) + 1
    work.add(NUMBER, 1, number + AT_ONCE - 1)
    untold = number - work.counter(TOLD)
    if untold >= TOLD_EVERY:
        work.add(TOLD, untold, number)  # of those that count so far at once one tells; the others find it told
        work.bump(EpochName.PHRASES)
    return number


def judge_suggestions(work: Workspace, command: cmd.JudgeSuggestions) -> None:
    """Record what somebody says became of suggestions.

    Raises:
        NotFound: there is no such message.
        InvalidInput: no customer wrote it, or a phrase is not known.
    """
    question = work.message(command.message)
    _check_question(question)
    check_known(work, (command.picked, *command.shown))
    judge(work, question.id, command.fate, picked=command.picked, shown=command.shown)
    if command.fate == "wrong":
        work.add(usage_counter(command.shown[0], "wrong"), 1)


def _check_question(question: Message) -> None:
    if question.direction is not Direction.IN:
        raise InvalidInput("message", "no customer wrote it", "pass the message that was to be answered")


def check_known(work: Workspace, phrases: Iterable[PhraseId | None]) -> None:
    """Refuse phrases that the desk never had; retired ones are known.

    Raises:
        InvalidInput: one is not known.
    """
    for one in phrases:
        if one is not None and work.find(one) is None:
            raise InvalidInput("phrase", sentence("there is no phrase {id!r}", id=one), _nearest_phrase(work, one))


def _nearest_phrase(work: Workspace, given: str) -> str:
    book = work.past.book
    return nearest(given, (one.id for one in book)) if book is not None else "pass ids of the desk's phrases"


def forget(work: Workspace, command: cmd.ForgetLessons) -> int:
    """Let lessons count no more; how many.

    Raises:
        NotFound: there is no such message.
        InvalidInput: there is no such phrase; a retired one is known.
    """
    if command.message is not None:
        work.message(command.message)
    check_known(work, (command.phrase,))
    told = [
        (entry.cause, event)
        for entry in work.past.streams.get(ev.LEARNING, ())
        for event in entry.events
        if isinstance(event, ev.SuggestionsJudged) and event.number
    ]
    gone = {
        cause
        for entry in work.past.streams.get(ev.LEARNING, ())
        for event in entry.events
        if isinstance(event, ev.LessonsForgotten)
        for cause in event.lessons
    }
    left = [(cause, one) for cause, one in told if cause not in gone]
    if command.last is not None:
        left = left[-command.last :]
    chosen = tuple(
        cause
        for cause, one in left
        if command.last is not None
        or (command.message is not None and one.question == command.message)
        or (command.phrase is not None and command.phrase in (one.picked, *one.shown))
    )
    if chosen:
        work.emit(ev.LEARNING, ev.LessonsForgotten(lessons=chosen))
        work.bump(EpochName.PHRASES)
    return len(chosen)


def forget_erased(work: Workspace) -> None:
    """Let every process fold its lessons again, now that texts are gone that some of them were about."""
    if work.counter(NUMBER):
        work.emit(ev.LEARNING, ev.LessonsForgotten(erased=True))
        work.bump(EpochName.PHRASES)


def correct(work: Workspace, ticket: Ticket, command: cmd.CorrectReply, _: str) -> None:
    """A wrong answer: assessed, learnt from, and the customer is owed a second contact.

    Raises:
        NotFound: there is no such message.
        InvalidInput: it is no answer of ours on this ticket, or was corrected before.
        IllegalTransition: the ticket was merged.
    """
    answer = work.message(command.message)
    if answer.ticket != ticket.id or answer.direction is not Direction.OUT:
        raise InvalidInput("message", "is no answer of ours on this ticket", "pass the message that was wrong")
    check_known(work, (command.right,))
    made_from, question = origin_of(work.past, ticket.id, answer.id)
    key = work.keys.effect("corrected", answer.id)
    if key in work.claims:
        raise InvalidInput("message", "was corrected before", "nothing is left to do")
    work.claim(key, answer.id)
    if not ticket.is_live:
        ticket = change_status(work, ticket, Move.REOPEN)
    happen(
        work,
        ticket.id,
        ev.ReplyCorrected(message=answer.id, phrase=made_from, right=command.right, reason=command.reason),
    )
    within = command.within or work.policy.config.reply.second_contact
    happen(work, ticket.id, ev.ClockStarted(metric=Metric.PROMISE, name=SECOND_CONTACT, within=within))
    work.emit(
        ev.ASSESSMENT,
        ev.ReplyAssessed(
            ticket=ticket.id,
            message=answer.id,
            author=answer.author,
            author_id=answer.author_id or "",
            phrase=made_from,
            right=command.right,
        ),
    )
    if made_from is not None:
        work.add(usage_counter(made_from, "wrong"), 1)
        if question is not None and work.find(question) is not None and made_from != command.right:
            judge(work, question, "wrong", picked=command.right, shown=(made_from,))


def origin_of(past: Past, ticket: str, answer: str) -> tuple[PhraseId | None, MessageId | None]:
    """The phrase that an answer was made from and the question it answered, as the ticket's stream tells them."""
    for entry in past.streams.get(ticket, ()):
        if not any(isinstance(event, ev.ReplyQueued) and event.message == answer for event in entry.events):
            continue
        for event in entry.events:
            if isinstance(event, ev.PhraseUsed) and event.message == answer:
                return event.phrase, event.question
            if isinstance(event, ev.ReplyDecided) and event.action == "auto_reply":
                return event.phrase, event.message
    return None, None
