"""The store contract as a pytest suite: what ``csdesk.ports.store.Store`` promises, one test per promise.

    class TestMyStore(StoreContract):
        def make_store(self) -> Store:
            return MyStore(...)

A test calls ``make_store`` as often as it likes; each call gives a new, empty store. A durable store also says
``durable = True`` and overrides ``reopen``. The last test runs random commands on the store and on a plain model.
"""

from __future__ import annotations

from csdesk.errors import MissingExtra

try:
    import hypothesis  # noqa: F401  # the random commands need it
    import pytest
except ImportError as error:
    raise MissingExtra("testing", str(error.name), "StoreContract") from error

_MODULES = (
    "base",
    "claims",
    "commits",
    "consumers",
    "erasing",
    "leases",
    "lines",
    "loads",
    "machine",
    "outlooks",
    "queries",
    "random_changes",
    "searches",
    "threads",
    "together",
)
# ruff: noqa: E402
# Plain asserts then say what was compared, as in any test module; it must happen before the modules are imported.
pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in _MODULES))

from csdesk.testing.store_contract.claims import ClaimPromises
from csdesk.testing.store_contract.commits import CommitPromises
from csdesk.testing.store_contract.consumers import ConsumerPromises
from csdesk.testing.store_contract.erasing import ErasingPromises
from csdesk.testing.store_contract.leases import LeasePromises
from csdesk.testing.store_contract.lines import LinePromises
from csdesk.testing.store_contract.loads import LoadPromises
from csdesk.testing.store_contract.machine import RandomCommands
from csdesk.testing.store_contract.outlooks import OutlookPromises
from csdesk.testing.store_contract.queries import QueryPromises
from csdesk.testing.store_contract.searches import SearchPromises
from csdesk.testing.store_contract.threads import ThreadPromises
from csdesk.testing.store_contract.together import TogetherPromises

__all__ = ["StoreContract"]


class StoreContract(
    CommitPromises,
    ClaimPromises,
    LoadPromises,
    LinePromises,
    QueryPromises,
    LeasePromises,
    OutlookPromises,
    ConsumerPromises,
    ErasingPromises,
    SearchPromises,
    ThreadPromises,
    TogetherPromises,
    RandomCommands,
):
    """Every promise of the contract. Subclass it in a test module, in a class whose name begins with ``Test``."""
