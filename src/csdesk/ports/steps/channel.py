"""What flows ask an account's channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from csdesk.domain.records.channels import (
    Feed,
    FeedPage,
    Health,
    InboundResult,
    MediaFetched,
    MediaFile,
    MediaWanted,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    Seat,
    SentMessage,
)
from csdesk.domain.records.messages import TextPart
from csdesk.ports.channel import Exchange
from csdesk.ports.steps._answers import answered

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parse:
    """Let the account's adapter verify and parse a request."""

    account: str
    request: RawRequest


def parse(account: str, request: RawRequest) -> Flow[InboundResult]:
    """What the adapter made of a request."""
    return answered(Parse(account, request), InboundResult, "parse")


@dataclass(frozen=True, slots=True)
class Show:
    """Let the account's adapter write down a page of a conversation."""

    feed: Feed
    page: FeedPage


def show(feed: Feed, page: FeedPage) -> Flow[bytes]:
    """A page of a conversation as the account's channel writes it.

    Raises:
        UnsupportedFeature: nobody reads conversations through this channel.
    """
    return answered(Show(feed, page), bytes, "show")


@dataclass(frozen=True, slots=True)
class Converse:
    """Run an exchange of a channel's own. A step of the network; ``Any``: it ends with what it ends with."""

    exchange: Exchange[Any]


def converse(exchange: Exchange[T]) -> Flow[T]:
    """What an exchange of a channel ends with.

    Raises:
        ChannelError: it went wrong.
    """
    reply = yield Converse(exchange)
    return reply  # type: ignore[return-value]  # the step ends with what the exchange ends with


@dataclass(frozen=True, slots=True)
class Check:
    """Ask an account's channel whether it works. A step of the network."""

    account: str


def check(account: str) -> Flow[Health]:
    """Whether the account's channel works.

    Raises:
        UnsupportedFeature: the channel cannot say.
    """
    return answered(Check(account), Health, "check")


@dataclass(frozen=True, slots=True)
class Pull:
    """Fetch one page from the account's provider. A step of the network."""

    account: str
    hint: PullHint | None
    cursor: str | None


def pull(account: str, hint: PullHint | None, cursor: str | None) -> Flow[PullPage]:
    """One page from the provider."""
    return answered(Pull(account, hint, cursor), PullPage, "pull")


@dataclass(frozen=True, slots=True)
class Send:
    """Hand a message to the account's channel. A step of the network."""

    message: OutboundMessage


def send(message: OutboundMessage) -> Flow[Receipt]:
    """What the channel said about a message.

    Raises:
        ChannelError: it was refused, or nobody knows.
    """
    return answered(Send(message), Receipt, "send")


@dataclass(frozen=True, slots=True)
class Upload:
    """Give the account's provider a file. A step of the network."""

    account: str
    file: MediaFile


def upload(account: str, file: MediaFile) -> Flow[str]:
    """The provider's id of a file that it was given.

    Raises:
        ChannelError: it was refused, or nobody knows.
    """
    return answered(Upload(account, file), str, "upload")


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch media from the account's provider. A step of the network."""

    wanted: MediaWanted


def fetch(wanted: MediaWanted) -> Flow[MediaFetched]:
    """What a customer sent.

    Raises:
        ChannelError: it cannot be had now, or ever.
    """
    return answered(Fetch(wanted), MediaFetched, "fetch")


@dataclass(frozen=True, slots=True)
class Recall:
    """Let the account's provider take a message back. A step of the network."""

    sent: SentMessage


def recall(sent: SentMessage) -> Flow[None]:
    """Let the provider take a message back.

    Raises:
        ChannelError: it refused.
        UnsupportedFeature: the channel does not have this power.
    """
    yield Recall(sent)


@dataclass(frozen=True, slots=True)
class Edit:
    """Let the account's provider change what a message says. A step of the network."""

    sent: SentMessage
    part: TextPart


def edit(sent: SentMessage, part: TextPart) -> Flow[None]:
    """Let the provider change what a message says.

    Raises:
        ChannelError: it refused.
        UnsupportedFeature: the channel does not have this power.
    """
    yield Edit(sent, part)


@dataclass(frozen=True, slots=True)
class TakeSeat:
    """Tell the account's provider who has a conversation. A step of the network."""

    seat: Seat


def seat(seat: Seat) -> Flow[None]:
    """Tell who has a conversation.

    Raises:
        ChannelError: the provider does not take it.
        UnsupportedFeature: the channel does not have this power.
    """
    yield TakeSeat(seat)
