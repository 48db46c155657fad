"""New databases without the wait: their tables are made once in each process, and every new file is a copy.

Making a file takes longer than most tests do with it. That csdesk makes its own files is tested by
``integration/sqlite`` and wherever a test opens a URL.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from csdesk.stores.sqlite import SqliteStore


def store_at(path: Path, **settings: Any) -> SqliteStore:
    """A store over the file, which is a new one if there is none; others may open it at the same time."""
    if not path.exists():
        path.write_bytes(_new())
    return SqliteStore(path, **settings)


@cache
def _new() -> bytes:
    """The file of a store without desks."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        SqliteStore(path, synchronous="NORMAL").close()
        return path.read_bytes()
