"""The desk's phrases, ready to answer: the matcher over them, the records behind it, and what people taught it.

One immutable value; a change of the library or one more lesson gives another that shares what did not change. So a
process builds it once, and goes along with what happens.
"""

# ruff: noqa: SLF001  a book makes its successor, which is of its own class

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from csdesk.domain.matching.dense import Vectors
from csdesk.domain.matching.entries import folded
from csdesk.domain.matching.judging import Judge, Match
from csdesk.domain.matching.learning import NOTHING_LEARNED, Outcome
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.linting import Flaw, flaws_of
from csdesk.domain.matching.pasting import Pasted, Sources
from csdesk.domain.matching.phrases import ANYWHERE, Context, Phrase
from csdesk.domain.matching.trainings import Training, taught, training_of
from csdesk.domain.records.channels import ReplyDecision, Suggestion
from csdesk.domain.records.matches import Why
from csdesk.domain.records.phrases import LibraryPhrase, Preview

LESSONS: Final = 1_000
"""Lessons are learnt from in blocks of so many: the block before the present one counts too, older ones no more."""
AT_ONCE: Final = 64
"""How many lessons may be decided at once: no number is that far behind the place of its lesson in the stream."""

_MANY_NEW: Final = 20
_LEAST_LOOSE: Final = 500
_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """One decision of a person about suggestions: by what it was given, about its place, and what was decided.

    ``text`` is what was asked; it is read from the message whenever lessons are folded, and stored nowhere else.
    """

    cause: str
    number: int
    text: str
    picked: str | None
    shown: tuple[str, ...]
    lead: float
    evidence: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A training that is in use, and its number in the desk."""

    number: int
    training: Training


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """For whom phrases are looked for: conditions are checked against ``context``, variables found in ``sources``."""

    context: Context = ANYWHERE
    sources: Mapping[str, object] = field(default_factory=dict, hash=False)


NOBODY: Final = Asker()


def phrase_of(record: LibraryPhrase) -> Phrase:
    """What a library's record is matched by; the answer is its wording for everybody, not filled in."""
    wording = record.wording_for(language=record.language)
    return Phrase(
        record.id,
        record.title,
        questions=record.questions,
        keywords=record.keywords,
        tags=record.tags,
        answer=wording.text if wording is not None else "",
        related=record.related,
        language=record.language,
        channels=record.channels,
        levels=record.levels,
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        auto_reply=record.auto_reply,
    )


