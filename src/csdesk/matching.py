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

from csdesk.domain.matching.explaining import Span
from csdesk.domain.matching.guards import Guard
from csdesk.domain.matching.judging import Action, Judge, Match, Reason, ReplyDecision, Why
from csdesk.domain.matching.lexicon import Lexicon
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.linting import Flaw, flaws_of
from csdesk.domain.matching.phrases import ANYWHERE, Context, Phrase
from csdesk.domain.matching.storing import dumped, loaded
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput, NotFound

__all__ = [
    "Action",
    "Context",
    "Flaw",
    "Guard",
    "Lexicon",
    "Match",
    "Matcher",
    "Phrase",
    "Reason",
    "ReplyDecision",
    "Span",
    "Why",
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
        *,
        threshold: float = _THRESHOLD,
        min_margin: float = _MARGIN,
        floor: float = _FLOOR,
    ) -> None:
        """Build the library.

        Args:
            phrases: with ids of their own; their order does not matter.
            lexicon: groups of synonyms; None means ``Lexicon.standard()``, ``Lexicon()`` means none.
            threshold: see ``threshold``.
            min_margin: see ``min_margin``.
            floor: see ``floor``.

        Raises:
            InvalidInput: two phrases have one id, or a number is outside 0 to 1.
        """
        for name, number in (("threshold", threshold), ("min_margin", min_margin), ("floor", floor)):
            if not 0 <= number <= 1:
                raise InvalidInput(name, f"{number} is out of range", "give a number from 0 to 1")
        self.threshold = threshold
        self.min_margin = min_margin
        self.floor = floor
        self._writing = Lock()
        self._judge = Judge(Library(phrases, lexicon))

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
        return self._judge.match(text, limit, context or ANYWHERE)

    def decide(self, text: str, *, limit: int = 5, context: Context | None = None) -> ReplyDecision:
        """What to do with a text: answer it, suggest phrases to a person, or hand it over.

        A phrase is only sent when its confidence reaches ``threshold``, its lead ``min_margin``, no guard speaks
        against it, it has two questions at least, and it allows it.
        """
        judge = self._judge
        return judge.decide(
            judge.match(text, limit, context or ANYWHERE),
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
        self._change(lambda judge: judge.learned(text, picked, tuple(shown)))

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
        folded = None if text is None else fold(text[:2_000])[:500]
        gone: list[int] = []

        def change(judge: Judge) -> Judge:
            count = len(judge.outcomes)
            gone[:] = [
                at
                for at, one in enumerate(judge.outcomes)
                if one.text == folded
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
                return judge.over(Library(phrases, library.lexicon).with_learned(library.learned))
            for phrase in phrases:
                if phrase.id in library:
                    raise InvalidInput("id", f"a phrase {phrase.id!r} is there already", "use replace")
                library = library.with_phrase(phrase)
            return judge.over(library)

        self._change(change)

    def replace(self, phrase: Phrase) -> None:
        """Put a phrase in the place of the one with its id.

        Raises:
            NotFound: there is none.
        """
        self._change(lambda judge: judge.over(_having(judge.library, phrase.id).with_phrase(phrase)))

    def remove(self, phrase_id: str) -> None:
        """Remove a phrase.

        Raises:
            NotFound: there is none.
        """
        self._change(lambda judge: judge.over(_having(judge.library, phrase_id).without(phrase_id)))

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
        return dumped(self._judge)

    @classmethod
    def from_bytes(
        cls, data: bytes, *, threshold: float = _THRESHOLD, min_margin: float = _MARGIN, floor: float = _FLOOR
    ) -> Matcher:
        """The matcher that ``to_bytes`` wrote; the numbers of ``decide`` are the caller's and not stored.

        Raises:
            InvalidInput: the data is something else, cut short or changed.
            SchemaTooNew: a newer release wrote it.
        """
        matcher = cls(threshold=threshold, min_margin=min_margin, floor=floor)
        matcher._judge = loaded(data)
        return matcher

    def save(self, path: Path | str) -> None:
        """Write ``to_bytes`` to a file; a file of that name is replaced only once the new one is complete."""
        target = Path(path)
        part = target.with_name(target.name + ".part")
        part.write_bytes(self.to_bytes())
        part.replace(target)

    @classmethod
    def load(
        cls, path: Path | str, *, threshold: float = _THRESHOLD, min_margin: float = _MARGIN, floor: float = _FLOOR
    ) -> Matcher:
        """Read what ``save`` wrote; raises as ``from_bytes`` does."""
        return cls.from_bytes(Path(path).read_bytes(), threshold=threshold, min_margin=min_margin, floor=floor)

    def _change(self, change: Callable[[Judge], Judge]) -> None:
        with self._writing:
            self._judge = change(self._judge)


def _having(library: Library, phrase_id: str) -> Library:
    if phrase_id not in library:
        raise NotFound("phrase", phrase_id)
    return library
