"""A store in a file of JSON lines: the memory store, with every call that changes it written to a journal.

    python examples/stores/journal.py     (writes a desk to desk.jsonl, opens it again and shows what is there)

Opening replays the calls; the memory store is deterministic, so the same records come out. For one process at a time.
"""

import os
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from pydantic import Base64Bytes, TypeAdapter

from csdesk import InboundMessage, Sender, open_desk
from csdesk.ports.store import ChangeSet, DeskRow, LeaseRequest
from csdesk.stores.memory import MemoryStore

# The methods that change something, with the types of their arguments.
CALLS: dict[str, TypeAdapter[Any]] = {
    "open_desk": TypeAdapter(tuple[str, Base64Bytes]),
    "commit": TypeAdapter(tuple[str, ChangeSet]),
    "lease": TypeAdapter(tuple[str, LeaseRequest]),
    "ack": TypeAdapter(tuple[str, str, str]),
    "allocate": TypeAdapter(tuple[str, str, int]),
    "maintain": TypeAdapter(tuple[str, datetime, int]),
}


def journalled(name: str) -> Any:
    def call(store: "JournalStore", *given: Any) -> Any:
        with store.order:
            answer = getattr(MemoryStore, name)(store, *given)  # raises before anything is written
            store.write(name, given)
            return answer

    return call


class JournalStore(MemoryStore):
    """A ``Store`` that keeps everything in memory and its journal in a file."""

    scrub = None  # a journal keeps for good what was said, so this store must not offer to erase
    commit, lease, ack, allocate, maintain = map(journalled, ("commit", "lease", "ack", "allocate", "maintain"))

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.order = RLock()  # the journal keeps the order in which calls happened
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            name, _, told = line.partition(" ")
            given = CALLS[name].validate_json(told)
            if name == "open_desk":
                super().open_desk(given[0], secret=given[1])
            else:
                getattr(MemoryStore, name)(self, *given)
        self._file = path.open("a", encoding="utf-8")

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        with self.order:
            row = super().open_desk(desk, secret=secret)
            self.write("open_desk", (desk, row.secret))
            return row

    def write(self, name: str, given: tuple[Any, ...]) -> None:
        print(name, CALLS[name].dump_json(given).decode(), file=self._file, flush=True)
        os.fsync(self._file.fileno())

    def close(self) -> None:
        super().close()
        self._file.close()


if __name__ == "__main__":
    visitor = Sender(external_id="visitor-1", name="王芳")
    message = InboundMessage(account="web", dedupe_key="1", conversation="c-1", sender=visitor, text="怎么开发票？")
    for _ in range(2):
        with open_desk(JournalStore(Path("desk.jsonl"))) as desk:
            print(desk.receive(message).state, desk.tickets.search("发票").items[0].message.text)
