"""Training the phrase library: the work outside any commit, its outcome as one entry, earlier ones to go back to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from csdesk.domain.ids import COMMAND
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.events import Entry
from csdesk.flows.commands import execute
from csdesk.flows.permission import require
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import page_of
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Trained:
    """A training of the phrases.

    Attributes:
        number: its number, from 1.
        at: when it was done.
        by: who wanted it.
        phrases: how many phrases took part.
        questions: how many of their texts did.
        in_use: whether it is the one that tells the phrases apart now.
    """

    number: int
    at: datetime
    by: Actor
    phrases: int
    questions: int
    in_use: bool = False


def optimize(actor: Actor) -> Flow[Trained]:
    """Train the phrases as they are now, and use what was taught.

    Raises:
        InvalidInput: they have too few questions to learn from.
        Denied: the actor may not.
    """
    checks.an_instance(actor, Actor, "actor")
    scope = yield from steps.attempt(0)
    run = scope.ids.new(COMMAND)
    loaded = yield from steps.load(Needs(), phrases="learned")
    work = workspace(loaded, scope)
    work.begin(run, actor)
    yield from require(work, actor, "adopt_training", ev.DESK)  # before the work, not after it
    assert loaded.phrases is not None, "the load asked for them"
    training = yield from steps.train(loaded.phrases)
    done = yield from execute(cmd.AdoptTraining(body=training.packed(), actor=actor), run)
    (made,) = [one for entry in done.entries for one in _trainings(entry)]
    return replace(made, in_use=True)


def use(number: int | None, actor: Actor) -> Flow[None]:
    """Use that training from now on; None: none.

    Raises:
        InvalidInput: there is none of that number.
    """
    chosen = 0 if number is None else checks.a_number(number, "number", 0, _MOST)
    scope = yield from steps.attempt(0)
    yield from execute(cmd.ChooseTraining(training=chosen, actor=actor), scope.ids.new(COMMAND))


def trainings(limit: int, cursor: str | None) -> Flow[Page[Trained]]:
    """The trainings, the latest first."""
    newest = yield from page_of(Entry, _entries(1, None))
    chosen = [one.number for entry in newest.items for one in entry.events if isinstance(one, ev.TrainingChosen)]
    page = yield from page_of(Entry, _entries(limit, cursor))
    found = tuple(replace(one, in_use=one.number in chosen) for entry in page.items for one in _trainings(entry))
    return Page(found, page.cursor)


def _entries(limit: int, cursor: str | None) -> Query:
    where = (("subject", ev.TRAINING),)
    return Query(kind="entry", where=where, order="position", descending=True, limit=limit, after=cursor)


def _trainings(entry: Entry) -> list[Trained]:
    return [
        Trained(one.number, entry.at, entry.actor, one.phrases, one.questions)
        for one in entry.events
        if isinstance(one, ev.LibraryTrained)
    ]
