"""What the author of a channel gives the contract: the channel, and a hand on the provider's side of it.

Only ``channel`` and ``customer_writes`` must be written. Everything else says "I cannot show this" by what it returns
here, and the promises that need it are skipped with that reason: a skip is a gap in the certificate, not a pass.
"""

from __future__ import annotations

# ruff: noqa: ARG002  what a rig does not show needs no arguments
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from csdesk.desk.shell import Desk
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import ChannelEvent, RawRequest
from csdesk.ports.http import Http
from csdesk.testing.clocks import FixedClock

Arrival = RawRequest | ChannelEvent | None
"""How something reaches the desk: a web request, an event that the host hands over, or (None) by the next pull."""

HealthState = Literal["ok", "auth", "unreachable", "degraded"]

Expected = Literal[
    "once", "retry", "customer_message", "template", "other_content", "other_recipient", "operator", "unknown"
]
"""What must come of a sending that meets a fault: ``once``: tried again and arrived a single time; ``retry``: tried
again later; ``unknown``: left to a person; else what the dead message needs."""


class ChannelRig:
    """A channel with its provider, by one clock. A new one is made for each test."""

    account = "acct"
    """The account that most tests use."""
    tolerance: timedelta | None = None
    """How old a request may be, and how far from the future; None: its time is not signed."""
    changes: int = 150
    """How many changed payloads item 24 tries."""
    faults: Mapping[str, Expected] = MappingProxyType({})
    """The faults that ``fail`` knows for sendings."""

    def __init__(self) -> None:
        self.clock = FixedClock()

    # Must be written

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account; each account that is asked for has a place of its own at the provider."""
        raise NotImplementedError("override channel")

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """A customer writes; the same call again is another message."""
        raise NotImplementedError("override customer_writes")

    # What else there is to show

    def meets(self, desk: Desk) -> None:
        """A desk was opened with the channel: for a channel whose customers read from the desk itself."""

    def http(self) -> Http | None:
        """A client that reaches the provider; None: the channel does its own I/O."""
        return None

    def arrived(self) -> Sequence[tuple[str, str]] | None:
        """What customers have received: key and text, in order; None: nobody can tell."""
        return None

    def fail(self, *faults: str) -> None:
        """Let the next sendings meet these faults, each a key of ``faults``."""

    def signed(self, *, at: datetime | None = None) -> RawRequest | None:
        """A request whose signature is good, made at that time (now by default)."""
        return None

    def tampered(self) -> Iterable[RawRequest]:
        """Requests that were good before somebody changed them: by default one bit in body, headers and query."""
        good = self.signed()
        return () if good is None else tampered(good)

    def rotated(self) -> Iterable[RawRequest]:
        """Requests signed with each secret that is good while secrets are being changed."""
        return ()

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """Attempts to make the channel with an empty secret: each must raise ``InvalidInput``."""
        return ()

    def handshake(self) -> tuple[RawRequest, bytes] | None:
        """The provider's check of the address, and the body that it wants back."""
        return None

    def unknown_kind(self) -> Sequence[Arrival] | None:
        """The provider tells of something that no adapter knows."""
        return None

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival] | None:
        """A person of ours writes to the customer, but not through the desk."""
        return None

    def echoes(self, key: str) -> Sequence[Arrival] | None:
        """Our own message comes back."""
        return None

    def statuses(self, key: str) -> Sequence[Arrival] | None:
        """What the provider tells of a message, in order: the last one is final."""
        return None

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival] | None:
        """One delivery with these messages and, in their midst, something broken."""
        return None

    def misbehave(self, how: Literal["repeat", "empty", "reversed"]) -> bool:
        """Let the next page be the same again, empty though more is left, or in another order; False: no pages."""
        return False

    def opens(self, *, customer: str = "c9") -> tuple[Arrival, str] | None:
        """A customer opens a conversation: how that arrives, and the account setting that answers it."""
        return None

    def mail_address(self, account: str) -> str | None:
        """Where customers of an account write to; None: the channel carries no mail."""
        return None

    def mail(self, raw: bytes, *, account: str | None = None) -> Arrival:
        """Any mail arrives at the account (by default the rig's), as RFC 5322 bytes."""
        return None

    def mailed(self) -> Sequence[bytes]:
        """The mails that were sent, as RFC 5322 bytes, in order."""
        return ()

    def media_arrives(self, content: bytes, *, type: str, name: str) -> Sequence[Arrival] | None:
        """A customer sends a file."""
        return None

    def forget_uploads(self) -> bool:
        """No uploaded id is good any more; False: nothing is uploaded."""
        return False

    def uploads(self) -> int:
        """How many files were uploaded."""
        return 0

    def revoke(self, *, askers: int) -> bool:
        """The access token is good no more, and a new one is given out only when so many calls were refused for it.

        False: there is no token.
        """
        return False

    def token_calls(self) -> int:
        """How many tokens were fetched."""
        return 0

    def health(self, state: HealthState) -> AnyChannel | None:
        """A channel in that state, under the account; None: it cannot be asked, or is never in it."""
        return None

    def secrets(self) -> Sequence[str]:
        """What must never show."""
        return ()

    def payloads(self) -> Iterable[bytes]:
        """Bodies to mutate: ``mutated`` gives each changed one back to the adapter."""
        good = self.signed()
        return () if good is None else (good.body,)

    def mutated(self, payload: bytes) -> object:
        """Let the adapter parse a changed payload; whatever is wrong with it, nothing but ``ChannelError`` may come."""
        good = self.signed()
        channel = self.channel(self.account)
        return None if good is None else channel.receive(good.model_copy(update={"body": payload}))

    def close(self) -> None:
        """Let go of what the rig holds."""


def tampered(good: RawRequest) -> Iterable[RawRequest]:
    """The request with one bit changed in the body, each header, the query; without each header; with an odd sign."""
    body = good.body
    for at in sorted({0, len(body) // 3, len(body) // 2, len(body) - 1} if body else ()):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        yield good.model_copy(update={"body": changed})
    for at, (name, value) in enumerate(good.headers):
        others = good.headers[:at] + good.headers[at + 1 :]
        yield good.model_copy(update={"headers": others})
        if value:
            flipped = value[:-1] + chr(ord(value[-1]) ^ 1)
            yield good.model_copy(update={"headers": (*others, (name, flipped))})
            yield good.model_copy(update={"headers": (*others, (name, f"{value}é"))})
