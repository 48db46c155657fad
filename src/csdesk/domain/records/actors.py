"""Who does something, and who looks at something."""

from __future__ import annotations

from typing import Self

from csdesk.domain.records._model import Key, Value, Word


class ActorKind(Word):
    """The kinds of actor a command can come from."""

    AGENT = "agent"
    BOT = "bot"
    CUSTOMER = "customer"
    RULE = "rule"
    SYSTEM = "system"
    ADAPTER = "adapter"


class Actor(Value):
    """Who runs a command: every command carries one, every event keeps it."""

    kind: ActorKind
    id: Key

    @classmethod
    def agent(cls, agent_id: str) -> Self:
        """A person who works at the desk."""
        return cls(kind=ActorKind.AGENT, id=agent_id)

    @classmethod
    def bot(cls, name: str) -> Self:
        """A program that answers customers."""
        return cls(kind=ActorKind.BOT, id=name)

    @classmethod
    def system(cls, name: str = "desk") -> Self:
        """csdesk itself, or the application around it."""
        return cls(kind=ActorKind.SYSTEM, id=name)

    @classmethod
    def adapter(cls, account: str) -> Self:
        """A channel adapter, on behalf of what arrived at its account."""
        return cls(kind=ActorKind.ADAPTER, id=account)

    @classmethod
    def rule(cls, name: str) -> Self:
        """A rule of the configuration."""
        return cls(kind=ActorKind.RULE, id=name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Viewer(Value):
    """Who reads: decides which personal values are shown."""

    actor: Actor
    personal: bool = True
