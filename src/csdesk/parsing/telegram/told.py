"""What every event of an update begins with, and what is known of the bot that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypedDict

from csdesk.domain.records.channels import ChannelEvent, IgnoredEvent, Sender
from csdesk.parsing.telegram.places import Place
from csdesk.parsing.values import Fields, fields_of, number_of, text_of

Groups = Literal["off", "addressed", "all"]
Events = tuple[ChannelEvent, ...]

KIND: Final = "telegram"
"""The kind of the senders: their ids are the same for every bot."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How updates are read.

    Attributes:
        bot: the bot's own id.
        username: its name without the ``@``: what addresses it in groups.
        groups: what is taken from groups: nothing, what is addressed to the bot (by its name, a command, an answer to
            it), or all.
        staff: ids of colleagues: what they write in groups is no customer's.
        link_phones: whether a number that a customer shares of themselves is an identity of theirs.
        start_opens: whether coming by a link with a parameter is a message, and so a ticket.
    """

    bot: int = 0
    username: str = ""
    groups: Groups = "off"
    staff: frozenset[int] = frozenset()
    link_phones: bool = False
    start_opens: bool = False


class Head(TypedDict):
    """What every event has."""

    account: str
    dedupe_key: str
    occurred_at: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """An update: its key, its bytes, when it came, and the object under its kind."""

    account: str
    key: str
    raw: bytes
    received_at: datetime | None
    fields: Fields

    def head(self, at: datetime | None = None, *, key: str = "") -> Head:
        """The beginning of an event that happened then, or when the update came."""
        return {
            "account": self.account,
            "dedupe_key": key or self.key,
            "occurred_at": at or self.received_at,
            "raw": self.raw,
        }

    def ignored(self, reason: str) -> IgnoredEvent:
        """That nothing needs to be done, and why."""
        return IgnoredEvent(**self.head(), reason=f"{KIND}.{reason}")


def place_of(message: Fields) -> Place | None:
    """Where a message stands; None if it names no chat. A topic is told only in groups and chats that have them."""
    chat = number_of(fields_of(message.get("chat")).get("id"))
    if chat is None:
        return None
    topic = number_of(message.get("message_thread_id")) if message.get("is_topic_message") is True else None
    place = Place(chat, text_of(message.get("business_connection_id")), max(0, topic or 0))
    return place if Place.of(place.conversation) == place else None


def sender_of(user: Fields) -> Sender | None:
    """A person, or a chat that speaks for itself; None if it has no id."""
    number = number_of(user.get("id"))
    if number is None or abs(number) >= 2**63:
        return None
    name = " ".join(text for one in ("first_name", "last_name") if (text := text_of(user.get(one))))
    return Sender(kind=KIND, external_id=str(number), name=name or text_of(user.get("title") or user.get("username")))
