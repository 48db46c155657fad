"""What the other side refused or failed at: a channel's provider, the host's own systems."""

from __future__ import annotations

from typing import Literal

from csdesk.errors._roots import RemoteError

Disposition = Literal[
    "retry", "refresh_auth", "wait_customer", "fix_content", "operator", "recipient_gone", "unknown_outcome"
]
"""What the desk does after a channel error: see ``docs/how-to/write-a-channel.md``."""

BusinessSystem = Literal["orders", "crm", "staff"]
"""The systems of the host's that the desk can ask: see ``csdesk.ports.business``."""


class ChannelError(RemoteError):
    """A provider's refusal or failure, translated: ``disposition`` says what the desk does next.

    ``retry_after`` is in seconds, at most a day of which counts, and None where the provider gave no time.
    ``provider_code`` is the provider's own word for the error; it never holds a secret. ``media_expired`` says that an
    uploaded id is no longer good: the desk uploads again and sends once more. ``alone`` says that it is about this
    message or its recipient, and tells nothing of the account: failures that are not pause an account after a few in a
    row.
    """

    code = "error.channel"

    def __init__(
        self,
        account: str,
        problem: str,
        *,
        disposition: Disposition,
        provider_code: str | None = None,
        retry_after: float | None = None,
        media_expired: bool = False,
        alone: bool = False,
    ) -> None:
        super().__init__(
            f"account {account}: {problem} ({disposition})",
            account=account,
            problem=problem,
            disposition=disposition,
            provider_code=provider_code,
        )
        self.account = account
        self.disposition: Disposition = disposition
        self.provider_code = provider_code
        self.retry_after = retry_after
        self.media_expired = media_expired
        self.alone = alone


class RequestRejected(RemoteError):
    """A web request is not from the provider, or malformed. ``reason`` is a code; it never holds what was sent."""

    code = "error.request_rejected"
    status_hint = 403

    def __init__(self, reason: str) -> None:
        super().__init__(f"the request was refused ({reason})", reason=reason)
        self.reason = reason


class ProductsUnavailable(RemoteError):
    """The host's shop told nothing usable about its products.

    ``reason``: ``late``, ``wrong`` (it broke its contract), the code of a csdesk error, or the name of another.
    """

    code = "error.products_unavailable"
    retryable = True
    status_hint = 503

    def __init__(self, reason: str) -> None:
        super().__init__(f"the shop told nothing about its products ({reason}); try again", reason=reason)
        self.reason = reason


class BusinessUnavailable(RemoteError):
    """One of the host's own systems told nothing usable.

    ``system``: ``orders``, ``crm`` or ``staff``. ``reason``: ``late``, ``wrong`` (it broke its contract), ``empty`` (a
    staff list of nobody), the code of a csdesk error, or the name of another.
    """

    code = "error.business_unavailable"
    retryable = True
    status_hint = 503

    def __init__(self, system: BusinessSystem, reason: str) -> None:
        super().__init__(f"the host's {system} told nothing usable ({reason}); try again", system=system, reason=reason)
        self.system: BusinessSystem = system
        self.reason = reason
