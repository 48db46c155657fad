"""What flows ask so that texts can be told apart by what they mean: trainings and vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.matching.resting import RESTED, Rest
from csdesk.domain.matching.trainings import Training
from csdesk.ports.steps._answers import answered

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow


@dataclass(frozen=True, slots=True)
class Train:
    """Train phrases to be told apart: seconds to minutes of processor time, never on an event loop."""

    book: PhraseBook


def train(book: PhraseBook) -> Flow[Training]:
    """What a training of these phrases teaches.

    Raises:
        InvalidInput: they have too few questions to learn from.
    """
    return answered(Train(book), Training, "train")


@dataclass(frozen=True, slots=True)
class Fuse:
    """Give phrases the vectors of the desk's embedder, which is not asked: as far as it told them before."""

    book: PhraseBook


@dataclass(frozen=True, slots=True)
class Fused:
    """What giving phrases vectors came to.

    Attributes:
        model: the embedder's name.
        book: the phrases with vectors; None while some are missing.
        missing: the texts of phrases whose vectors nobody knows yet.
        rest: whether the embedder is left alone, since it failed.
    """

    model: str
    book: PhraseBook | None
    missing: tuple[str, ...] = ()
    rest: Rest = RESTED


def fuse(book: PhraseBook) -> Flow[Fused]:
    """The phrases with vectors, or the texts that have none yet."""
    return answered(Fuse(book), Fused, "fuse")


@dataclass(frozen=True, slots=True)
class KeepVectors:
    """Keep what the embedder of that name told about texts of phrases."""

    model: str
    texts: tuple[str, ...]
    told: object


def keep_vectors(model: str, texts: tuple[str, ...], told: object) -> Flow[None]:
    """Keep what an embedder told about texts of phrases.

    Raises:
        InvalidInput: it is no list of vectors, one for each text, as long as those before.
    """
    yield KeepVectors(model, texts, told)


@dataclass(frozen=True, slots=True)
class LetRest:
    """Remember how the embedder of that name fared."""

    model: str
    rest: Rest


def let_rest(model: str, rest: Rest) -> Flow[None]:
    """Remember how an embedder fared."""
    yield LetRest(model, rest)
