"""Queues, accounts, levels, ticket types and statuses: how the desk is laid out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from csdesk.domain.policy.sections.closing import AfterHoursPolicy
from csdesk.domain.policy.sections.routing import QueueRouting
from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration, DurationOrZero
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.origins import Traffic
from csdesk.domain.records.priorities import PriorityName
from csdesk.domain.records.tickets import Category

Choices = tuple[Annotated[str, Field(min_length=1, max_length=40)], ...]
"""Questions to choose from."""


class QueuePolicy(Section):
    """A queue: where tickets wait for the people who work in it."""

    name: Name
    title: str = ""
    formerly: tuple[Name, ...] = ()
    """Names of queues that this one took the place of: the tickets that wait there move here."""
    sites: tuple[Name, ...] = ()
    """The sites that it serves; empty: every one. A queue of one site works in that site's hours, and what comes to it
    without a site belongs there."""
    auto_reply: bool = False
    """May phrases be sent without a person?"""
    suggest: bool = True
    """Are phrases suggested to the people of the queue?"""
    reception: Literal["human_only", "bot_first", "bot_only"] = "human_only"
    """Who receives a customer first. ``human_only`` bars bots; of ``bot_only`` people get what the bot hands off."""
    bot: Name | None = None
    """The bot that receives."""
    bot_when: Literal["always", "closed"] = "always"
    """``closed``: the bot receives only outside the hours of ``after_hours``; in them people do."""
    hand_off_to: Name | None = None
    """The queue whose people take over from the bot; None: this one. ``bot_only`` needs another one."""
    after_hours: AfterHoursPolicy | None = None
    """What happens while nobody works here; None: nothing, the ticket waits."""
    goal: GoalName | None = None
    """What a session with a customer should lead to here, from its first message on; None: nothing is expected."""
    routing: QueueRouting = Field(default_factory=QueueRouting)
    """Who gets the tickets of the queue."""


class AccountPolicy(Section):
    """What holds for one account of a channel; None takes the desk's own setting."""

    name: Key
    queue: Name | None = None
    site: Name | None = None
    """The site of its customers who do not tell another one."""
    language: Name | None = None
    """The language of a message whose own is not known."""
    backlog: Duration | None = None
    """How old a message may be on arrival before its time is clamped and it is no longer answered automatically."""
    auto_reply: bool = False
    """May messages of this account be answered without a person, where the queue allows it too?"""
    people: Literal["here", "there"] | None = None
    """Where people answer the customers of the account: ``here`` in the desk, or ``there`` in the provider's own
    client. The provider is then told who has a conversation, where the channel can (``Capabilities.seats``)."""
    greeting: str = Field(default="", max_length=1000)
    """What is said when somebody opens a conversation, where the channel gives a code for it; empty: nothing."""
    greeting_choices: Choices = Field(default=(), max_length=10)
    """Questions to choose from, below the greeting."""
    farewell: str = Field(default="", max_length=1000)
    """What is said when the session ends, where the channel gives a code for it."""
    traffic: Traffic | None = None
    """Which traffic its customers are, as far as no entry point says otherwise; None: nobody says."""


class EntryPointPolicy(Section):
    """A QR code, a link, an advertisement: what a conversation begins with that comes by it.

    A channel tells the ``code`` as the scene or as the parameter of an ``Entrance``.
    """

    code: Key
    title: str = ""
    accounts: tuple[Key, ...] = ()
    """Where it leads; empty: the code means the same on every account."""
    queue: Name | None = None
    site: Name | None = None
    """The site of the conversations that begin here: where the code hangs, whom the advertisement is for."""
    campaign: Name | None = None
    """What it is a part of: a name that rules, segments and your own reports may ask for."""
    language: Name | None = None
    """The language of a ticket whose first message does not tell its own."""
    traffic: Traffic | None = None
    """Which traffic it brings; None: what the account says."""
    carries: Literal["live_room", "product", "order"] | None = None
    """What the parameter beside the code names."""
    greeting: str = Field(default="", max_length=1000)
    """What is said instead of the account's greeting; empty: the account's."""
    greeting_choices: Choices = Field(default=(), max_length=10)

    @property
    def name(self) -> str:
        """What tells it from the others: its code."""
        return self.code

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.greeting_choices and not self.greeting.strip():
            raise refused("questions to choose from without a greeting", "say what stands above them", "greeting")
        return self


class LevelPolicy(Section):
    """A customer level: a word that rules, service levels and phrases may ask for."""

    name: Name
    title: str = ""
    rank: int = Field(default=0, ge=0, le=1000)
    """Where your own lists put it, the highest first. The desk decides nothing by it."""
    grade: int | None = Field(default=None, ge=1, le=9)
    """The least grade of the agents who serve customers of this level."""
    relax_grade_after: Duration | None = None
    """How long a ticket waits for that grade; None: for ever."""


class ReopenPolicy(Section):
    """What a customer's message does to a ticket that was already resolved or closed."""

    mode: Literal["reopen", "follow_up"] = "reopen"
    """``follow_up``: always a new ticket, linked to the old one."""
    window: Duration = timedelta(hours=72)
    """How long after resolving a message reopens; later ones make a follow-up ticket."""
    grace: DurationOrZero = timedelta(0)
    """How long after closing a message still reopens."""
    keep_worker: bool = True
    """Does the ticket stay with whom it was?"""


class TypePolicy(Section):
    """A ticket type. Names form a tree by ``/``; a child takes what it does not say from its nearest ancestor."""

    name: Name
    title: str = ""
    queue: Name | None = None
    priority: PriorityName | None = None
    reopen: ReopenPolicy | None = None
    immediacy: Name | None = None
    """The class of immediacy: by which channels customers are reached, and what they are promised by default."""
    bars_bots: bool | None = None
    """True: no bot may receive or answer tickets of this type."""


class StatusPolicy(Section):
    """The desk's own name for a status inside a category."""

    name: Name
    category: Category
    title: str = ""
