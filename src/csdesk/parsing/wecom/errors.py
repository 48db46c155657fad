"""What the platform's numbers mean, and what the desk does about them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from csdesk.errors import ChannelError, Disposition

ERRORS: Final[Mapping[int, tuple[Disposition, str]]] = MappingProxyType(
    {
        -1: ("retry", "the platform is busy"),
        **dict.fromkeys((40014, 42001, 41001), ("refresh_auth", "the access token is missing, bad or expired")),
        **dict.fromkeys((40001, 40013), ("operator", "the corp id or secret is wrong")),
        45009: ("retry", "the rate limit is reached"),
        45033: ("retry", "too many calls at a time"),
        **dict.fromkeys(
            (48002, 95017, 95023, 60020, 301002), ("operator", "the application may not call this interface")
        ),
        **dict.fromkeys((95011, 95012), ("operator", "the account is managed in another mode")),
        **dict.fromkeys((95000, 95004), ("operator", "the customer-service account does not exist")),
        95001: ("wait_customer", "no message is left until the customer writes again"),
        95002: ("wait_customer", "the customer wrote more than 48 hours ago"),
        95031: ("wait_customer", "the customer made no contact in 48 hours"),
        95003: ("operator", "the corporation is not verified"),
        95007: ("retry", "the sync token is stale: pull without it"),
        **dict.fromkeys((95008, 95009, 40008, 45002, 40058), ("fix_content", "the platform refuses the content")),
        95013: ("wait_customer", "the session has ended"),
        95018: ("wait_customer", "the session is in no state to send in"),
        **dict.fromkeys((95014, 95016, 95019), ("operator", "the session cannot go to that agent or state")),
        40007: ("fix_content", "the media id is bad or older than three days: upload it again"),
        **dict.fromkeys((40004, 40005, 40006, 40009, 40011), ("fix_content", "the media has a wrong type or size")),
        **dict.fromkeys((95028, 95029), ("fix_content", "the message can no longer be recalled")),
    }
)
"""What to do about an ``errcode``. One that is not here goes to the operator."""

REFUSED: Final = 10
"""The ``fail_type`` of a customer who wants nothing from us."""

RATE_LIMIT: Final = 45009
RATE_SECONDS: Final = 60.0
"""A limit lifts after its own period; the shortest is a minute."""

FAILURES: Final[Mapping[int, tuple[str, bool]]] = MappingProxyType(
    {
        0: ("unknown", False),
        1: ("account_deleted", True),
        2: ("app_closed", True),
        4: ("over_48_hours", False),
        5: ("session_closed", False),
        6: ("over_5_messages", False),
        7: ("no_channels_binding", True),
        8: ("unverified", True),
        9: ("unverified_no_channels_binding", True),
        10: ("refused_by_customer", True),
        11: ("nobody_logged_in", False),
        12: ("type_forbidden", True),
    }
)
"""``fail_type`` in our words, and whether it would fail again."""

FAILURE_NEEDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "other_recipient",
        2: "operator",
        4: "customer_message",
        5: "customer_message",
        6: "customer_message",
        7: "operator",
        8: "operator",
        9: "operator",
        10: "consent",
        11: "operator",
        12: "other_content",
    }
)
"""What would make a message possible that failed for that ``fail_type``."""

_NO_CODE: Final[tuple[Disposition, str]] = ("retry", "the answer has no readable errcode")
_OTHER: Final[tuple[Disposition, str]] = ("operator", "the platform refused")


def channel_error(account: str, code: int | None) -> ChannelError:
    """The error for an ``errcode``; the platform's own text is left out, it may quote the request."""
    disposition, problem = _NO_CODE if code is None else ERRORS.get(code, _OTHER)
    wait = RATE_SECONDS if code == RATE_LIMIT else None
    return ChannelError(account, problem, disposition=disposition, provider_code=str(code), retry_after=wait)
