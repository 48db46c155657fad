"""Media stores keep bytes whole, once, and under their digest."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from csdesk.domain.records.media import MediaRef
from csdesk.errors import InvalidInput, NotFound, StoreDamaged
from csdesk.ports.media import MediaStore
from csdesk.stores.media import FolderMedia, MemoryMedia


@pytest.fixture(params=["folder", "memory"])
def media(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    return FolderMedia(tmp_path / "media") if request.param == "folder" else MemoryMedia(written_at=lambda: 7.5)


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class _Breaking(io.BytesIO):
    """A stream that gives some bytes and then fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(3)
        if not part:
            raise ConnectionError
        return part


def test_bytes_come_back_with_their_reference(media: MediaStore) -> None:
    body = bytes(range(256)) * 12_000
    ref = media.put(io.BytesIO(body), type="image/png", name="图.png")
    assert ref == MediaRef(sha256=sha256(body).hexdigest(), size=len(body), type="image/png", name="图.png")
    with media.open(ref) as stream:
        assert stream.read() == body


def test_empty_content_is_content(media: MediaStore) -> None:
    ref = media.put(io.BytesIO())
    assert ref.size == 0
    with media.open(ref) as stream:
        assert stream.read() == b""


def test_equal_content_is_kept_once(media: MediaStore) -> None:
    refs = [media.put(io.BytesIO(b"same"), name=name) for name in ("a", "b")]
    assert [ref.name for ref in refs] == ["a", "b"]
    assert [digest for digest, _ in media.digests()] == [refs[0].sha256]


def test_deleted_bytes_are_gone(media: MediaStore) -> None:
    kept, gone = media.put(io.BytesIO(b"kept")), media.put(io.BytesIO(b"gone"))
    for _ in range(2):
        media.delete(gone.sha256)
    with pytest.raises(NotFound):
        media.open(gone)
    assert [digest for digest, _ in media.digests()] == [kept.sha256]


def test_nothing_stays_of_a_stream_that_breaks(media: MediaStore) -> None:
    with pytest.raises(ConnectionError):
        media.put(_Breaking(b"0123456789"))
    assert list(media.digests()) == []


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_digests_name_media(media: MediaStore, digest: str) -> None:
    with pytest.raises(InvalidInput):
        media.delete(digest)


