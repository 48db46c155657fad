"""What a queue does while nobody works there."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.text.templates import Template
from csdesk.errors import InvalidInput, sentence

OPENS_AT: Final = "opens_at"
"""The one variable of a notice."""


def _checked(text: str) -> str:
    try:
        unknown = set(Template.parse(text).variables) - {OPENS_AT}
    except InvalidInput as error:
        raise refused(
            "not a template", sentence("{remedy}; a place is {{{{ opens_at }}}}", remedy=error.remedy)
        ) from None
    if unknown:
        raise refused(sentence("no variable {name!r}", name=min(unknown)), "the only one is {{ opens_at }}")
    return text


class ClosedText(Section):
    """What is said in one language."""

    language: Name
    """A language tag; ``zh`` holds for ``zh-CN`` and ``zh-TW`` too, as long as these have no text of their own."""
    text: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_checked)]
    """``{{ opens_at }}`` is when the queue opens again, in words of that language."""


USUAL_TEXTS: Final = (
    ("zh", "您好，现在是非服务时间，我们将于{{ opens_at }}恢复人工服务，届时尽快回复您。"),
    ("en", "Our team is away right now. We are back {{ opens_at }} and will reply as soon as we can."),
)
"""What is said where the configuration says nothing else."""


class AfterHoursPolicy(Section):
    """What customers hear who write while the queue is closed, and what they are promised."""

    calendar: Name | None = None
    """When the queue is open; None: its ``routing.hours``, or the desk's default calendar."""
    notice: bool = True
    """Is the customer told when somebody will be back? Once in a session, never to machines or for old messages."""
    texts: tuple[ClosedText, ...] = Field(default=(), max_length=50)
    """In the ticket's language, else in that of the desk's ``locale``, else the first one; empty: the desk's own."""
    call_back_within: Duration | None = None
    """How soon after the opening a person will have answered: a promise named ``after_hours``, counted in the calendar
    and kept by the first public reply of a person. None: nothing is promised."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.notice or self.call_back_within):
            raise refused("nothing happens after hours", "let notice be true, or add call_back_within")
        languages = [one.language for one in self.texts]
        if len(set(languages)) < len(languages):
            raise refused("a language stands twice", "keep one text for each", "texts")
        return self
