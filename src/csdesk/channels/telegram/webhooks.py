"""Where Telegram delivers updates: one address, or none while they are polled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from csdesk.channels.telegram.api import BotApi, Call
from csdesk.errors import InvalidInput
from csdesk.parsing.values import number_of, text_of
from csdesk.ports.channel import Exchange

_PORTS: Final = frozenset({None, 443, 80, 88, 8443})


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """How deliveries stand: the address (empty: updates are polled), how many wait, and whether one failed."""

    url: str = ""
    pending: int = 0
    failed: bool = False


class Webhooks:
    """The address of a bot; each method is a flow: ``desk.channels.run(bot.webhook.set("https://…"))``."""

    def __init__(self, api: BotApi, secret: str, allowed: Sequence[str], *, polling: bool) -> None:
        self._api = api
        self._secret = secret
        self._allowed = tuple(allowed)
        self._polling = polling

    def set(self, url: str, *, max_connections: int = 40, drop_pending: bool = False) -> Exchange[None]:
        """Let Telegram deliver there, under the first of the channel's secrets.

        Args:
            url: an https address on port 443, 80, 88 or 8443.
            max_connections: how many deliveries at a time, 1 to 100; 1 keeps them in order.
            drop_pending: whether what waits is thrown away.

        Raises:
            InvalidInput: Telegram would not take the address, or this channel polls.
            ChannelError: it refused.
        """
        if self._polling:
            raise InvalidInput("url", "is for a channel that polls", "make the channel with secrets, without polling")
        _check(url)
        if not 1 <= max_connections <= 100:
            raise InvalidInput("max_connections", "is out of range", "pass 1 to 100")
        params = {
            "url": url,
            "secret_token": self._secret,
            "allowed_updates": list(self._allowed),
            "max_connections": max_connections,
            "drop_pending_updates": drop_pending,
        }
        yield from self._api.checked(Call("setWebhook", params, safe=True))

    def delete(self, *, drop_pending: bool = False) -> Exchange[None]:
        """Let Telegram deliver nowhere: before updates can be polled.

        Raises:
            ChannelError: it refused.
        """
        yield from self._api.checked(Call("deleteWebhook", {"drop_pending_updates": drop_pending}, safe=True))

    def info(self) -> Exchange[WebhookInfo]:
        """How deliveries stand.

        Raises:
            ChannelError: Telegram refused.
        """
        found = yield from self._api.call(Call("getWebhookInfo", safe=True))
        return WebhookInfo(
            url=text_of(found.get("url")),
            pending=number_of(found.get("pending_update_count")) or 0,
            failed=number_of(found.get("last_error_date")) is not None,
        )


def _check(url: str) -> None:
    problem = InvalidInput("url", "is no address that Telegram delivers to", "pass https on port 443, 80, 88 or 8443")
    try:
        parts = urlsplit(url)
        fits = parts.scheme == "https" and bool(parts.hostname) and parts.port in _PORTS and parts.username is None
    except ValueError:
        raise problem from None
    if not fits:
        raise problem
