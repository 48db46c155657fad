"""Find the prepared answer to a text, know how sure that is, and learn from what people decide. No desk is needed.

    matcher = Matcher([Phrase("refund", "申请退款", ("怎么退款", "我要退款"))])
    matcher.decide("请问如何退款").phrase_id

How it works is told in docs/explanation/matching.md, what to do with it in docs/how-to/match-replies.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from csdesk._sentence import is_a
from csdesk.domain.matching.book import phrase_of
from csdesk.domain.matching.dense import Vectors
from csdesk.domain.matching.dense_training import told_apart
from csdesk.domain.matching.entries import entry_of, folded
from csdesk.domain.matching.judging import Action, Judge, Match, Reason, ReplyDecision
from csdesk.domain.matching.lexicon import Lexicon
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.linting import Flaw, flaws_of
from csdesk.domain.matching.phrases import ANYWHERE, Context, Phrase
from csdesk.domain.matching.storing import dumped, loaded
from csdesk.domain.records.knowledge import (
    Citation,
    KnowledgeAbstains,
    KnowledgeAnswer,
    KnowledgeQuestion,
    KnowledgeReply,
)
from csdesk.domain.records.matches import Guard, Span, Why
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.text.scripts import language_of
from csdesk.errors import InvalidInput, NotFound, sentence
from csdesk.parsing.files import (
    read_articles,
    read_bytes,
    read_library,
    read_phrases,
    write_articles,
    write_bytes,
    write_library,
    write_phrases,
)
from csdesk.ports.embedder import Embedder

__all__ = [
    "Action",
    "Context",
    "Embedder",
    "Flaw",
    "Guard",
    "Lexicon",
    "LibraryPhrase",
    "Match",
    "Matcher",
    "Phrase",
    "PhraseKnowledge",
    "Reason",
    "ReplyDecision",
    "Span",
    "Why",
    "language_of",
    "phrase_of",
    "read_articles",
    "read_library",
    "read_phrases",
    "write_articles",
    "write_library",
    "write_phrases",
]

_THRESHOLD: Final = 0.95
_MARGIN: Final = 0.0
_FLOOR: Final = 0.1


class Matcher:
    """A phrase library that answers: safe to share between threads.

    Reading never waits: every change builds a new immutable library beside the old one, under a lock, and puts it in
    its place in one step. What was read from one call is of one state.
    """

    def __init__(
        self,
        phrases: Iterable[Phrase] = (),
        lexicon: Lexicon | None = None,
        embedder: Embedder | None = None,
        *,
        threshold: float = _THRESHOLD,
        min_margin: float = _MARGIN,
        floor: float = _FLOOR,
    ) -> None:
        """Build the library.

        Args:
            phrases: with ids of their own; their order does not matter.
            lexicon: groups of synonyms; None means ``Lexicon.standard()``, ``Lexicon()`` means none.
            embedder: a model of meaning that takes part in the score (extra ``embed``).
            threshold: see ``threshold``.
            min_margin: see ``min_margin``.
            floor: see ``floor``.

        Raises:
            InvalidInput: something is no phrase, two have one id, or a number is outside 0 to 1.
            MissingExtra: an embedder without numpy.
            RemoteError: a hosted embedder does not answer; so do all methods that match or add.
        """
        self.threshold = threshold
        self.min_margin = min_margin
        self.floor = floor
        self._writing = Lock()
        self._embedder = _an_embedder(embedder)
        if lexicon is not None and not isinstance(lexicon, Lexicon):
            raise InvalidInput("lexicon", is_a(lexicon), "pass a csdesk.matching.Lexicon")
        self._judge = self._embedded(Judge(Library(_phrases(phrases), lexicon)))

    @property
    def threshold(self) -> float:
        """The least confidence for ``auto_reply``, 0 to 1."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        self._threshold = _a_share("threshold", value)

    @property
    def min_margin(self) -> float:
        """The least lead in score over the runner-up for ``auto_reply``, 0 to 1."""
        return self._min_margin

    @min_margin.setter
    def min_margin(self, value: float) -> None:
        self._min_margin = _a_share("min_margin", value)

    @property
    def floor(self) -> float:
        """Below this confidence ``decide`` hands over, 0 to 1."""
        return self._floor

    @floor.setter
    def floor(self, value: float) -> None:
        self._floor = _a_share("floor", value)

    def __len__(self) -> int:
        """The number of phrases."""
        return len(self._judge.library)

    def __contains__(self, phrase_id: object) -> bool:
        """Whether a phrase of this id is in the library."""
        return phrase_id in self._judge.library

    def __iter__(self) -> Iterator[Phrase]:
        """The phrases as they were when the iteration began."""
        return iter(self._judge.library)

    def get(self, phrase_id: str) -> Phrase:
        """The phrase of this id.

        Raises:
            NotFound: there is none.
        """
        phrase = self._judge.library.get(_an_id("phrase_id", phrase_id))
        if phrase is None:
            raise NotFound("phrase", phrase_id)
        return phrase

    def match(self, text: str, *, limit: int = 5, context: Context | None = None) -> tuple[Match, ...]:
        """The phrases that may answer a text, best first; ties in the order of their ids.

        Phrases that share nothing with the text are left out, so there may be fewer than ``limit``, or none.

        Args:
            text: a customer's message; at most its first 2,000 characters, folded and cut to 500, count.
            limit: how many phrases, 1 to 50.
            context: when, where and for whom: rules out phrases whose conditions do not hold.

        Raises:
            InvalidInput: a limit outside 1 to 50.
        """
        return self._judge.match(text, limit, _a_context(context), self._vector(text))

    def decide(self, text: str, *, limit: int = 5, context: Context | None = None) -> ReplyDecision:
        """What to do with a text: answer it, suggest phrases to a person, or hand it over.

        A phrase is only sent when its confidence reaches ``threshold``, its lead ``min_margin``, no guard speaks
        against it, the text has no second wish, it has two questions at least, and it allows it.
        """
        judge, given = self._judge, _a_context(context)
        decision = judge.decide(
            judge.match(text, limit, given, self._vector(text)),
            threshold=self.threshold,
            margin=self.min_margin,
            floor=self.floor,
        )
        return decision.wishing(judge.wishes(text, given, self._vector))

    def learn(self, text: str, *, picked: str | None, shown: Sequence[str] = ()) -> None:
        """Learn from one decision of a person: the more so where the matcher was wrong.

        Args:
            text: what was asked.
            picked: the phrase that was sent; None where none of those shown fitted.
            shown: the phrases that were shown, best first.

        Raises:
            InvalidInput: a phrase is not in the library.
        """
        if isinstance(shown, str) or not isinstance(shown, Sequence):
            raise InvalidInput("shown", is_a(shown), "pass the ids of the phrases, best first")
        for name, one in (("picked", picked), *(("shown", one) for one in shown)):
            if one is not None or name == "shown":
                _an_id(name, one)
        raw = self._vector(text)
        self._change(lambda judge: judge.learned(text, picked, tuple(shown), raw))

    def forget(self, *, text: str | None = None, phrase_id: str | None = None, last: int = 0) -> int:
        """Unlearn decisions as if they had never been made, and say how many.

        Args:
            text: those about this text, compared folded (erasing what a customer wrote).
            phrase_id: those in which this phrase was picked or shown.
            last: the latest so many (undoing a mistake).

        Raises:
            InvalidInput: none of the three is given, or more than one, or ``last`` is no positive number.
        """
        number: object = last  # whatever a caller passes
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise InvalidInput("last", "is no number of decisions", "pass 1 or more")
        if (text is not None) + (phrase_id is not None) + (last > 0) != 1:
            raise InvalidInput("forget", "it is not clear what", "pass text, phrase_id or last, one of them")
        if phrase_id is not None:
            _an_id("phrase_id", phrase_id)
        erased = None if text is None else folded(text)
        gone: list[int] = []

        def change(judge: Judge) -> Judge:
            count = len(judge.outcomes)
            gone[:] = [
                at
                for at, one in enumerate(judge.outcomes)
                if one.text == erased
                or (phrase_id is not None and (one.picked == phrase_id or phrase_id in one.shown))
                or at >= count - last
            ]
            return judge.without_outcomes(gone) if gone else judge

        self._change(change)
        return len(gone)

    @property
    def decisions(self) -> int:
        """How many decisions of people are remembered, at most 20,000."""
        return len(self._judge.outcomes)

    def add(self, *phrases: Phrase) -> None:
        """Add phrases, without a rebuild (an empty matcher is built from them).

        How rare words are is not counted again: after adding many, call ``optimize``.

        Raises:
            InvalidInput: an id is there already; nothing was added.
        """

        def change(judge: Judge) -> Judge:
            library = judge.library
            fresh = _phrases(phrases)
            if not len(library):
                return self._embedded(judge.over(Library(fresh, library.lexicon).with_learned(library.learned)))
            for phrase in fresh:
                if phrase.id in judge.library:
                    raise InvalidInput("id", sentence("a phrase {id!r} is there already", id=phrase.id), "use replace")
                judge = self._with(judge, phrase)
            return judge

        self._change(change)

    def replace(self, phrase: Phrase) -> None:
        """Put a phrase in the place of the one with its id.

        Raises:
            NotFound: there is none.
        """
        (given,) = _phrases((phrase,))
        self._change(lambda judge: self._with(_having(judge, given.id), given))

    def remove(self, phrase_id: str) -> None:
        """Remove a phrase.

        Raises:
            NotFound: there is none.
        """
        known = _an_id("phrase_id", phrase_id)
        self._change(lambda judge: _having(judge, known).without(known))

    def optimize(self) -> None:
        """Pack everything afresh, train phrases to be told apart, and calibrate the confidence.

        The confidence is fitted to the library's own questions and to the decisions learnt from.

        Takes seconds for a thousand questions and minutes for ten thousand; reading goes on meanwhile, other changes
        wait. The result depends on phrases and decisions alone.
        """
        self._change(Judge.optimized)

    def lint(self) -> tuple[Flaw, ...]:
        """What should be mended: phrases that cannot be told apart, hidden, without questions or without text."""
        return flaws_of(self._judge.library)

    def to_bytes(self) -> bytes:
        """Everything the matcher holds, in a versioned form with a checksum; no code is stored."""
        return dumped(self._judge, _name_of(self._embedder))

    @classmethod
    def from_bytes(
        cls,
        data: bytes,
        *,
        embedder: Embedder | None = None,
        threshold: float = _THRESHOLD,
        min_margin: float = _MARGIN,
        floor: float = _FLOOR,
    ) -> Matcher:
        """The matcher that ``to_bytes`` wrote.

        The numbers of ``decide`` are the caller's and not stored; vectors of an embedder are made again, and trained
        again where the library was optimised.

        Raises:
            InvalidInput: the data is something else, cut short or changed, or was made with another embedder.
            SchemaTooNew: a newer release wrote it.
        """
        if not isinstance(data, bytes | bytearray):
            raise InvalidInput("data", is_a(data), "pass the bytes that to_bytes gave")
        matcher = cls(threshold=threshold, min_margin=min_margin, floor=floor)
        matcher._embedder = _an_embedder(embedder)
        matcher._judge = matcher._embedded(loaded(bytes(data), _name_of(embedder)))
        return matcher

    def save(self, path: Path | str) -> None:
        """Write ``to_bytes`` to a file, whole or not at all.

        A file of that name is replaced only once the new one is complete and on disk; savers at the same time do not
        disturb each other, and a failed one leaves nothing behind.

        Raises:
            InvalidInput: the file cannot be written; the problem says why.
        """
        write_bytes(path, self.to_bytes())

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        embedder: Embedder | None = None,
        threshold: float = _THRESHOLD,
        min_margin: float = _MARGIN,
        floor: float = _FLOOR,
    ) -> Matcher:
        """Read what ``save`` wrote; takes and raises what ``from_bytes`` does.

        Raises:
            NotFound: there is no such file.
            InvalidInput: the file cannot be read, or it holds no matcher.
        """
        return cls.from_bytes(
            read_bytes(path), embedder=embedder, threshold=threshold, min_margin=min_margin, floor=floor
        )

    def _vector(self, text: str) -> Sequence[float] | None:
        return None if self._embedder is None else self._embedder.encode([folded(text)])[0]

    def _embedded(self, judge: Judge) -> Judge:
        """The judge with the vectors of all its phrases."""
        if self._embedder is None or not len(judge.library):
            return judge
        texts = {entry.phrase.id: entry.texts for entry in judge.library.entries()}
        vectors = Vectors.of(texts, self._embedder.encode([text for held in texts.values() for text in held]))
        return judge.with_vectors(told_apart(vectors) if judge.library.trained else vectors)

    def _with(self, judge: Judge, phrase: Phrase) -> Judge:
        """The judge with a phrase more, its vectors included."""
        library = judge.library.with_phrase(phrase)
        if self._embedder is None or judge.vectors is None:
            return judge.over(library)
        texts = entry_of(phrase).texts
        vectors = judge.vectors.without(phrase.id)
        if texts:
            vectors = vectors.with_phrase(phrase.id, texts, self._embedder.encode(texts))
        return judge.over(library, vectors)

    def _change(self, change: Callable[[Judge], Judge]) -> None:
        with self._writing:
            self._judge = change(self._judge)


