"""A store in the memory of one process: for tests, trials, simulations and small scripts.

Everything in it is lost when it is closed and when the process ends: there is no file, and "durable" means no more than
"visible to everybody who shares this object". In all else it keeps the contract of ``csdesk.ports.store.Store`` and
passes ``csdesk.testing.StoreContract``. Reads are plain scans: it is made for thousands of records, not for millions.
"""

from csdesk.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
