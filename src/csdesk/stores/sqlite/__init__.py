"""A store in one SQLite file: the default, with no server and nothing to install.

Rows are written by hand-made SQL over the standard library's driver. Several processes may share the file; each holds
one writing connection behind a lock, and those that read meanwhile. ``HostedSqliteStore`` works on an application's
own connection instead, inside its transactions.
"""

from csdesk.stores.sqlite.hosted import HostedSqliteStore
from csdesk.stores.sqlite.store import SqliteStore

__all__ = ["HostedSqliteStore", "SqliteStore"]
