"""When the desk may write unasked: consent by purpose, quiet hours, caps. People who answer are never held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import TIME_OF_DAY, Section, refused
from csdesk.domain.records.messages import Purpose
from csdesk.domain.time.fields import ZoneName

_Words = tuple[Annotated[str, Field(min_length=1, max_length=40)], ...]
_Time = Annotated[str, Field(pattern=TIME_OF_DAY)]


class PurposePolicy(Section):
    """What messages of one purpose respect on top. Marketing and surveys do so whoever wrote them."""

    name: Purpose
    opt_in: bool = False
    """Whether only customers get them who have agreed: those with the tag ``opt_in_tag``."""
    opt_in_tag: Name = ""
    """The tag of customers who have agreed; ``agreed_<name>`` unless set."""
    opt_out_tag: Name = ""
    """The tag of customers who want none of these; ``no_<name>`` unless set."""
    opt_in_words: _Words = ()
    """A message that is one of these words and nothing else agrees to this purpose."""
    opt_out_words: _Words = ()
    """A message that is one of these words ends this purpose alone."""
    per_day: int | None = Field(default=None, ge=0, le=1000)
    """How many a customer gets in a day at most; further ones wait for the next. None: any."""
    per_week: int | None = Field(default=None, ge=0, le=1000)
    """The same for a week, which begins on Monday."""

    @model_validator(mode="before")
    @classmethod
    def _named_tags(cls, given: object) -> object:
        if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
            return given
        return {"opt_in_tag": f"agreed_{given['name']}", "opt_out_tag": f"no_{given['name']}", **given}


class ContactPolicy(Section):
    """What automatic messages respect. It is checked when a message is sent, not when it is written.

    An automatic message is *unasked* if the customer has written nothing for ``session_gap``; marketing and surveys
    always are, also when a person sends them. Quiet hours and caps are about these. Opting out is about all automatic
    messages, marketing and surveys.
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
    purposes: tuple[PurposePolicy, ...] = ()
    """What single purposes respect on top, each named once."""

    def purpose(self, name: Purpose) -> PurposePolicy | None:
        """What messages of a purpose respect on top; None: nothing."""
        return next((one for one in self.purposes if one.name is name), None)

    def opt_out_tag_for(self, purpose: Purpose | None) -> str:
        """The tag of customers who want no messages of a purpose (None: of any), as a provider tells of them.

        A purpose that the policy does not name has no tag of its own: then it is the one for everything.
        """
        rule = None if purpose is None else self.purpose(purpose)
        return self.opt_out_tag if rule is None else rule.opt_out_tag

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise refused("quiet hours have one end", "set quiet_from and quiet_until, or neither")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise refused("quiet hours begin when they end", "choose two different times")
        names = [one.name for one in self.purposes]
        if len(set(names)) < len(names):
            raise refused("they name one purpose twice", "write one table for each purpose", "purposes")
        return self
