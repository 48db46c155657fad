"""A process that is killed at any statement while it erases: the next one goes on, and nothing is left in the end."""

import signal
from contextlib import closing
from pathlib import Path
from random import Random

from tests import processes

from csdesk import InboundMessage, Sender, open_desk
from csdesk.domain.records.events import Entry, ErasureCompleted
from csdesk.ports.store import Query
from csdesk.stores.media import FolderMedia
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock
from csdesk.testing.audit import problems_of

ERASER = Path(__file__).with_name("eraser.py")
MARK, OTHER = "zqxvmark", "kbywmark"


def _filled(folder: Path) -> str:
    """A desk with two customers, two tickets each; the id of the one to erase."""
    with (
        closing(SqliteStore(folder / "desk.db", synchronous="NORMAL")) as store,
        open_desk(store, clock=FixedClock(), media=FolderMedia(folder / "media")) as desk,
    ):
        got = desk.receive_many(
            InboundMessage(
                account="web",
                dedupe_key=f"{mark}{number}",
                conversation=f"{mark}{number % 2}",
                sender=Sender(external_id=mark, name=mark),
                subject=mark,
                text=f"{mark} {number}",
                raw=f"{mark} {number} ".encode() * (20_000 if number % 10 == 0 else 1),
            )
            for number in range(30)
            for mark in (MARK, OTHER)
        )
        desk.run_due()
        return str(got[0].customer.id)


def _run(folder: Path, customer: str, run: int, die_at: int) -> str:
    done = processes.run(ERASER, folder, customer, run, die_at)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.stdout


def _holds(folder: Path, mark: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and mark.encode() in path.read_bytes()]


def test_killed_while_erasing(tmp_path: Path) -> None:
    customer = _filled(tmp_path)
    chance, runs = Random(7), 0
    while "complete" not in _run(tmp_path, customer, runs, chance.randint(60, 170) if runs < 8 else 0):
        runs += 1
        assert runs < 12
    assert runs >= 4
    assert _holds(tmp_path, MARK) == []
    assert "desk.db" in _holds(tmp_path, OTHER)
    with closing(SqliteStore(tmp_path / "desk.db")) as store, open_desk(store, clock=FixedClock()) as desk:
        erasure = desk.customers.erasure(customer)
        assert (erasure.counts.messages, erasure.counts.tickets, erasure.counts.media) == (30, 2, 3)
        assert problems_of(store) == ()
        told = store.query("main", Query(kind="entry", where=(("subject", customer),), limit=1000)).items
        completed = [
            one
            for entry in told
            if isinstance(entry, Entry)
            for one in entry.events
            if isinstance(one, ErasureCompleted)
        ]
        assert len(completed) == 1