def test_media_in_threads(media: MediaStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        refs = list(pool.map(lambda number: media.put(io.BytesIO(bytes([number % 3]) * 9)), range(40)))
    assert {ref.sha256 for ref in refs} == {digest for digest, _ in media.digests()}
    assert len(list(media.digests())) == 3


def test_the_time_is_that_of_the_last_put(tmp_path: Path) -> None:
    folder = FolderMedia(tmp_path)
    ref = folder.put(io.BytesIO(b"x"))
    path = next(path for path in tmp_path.rglob(ref.sha256))
    os.utime(path, (1.0, 1.0))
    assert list(folder.digests()) == [(ref.sha256, 1.0)]
    folder.put(io.BytesIO(b"x"))
    assert [written > 1.0 for _, written in folder.digests()] == [True]
    memory = MemoryMedia(written_at=iter((1.0, 2.0)).__next__)
    for _ in range(2):
        memory.put(io.BytesIO(b"x"))
    assert list(memory.digests()) == [(ref.sha256, 2.0)]


def test_a_folder_fans_out_and_keeps_its_content(tmp_path: Path) -> None:
    ref = FolderMedia(tmp_path / "media").put(io.BytesIO(b"x"))
    digest = ref.sha256
    assert _files(tmp_path) == [f"media/{digest[:2]}/{digest[2:4]}/{digest}"]
    with FolderMedia(str(tmp_path / "media")).open(ref) as stream:
        assert stream.read() == b"x"


def test_no_part_of_a_file_is_ever_visible(tmp_path: Path) -> None:
    folder = FolderMedia(tmp_path)
    seen: list[list[tuple[str, float]]] = []

    class Watching(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            seen.append(list(folder.digests()))
            return super().read(4)

    folder.put(Watching(b"0123456789"))
    assert seen == [[]] * 4
    with pytest.raises(ConnectionError):
        folder.put(_Breaking(b"abcdef"))
    assert len(_files(tmp_path)) == 1


def test_a_move_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = FolderMedia(tmp_path)

    def refuse(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(OSError, match="no room"):
            folder.put(io.BytesIO(b"x"))
    assert _files(tmp_path) == []


def test_bytes_and_names_are_on_disk_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = FolderMedia(tmp_path)
    steps: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(handle: int) -> None:
        steps.append("folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "file")
        real_sync(handle)

    def move(*paths: str) -> None:
        steps.append("move")
        real_replace(*paths)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", move)
    folder.put(io.BytesIO(b"x"))
    if Path("/proc/self/fd").is_dir():
        assert steps == ["file", "move", "folder", "folder", "folder"]


def test_damage_is_found_at_opening_and_healed_by_putting(tmp_path: Path) -> None:
    folder = FolderMedia(tmp_path)
    ref = folder.put(io.BytesIO(b"truth"))
    next(iter(tmp_path.rglob(ref.sha256))).write_bytes(b"trust")
    with pytest.raises(StoreDamaged) as caught:
        folder.open(ref)
    assert ref.sha256 in str(caught.value)
    folder.put(io.BytesIO(b"truth"))
    with folder.open(ref) as stream:
        assert stream.read() == b"truth"


def test_other_files_are_not_media(tmp_path: Path) -> None:
    folder = FolderMedia(tmp_path)
    ref = folder.put(io.BytesIO(b"x"))
    (tmp_path / ref.sha256[:2] / ref.sha256[2:4] / "README").write_text("note")
    (tmp_path / "incoming" / "left-behind").write_text("half")
    listed: Iterator[tuple[str, float]] = folder.digests()
    assert [digest for digest, _ in listed] == [ref.sha256]


class _Aging:
    """Media whose clock the test moves."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.seconds = 0.0
        self.media: FolderMedia | MemoryMedia
        if kind == "folder":
            self.media = FolderMedia(folder / "media", now=self._present)
        else:
            self.media = MemoryMedia(written_at=lambda: self.seconds)
        self._kind = kind

    def _present(self) -> float:
        newest = max((path.stat().st_mtime for path in self.media._root.rglob("*") if path.is_file()), default=0.0)
        return newest + self.seconds

    def put(self, body: bytes) -> str:
        return self.media.put(io.BytesIO(body)).sha256


@pytest.fixture(params=["folder", "memory"])
def aging(request: pytest.FixtureRequest, tmp_path: Path) -> _Aging:
    return _Aging(request.param, tmp_path)


def test_only_idle_bytes_are_deleted_when_told_so(aging: _Aging) -> None:
    digest = aging.put(b"x")
    aging.seconds += 59
    assert not aging.media.delete(digest, idle=timedelta(minutes=1))
    aging.seconds += 1
    assert aging.media.delete(digest, idle=timedelta(minutes=1))
    assert aging.media.delete(digest, idle=timedelta(minutes=1))
    assert list(aging.media.digests()) == []


def test_digests_go_on_behind_one(media: MediaStore) -> None:
    made = sorted(media.put(io.BytesIO(bytes([number]))).sha256 for number in range(40))
    assert [digest for digest, _ in media.digests(made[20])] == made[21:]
    assert [digest for digest, _ in media.digests("")] == made


def test_a_put_in_the_middle_of_a_deletion_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is taken aside, looked at again, and put back: somebody is about to refer to it."""
    now = 10.0**12
    media = FolderMedia(tmp_path, now=lambda: now)
    ref = media.put(io.BytesIO(b"x"))
    replace = Path.replace

    def put_first(self: Path, target: Path) -> Path:
        nonlocal now
        if "leaving-" in target.name:
            monkeypatch.setattr(Path, "replace", replace)
            media.put(io.BytesIO(b"x"))
            now = self.stat().st_mtime + 1
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", put_first)
    assert not media.delete(ref.sha256, idle=timedelta(hours=1))
    with media.open(ref) as stream:
        assert stream.read() == b"x"
    assert list((tmp_path / "incoming").iterdir()) == []


def test_what_unfinished_puts_left_is_tidied_away(tmp_path: Path) -> None:
    now = 0.0
    media = FolderMedia(tmp_path, now=lambda: now)
    left = tmp_path / "incoming" / "left"
    left.write_bytes(b"half")
    now = left.stat().st_mtime + 59
    assert media.tidy(timedelta(minutes=1)) == 0
    now += 1
    assert media.tidy(timedelta(minutes=1)) == 1
    assert not left.exists()
    assert MemoryMedia().tidy(timedelta(0)) == 0
