"""Random commands on a store and on a plain model, compared after each."""

from __future__ import annotations

from csdesk.testing.store_contract.base import ContractBase


class RandomCommands(ContractBase):
    """The same commands, the same answers."""
