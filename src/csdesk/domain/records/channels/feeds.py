"""What customers read by themselves: the conversation as their own page or app may see it.

A channel with ``Capabilities.feed`` has no provider that messages are sent to. What the desk says lies in the store,
and the customer's device asks for it: the adapter verifies who asks, and for which conversation (``Feed``); the desk
reads what may be seen (``FeedPage``); the adapter writes it down.
"""

from __future__ import annotations

from pydantic import Field

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.channels.inbound import Sender
from csdesk.domain.records.messages import AuthorKind, Part


class Feed(Value):
    """Somebody who may read a conversation asks what is new in it."""

    account: Key
    conversation: Key
    sender: Sender
    """The customer of the conversation, as the channel knows them."""
    after: Text = ""
    """The mark of the page that they have; empty: they have nothing."""
    before: Instant | None = None
    """Only what is older than this: a page of what came earlier."""
    wait: float = Field(default=0.0, ge=0, le=300)
    """For how many seconds the answer may wait for something new or, as a stream, go on; 0: it goes out at once."""
    stream: bool = False
    """Whether one answer goes on for as long as both sides like; only if the request said that this is possible."""
    until: Instant | None = None
    """The end of their permission."""
    by: Text | None = None
    """Who has signed in, in the channel's own words, which are only compared; empty: nobody; None: it does not matter.
    Once somebody has, the conversation is shown to nobody else."""
    number: int = -1
    """The number of the conversation's feed when the page was read: it grows with each change."""


class Said(Value):
    """One message as the customer may see it."""

    id: Key
    at: Instant
    author: AuthorKind
    name: Text = ""
    """Who of ours wrote."""
    parts: tuple[Part, ...] = ()
    provider_id: Text = ""
    """For the customer's own messages: the id that their device gave."""
    recalled: bool = False
    """True if it was taken back: nothing of what it said is left."""
    edited: bool = False
    """True if it says something else than when it was sent."""
    read: bool = False
    """For ours: whether the customer has read it."""


class FeedPage(Value):
    """A page of a conversation, oldest first."""

    said: tuple[Said, ...] = ()
    mark: Text = ""
    """What to ask with to get what comes after this page."""
    fresh: bool = True
    """The page stands for all that the device has: something in the midst of it changed, or too much is new."""
    earlier: bool = False
    """Whether there is something before this page (told for fresh pages and for earlier ones)."""
    typing: float = 0.0
    """For how many seconds more it is to be shown that somebody of ours is typing; 0: nobody is."""
