"""Looking after the phrase library: imports in commits of bounded size, exports, versions, and how phrases are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from csdesk._batched import batched
from csdesk.domain.ids import COMMAND, PhraseId, phrase_id
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import AuthorKind
from csdesk.domain.records.phrases import LibraryPhrase, PhraseUse, Usage, Wording, never_used, stale, usage_counter
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.commands import execute
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import everything, get_phrase, page_of, told_in
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

BATCH: Final = 100
"""How many phrases share a commit, or a read of their counters."""

_FIGURES: Final = tuple(Usage.model_fields)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: how many phrases were added, replaced, left as they were, and retired."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0


@dataclass(frozen=True, slots=True)
class PhraseVersion:
    """A phrase as it was saved once, by whom and when."""

    phrase: LibraryPhrase
    at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer that was found wrong: an entry of the assessment of whoever gave it.

    Attributes:
        at: when it was found wrong.
        by: who found it.
        ticket: the ticket.
        message: the answer.
        author: a person (``agent``) or a machine (``bot``).
        author_id: the agent; for a machine the phrase or the rule.
        phrase: the phrase that was wrong here, if the answer was made from one.
        right: the phrase that would have been right, if there is one.
    """

    at: datetime
    by: Actor
    ticket: str
    message: str
    author: AuthorKind
    author_id: str
    phrase: PhraseId | None
    right: PhraseId | None


def several_wordings(given: str | Sequence[Wording]) -> tuple[Wording, ...]:
    """Wordings; a text alone is one for everybody."""
    return (Wording(text=given),) if isinstance(given, str) else checks.several(given, "wording")


def import_phrases(phrases: Iterable[LibraryPhrase], actor: Actor, *, retire_others: bool) -> Flow[Imported]:
    """Put phrases in, a commit for each hundred; what is there already and equal is left alone.

    An import that fails half way may be begun again: what it did is then left alone.

    Raises:
        InvalidInput: one is no phrase, two have one id, or there are none and all others would retire.
    """
    given = [checks.an_instance(one, LibraryPhrase, "phrases") for one in checks.several(phrases, "phrases")]
    ids = [phrase_id(one.id) for one in given]
    if len(set(ids)) < len(ids):
        twice = next(one for one, times in Counter(ids).items() if times > 1)
        raise InvalidInput("phrases", sentence("two have the id {twice!r}", twice=twice), "give each phrase its own id")
    if retire_others and not given:
        raise InvalidInput("phrases", "are none, and retire_others would leave none in use", "retire them one by one")
    added = changed = 0
    for part in batched(given, BATCH):
        saved = yield from _put(part, actor)
        fresh = sum(not one.version for one in saved)
        added, changed = added + fresh, changed + len(saved) - fresh
    gone = (yield from _retire_others(frozenset(ids), actor)) if retire_others else 0
    return Imported(added, changed, len(given) - added - changed, gone)


def _put(phrases: Iterable[LibraryPhrase], actor: Actor) -> Flow[list[LibraryPhrase]]:
    scope = yield from steps.attempt(0)
    done = yield from execute(cmd.PutPhrases(phrases=tuple(phrases), actor=actor), scope.ids.new(COMMAND))
    return [event.phrase for entry in done.entries for event in entry.events if isinstance(event, ev.PhraseSaved)]


def _retire_others(kept: frozenset[PhraseId], actor: Actor) -> Flow[int]:
    others = [one for one in (yield from export_phrases()) if one.id not in kept]
    for part in batched(others, BATCH):
        yield from _put([one.model_copy(update={"retired": True}) for one in part], actor)
    return len(others)


def export_phrases(*, retired: bool = False) -> Flow[tuple[LibraryPhrase, ...]]:
    """All phrases in the order of their ids, as ``import_phrases`` takes them."""
    where = () if retired else (("retired", False),)
    return (yield from everything(LibraryPhrase, Query(kind="phrase", where=where, limit=1000)))


def history(name: str) -> Flow[tuple[PhraseVersion, ...]]:
    """The versions of a phrase, oldest first.

    Raises:
        NotFound: this desk has none of that id.
    """
    phrase = yield from get_phrase(name)
    told = yield from told_in(phrase.id, ev.PhraseSaved)
    return tuple(
        PhraseVersion(event.phrase.model_copy(update={"version": number}), entry.at, entry.actor)
        for number, entry, event in told
    )


def usage(
    which: Literal["all", "never_used", "stale", "wrong", "returned"], age: timedelta
) -> Flow[tuple[PhraseUse, ...]]:
    """How often the phrases in use were shown, sent, and wrong; of all of them or of those to look at."""
    if which not in ("all", "never_used", "stale", "wrong", "returned"):
        raise InvalidInput("which", "unknown", "pass all, never_used, stale, wrong or returned")
    phrases = yield from export_phrases()
    uses: list[PhraseUse] = []
    for part in batched(phrases, BATCH):
        yield from steps.attempt(0)
        counters = tuple(usage_counter(one.id, figure) for one in part for figure in _FIGURES)
        loaded = yield from steps.load(Needs(counters=counters))
        counted = loaded.snapshot.counters
        uses += [
            PhraseUse(one, Usage(**{figure: counted.get(usage_counter(one.id, figure), 0) for figure in _FIGURES}))
            for one in part
        ]
    if which == "never_used":
        return never_used(uses)
    if which == "stale":
        scope = yield from steps.attempt(0)
        return stale(uses, scope.now, age)
    if which != "all":
        found = [one for one in uses if getattr(one.usage, which)]
        return tuple(sorted(found, key=lambda one: (-getattr(one.usage, which), one.phrase.id)))
    return tuple(uses)


def corrections(limit: int, cursor: str | None) -> Flow[Page[Correction]]:
    """Answers that were found wrong, the latest first."""
    where = (("subject", ev.ASSESSMENT),)
    query = Query(kind="entry", where=where, order="position", descending=True, limit=limit, after=cursor)
    page = yield from page_of(Entry, query)
    found = tuple(
        Correction(
            at=entry.at,
            by=entry.actor,
            ticket=event.ticket,
            message=event.message,
            author=event.author,
            author_id=event.author_id,
            phrase=event.phrase,
            right=event.right,
        )
        for entry in page.items
        for event in entry.events
        if isinstance(event, ev.ReplyAssessed)
    )
    return Page(found, page.cursor)
