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

from csdesk.domain.matching.book import phrase_of
from csdesk.domain.matching.dense import Vectors
from csdesk.domain.matching.entries import entry_of, folded
from csdesk.domain.matching.judging import Action, Judge, Match, Reason, ReplyDecision
from csdesk.domain.matching.lexicon import Lexicon
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.linting import Flaw, flaws_of
from csdesk.domain.matching.phrases import ANYWHERE, Context, Phrase
from csdesk.domain.matching.storing import dumped, loaded
from csdesk.domain.records.matches import Guard, Span, Why
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.text.scripts import language_of
from csdesk.errors import InvalidInput, NotFound
from csdesk.parsing import phrases as parsing
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
    "Reason",
    "ReplyDecision",
    "Span",
    "Why",
    "language_of",
    "phrase_of",
    "read_phrases",
    "write_phrases",
]

_THRESHOLD: Final = 0.95
_MARGIN: Final = 0.0
_FLOOR: Final = 0.1


class Matcher:
    """A phrase library that answers: safe to share between threads.

    Reading never waits: every change builds a new immutable library beside the old one, under a lock, and puts it in
    its place in one step. What was read from one call is of one state.

    Attributes:
        threshold: the least confidence for ``auto_reply``, 0 to 1.
        min_margin: the least lead in score over the runner-up for ``auto_reply``, 0 to 1.
        floor: below this confidence ``decide`` hands over, 0 to 1.
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
            InvalidInput: two phrases have one id, or a number is outside 0 to 1.
            MissingExtra: an embedder without numpy.
            RemoteError: a hosted embedder does not answer; so do all methods that match or add.
        """
        for name, number in (("threshold", threshold), ("min_margin", min_margin), ("floor", floor)):
            if not 0 <= number <= 1:
                raise InvalidInput(name, f"{number} is out of range", "give a number from 0 to 1")
        self.threshold = threshold
        self.min_margin = min_margin
        self.floor = floor
        self._writing = Lock()
        self._embedder = embedder
        self._judge = self._embedded(Judge(Library(phrases, lexicon)))

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
        phrase = self._judge.library.get(phrase_id)
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
        return self._judge.match(text, limit, context or ANYWHERE, self._vector(text))

    def decide(self, text: str, *, limit: int = 5, context: Context | None = None) -> ReplyDecision:
        """What to do with a text: answer it, suggest phrases to a person, or hand it over.

        A phrase is only sent when its confidence reaches ``threshold``, its lead ``min_margin``, no guard speaks
        against it, it has two questions at least, and it allows it.
        """
        judge = self._judge
        return judge.decide(
            judge.match(text, limit, context or ANYWHERE, self._vector(text)),
            threshold=self.threshold,
            margin=self.min_margin,
            floor=self.floor,
        )

    def learn(self, text: str, *, picked: str | None, shown: Sequence[str] = ()) -> None:
        """Learn from one decision of a person: the more so where the matcher was wrong.

        Args:
            text: what was asked.
            picked: the phrase that was sent; None where none of those shown fitted.
            shown: the phrases that were shown, best first.

        Raises:
            InvalidInput: a phrase is not in the library.
        """
        raw = self._vector(text)
        self._change(lambda judge: judge.learned(text, picked, tuple(shown), raw))

    def forget(self, *, text: str | None = None, phrase_id: str | None = None, last: int = 0) -> int:
        """Unlearn decisions as if they had never been made, and say how many.

        Args:
            text: those about this text, compared folded (erasing what a customer wrote).
            phrase_id: those in which this phrase was picked or shown.
            last: the latest so many (undoing a mistake).

        Raises:
            InvalidInput: none of the three is given, or more than one.
        """
        if (text is not None) + (phrase_id is not None) + (last > 0) != 1:
            raise InvalidInput("forget", "it is not clear what", "pass text, phrase_id or last, one of them")
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
            if not len(library):
                return self._embedded(judge.over(Library(phrases, library.lexicon).with_learned(library.learned)))
            for phrase in phrases:
                if phrase.id in judge.library:
                    raise InvalidInput("id", f"a phrase {phrase.id!r} is there already", "use replace")
                judge = self._with(judge, phrase)
            return judge

        self._change(change)

    def replace(self, phrase: Phrase) -> None:
        """Put a phrase in the place of the one with its id.

        Raises:
            NotFound: there is none.
        """
        self._change(lambda judge: self._with(_having(judge, phrase.id), phrase))

    def remove(self, phrase_id: str) -> None:
        """Remove a phrase.

        Raises:
            NotFound: there is none.
        """
        self._change(lambda judge: _having(judge, phrase_id).without(phrase_id))

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

        The numbers of ``decide`` are the caller's and not stored; vectors of an embedder are made again.

        Raises:
            InvalidInput: the data is something else, cut short or changed, or was made with another embedder.
            SchemaTooNew: a newer release wrote it.
        """
        matcher = cls(threshold=threshold, min_margin=min_margin, floor=floor)
        matcher._embedder = embedder
        matcher._judge = matcher._embedded(loaded(data, _name_of(embedder)))
        return matcher

    def save(self, path: Path | str) -> None:
        """Write ``to_bytes`` to a file; a file of that name is replaced only once the new one is complete."""
        target = Path(path)
        part = target.with_name(target.name + ".part")
        part.write_bytes(self.to_bytes())
        part.replace(target)

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
        """Read what ``save`` wrote; takes and raises what ``from_bytes`` does."""
        return cls.from_bytes(
            Path(path).read_bytes(), embedder=embedder, threshold=threshold, min_margin=min_margin, floor=floor
        )

    def _vector(self, text: str) -> Sequence[float] | None:
        return None if self._embedder is None else self._embedder.encode([folded(text)])[0]

    def _embedded(self, judge: Judge) -> Judge:
        """The judge with the vectors of all its phrases."""
        if self._embedder is None or not len(judge.library):
            return judge
        texts = {entry.phrase.id: entry.texts for entry in judge.library.entries()}
        return judge.with_vectors(
            Vectors.of(texts, self._embedder.encode([text for held in texts.values() for text in held]))
        )

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


def read_phrases(path: Path | str) -> list[Phrase]:
    """The phrases in a file (``.csv``, ``.jsonl``, ``.toml``, ``.md``) or in a folder of Markdown files.

    Raises:
        InvalidInput: the file is of another kind, or something in it is wrong; the field names file and place.
        NotFound: there is no such file or folder.
    """
    source = Path(path)
    if not source.exists():
        raise NotFound("file", str(source))
    found: list[Phrase] = []
    for file in sorted(source.glob("*.md")) if source.is_dir() else [source]:
        try:
            text = file.read_text(encoding="utf-8")
            found += parsing.read(text, file.suffix.removeprefix(".").lower(), name=file.stem)
        except UnicodeDecodeError:
            raise InvalidInput(file.name, "is not UTF-8", "save it as UTF-8 text") from None
        except InvalidInput as error:
            raise InvalidInput(f"{file.name}: {error.field}", str(error.params["problem"]), error.remedy) from None
    return found


def write_phrases(path: Path | str, phrases: Iterable[Phrase]) -> None:
    """Write phrases to a file of a kind that ``read_phrases`` reads, or to an existing folder as Markdown.

    Markdown keeps title, questions, keywords, tags, related and answer; the other forms keep everything.

    Raises:
        InvalidInput: the file would be of another kind, or an id cannot be the name of a Markdown file.
    """
    target = Path(path)
    if not target.is_dir():
        target.write_text(parsing.write(phrases, target.suffix.removeprefix(".").lower()), encoding="utf-8")
        return
    for phrase in phrases:
        if not all(sign.isalnum() or sign in "_-. " for sign in phrase.id) or phrase.id.startswith("."):
            raise InvalidInput("id", f"{phrase.id!r} cannot be the name of a file", "use letters, digits, _ and -")
        (target / f"{phrase.id}.md").write_text(parsing.write([phrase], "md"), encoding="utf-8")


def _name_of(embedder: Embedder | None) -> str | None:
    return None if embedder is None else embedder.name


def _having(judge: Judge, phrase_id: str) -> Judge:
    if phrase_id not in judge.library:
        raise NotFound("phrase", phrase_id)
    return judge
