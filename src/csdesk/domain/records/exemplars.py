"""Good cases (优秀案例), and what becomes of them: drafts of phrases and articles that a person looks over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from csdesk.domain.ids import AgentId, MessageId, PhraseId
from csdesk.domain.records.articles import Article
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.text.personal import PersonalKind

Sign = Literal["one_touch", "kept", "in_time", "thanked", "rated", "goal"]
"""What speaks for a case: ``one_touch``: one answer of one person was enough. ``kept``: it was handed on to nobody.
``in_time``: it had clocks, and none broke. ``thanked``: what the customer said last sounds content. ``rated``: the
rating that the host noted in a field is high enough. ``goal``: the session reached its goal."""

SIGNS: tuple[Sign, ...] = ("one_touch", "kept", "in_time", "thanked", "rated", "goal")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalPart:
    """A part of a draft that may tell of the customer.

    Attributes:
        field: where: ``title``, ``questions.0``, ``wordings.0``, ``rules.2`` ...
        kind: what it looks like.
        text: the part itself.
    """

    field: str
    kind: PersonalKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """Drafts made from an answer that was good: a phrase, and an article with the question in it.

    Attributes:
        phrase: under a fresh id; look it over, then ``desk.learning.promote`` keeps it.
        article: the same as an article, for what is more than one answer.
        similar: phrases of the library that may answer the question already, best first.
        personal: what is left in the drafts that may tell of the customer; names, mail addresses and long numbers are
            variables or gaps already.
    """

    phrase: LibraryPhrase
    article: Article
    similar: tuple[PhraseId, ...] = ()
    personal: tuple[PersonalPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCase:
    """A ticket that went well, as far as the desk can tell: solved by a person, never reopened, never corrected.

    Attributes:
        ticket: as it stands.
        question: what the customer asked before the answer.
        answer: the last answer of a person: what ``desk.learning.draft`` and ``promote`` take.
        agent: who gave it.
        signs: what else speaks for it.
        promoted: a phrase or an article was made of it before.
    """

    ticket: Ticket
    question: MessageId
    answer: MessageId
    agent: AgentId
    signs: tuple[Sign, ...]
    promoted: bool = False
