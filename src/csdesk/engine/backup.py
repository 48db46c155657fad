"""A backup: the store's copy, and beside it the media that the copy may refer to.

Media are written before the commit that refers to them, so those that are copied after the store hold everything that
its copy names. The copy gets its name last: a file under that name always has its media.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from csdesk.domain.records.media import MediaRef
from csdesk.errors import NotFound, StoreDamaged, StoreError, UnsupportedFeature, sentence
from csdesk.ports.media import MediaStore
from csdesk.ports.store import Backup, BackupReport, Progress, Store


def back_up(
    store: Store,
    media: MediaStore,
    media_at: Callable[[Path], MediaStore],
    target: Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BackupReport:
    """Copy the store to ``target`` and its media to ``<target>.media``, where only what is new is written.

    ``media_at`` gives the media store in a folder. ``progress`` is told the store's pages, then the media.

    Raises:
        UnsupportedFeature: the store cannot be copied.
        InvalidInput: nothing can be written there; see ``Backup.backup``.
        StoreError: reading or writing failed; there is no new copy.
    """
    if not isinstance(store, Backup):
        raise UnsupportedFeature(
            type(store).__name__,
            "be backed up",
            "use sqlite:///file.db, or the tools of the store",
        )
    copied: list[str] = []

    def copy() -> None:
        copied.extend(_copy(media, media_at(target.with_name(target.name + ".media")), progress))

    report = store.backup(target, overwrite=overwrite, progress=progress, before_placed=copy)
    return replace(report, media=len(copied))


def _copy(source: MediaStore, target: MediaStore, progress: Progress | None) -> list[str]:
    """The digests of the media that the target lacked and has now."""
    there = {digest for digest, _ in target.digests()}
    lacking = [digest for digest, _ in source.digests() if digest not in there]
    for done, digest in enumerate(lacking, start=1):
        _copy_one(source, target, digest)
        if progress is not None:
            progress(done, len(lacking))
    return lacking


def _copy_one(source: MediaStore, target: MediaStore, digest: str) -> None:
    try:
        with source.open(MediaRef(sha256=digest, size=0)) as stream:
            ref = target.put(stream)
    except NotFound:  # deleted meanwhile
        return
    except OSError as error:
        raise StoreError(
            sentence("media {digest} cannot be copied; check the disks of both, then try again", digest=digest)
        ) from error
    if ref.sha256 != digest:
        target.delete(ref.sha256)
        raise StoreDamaged(
            sentence("media {digest}: the stored bytes are not the ones that were put; restore them", digest=digest)
        )