class PhraseBook:
    """All phrases of a desk, with what was learnt about those in use."""

    __slots__ = ("_course", "_judge", "_lessons", "_made", "_phrases", "_plain", "_sources", "_turns")

    def __init__(
        self, phrases: Iterable[LibraryPhrase] = (), lessons: Iterable[Lesson] = (), course: Course | None = None
    ) -> None:
        """Index phrases, let a training tell them apart, and learn from lessons, oldest first."""
        self._phrases: Mapping[str, LibraryPhrase] = {one.id: one for one in phrases}
        self._judge = Judge(Library(phrase_of(one) for one in self._phrases.values() if not one.retired))
        self._plain = self._judge.library.segment
        self._course: Course | None = None
        self._lessons: tuple[Lesson, ...] = ()
        self._settle()
        if course is not None:
            self._train(course)
        if lessons:
            self._relearn(tuple(lessons))

    def _settle(self) -> None:
        """Set up what is worked out of the phrases when it is asked for."""
        self._made: dict[object, tuple[Match, ...]] = {}
        self._sources: Sources | None = None
        marks = {at for one in self._phrases.values() for at in (one.valid_from, one.valid_until) if at is not None}
        self._turns = sorted(marks)

    def __len__(self) -> int:
        """The number of phrases in use."""
        return len(self._judge.library)

    def __iter__(self) -> Iterator[LibraryPhrase]:
        """All phrases, retired ones too."""
        return iter(self._phrases.values())

    @property
    def learned(self) -> int:
        """The highest number of a lesson that was learnt from; 0 without any."""
        return max((one.number for one in self._lessons[-AT_ONCE:]), default=0)

    @property
    def trained(self) -> int:
        """The number of the training that tells the phrases apart; 0 without any."""
        return self._course.number if self._course is not None else 0

    def training(self) -> Training:
        """Train the phrases as they are now; the book stays as it is. Takes seconds for 1,000 questions.

        Raises:
            InvalidInput: they have too few questions to learn from.
        """
        return training_of(self._judge.library)

    def after_training(self, course: Course | None) -> PhraseBook:
        """The book after a training, or without any; an earlier one teaches nothing more."""
        book = self._copy()
        book._train(course)
        book._made = {}
        return book

    def _train(self, course: Course | None) -> None:
        library = self._judge.library.with_segment(self._plain, trained=False)
        if library.unpacked:
            library = library.packed()
            self._plain = library.segment
        rows = course.training.rows if course is not None else ()
        library = taught(library, course.training) if course is not None else library
        self._course = course
        self._judge = replace(self._judge, library=library, own_rows=rows).calibrated()

    def texts(self) -> dict[str, tuple[str, ...]]:
        """The folded texts by which each phrase in use is found."""
        return {entry.phrase.id: entry.texts for entry in self._judge.library.entries()}

    def with_vectors(self, vectors: Vectors) -> PhraseBook:
        """The book with vectors of all its phrases, for ``match``.

        How sure it is rests on what ships with csdesk: what its own questions and people's decisions say about that
        was said without vectors.
        """
        book = self._copy()
        book._judge = replace(self._judge, own_rows=(), outcomes=()).with_vectors(vectors)
        book._made = {}
        return book

    @property
    def width(self) -> int:
        """How long its vectors are; 0 without any."""
        vectors = self._judge.vectors
        return 0 if vectors is None else len(vectors.mean)

    def get(self, phrase: str) -> LibraryPhrase | None:
        """The phrase of that id, a retired one too; None if there is none."""
        return self._phrases.get(phrase)

    def with_phrases(self, changed: Iterable[LibraryPhrase]) -> PhraseBook:
        """The book with phrases added or replaced; a retired one is no longer found."""
        book = self._copy()
        phrases, library = dict(self._phrases), self._judge.library
        for one in changed:
            phrases[one.id] = one
            library = library.without(one.id) if one.retired else library.with_phrase(phrase_of(one))
        book._phrases, book._judge = phrases, self._judge.over(library)
        if library.unpacked > max(_LEAST_LOOSE, len(library) // 2):
            book._train(self._course)  # packs it afresh
        book._settle()
        return book

    def after(self, lessons: Iterable[Lesson]) -> PhraseBook:
        """The book after more lessons, oldest first; those it knows already teach nothing."""
        known = {one.cause for one in self._lessons}
        fresh = tuple(one for one in lessons if one.cause not in known)
        if not fresh:
            return self
        if len(fresh) > _MANY_NEW or _block(_latest(fresh)) > _block(self.learned):
            return self.relearned((*self._lessons, *fresh))
        book = self._copy()
        for one in fresh:
            book._judge = book._judge.after(_outcome(one))
        book._lessons = (*self._lessons, *fresh)
        book._made = {}
        return book

    def relearned(self, lessons: Iterable[Lesson]) -> PhraseBook:
        """The book that was taught exactly these lessons, oldest first."""
        book = self._copy()
        book._relearn(tuple(lessons))
        return book

    def _relearn(self, lessons: tuple[Lesson, ...]) -> None:
        first = first_counted(_latest(lessons))
        self._lessons = tuple(one for one in lessons if one.number >= first)
        judge = replace(self._judge, library=self._judge.library.with_learned(NOTHING_LEARNED))
        self._judge = judge.with_outcomes(tuple(map(_outcome, self._lessons)))
        self._made = {}

    def match(
        self,
        text: str,
        limit: int,
        asker: Asker = NOBODY,
        key: tuple[str, int] | None = None,
        raw: Sequence[float] | None = None,
    ) -> ReplyDecision:
        """The phrases that may answer, best first, to be shown to a person.

        Args:
            text: what was asked.
            limit: how many phrases, 1 to 50.
            asker: for whom.
            key: the message and its version: asked again under the same key and conditions, the work is not repeated.
            raw: the text's vector, for a book with vectors.
        """
        known = None if key is None else self._memo(key, limit, asker)
        found = None if known is None else self._made.get(known)
        if found is None:
            found = self._judge.match(text, limit, asker.context, raw)
            if known is not None:
                if len(self._made) >= _KEPT:
                    self._made = {}
                self._made[known] = found
        return self._shown(found, asker)

    def recall(self, limit: int, asker: Asker, key: tuple[str, int]) -> ReplyDecision | None:
        """What ``match`` said before under the same key and conditions; None if it has to be asked."""
        found = self._made.get(self._memo(key, limit, asker))
        return None if found is None else self._shown(found, asker)

    def _memo(self, key: tuple[str, int], limit: int, asker: Asker) -> object:
        context = asker.context
        return (key, limit, replace(context, now=None), self._turn(context.now))

    def _shown(self, found: tuple[Match, ...], asker: Asker) -> ReplyDecision:
        related = self._judge.decide(found, threshold=1.0, margin=0.0, floor=0.0).related
        return ReplyDecision(
            action="suggest" if found else "hand_over",
            reason="asked" if found else "no_match",
            suggestions=tuple([self._suggestion(one, asker) for one in found]),
            related=related,
            learned=self.learned,
            trained=self.trained,
        )

    def _turn(self, now: datetime | None) -> int:
        """Between which turns of validity an instant lies."""
        return -1 if now is None else bisect_right(self._turns, now)

    def decide(
        self, text: str, asker: Asker = NOBODY, *, threshold: float, margin: float, floor: float, limit: int
    ) -> ReplyDecision:
        """What to do with a message: a sure phrase that may be sent by itself is, otherwise a person is asked.

        Args:
            text: the message.
            asker: for whom.
            threshold: the least confidence for an automatic answer, 0 to 1.
            margin: the least lead in score over the runner-up, 0 to 1.
            floor: the confidence below which nothing is offered, 0 to 1.
            limit: how many phrases are suggested at most, 1 to 50.
        """
        found = self._judge.match(text, limit, asker.context)
        verdict = self._judge.decide(found, threshold=threshold, margin=margin, floor=floor)
        if verdict.action == "auto_reply":  # a message on its way in pays for its clauses only then
            verdict = verdict.wishing(self._judge.wishes(text, asker.context))
        suggestions = tuple([self._suggestion(one, asker) for one in found])
        action, told = verdict.action, str(verdict.reason)
        if action == "auto_reply":
            shown = suggestions[0].preview
            if shown.missing or not shown.text:
                action, told = "suggest", "missing_value" if shown.missing else "no_wording"
        return ReplyDecision(
            action=action,
            reason=told,
            suggestions=suggestions,
            related=verdict.related,
            wishes=verdict.wishes,
            learned=self.learned,
            trained=self.trained,
        )

    def with_wishes(self, decision: ReplyDecision, text: str, asker: Asker) -> ReplyDecision:
        """Suggestions with what else a text wants, where it has several wishes; clauses are read by their words."""
        wishes = self._judge.wishes(text, asker.context)
        first = decision.suggestions[0].phrase.id if decision.suggestions else None
        related = dict.fromkeys([*(one for one in wishes if one != first), *decision.related])
        return replace(decision, wishes=wishes, related=tuple(related)) if wishes else decision

    def weigh(self, text: str, picked: str | None, shown: tuple[str, ...]) -> Lesson:
        """What a decision of a person would teach, not numbered yet: how the matcher sees the text now."""
        known = tuple(one for one in shown if one in self._judge.library)
        outcome = self._judge.outcome(text, picked, known)
        evidence = tuple(round(one, 4) for one in outcome.evidence)
        return Lesson("", 0, text, picked, known, round(outcome.lead, 4), evidence)

    def pasted_in(self, text: str) -> tuple[Pasted, ...]:
        """The passages of a text that stand word for word in the reasons of a phrase."""
        if self._sources is None:
            self._sources = Sources((one.id, one.rationale) for one in self._phrases.values() if one.rationale)
        return self._sources.in_text(text)

    def lint(self) -> tuple[Flaw, ...]:
        """What should be mended: see ``csdesk.matching.Matcher.lint``."""
        return flaws_of(self._judge.library)

    def _suggestion(self, match: Match, asker: Asker) -> Suggestion:
        phrase = self._phrases[match.phrase_id]
        return Suggestion(
            phrase=phrase,
            score=match.score,
            confidence=match.confidence,
            margin=match.margin,
            guards=match.guards,
            _preview=partial(preview_of, phrase, asker),
            _why=partial(_why_of, match),
        )

    def _copy(self) -> PhraseBook:
        fresh: PhraseBook = object.__new__(PhraseBook)
        for name in PhraseBook.__slots__:
            setattr(fresh, name, getattr(self, name))
        return fresh


def preview_of(phrase: LibraryPhrase, asker: Asker) -> Preview:
    """A phrase's wording for somebody, filled in with what the desk knows of them."""
    context = asker.context
    return phrase.preview(
        phrase.values({}, asker.sources),
        language=context.language,
        channels=[one for one in (context.channel, context.account) if one],
        level=context.level,
    )


def _why_of(match: Match) -> Why:
    return match.why


def _latest(lessons: Sequence[Lesson]) -> int:
    return max((one.number for one in lessons), default=0)


def _block(number: int) -> int:
    return (number - 1) // LESSONS


def first_counted(latest: int) -> int:
    """The number of the first lesson that counts once ``latest`` was given."""
    return max(0, _block(latest) - 1) * LESSONS + 1


def _outcome(lesson: Lesson) -> Outcome:
    return Outcome(folded(lesson.text), lesson.picked, lesson.shown, lesson.lead, lesson.evidence)
