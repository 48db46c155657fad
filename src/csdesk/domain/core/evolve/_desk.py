"""How events change what the desk keeps beside tickets and customers, and the events that change no record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.changes import Stored
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.phrases import LibraryPhrase


def _agent_saved(_: Agent | None, event: ev.AgentSaved, _at: datetime) -> Agent | None:
    return event.agent


def _presence_changed(agent: Agent, event: ev.PresenceChanged, at: datetime) -> Agent:
    return replaced(agent, presence=event.after, presence_since=at)


def _phrase_saved(_: LibraryPhrase | None, event: ev.PhraseSaved, _at: datetime) -> LibraryPhrase:
    return event.phrase


def _article_saved(_: Article | None, event: ev.ArticleSaved, _at: datetime) -> Article:
    return event.article


def _asset_saved(_: Asset | None, event: ev.AssetSaved, _at: datetime) -> Asset:
    return event.asset


def _holidays_saved(_: PublicHolidays | None, event: ev.HolidaysSaved, _at: datetime) -> PublicHolidays:
    return event.holidays


def _unchanged(record: Stored | None, _event: object, _: datetime) -> Stored | None:
    return record


# ``Any``: each function takes the record and event of its own row; a test walks the table.
FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Any]]] = {
    ev.ClockStarted: _unchanged,
    ev.ClockEnded: _unchanged,
    ev.ReplyCorrected: _unchanged,
    ev.ExemplarPromoted: _unchanged,
    ev.WordingFound: _unchanged,
    ev.LibraryChanged: _unchanged,
    ev.SuggestionsJudged: _unchanged,
    ev.LessonsForgotten: _unchanged,
    ev.LibraryTrained: _unchanged,
    ev.TrainingChosen: _unchanged,
    ev.ReplyAssessed: _unchanged,
    ev.AlertRaised: _unchanged,
    ev.ActionRequested: _unchanged,
    ev.RulesExhausted: _unchanged,
    ev.SkewSeen: _unchanged,
    ev.CommandDenied: _unchanged,
    ev.AgentSaved: _agent_saved,
    ev.PresenceChanged: _presence_changed,
    ev.LoadRepaired: _unchanged,
    ev.PhraseSaved: _phrase_saved,
    ev.ArticleSaved: _article_saved,
    ev.AssetSaved: _asset_saved,
    ev.AssetSent: _unchanged,
    ev.HolidaysSaved: _holidays_saved,
}
