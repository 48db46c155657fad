"""A file that is made is no business of the other users of the machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from csdesk.stores.media import FolderMedia
from csdesk.stores.sqlite import SqliteStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such rights")


@pytest.fixture(params=[0o022, 0o000, 0o077], ids=["usual", "open", "closed"])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def _rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_file_and_those_beside_it_are_closed_to_others(tmp_path: Path, mask: int) -> None:
    with closing(SqliteStore(tmp_path / "desk.db")):
        found = {one.name: _rights(one) for one in tmp_path.iterdir()}
    assert set(found) == {"desk.db", "desk.db-wal", "desk.db-shm"}
    assert set(found.values()) == {0o660 & ~mask}


def test_a_file_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    file.touch()
    file.chmod(0o644)
    with closing(SqliteStore(file)):
        assert _rights(file) == 0o644


def test_the_folder_of_media_is_closed_to_others(tmp_path: Path, mask: int) -> None:
    FolderMedia(tmp_path / "media")
    assert _rights(tmp_path / "media") == 0o770 & ~mask


def test_a_copy_is_closed_to_others(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "desk.db")) as store:
        store.backup(tmp_path / "copy.db")
    assert not _rights(tmp_path / "copy.db") & 0o007