class PhraseKnowledge:
    """A matcher as a knowledge base (``csdesk.ports.knowledge.KnowledgePort``): phrases are its articles.

    It abstains where the matcher would hand over to people.
    """

    def __init__(self, matcher: Matcher, *, name: str = "phrases") -> None:
        """Wrap a matcher, which may change meanwhile.

        Raises:
            InvalidInput: it is no matcher.
        """
        if not isinstance(matcher, Matcher):
            raise InvalidInput("matcher", is_a(matcher), "pass a csdesk.matching.Matcher")
        self._matcher = matcher
        self._name = name

    @property
    def name(self) -> str:
        """What tells it from others."""
        return self._name

    def look_up(self, question: KnowledgeQuestion) -> KnowledgeReply:
        """The phrases that answer, the surest first."""
        context = Context(now=question.asked_at, language=question.language, level=question.level)
        decision = self._matcher.decide(question.text, limit=question.limit, context=context)
        if decision.action == "hand_over":
            return KnowledgeAbstains(reason=decision.reason)
        found = [(self._phrase(match.phrase_id), match.confidence) for match in decision.matches]
        return tuple(
            KnowledgeAnswer(
                text=phrase.answer,
                source=Citation(id=phrase.id, title=phrase.title),
                confidence=confidence,
                language=phrase.language,
            )
            for phrase, confidence in found
            if phrase is not None and phrase.answer
        )

    def _phrase(self, phrase_id: str) -> Phrase | None:
        """The phrase of that id; None if it was taken out meanwhile."""
        try:
            return self._matcher.get(phrase_id)
        except NotFound:
            return None


