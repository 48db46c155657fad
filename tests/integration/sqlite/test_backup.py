"""The online backup of a desk in a file: whole, of one moment, with its media, and never half there."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread

import pytest

from csdesk import InboundMessage, Sender, open_async_desk, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.messages import Message
from csdesk.errors import DeskClosed, InvalidInput, StoreDamaged, StoreError, UnsupportedFeature
from csdesk.ports.store import Query
from csdesk.stores.media import FolderMedia, MemoryMedia
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore, backup
from csdesk.testing.audit import problems_of


def said(number: object, by: str = "ann") -> InboundMessage:
    return InboundMessage(
        account="web", dedupe_key=f"{by}/{number}", conversation=by, sender=Sender(external_id=by), text=f"{number}"
    )


def opened(path: Path) -> Desk:
    return open_desk(f"sqlite:///{path}", synchronous="NORMAL")


def texts(path: Path) -> set[str]:
    """The texts in a file that must be a sound desk."""
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store = SqliteStore(path)
    try:
        assert problems_of(store) == ()
        rows = store.query("main", Query(kind="message", limit=1000)).items
        return {row.text for row in rows if isinstance(row, Message)}
    finally:
        store.close()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def desk(tmp_path: Path):
    with opened(tmp_path / "desk.db") as desk:
        desk.receive(said("first"))
        yield desk


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    return folder / "copy.db"


def test_a_copy_made_while_two_threads_write(desk: Desk, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_STEP", 5)
    desk.receive_many([said(number, by=f"by{number % 7}") for number in range(40)])
    before = {"first", *map(str, range(40))}
    wrote, stop = [Event(), Event()], Event()

    def write(mine: int) -> None:
        number = 0
        while not stop.is_set():
            desk.receive(said(f"new-{mine}-{number}", by=f"thread{mine}"))
            number += 1
            wrote[mine].set()

    threads = [Thread(target=write, args=(mine,)) for mine in range(2)]
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        if not told:
            for thread in threads:
                thread.start()
            assert all(one.wait(60) for one in wrote)
        told.append((done, total))

    try:
        report = desk.backup(target, progress=progress)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    # Whoever writes goes on, and what is written then is not in the copy: it is of the moment at which it began.
    assert len(told) > 2
    assert told[-1][0] == told[-1][1] == report.pages
    assert report.path == target
    assert report.bytes == target.stat().st_size
    assert texts(target) == before


def test_the_copy_is_one_file_and_goes_on_as_a_desk(desk: Desk, target: Path) -> None:
    desk.backup(str(target))
    assert names(target.parent) == {"copy.db", "copy.db.media"}
    assert target.read_bytes()[18:20] == b"\x01\x01", "a file that needs no log beside it"
    with opened(target) as copy:
        assert copy.receive(said("first")).state == "duplicate"
        copy.receive(said("second"))
    assert texts(target) == {"first", "second"}
    assert len(desk.tickets.list().items) == 1


def test_media_are_copied_once(desk: Desk, tmp_path: Path, target: Path) -> None:
    media = FolderMedia(tmp_path / "desk.db.media")
    refs = [media.put(BytesIO(content)) for content in (b"one", b"two")]
    told: list[tuple[int, int]] = []
    assert desk.backup(target, progress=lambda *now: told.append(now)).media == 2
    assert told[-2:] == [(1, 2), (2, 2)]
    copied = FolderMedia(target.with_name("copy.db.media"))
    for ref, content in zip(refs, (b"one", b"two"), strict=True):
        with copied.open(ref) as stream:
            assert stream.read() == content
    before = dict(copied.digests())
    new = media.put(BytesIO(b"three"))
    assert desk.backup(target, overwrite=True).media == 1
    after = dict(copied.digests())
    assert after.pop(new.sha256)
    assert after == before, "what is there is not written again"


def test_media_of_any_media_store(tmp_path: Path, target: Path) -> None:
    media = MemoryMedia()
    ref = media.put(BytesIO(b"kept in memory"))
    with closing(SqliteStore(tmp_path / "desk.db")) as store, open_desk(store, media=media) as desk:
        desk.backup(target)
    with FolderMedia(target.with_name("copy.db.media")).open(ref) as stream:
        assert stream.read() == b"kept in memory"


def test_without_its_media_there_is_no_copy(desk: Desk, tmp_path: Path, target: Path) -> None:
    ref = FolderMedia(tmp_path / "desk.db.media").put(BytesIO(b"whole"))
    (tmp_path / "desk.db.media" / ref.sha256[:2] / ref.sha256[2:4] / ref.sha256).write_bytes(b"broken")
    with pytest.raises(StoreDamaged, match=ref.sha256):
        desk.backup(target)
    assert names(target.parent) == {"copy.db.media"}


def test_an_existing_file_is_refused_unless_told(desk: Desk, target: Path) -> None:
    target.write_bytes(b"old")
    with pytest.raises(InvalidInput, match="overwrite=True"):
        desk.backup(target)
    assert target.read_bytes() == b"old"
    desk.backup(target, overwrite=True)
    assert texts(target) == {"first"}


@pytest.mark.parametrize("name", ["desk.db", "desk.db-wal", "desk.db-shm", "sub/../desk.db", "link.db", "hard.db"])
def test_the_store_itself_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "desk.db")
    (tmp_path / "hard.db").hardlink_to(tmp_path / "desk.db")
    with pytest.raises(InvalidInput, match="the store itself"):
        desk.backup(tmp_path / name, overwrite=True)
    desk.receive(said("goes on"))


def test_a_desk_in_use_is_refused(desk: Desk, target: Path) -> None:
    with opened(target) as other:
        other.receive(said("of the other"))
        with pytest.raises(InvalidInput, match="in use"):
            desk.backup(target, overwrite=True)
    assert texts(target) == {"of the other"}


def test_what_is_no_place_for_a_file(desk: Desk, target: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is no folder .*missing"):
        desk.backup(target.parent / "missing" / "copy.db")
    with pytest.raises(InvalidInput, match="is a folder"):
        desk.backup(target.parent, overwrite=True)
    for wrong in (None, 7, b"copy.db", "copy\0.db", "x" * 300):
        with pytest.raises(InvalidInput, match="target"):
            desk.backup(wrong)  # type: ignore[arg-type]
    assert names(target.parent) == set()


def test_a_store_without_the_power_is_named(target: Path) -> None:
    with open_desk("memory://") as desk, pytest.raises(UnsupportedFeature, match=r"MemoryStore cannot .*sqlite:///"):
        desk.backup(target)
    assert not hasattr(MemoryStore, "backup")
    assert names(target.parent) == set()


def test_a_closed_desk_is_refused(tmp_path: Path, target: Path) -> None:
    desk = opened(tmp_path / "desk.db")
    desk.close()
    with pytest.raises(DeskClosed):
        desk.backup(target)


def test_a_disk_that_fails(desk: Desk, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    target.write_bytes(b"old")
    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(StoreError, match=r"copy\.db cannot be written"):
        desk.backup(target, overwrite=True)
    assert names(target.parent) == {"copy.db"}
    assert target.read_bytes() == b"old"


def test_a_damaged_source_makes_no_copy(desk: Desk, tmp_path: Path, target: Path) -> None:
    desk.close()
    file = tmp_path / "desk.db"
    with closing(sqlite3.connect(file)) as damaged:
        damaged.execute("PRAGMA writable_schema=ON")
        (root,) = damaged.execute(
            "SELECT rootpage FROM sqlite_master WHERE name='sqlite_autoindex_csdesk_desk_1'"
        ).fetchone()
        size = damaged.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(file.read_bytes())
    whole[(root - 1) * size : root * size] = b"\x0a" + bytes(4) + (size & 0xFFFF).to_bytes(2) + bytes(size - 7)
    file.write_bytes(whole)
    store = SqliteStore(file)
    with pytest.raises(StoreDamaged, match="corrupt"):
        store.backup(target)
    store.close()
    assert names(target.parent) == set()


def test_whoever_watches_can_end_it(desk: Desk, target: Path) -> None:
    def stop(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.backup(target, progress=stop)
    assert names(target.parent) == set()
    desk.receive(said("goes on"))


KILLED = """
import os, signal, sys
from csdesk import open_desk
from csdesk.stores.sqlite import backup
backup._STEP = 1
with open_desk("sqlite:///" + sys.argv[1]) as desk:
    desk.backup(sys.argv[2], overwrite=True, progress=lambda done, _: done < 9 or os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("old", [False, True])
def test_killed_half_way_it_leaves_no_half_copy(desk: Desk, tmp_path: Path, target: Path, old: bool) -> None:
    if old:
        desk.backup(target)
        desk.receive(said("second"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    words = [sys.executable, "-c", KILLED, str(tmp_path / "desk.db"), str(target)]
    assert subprocess.run(words, env=environment, check=False).returncode == -signal.SIGKILL
    (left,) = target.parent.glob("*.part")
    assert left.name.startswith("copy.db.")
    assert target.exists() == old
    if old:
        assert texts(target) == {"first"}
    desk.backup(target, overwrite=True)
    assert "first" in texts(target)


def test_with_await_it_runs_in_a_worker_thread(tmp_path: Path, target: Path) -> None:
    seen = set()

    async def main() -> None:
        async with await open_async_desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            await desk.receive(said("first"))
            report = await desk.backup(target, progress=lambda *_: seen.add(current_thread()))
            assert report.path == target

    asyncio.run(main())
    assert seen
    assert main_thread() not in seen
    assert texts(target) == {"first"}
