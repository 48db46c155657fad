"""What rules say: to customers, to people, to other systems of the host."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator

from csdesk._nearest import nearest
from csdesk.domain.ids import phrase_id
from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.messages import Purpose
from csdesk.domain.records.phrases import SOURCES
from csdesk.errors import sentence

PhraseName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(phrase_id)]
_LIKE_A_SOURCE: Final = re.compile(r"(?:customer|ticket|agent)\.[\w.]+")
_CUSTOM: Final = ("ticket.x.", "customer.x.")


class Note(Section):
    """Write an internal note."""

    do: Literal["note"] = "note"
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class Reply(Section):
    """Write to the customer. A rule answers a person's message or its time has come, within ``automatic_per_day``."""

    do: Literal["reply"] = "reply"
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    purpose: Purpose = Purpose.SERVICE
    """What it is for: ``[contact]`` goes by it."""


class NoAutoReply(Section):
    """Never answer this message automatically."""

    do: Literal["no_auto_reply"] = "no_auto_reply"


class SendPhrase(Section):
    """Send a phrase of the library, filled in; otherwise as ``reply``. One that cannot be filled in is not sent."""

    do: Literal["send_phrase"] = "send_phrase"
    phrase: PhraseName
    """Its id, or what people call it: ``where-is-it`` is ``phr_where-is-it``."""
    purpose: Purpose = Purpose.SERVICE


class SendTemplate(Section):
    """Send a message that the provider has approved, where nothing else may be sent; otherwise as ``reply``."""

    do: Literal["send_template"] = "send_template"
    name: Name
    """The provider's name of the template."""
    locale: Name
    """The provider's code of its language, such as ``zh_CN``."""
    body: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...], Field(max_length=50)] = ()
    """What stands in its places: words, or what the desk knows, by name (``customer.name``, ``ticket.x.order``)."""
    text: Annotated[str, Field(max_length=10_000)] = ""
    """What the customer will read, for the ticket's own history."""
    purpose: Purpose = Purpose.SERVICE

    @field_validator("body", mode="after")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place, one in enumerate(value):
            if _LIKE_A_SOURCE.fullmatch(one) and one not in SOURCES and not one.startswith(_CUSTOM):
                known = (*SOURCES, *(f"{prefix}<name>" for prefix in _CUSTOM))
                raise refused(sentence("nothing is known as {name!r}", name=one), nearest(one, known), place)
        return value


class Alert(Section):
    """Raise the alert of that name."""

    do: Literal["alert"] = "alert"
    name: Name


class Notify(Section):
    """Ask the host to tell the ticket's agent, its queue, or a named person or team."""

    do: Literal["notify"] = "notify"
    to: Key
    """``assignee``, ``queue``, or a name that the host knows."""
    name: Name
    """What to tell, as the host knows it."""


class Call(Section):
    """Ask the host to do something of its own: a webhook, a workflow, a task."""

    do: Literal["call"] = "call"
    name: Name
