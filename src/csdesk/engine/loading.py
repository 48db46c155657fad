"""Which policy and phrases a snapshot needs, and what must be read for them: said once for every engine.

A reading is a generator. It asks for a page of records, or for the desk's own row (None), and is sent the answer; the
engine fetches it, blocking or awaited. Mostly everything is at hand, and a reading ends without asking.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Literal, TypeVar

from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.changes import AgentGroup, ConfigRow, Snapshot
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.replies import Phrase
from csdesk.domain.routing.roster import Roster
from csdesk.engine.core import DeskCore
from csdesk.errors import StoreDamaged
from csdesk.ports import steps
from csdesk.ports.store import DeskRow, Page, Query

T = TypeVar("T")
R = TypeVar("R", Phrase, PublicHolidays, AgentGroup)

Reading = Generator[Query | None, Any, T]
"""Asks for what it lacks. ``Any``: a page for a query, a ``DeskRow`` for None."""


def loaded(core: DeskCore, step: steps.Load, snapshot: Snapshot) -> Reading[steps.Loaded]:
    """The snapshot with the policy of its epochs, and with its phrases if they are wanted."""
    epoch, calendars, policy = core.compiled
    epochs = snapshot.epochs
    if epochs.config not in (epoch, 0):
        policy = yield from fresh_policy(core)
    if epochs.calendars != calendars:
        policy = yield from fresh_holidays(core, snapshot)
    book: PhraseBook | None = None
    if wants_book(step, policy):
        book = core.book(snapshot) or (yield from fresh_book(core, snapshot))
    if not step.roster:
        return steps.Loaded(snapshot, policy, book)
    roster = core.roster(snapshot) or (yield from fresh_roster(core, snapshot))
    return steps.Loaded(snapshot, policy, book, roster)


def wants_book(step: steps.Load, policy: Policy) -> bool:
    """Whether phrases belong to what the step asks for."""
    return step.phrases == "yes" or (step.phrases == "auto" and policy.answers)


def fresh_policy(core: DeskCore) -> Reading[Policy]:
    """The active configuration, compiled and in use from now on.

    Raises:
        StoreDamaged: the store does not hold it.
    """
    row: DeskRow = yield None
    page: Page[Any] = yield Query(kind="config", where=(("digest", row.config),), limit=1)
    if not page.items or not isinstance(page.items[0], ConfigRow):
        raise StoreDamaged(f"the active configuration {row.config[:12]} is not in the store")
    return core.adopt_policy(page.items[0].body, row.epochs.config)


def fresh_holidays(core: DeskCore, snapshot: Snapshot) -> Reading[Policy]:
    """The policy with the holidays of the snapshot's epoch, in use from now on."""
    return core.adopt_holidays((yield from all_of(PublicHolidays, "holidays")), snapshot.epochs.calendars)


def fresh_book(core: DeskCore, snapshot: Snapshot) -> Reading[PhraseBook]:
    """The phrases of the snapshot's epoch, indexed and in use from now on."""
    return core.adopt_phrases((yield from all_of(Phrase, "phrase")), snapshot.epochs.phrases)


def fresh_roster(core: DeskCore, snapshot: Snapshot) -> Reading[Roster]:
    """The kinds of agents of the snapshot's epoch, in use from now on."""
    return core.adopt_roster((yield from all_of(AgentGroup, "group")), snapshot.epochs.agents)


def all_of(cls: type[R], kind: Literal["phrase", "holidays", "group"]) -> Reading[list[R]]:
    """Every record of that kind."""
    found: list[R] = []
    cursor: str | None = None
    while True:
        page: Page[Any] = yield Query(kind=kind, limit=1000, after=cursor)
        found += [one for one in page.items if isinstance(one, cls)]
        cursor = page.cursor
        if cursor is None:
            return found
