"""The channel contract: an adapter translates, nothing more.

``receive`` is pure: it verifies and parses. ``send`` and ``pull`` are flows that yield HTTP exchanges, so that one
adapter serves ``Desk`` and ``AsyncDesk``; an adapter around a vendor's SDK or a socket is a ``BlockingChannel``. The
desk, not the adapter, checks sizes and windows, splits texts, keeps quotas, retries and remembers.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, TypeVar, runtime_checkable

from csdesk.domain.records.channels import (
    Capabilities,
    InboundResult,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
)
from csdesk.ports.http import HttpRequest, HttpResponse

T = TypeVar("T")

Exchange = Generator[HttpRequest, HttpResponse, T]
"""A conversation with a provider that ends with a T."""


class _Described(Protocol):
    @property
    def account(self) -> str:
        """The id of this configured instance; unique in the desk."""
        ...

    @property
    def kind(self) -> str:
        """The kind of channel: ``email``, ``wecom``, ``webchat`` ..."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the channel can do."""
        ...

    def receive(self, request: RawRequest) -> InboundResult:
        """Verify and parse a request; never raises for what a stranger sent: that is ``rejected``."""
        ...


@runtime_checkable
class Channel(_Described, Protocol):
    """An adapter whose network is HTTP."""

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """Hand over one message, under its key.

        Raises:
            ChannelError: with the disposition that says what the desk does next.
        """
        ...

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:
        """Fetch one page after the cursor; only where ``capabilities.pull``."""
        ...


@runtime_checkable
class BlockingChannel(_Described, Protocol):
    """An adapter with its own blocking I/O (SMTP, an SDK). Under ``AsyncDesk`` it runs in a worker thread."""

    def send_now(self, message: OutboundMessage) -> Receipt:
        """As ``Channel.send``, done when it returns."""
        ...

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        """As ``Channel.pull``, done when it returns."""
        ...
