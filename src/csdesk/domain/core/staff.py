"""Agents and public holidays: what people edit while the desk runs."""

from __future__ import annotations

from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import EpochName
from csdesk.domain.records.holidays import PublicHolidays, SavedYear
from csdesk.domain.records.queues import DueItem
from csdesk.domain.routing.profiles import key_of
from csdesk.domain.text.languages import is_language, likely_language
from csdesk.errors import InvalidInput, sentence

LEAVING: Final = "leaving"
"""The kind of due item that lets go of what an agent has or is offered who retired, is absent, or left a queue."""

_AGENT_FIELDS = (
    *("name", "queues", "skills", "languages", "grade", "capacity", "weight", "shift", "sites", "presence", "retired"),
    *("roles", "lead", "external_id"),
)


def save_agent(work: Workspace, command: cmd.SaveAgent, agent_id: str) -> Agent:
    """Add or change an agent. Presence alone is an event of its own, since it changes many times a day."""
    given = {name: value for name in _AGENT_FIELDS if (value := getattr(command, name)) is not None}
    _check_names(work, command)
    if command.queues is not None:
        given["queues"] = tuple(dict.fromkeys(command.queues))
    if command.sites is not None:
        given["sites"] = tuple(dict.fromkeys(command.sites))
    if "shift" in given:
        given["shift"] = _shift(work, command.shift)
    if "roles" in given:
        given["roles"] = tuple(dict.fromkeys(command.roles or ()))
    if "lead" in given:
        given["lead"] = _lead(command)
    if command.agent is None:
        _name_staff(work, "", command.external_id, agent_id)
        return _add_agent(work, given, agent_id)
    old = work.agent(command.agent)
    _name_staff(work, old.external_id, command.external_id, old.id)
    if set(given) == {"presence"}:
        if old.presence is not command.presence and command.presence is not None:
            work.emit(old.id, ev.PresenceChanged(before=old.presence, after=command.presence))
            _plan_leaving(work, old, work.agent(command.agent))
    elif given:
        _change_agent(work, old, given)
    return work.agent(command.agent)


def _name_staff(work: Workspace, before: str, after: str | None, agent: str) -> None:
    """Let the agent, and nobody else, be who the host's staff system means."""
    if after is None or after == before:
        return
    if work.claims.get(work.keys.staff(after), agent) != agent:
        raise InvalidInput("external_id", "belongs to another agent", "take it from that one first: desk.agents.find")
    if before:
        work.move_claim(work.keys.staff(before), agent, None)
    if after:
        work.claim(work.keys.staff(after), agent)


def _check_names(work: Workspace, command: cmd.SaveAgent) -> None:
    """Refuse queues and sites that there are none of, and what is no language."""
    for queue in command.queues or ():
        if not work.policy.has_queue(queue):
            raise InvalidInput(
                "queues", sentence("no queue {queue!r}", queue=queue), nearest(queue, work.policy.queue_names)
            )
    for site in command.sites or ():
        if work.policy.sites.get(site) is None:
            raise InvalidInput("sites", sentence("no site {site!r}", site=site), nearest(site, work.policy.sites.names))
    for language in command.languages or ():
        if not is_language(language):
            likely = likely_language(language)
            meant = sentence("did you mean {name!r}? ", name=likely) if likely else ""
            raise InvalidInput(
                "languages",
                sentence("no language {language!r}", language=language),
                sentence("{guess}write tags such as zh, zh-TW, en", guess=meant),
            )


def _add_agent(work: Workspace, given: dict[str, object], agent_id: str) -> Agent:
    if not given.get("name"):
        raise InvalidInput("name", "a new agent needs one", "pass name=")
    agent = Agent.model_validate({**given, "id": agent_id, "created_at": work.now})
    work.emit(agent_id, ev.AgentSaved(agent=agent))
    work.bump(EpochName.AGENTS)
    return agent


def _change_agent(work: Workspace, old: Agent, given: dict[str, object]) -> None:
    if given.get("presence", old.presence) is not old.presence:
        given["presence_since"] = work.now
    saved = replaced(old, **given)
    work.emit(old.id, ev.AgentSaved(agent=saved))
    _plan_leaving(work, old, saved)
    if _seat(saved) != _seat(old):
        work.bump(EpochName.AGENTS)


def _plan_leaving(work: Workspace, old: Agent, saved: Agent) -> None:
    """Have somebody look at what the agent can no longer do."""
    left = not {*old.queues} <= {*saved.queues}
    if (saved.retired and not old.retired) or (saved.is_absent and not old.is_absent) or left:
        work.put_due(DueItem(key=f"{LEAVING}/{old.id}", kind=LEAVING, due_at=work.now))


def _lead(command: cmd.SaveAgent) -> str | None:
    if command.lead and command.lead == command.agent:
        raise InvalidInput("lead", "is the agent", "name somebody else, or pass an empty text: nobody leads the team")
    return command.lead or None


def _shift(work: Workspace, name: str | None) -> str | None:
    """The calendar of that name; an empty name: none."""
    if name and name not in work.policy.service.times:
        raise InvalidInput(
            "shift", sentence("no calendar {name!r}", name=name), nearest(name, work.policy.service.times)
        )
    return name or None


def _seat(agent: Agent) -> tuple[object, ...]:
    """What the kinds of agents of each queue follow from."""
    return key_of(agent), agent.queues, agent.retired


def holidays_id(keys: ClaimKeys, place: str) -> str:
    """The id of a place's holidays: one record for each place."""
    return keys.counter("hol", place)


def save_holidays(work: Workspace, command: cmd.SaveHolidays) -> PublicHolidays:
    """Save one year; other processes notice by the epoch.

    Raises:
        InvalidInput: a date of another year, or one that is both closed and worked.
    """
    for name, days in (("closed", command.closed), ("working", command.working)):
        for day in days:
            if day.year != command.year:
                raise InvalidInput(
                    name, sentence("{day} is not in {year}", day=day, year=command.year), "save it under its own year"
                )
    if both := {*command.closed} & {*command.working}:
        raise InvalidInput("working", sentence("{day} is closed too", day=min(both)), "keep it in one of the two")
    key = holidays_id(work.keys, command.place)
    old = work.find(key)
    kept = old.years if isinstance(old, PublicHolidays) else ()
    closed, working = tuple(sorted({*command.closed})), tuple(sorted({*command.working}))
    year = SavedYear(year=command.year, closed=closed, working=working, known=command.known)
    years = sorted((*(one for one in kept if one.year != command.year), year), key=lambda one: one.year)
    version = old.version if isinstance(old, PublicHolidays) else 0
    saved = PublicHolidays(id=key, version=version, place=command.place, years=tuple(years), updated_at=work.now)
    work.emit(key, ev.HolidaysSaved(holidays=saved))
    work.bump(EpochName.CALENDARS)
    return saved
