"""The channel contract as a pytest suite: what an adapter must do for the desk to keep its promises.

    class TestMyChannel(ChannelContract):
        def make_rig(self) -> ChannelRig:
            return MyRig()

The tests are numbered by the promise they show (``PROMISES``). What a rig cannot show is skipped with the reason;
``csdesk conform MODULE:FACTORY`` prints both as a certificate.
"""

from __future__ import annotations

from typing import Final

from csdesk.errors import MissingExtra

try:
    import pytest
except ImportError as error:
    raise MissingExtra("testing", str(error.name), "ChannelContract") from error

# ruff: noqa: E402
# Plain asserts then say what was compared, as in any test module; it must happen before the modules are imported.
pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("bench", "requests", "deliveries", "sends", "limits", "mails"))
)

from csdesk.testing.channel_contract.deliveries import DeliveryPromises
from csdesk.testing.channel_contract.limits import LimitPromises
from csdesk.testing.channel_contract.mails import MailPromises
from csdesk.testing.channel_contract.requests import RequestPromises
from csdesk.testing.channel_contract.rig import Arrival, ChannelRig, Expected, HealthState
from csdesk.testing.channel_contract.sends import SendPromises

__all__ = ["PROMISES", "Arrival", "ChannelContract", "ChannelRig", "Expected", "HealthState"]

PROMISES: Final = {
    1: "signatures: good, changed, stale, rotated, empty secret",
    2: "malformed input is refused",
    3: "comparison in constant time",
    4: "handshake",
    5: "a replay is stored once",
    6: "receipts in any order",
    7: "unknown kinds are kept",
    8: "echoes and colleagues are no customers",
    9: "a broken item costs nobody else",
    10: "pulls: pages, crashes, two pullers, backlog",
    11: "reply window and quota",
    12: "long texts",
    13: "sendings that fail",
    14: "one token for all",
    15: "the same key for a retry",
    16: "media",
    17: "no secret shows",
    18: "cancellation and closing",
    19: "declared limits are true",
    20: "health",
    21: "events survive JSON",
    22: "accounts do not mix",
    23: "mail",
    24: "changed payloads",
}
"""What each number of a test stands for."""


class ChannelContract(RequestPromises, DeliveryPromises, SendPromises, LimitPromises, MailPromises):
    """Every promise of the contract. Subclass it in a test module, in a class whose name begins with ``Test``."""
