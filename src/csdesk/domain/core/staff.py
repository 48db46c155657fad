"""Agents and phrases: what people edit while the desk runs."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import EpochName
from csdesk.domain.records.replies import Phrase
from csdesk.errors import InvalidInput

_AGENT_FIELDS = ("name", "queues", "skills", "languages", "grade", "capacity", "presence", "retired")
_PHRASE_FIELDS = ("title", "questions", "keywords", "body", "tags", "language", "auto_reply", "retired")


def save_agent(work: Workspace, command: cmd.SaveAgent, agent_id: str) -> Agent:
    """Add or change an agent. Presence alone is an event of its own, since it changes many times a day."""
    given = _given(command, _AGENT_FIELDS)
    for queue in command.queues or ():
        if not work.policy.has_queue(queue):
            raise InvalidInput("queues", f"no queue {queue!r}", "choose queues of the configuration")
    if command.agent is None:
        if not given.get("name"):
            raise InvalidInput("name", "a new agent needs one", "pass name=")
        agent = Agent.model_validate({**given, "id": agent_id, "created_at": work.now})
        work.emit(agent_id, ev.AgentSaved(agent=agent))
    else:
        old = work.agent(command.agent)
        if set(given) == {"presence"}:
            if old.presence is not command.presence and command.presence is not None:
                work.emit(old.id, ev.PresenceChanged(before=old.presence, after=command.presence))
        elif given:
            work.emit(old.id, ev.AgentSaved(agent=replaced(old, **given)))
    return work.agent(agent_id if command.agent is None else command.agent)


def save_phrase(work: Workspace, command: cmd.SavePhrase, phrase_id: str) -> Phrase:
    """Add or change a phrase; other processes notice by the epoch."""
    given = _given(command, _PHRASE_FIELDS)
    if command.phrase is None:
        for name in ("title", "body"):
            if not given.get(name):
                raise InvalidInput(name, "a new phrase needs one", f"pass {name}=")
        phrase = Phrase.model_validate({**given, "id": phrase_id, "updated_at": work.now})
    else:
        phrase = replaced(work.phrase(command.phrase), **given, updated_at=work.now)
    work.emit(phrase.id, ev.PhraseSaved(phrase=phrase))
    work.bump(EpochName.PHRASES)
    return work.phrase(phrase.id)


def _given(command: cmd.SaveAgent | cmd.SavePhrase, names: tuple[str, ...]) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(command, name)) is not None}
