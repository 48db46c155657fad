"""Media stores: a folder on disk, and the memory of the process. Both are safe to share between threads."""

from __future__ import annotations

import io
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from threading import Lock, get_ident
from typing import IO, Final

from csdesk.domain.records.media import MediaRef
from csdesk.errors import InvalidInput, NotFound, StoreDamaged, sentence
from csdesk.stores._files import sync_folder

_CHUNK: Final = 1 << 20
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_INCOMING: Final = "incoming"
_ASIDE: Final = "leaving-"


class FolderMedia:
    """Media as files ``<path>/ab/cd/abcd…``, named by their SHA-256.

    Bytes are written to ``<path>/incoming`` first and moved into place when they are whole and on disk, so no reader
    ever sees half of them. A crash may leave a file in ``incoming``: it belongs to nothing, and ``tidy`` removes it.
    Putting bytes that are stored already writes them anew: damage heals, and their time is the latest.

    Args:
        path: the folder, on one file system; created if missing, closed to all but its owner and group.
        now: the Unix time, in seconds, that the age of files is told by: the file system's clock.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        now: Callable[[], float] = time.time,  # noqa: TID251  compared with the stamps of the file system
    ) -> None:
        self._now = now
        self._root = Path(path)
        self._incoming = self._root / _INCOMING
        self._root.mkdir(mode=0o770, parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)

    def put(self, stream: IO[bytes], *, type: str = "application/octet-stream", name: str = "") -> MediaRef:
        """Store the stream to its end, on disk when it returns; nothing of it stays if reading fails."""
        handle, temporary = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                digest, size = _copy(stream, file)
                file.flush()
                os.fsync(file.fileno())
            self._move(Path(temporary), self._file(digest))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return MediaRef(sha256=digest, size=size, type=type, name=name)

    def _move(self, temporary: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(target)
        # The names must be on disk too: the file's in its folder, and those of folders that may be new.
        for folder in (target.parent, target.parent.parent, self._root):
            sync_folder(folder)

    def open(self, ref: MediaRef) -> IO[bytes]:
        """The bytes of a reference, read through once to compare them with their digest; close the file after use.

        Raises:
            NotFound: nothing is stored under it.
            StoreDamaged: the bytes are not the ones that were stored.
        """
        try:
            file = self._file(ref.sha256).open("rb")  # the caller closes it
        except FileNotFoundError as error:
            raise NotFound("media", ref.sha256) from error
        if file_digest(file, "sha256").hexdigest() != ref.sha256:
            file.close()
            raise StoreDamaged(
                sentence(
                    "media {sha256}: the stored bytes are not the ones that were put; restore the file",
                    sha256=ref.sha256,
                )
            )
        file.seek(0)
        return file

    def delete(self, sha256: str, *, idle: timedelta | None = None) -> bool:
        """Remove the bytes; with ``idle`` only if their last put is at least that long ago: False if it is not.

        Removing what is not there is fine.
        """
        file = self._file(sha256)
        if idle is None:
            file.unlink(missing_ok=True)
            return True
        return self._delete_idle(file, idle)

    def _delete_idle(self, file: Path, idle: timedelta) -> bool:
        if not self._is_idle(file, idle):
            return False
        # Taken aside first and looked at again: a put that came in between made a new file, which must stay.
        aside = self._incoming / f"{_ASIDE}{file.name}.{os.getpid()}.{get_ident()}"
        try:
            file.replace(aside)
        except FileNotFoundError:
            return True
        if self._is_idle(aside, idle):
            aside.unlink(missing_ok=True)
            return True
        aside.replace(file)  # over the file of a still later put, perhaps: they hold the same bytes
        return False

    def _is_idle(self, file: Path, idle: timedelta) -> bool:
        try:
            return self._now() - file.stat().st_mtime >= idle.total_seconds()
        except FileNotFoundError:
            return True

    def digests(self, after: str = "") -> Iterator[tuple[str, float]]:
        """Every digest behind ``after`` and the Unix time of its last put, in seconds; in order of digest."""
        for top in sorted(self._root.glob("??")):
            if top.name < after[:2]:
                continue
            for path in sorted(top.glob("??/*")):
                if path.name > after and _DIGEST.fullmatch(path.name):
                    try:
                        written = path.stat().st_mtime
                    except FileNotFoundError:  # deleted meanwhile
                        continue
                    yield path.name, written

    def tidy(self, idle: timedelta) -> int:
        """Remove files in ``incoming`` that are at least that old; how many there were."""
        found = [path for path in self._incoming.iterdir() if self._is_idle(path, idle)]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def _file(self, digest: str) -> Path:
        _check_digest(digest)
        return self._root / digest[:2] / digest[2:4] / digest


class MemoryMedia:
    """Media in the memory of the process: lost at its end.

    Args:
        written_at: gives the Unix time, in seconds, that ``digests`` tells of what is put now.
    """

    def __init__(
        self,
        *,
        written_at: Callable[[], float] = time.time,  # noqa: TID251  stamps as a file system does
    ) -> None:
        self._written_at = written_at
        self._lock = Lock()
        self._kept: dict[str, tuple[bytes, float]] = {}

    def put(self, stream: IO[bytes], *, type: str = "application/octet-stream", name: str = "") -> MediaRef:
        """Store the stream to its end; nothing of it stays if reading fails."""
        target = io.BytesIO()
        digest, size = _copy(stream, target)
        with self._lock:
            self._kept[digest] = target.getvalue(), self._written_at()
        return MediaRef(sha256=digest, size=size, type=type, name=name)

    def open(self, ref: MediaRef) -> IO[bytes]:
        """The bytes of a reference.

        Raises:
            NotFound: nothing is stored under it.
        """
        kept = self._kept.get(ref.sha256)
        if kept is None:
            raise NotFound("media", ref.sha256)
        return io.BytesIO(kept[0])

    def delete(self, sha256: str, *, idle: timedelta | None = None) -> bool:
        """Remove the bytes; with ``idle`` only if their last put is at least that long ago: False if it is not.

        Removing what is not there is fine.
        """
        _check_digest(sha256)
        with self._lock:
            kept = self._kept.get(sha256)
            if kept is not None and idle is not None and self._written_at() - kept[1] < idle.total_seconds():
                return False
            self._kept.pop(sha256, None)
            return True

    def digests(self, after: str = "") -> Iterator[tuple[str, float]]:
        """Every digest behind ``after`` and the Unix time of its last put, in seconds; in order of digest."""
        with self._lock:
            kept = sorted((digest, written) for digest, (_, written) in self._kept.items() if digest > after)
        return iter(kept)

    def tidy(self, idle: timedelta) -> int:  # noqa: ARG002  there is nothing of any age
        """Nothing is ever left of an unfinished put: 0, whatever ``idle`` is."""
        return 0


def _copy(source: IO[bytes], target: IO[bytes]) -> tuple[str, int]:
    digest, size = sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


def _check_digest(digest: str) -> None:
    if not _DIGEST.fullmatch(digest):
        raise InvalidInput("sha256", "not a SHA-256 in hex", "pass 64 characters of 0-9a-f")