def _name_of(embedder: Embedder | None) -> str | None:
    return None if embedder is None else embedder.name


def _having(judge: Judge, phrase_id: str) -> Judge:
    if phrase_id not in judge.library:
        raise NotFound("phrase", phrase_id)
    return judge


def _a_share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInput(name, "is no number from 0 to 1", "give a number from 0 to 1")
    return float(value)


def _an_id(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput(name, is_a(value), "pass the id of a phrase")
    return value


def _a_context(context: object) -> Context:
    if context is None:
        return ANYWHERE
    if not isinstance(context, Context):
        raise InvalidInput("context", is_a(context), "pass a csdesk.matching.Context")
    return context


def _an_embedder(embedder: Embedder | None) -> Embedder | None:
    named = isinstance(getattr(embedder, "name", None), str) and callable(getattr(embedder, "encode", None))
    if embedder is not None and not named:
        raise InvalidInput("embedder", is_a(embedder), "pass an object with name and encode")
    return embedder


def _phrases(given: object) -> tuple[Phrase, ...]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidInput("phrases", is_a(given), "pass a list of csdesk.matching.Phrase")
    kept = tuple(given)
    for one in kept:
        if not isinstance(one, Phrase):
            raise InvalidInput(
                "phrases", sentence("holds a {type}", type=type(one).__name__), "pass csdesk.matching.Phrase values"
            )
    return kept
