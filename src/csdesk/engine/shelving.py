"""Keeping a process's phrases up to date: built once, then carried along by what the streams tell.

Two streams move the matcher: that of the library names the phrases that were saved, that of learning holds what people
decided about suggestions. Both are read backwards, from their end to what is known here, so the cost is that of what
is new. What a lesson was about is read from its message: a message that was erased teaches nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from csdesk._batched import batched
from csdesk.domain.matching.book import AT_ONCE, Course, Lesson, PhraseBook, first_counted
from csdesk.domain.matching.trainings import Training
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.engine.core import DeskCore, Shelf
from csdesk.engine.reading import PAGE, Reading, all_of, newest_of, since
from csdesk.errors import InvalidInput, StoreDamaged, sentence
from csdesk.ports import steps
from csdesk.ports.store import Page, Query

_MANY_CHANGED: Final = 1_000
"""From so many changed phrases on it is cheaper to build all of them afresh."""

_Told = tuple[str, ev.SuggestionsJudged]
"""A lesson as it was told, with the cause of its entry, by which it is known."""


def is_wanted(core: DeskCore, step: steps.Load, policy: Policy) -> bool:
    """Whether phrases belong to what the step asks for."""
    match step.phrases:
        case "no":
            return False
        case "auto":
            return policy.answers
        case "held":
            return core.shelf is not None
        case _:
            return True


def shelf(known: Shelf | None, epoch: int, *, learned: bool) -> Reading[Shelf]:
    """The phrases of an epoch; with ``learned`` after every lesson that was given."""
    if known is None:
        return (yield from _built(epoch))
    if known.epoch == epoch and not learned:
        return known
    if known.epoch != epoch:
        known = replace((yield from _changed(known)), epoch=epoch)
    known = yield from _taught(known)
    if learned and known.training != known.book.trained:
        # Taking a training in takes as long as building the index: a message on its way in does not wait for that.
        course = yield from _course(known.training)
        known = replace(known, book=known.book.after_training(course))
    return known


def _built(epoch: int) -> Reading[Shelf]:
    # How far the streams go is read first: what comes in between is then read twice, which changes nothing.
    library = yield from newest_of(ev.LIBRARY)
    learning = yield from newest_of(ev.LEARNING)
    chosen = (yield from _chosen()) if learning else 0
    phrases = yield from all_of(LibraryPhrase, "phrase")
    lessons = (yield from _window()) if learning else ()
    book = PhraseBook(phrases, lessons, (yield from _course(chosen)))
    return Shelf(epoch, book, library, learning, chosen)


_TRAININGS: Final = Query(kind="entry", where=(("subject", ev.TRAINING),), order="position", descending=True, limit=1)
"""What was said of trainings, the newest first."""


def _chosen() -> Reading[int]:
    """The training that is in use."""
    page: Page[Any] = yield _TRAININGS
    return _choice(page.items, 0)


def _choice(entries: Sequence[ev.Entry], before: int) -> int:
    """The training that was chosen last in these entries; none of them: the one before."""
    chosen = [event.number for one in entries for event in one.events if isinstance(event, ev.TrainingChosen)]
    return chosen[-1] if chosen else before


def _course(number: int) -> Reading[Course | None]:
    """The training of that number.

    Raises:
        StoreDamaged: it is not there, or broken.
    """
    asked = _TRAININGS
    while number:
        page: Page[Any] = yield asked
        for event in (one for entry in page.items for one in entry.events):
            if isinstance(event, ev.LibraryTrained) and event.number == number:
                return Course(number, _whole(event))
        if page.cursor is None:
            raise StoreDamaged(sentence("training {number} of the phrases is not in the store", number=number))
        asked = replace(asked, after=page.cursor)
    return None


def _whole(event: ev.LibraryTrained) -> Training:
    try:
        return Training.unpacked(event.body)
    except InvalidInput as error:
        raise StoreDamaged(
            sentence("training {number} of the phrases is broken; train them again", number=event.number)
        ) from error


def _changed(known: Shelf) -> Reading[Shelf]:
    entries = yield from since(ev.LIBRARY, known.library)
    if not entries:
        return known
    ids = {
        key
        for entry in entries
        for event in entry.events
        if isinstance(event, ev.LibraryChanged)
        for key in event.phrases
    }
    if len(ids) > _MANY_CHANGED:
        return (yield from _built(known.epoch))
    page: Page[Any] = yield Query(kind="phrase", where=(("id", tuple(sorted(ids))),), limit=1000)
    return replace(known, book=known.book.with_phrases(page.items), library=entries[-1].position)


def _taught(known: Shelf) -> Reading[Shelf]:
    entries = yield from since(ev.LEARNING, known.learning)
    if not entries:
        return known
    learning, training = entries[-1].position, _choice(entries, known.training)
    known = replace(known, training=training)
    if any(isinstance(event, ev.LessonsForgotten) for entry in entries for event in entry.events):
        return replace(known, book=known.book.relearned((yield from _window())), learning=learning)
    lessons = yield from _lessons([one for entry in entries for one in _judged(entry)])
    return replace(known, book=known.book.after(lessons), learning=learning)


def _window() -> Reading[tuple[Lesson, ...]]:
    """Every lesson that counts now, oldest first, without those that were forgotten."""
    told: list[_Told] = []
    gone: set[str] = set()
    asked = Query(kind="entry", where=(("subject", ev.LEARNING),), order="position", descending=True, limit=PAGE)
    while True:
        page: Page[Any] = yield asked
        for entry in page.items:
            told += _judged(entry)
            gone.update(key for one in entry.events if isinstance(one, ev.LessonsForgotten) for key in one.lessons)
        first = first_counted(max((one.number for _, one in told), default=0))
        if page.cursor is None or (told and told[-1][1].number <= first - AT_ONCE):
            break  # the number of a lesson is less than that behind its turn: none before this one counts
        asked = replace(asked, after=page.cursor)
    kept = [(cause, one) for cause, one in reversed(told) if one.number >= first and cause not in gone]
    return (yield from _lessons(kept))


def _judged(entry: ev.Entry) -> list[_Told]:
    return [(entry.cause, one) for one in entry.events if isinstance(one, ev.SuggestionsJudged) and one.number]


def _lessons(told: Sequence[_Told]) -> Reading[tuple[Lesson, ...]]:
    """What was judged, with the texts of its messages; what has no text any more is left out."""
    texts: dict[str, str] = {}
    asked = list(dict.fromkeys(str(one.question) for _, one in told))
    for part in batched(asked, PAGE):
        page: Page[Any] = yield Query(kind="message", where=(("id", part),), limit=len(part))
        texts.update((one.id, one.text) for one in page.items if isinstance(one, Message))
    return tuple(
        Lesson(cause, one.number, texts[one.question], one.picked, one.shown, one.lead, one.evidence)
        for cause, one in told
        if texts.get(one.question, "").strip()
    )
