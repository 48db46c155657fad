"""How soon a matter needs somebody: by which channels its customers are reached, and what they are promised."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from csdesk.domain.policy.sections.service_levels import SlaPolicy, TargetPolicy
from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration


class ImmediacyPolicy(Section):
    """A class of immediacy, such as ``instant``, ``soon`` and ``later``. Ticket types name one."""

    name: Name
    title: str = ""
    channels: tuple[Key, ...] = ()
    """The kinds of channel by which its customers may be reached (``message.channel``), the best first; empty: all."""
    within: Duration | None = None
    """How soon they must have it: what quiet hours or caps hold up for longer does not count. None: whenever it may go.
    """
    fallback: Name | None = None
    """The class whose channels are taken where none of these is open; None: none."""
    calendar: Name | None = None
    """The calendar of the targets; None: that of the site, or the desk's default."""
    targets: tuple[TargetPolicy, ...] = Field(default=())
    """What is promised to tickets of its types that no other service level fits, as service level
    ``immediacy/<name>``."""

    @field_validator("channels", mode="after")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len({*value}) < len(value):
            raise refused("a channel stands twice", "name each once")
        return value

    @model_validator(mode="after")
    def _makes_a_level(self) -> Self:
        if self.targets:
            SlaPolicy(name=self.level, calendar=self.calendar, targets=self.targets)
        return self

    @property
    def level(self) -> str:
        """The name of the service level that its targets make."""
        return f"immediacy/{self.name}"
