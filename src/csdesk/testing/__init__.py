"""The public kit for tests: of csdesk, of applications built on it, and of stores written elsewhere.

``FixedClock``, ``SerialIds``, the builders and the store wrappers need nothing but csdesk. ``StoreContract`` needs
pytest and Hypothesis, ``ChannelContract`` pytest, which the extra ``testing`` installs; without them their import
raises ``MissingExtra``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csdesk import _lazy

if TYPE_CHECKING:
    from csdesk.testing.business import CrmInMemory, OrdersInMemory, StaffInMemory
    from csdesk.testing.channel_contract import ChannelContract, ChannelRig
    from csdesk.testing.channels import ScriptedChannel, ScriptedHttp, ScriptedHttpChannel
    from csdesk.testing.clocks import FixedClock
    from csdesk.testing.colours import AwaitedStore, BlockingStore
    from csdesk.testing.faults import CountingStore, Fault, FaultyStore
    from csdesk.testing.ids import SerialIds
    from csdesk.testing.products import ShopInMemory
    from csdesk.testing.store_contract import StoreContract
    from csdesk.testing.telegram import FakeTelegram
    from csdesk.testing.whatsapp import FakeWhatsApp

__all__ = [
    "AwaitedStore",
    "BlockingStore",
    "ChannelContract",
    "ChannelRig",
    "CountingStore",
    "CrmInMemory",
    "FakeTelegram",
    "FakeWhatsApp",
    "Fault",
    "FaultyStore",
    "FixedClock",
    "OrdersInMemory",
    "ScriptedChannel",
    "ScriptedHttp",
    "ScriptedHttpChannel",
    "SerialIds",
    "ShopInMemory",
    "StaffInMemory",
    "StoreContract",
]

_HOMES: Final = {
    "AwaitedStore": "csdesk.testing.colours",
    "BlockingStore": "csdesk.testing.colours",
    "ChannelContract": "csdesk.testing.channel_contract",
    "ChannelRig": "csdesk.testing.channel_contract",
    "CountingStore": "csdesk.testing.faults",
    "CrmInMemory": "csdesk.testing.business",
    "FakeTelegram": "csdesk.testing.telegram",
    "FakeWhatsApp": "csdesk.testing.whatsapp",
    "Fault": "csdesk.testing.faults",
    "FaultyStore": "csdesk.testing.faults",
    "FixedClock": "csdesk.testing.clocks",
    "OrdersInMemory": "csdesk.testing.business",
    "ScriptedChannel": "csdesk.testing.channels",
    "ScriptedHttp": "csdesk.testing.channels",
    "ScriptedHttpChannel": "csdesk.testing.channels",
    "SerialIds": "csdesk.testing.ids",
    "ShopInMemory": "csdesk.testing.products",
    "StaffInMemory": "csdesk.testing.business",
    "StoreContract": "csdesk.testing.store_contract",
}

__getattr__ = _lazy.names(__name__, _HOMES)
