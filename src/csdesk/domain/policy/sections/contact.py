"""When the desk may write by itself: consent, quiet hours, caps. People who answer are never held back by this."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section
from csdesk.domain.time.fields import ZoneName
from csdesk.errors import ConfigError

_Words = tuple[Annotated[str, Field(min_length=1, max_length=40)], ...]
_Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ContactPolicy(Section):
    """What automatic messages respect. It is checked when a message is sent, not when it is written.

    An automatic message is *unasked* if the customer has written nothing for ``session_gap``: quiet hours and the cap
    are about these. Opting out is about all automatic ones.
    """

    opt_out_words: _Words = ("退订", "TD", "取消订阅", "unsubscribe", "stop")
    """A message that is one of these words and nothing else opts out; case and width don't matter."""
    opt_in_words: _Words = ("恢复订阅", "start")
    """A message that is one of these words takes that back."""
    opt_out_tag: Name = "opted_out"
    """The tag of customers who have opted out; setting it by hand does the same."""
    quiet_from: _Time | None = None
    """From this time of day unasked messages wait, such as ``21:00``; None: they never do."""
    quiet_until: _Time | None = None
    zone: ZoneName = "Asia/Shanghai"
    """The zone of quiet hours, and of the days of the cap."""
    unasked_per_day: int | None = Field(default=None, ge=0, le=1000)
    """How many unasked messages a customer gets in a day at most; further ones wait for the next day. None: any."""

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ConfigError("contact", "quiet hours have one end", "set quiet_from and quiet_until, or neither")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ConfigError("contact", "quiet hours begin when they end", "choose two different times")
        return self
