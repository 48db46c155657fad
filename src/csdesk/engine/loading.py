"""Which policy and phrases a snapshot needs, and what must be read for them: said once for every engine.

A reading is a generator. It asks for a page of records, or for the desk's own row (None), and is sent the answer; the
engine fetches it, blocking or awaited. Mostly everything is at hand, and a reading ends without asking.
"""

from __future__ import annotations

from typing import Any

from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.changes import AgentGroup, ConfigRow, Snapshot
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.routing.roster import Roster
from csdesk.engine import shelving
from csdesk.engine.articles import articles
from csdesk.engine.core import DeskCore
from csdesk.engine.reading import Reading, all_of
from csdesk.errors import StoreDamaged, sentence
from csdesk.ports import steps
from csdesk.ports.store import DeskRow, Page, Query


def loaded(core: DeskCore, step: steps.Load, snapshot: Snapshot) -> Reading[steps.Loaded]:
    """The snapshot with the policy of its epochs, and with its phrases if they are wanted."""
    epoch, calendars, policy = core.compiled
    epochs = snapshot.epochs
    if epochs.config not in (epoch, 0):
        policy = yield from fresh_policy(core)
    if epochs.calendars != calendars:
        policy = yield from fresh_holidays(core, snapshot)
    book: PhraseBook | None = None
    if shelving.is_wanted(core, step, policy):
        shelf = yield from shelving.shelf(core.shelf, epochs.phrases, learned=step.phrases in ("learned", "held"))
        core.shelf, book = shelf, shelf.book
    if step.articles:
        core.articles = yield from articles(core.articles, epochs.phrases)
        return steps.Loaded(snapshot, policy, book, articles=core.articles.shelf)
    if not step.roster:
        return steps.Loaded(snapshot, policy, book)
    roster = core.roster(snapshot) or (yield from fresh_roster(core, snapshot))
    return steps.Loaded(snapshot, policy, book, roster)


def fresh_policy(core: DeskCore) -> Reading[Policy]:
    """The active configuration, compiled and in use from now on; one that cannot be used lets nobody decide.

    Raises:
        StoreDamaged: the store does not hold it.
    """
    row: DeskRow = yield None
    page: Page[Any] = yield Query(kind="config", where=(("digest", row.config),), limit=1)
    if not page.items or not isinstance(page.items[0], ConfigRow):
        raise StoreDamaged(sentence("the active configuration {config} is not in the store", config=row.config[:12]))
    return core.adopt_policy(page.items[0].body, row.config, row.epochs.config)


def fresh_holidays(core: DeskCore, snapshot: Snapshot) -> Reading[Policy]:
    """The policy with the holidays of the snapshot's epoch, in use from now on."""
    return core.adopt_holidays((yield from all_of(PublicHolidays, "holidays")), snapshot.epochs.calendars)


def fresh_roster(core: DeskCore, snapshot: Snapshot) -> Reading[Roster]:
    """The kinds of agents of the snapshot's epoch, in use from now on."""
    return core.adopt_roster((yield from all_of(AgentGroup, "group")), snapshot.epochs.agents)
