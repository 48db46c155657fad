"""The contract as a module that pytest can run: what ``csdesk conform`` collects."""

from __future__ import annotations

from csdesk.testing.channel_contract import ChannelContract
from csdesk.testing.channel_contract.chosen import make
from csdesk.testing.channel_contract.rig import ChannelRig


class TestChannel(ChannelContract):
    """The chosen channel."""

    def make_rig(self) -> ChannelRig:
        """The chosen rig."""
        return make()
