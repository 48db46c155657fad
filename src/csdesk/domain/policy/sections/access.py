"""Who may run which command."""

from __future__ import annotations

from typing import Final, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused, unknown
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.commands import Command
from csdesk.domain.records.commands.messages import ReceiveMessage

COMMANDS: Final = frozenset(
    (
        "activate_config",
        "edit_message",
        "read",
        "recall_message",
        "retry_parked",
        *(cls.model_fields["kind"].default for cls in (ReceiveMessage, *get_args(get_args(Command)[0]))),
    )
)
"""The kind of every command, and of what has a door of its own; ``read``: every read of a ``Viewer``."""


class Grant(Section):
    """What some actors may do (or, with ``allow`` False, may not do)."""

    kinds: tuple[ActorKind, ...] = ()
    """Empty: actors of every kind."""
    actors: tuple[str, ...] = ()
    """Ids of actors; empty: every actor of these kinds."""
    commands: tuple[str, ...] = Field(default=("*",), min_length=1)
    """Kinds of command; ``*``: every one."""
    sites: tuple[Name, ...] = ()
    """Only what is done to tickets of these sites and of those below them; empty: everything. Reads know no sites."""
    allow: bool = True

    @field_validator("commands", mode="after")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place, command in enumerate(value):
            if command != "*" and command not in COMMANDS:
                raise unknown("command", command, [*COMMANDS, "*"], place)
        return value

    @model_validator(mode="after")
    def _knows_tickets(self) -> Self:
        if self.sites and "read" in self.commands:
            raise refused("reads know no sites", "grant them apart, or leave the sites out", "sites")
        return self


class AccessPolicy(Section):
    """The first grant that fits decides; where none fits, ``default`` does.

    ``deny`` holds for the desk's own actors too (``system``, ``adapter``, ``rule``, ``bot``): grant them what they do.
    """

    default: Literal["allow", "deny"] = "allow"
    grants: tuple[Grant, ...] = ()
