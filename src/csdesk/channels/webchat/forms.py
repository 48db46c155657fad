"""The JSON that a visitor's page sends, and how the chat looks; unknown fields are passed over."""

from __future__ import annotations

import json
from typing import Annotated, ClassVar, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from csdesk.domain.records._model import Text, Value
from csdesk.errors import RequestRejected

MOST_BYTES: Final = 65_536
"""The largest body that is no file."""

MOST_TOGETHER: Final = 20
"""How many messages one request may bring."""

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""The id that the visitor's page gives a message: a retry has the same."""

_Token = Annotated[str, StringConstraints(max_length=8192)]


class _Form(Value):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", hide_input_in_errors=True)


F = TypeVar("F", bound=_Form)


class VisitForm(_Form):
    """A page was opened, or somebody signed in."""

    token: _Token = ""
    """That of an earlier visit."""
    user: _Token = ""
    """Who the host says that it is."""


class Choice(_Form):
    """A button that was pressed."""

    id: Annotated[Text, StringConstraints(max_length=200)] = ""
    text: Annotated[Text, StringConstraints(min_length=1, max_length=500)]


class MessageForm(_Form):
    """Something was said."""

    id: ClientId
    type: Annotated[str, StringConstraints(max_length=50)] = "text"
    text: Text = ""
    choice: Choice | None = None
    page: Annotated[Text, StringConstraints(max_length=4000)] = ""


class Posted(_Form):
    """Messages, oldest first; each is looked at by itself."""

    messages: Annotated[tuple[object, ...], Field(min_length=1, max_length=MOST_TOGETHER)]


class ReceiptsForm(_Form):
    """What arrived on the page, and what was seen there."""

    delivered: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    read: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class TypingForm(_Form):
    """That somebody is typing; nothing of what they type."""


class FileForm(_Form):
    """What stands around the bytes of a file."""

    id: ClientId
    name: Annotated[Text, StringConstraints(max_length=300)] = ""
    page: Annotated[Text, StringConstraints(max_length=4000)] = ""


class Look(Value):
    """What the widget shows before anybody has written; attributes of its script element count more."""

    title: Text = ""
    """The heading; empty: the widget's own words."""
    greeting: Text = ""
    """A first line; it is no message, the desk does not know of it."""
    choices: tuple[Text, ...] = ()
    """Questions to be chosen below the greeting."""
    color: Annotated[str, StringConstraints(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    """The colour of the window, such as ``#0b5cff``; text on it is black or white, whichever is easier to read."""


def value_of(body: bytes) -> object:
    """The JSON value of a body.

    Raises:
        RequestRejected: ``too_large`` or ``bad_body``.
    """
    if len(body) > MOST_BYTES:
        raise RequestRejected("too_large")
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestRejected("bad_body") from None
    return value


def form_of(cls: type[F], value: object) -> F:
    """A form from a value.

    Raises:
        RequestRejected: ``bad_fields``.
    """
    try:
        return cls.model_validate(value)
    except (ValidationError, RecursionError):
        raise RequestRejected("bad_fields") from None


def page_of(url: str) -> str:
    """The page that somebody looks at, without what may name or let in a person: no query, no fragment, no user."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{port}{parts.path}"[:500] if parts.scheme in ("http", "https") and host else ""
