"""What goes between a provider and an adapter: web requests, hints, and the pages of a pull."""

from __future__ import annotations

from pydantic import Field

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.channels.events import ChannelEvent
from csdesk.domain.records.channels.feeds import Feed
from csdesk.domain.records.media import MediaRef


class RawRequest(Value):
    """A web request as it came: signatures are over raw bytes. Header names compare without case; names may repeat."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    remote: str = ""
    received_at: Instant | None = None
    """When it came; the desk fills it in from its clock if the host did not."""
    streams: bool = False
    """Whether whoever hands it over can send an answer that goes on (``RawResponse.feed``)."""

    def header(self, name: str) -> str | None:
        """The first value of that header, None if it is missing."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class RawResponse(Value):
    """What the host answers with.

    ``feed`` is set where the answer is a page of a conversation. A host may leave it alone and send the answer. One
    that can wait asks ``desk.channels.news`` until the number is another one, or ``feed.wait`` is over, and sends the
    body that ``desk.channels.feed`` then gives. If ``feed.stream``, each such body is the next piece of one answer.
    """

    status: int = Field(default=200, ge=100, le=599)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    feed: Feed | None = None


class PullHint(Value):
    """The provider said that something waits; ``token`` eases the fetch while it lives."""

    account: Key
    token: str = Field(default="", repr=False)


class Rejected(Value):
    """Why a request was refused: a code, never the provider's secret."""

    code: Key
    detail: str = ""


class Held(Value):
    """A conversation that somebody may sign in to: from then on it is theirs, and older permissions are over."""

    account: Key
    conversation: Key
    by: Text = ""
    """Who has signed in, in the channel's own words, which are only compared; empty: nobody."""
    reply: RawResponse
    """The answer if somebody else has signed in before; then nothing of the request is stored."""


class InboundResult(Value):
    """What an adapter made of a request. ``reply`` is sent only after events and hints are stored."""

    reply: RawResponse = RawResponse()
    events: tuple[ChannelEvent, ...] = ()
    pulls: tuple[PullHint, ...] = ()
    rejected: Rejected | None = None
    feed: Feed | None = None
    """The answer's body is a page of this conversation, as the channel's ``show`` writes it."""
    file: MediaRef | None = None
    """The answer's body is this stored file."""
    file_in: Key | None = None
    """The message that must still show the file: not after a recall or an erasure. None: it is given in any case."""
    held: Held | None = None
    """Where a conversation may have become somebody's since the request's permission was given."""


class PullPage(Value):
    """One page of a pull; the cursor is stored in the commit that stores the events."""

    events: tuple[ChannelEvent, ...] = ()
    cursor: str = ""
    more: bool = False
