"""What happens to agents, phrases, the configuration and the inbox."""

from __future__ import annotations

from typing import Literal

from csdesk.domain.ids import MessageId
from csdesk.domain.records.agents import Agent, Presence
from csdesk.domain.records.events._base import EventBase
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.replies import Phrase


class AgentSaved(EventBase):
    """An agent was added or changed; the event carries the new record (people of the desk, not customers)."""

    PERSONAL = frozenset({"agent"})
    kind: Literal["agent.saved"] = "agent.saved"
    agent: Agent | None = None


class PresenceChanged(EventBase):
    """An agent came or went."""

    kind: Literal["agent.presence"] = "agent.presence"
    before: Presence
    after: Presence


class LoadRepaired(EventBase):
    """A counter of routing (an agent's load, a queue's work) was not what the tickets say, and was set right."""

    kind: Literal["routing.repaired"] = "routing.repaired"
    counter: str
    counted: int
    carried: int


class PhraseSaved(EventBase):
    """A phrase was added, changed or retired; the event carries the new record."""

    kind: Literal["phrase.saved"] = "phrase.saved"
    phrase: Phrase


class HolidaysSaved(EventBase):
    """Holiday years were saved; the event carries the new record."""

    kind: Literal["holidays.saved"] = "holidays.saved"
    holidays: PublicHolidays


class ConfigActivated(EventBase):
    """Another configuration became active."""

    kind: Literal["config.activated"] = "config.activated"
    digest: str
    before: str = ""


class SessionAnswered(EventBase):
    """The beginning or end of a session was answered with the account's own words; ``problem``: it was not taken."""

    kind: Literal["session.answered"] = "session.answered"
    account: str
    what: str
    problem: str = ""


class CommandDenied(EventBase):
    """An actor was refused. It stands in the desk's own stream; the subject did not change."""

    kind: Literal["access.denied"] = "access.denied"
    subject: str
    command: str
    reason: str


class MessageParked(EventBase):
    """A message broke the pipeline; it lies in the inbox with its error, nothing of it is lost."""

    kind: Literal["inbox.parked"] = "inbox.parked"
    item: MessageId
    error: str


class MessageReleased(EventBase):
    """A parked message left the inbox: retried with success, or discarded."""

    kind: Literal["inbox.released"] = "inbox.released"
    item: MessageId
    discarded: bool = False
