"""A channel inside the process: for in-app chat that the host itself shows, and for trying things out.

Nothing leaves the machine. The host hands over what a customer wrote with ``desk.receive``, and reads what the desk
answered with ``sent``; ``delivered`` and ``read`` make the receipts that ``desk.take`` wants.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from threading import Lock
from typing import Final, Literal

from csdesk.domain.records.channels import (
    Capabilities,
    InboundResult,
    Limit,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Receipt,
    Rejected,
    StatusEvent,
)
from csdesk.errors import InvalidInput, NotFound, UnsupportedFeature, sentence

KEPT: Final = 10_000
"""How many sent messages a loopback channel keeps unless told otherwise."""

IN_APP: Final = Capabilities(
    text=Limit(amount=65_536),
    parts=frozenset({"text", "html", "media", "location", "link", "contact", "menu"}),
    menu_items=100,
    receipts=frozenset({"sent", "delivered", "read"}),
    threads=True,
    may_start=True,
    idempotency="key",
)
"""What the channel can do unless told otherwise: everything, at any time."""


class LoopbackChannel:
    """A ``BlockingChannel`` that keeps what it is asked to send. Safe between threads.

    Args:
        account: the id of this instance; unique in the desk.
        kind: what it stands for, such as ``webchat``.
        capabilities: what it can do, for example a reply window to try out; everything by default. A key is always
            taken once, whatever they say.
        keep: how many sent messages are kept, the oldest go first; 1 to 1 000 000.
    """

    def __init__(
        self, account: str, *, kind: str = "loopback", capabilities: Capabilities = IN_APP, keep: int = KEPT
    ) -> None:
        if not 1 <= keep <= 1_000_000:
            raise InvalidInput("keep", "is out of range", "pass 1 to 1 000 000")
        self._account = account
        self._kind = kind
        self._capabilities = capabilities
        self._sent: deque[OutboundMessage] = deque()
        self._known: dict[str, OutboundMessage] = {}
        self._keep = keep
        self._lock = Lock()

    @property
    def account(self) -> str:
        """The id of this instance."""
        return self._account

    @property
    def kind(self) -> str:
        """What it stands for."""
        return self._kind

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    def receive(self, request: RawRequest) -> InboundResult:  # noqa: ARG002
        """Refuse the request: nobody calls this channel over the web, its host uses ``desk.receive``."""
        return InboundResult(reply=RawResponse(status=404), rejected=Rejected(code="no_requests"))

    def send_now(self, message: OutboundMessage) -> Receipt:
        """Keep the message; a key that is known already is not kept twice."""
        with self._lock:
            if message.key not in self._known:
                self._known[message.key] = message
                self._sent.append(message)
                if len(self._sent) > self._keep:
                    del self._known[self._sent.popleft().key]
        return Receipt(provider_id=provider_id(message.key))

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:  # noqa: ARG002
        """Nothing can be pulled.

        Raises:
            UnsupportedFeature: always.
        """
        raise UnsupportedFeature(
            sentence("account {account}", account=self._account), "pull", "hand messages to desk.receive"
        )

    def sent(self, conversation: str | None = None) -> tuple[OutboundMessage, ...]:
        """What was sent, oldest first; of one conversation if named."""
        with self._lock:
            return tuple(one for one in self._sent if conversation is None or one.conversation == conversation)

    def delivered(self, *keys: str) -> tuple[StatusEvent, ...]:
        """Receipts that say that these messages (by ``key``) arrived: pass them to ``desk.take``.

        Raises:
            NotFound: a message was never sent here, or is kept no longer.
        """
        return self._receipts(keys, "delivered")

    def read(self, *keys: str) -> tuple[StatusEvent, ...]:
        """Receipts that say that the customer has read these messages.

        Raises:
            NotFound: a message was never sent here, or is kept no longer.
        """
        return self._receipts(keys, "read")

    def _receipts(self, keys: Iterable[str], status: Literal["delivered", "read"]) -> tuple[StatusEvent, ...]:
        return tuple(
            StatusEvent(
                account=self._account,
                dedupe_key=f"{status}/{one}",
                key=one,
                provider_id=provider_id(self._of(one).key),
                status=status,
            )
            for one in keys
        )

    def _of(self, key: str) -> OutboundMessage:
        with self._lock:
            try:
                return self._known[key]
            except KeyError:
                raise NotFound("sent message", key) from None


def provider_id(key: str) -> str:
    """The id that the channel gives to the message of that key, in the form of a mail's: answers may name it."""
    return f"<{key}@loopback.invalid>"
