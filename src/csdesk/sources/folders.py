"""Mails as files: one ``.eml``, a folder of them, a Maildir with its subfolders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from csdesk.sources.items import Entry, Progress, Settings, unreadable

_LEFT_OUT: Final = frozenset("DT")
"""Maildir flags of drafts and of mails in the bin: nobody sent the one, somebody threw away the other."""


def read_eml(path: Path, settings: Settings) -> Progress:
    """A single mail."""
    yield from _read([path], path.parent, settings)


def read_eml_folder(path: Path, settings: Settings) -> Progress:
    """Every ``.eml`` below a folder, sorted by path within each folder."""
    yield from _read(eml_files(path), path, settings)


def read_maildir(path: Path, settings: Settings) -> Progress:
    """A Maildir: ``cur`` and ``new`` of the folder and of the folders inside it, drafts and the bin left out."""
    yield from _read(maildir_files(path), path, settings)


def eml_files(path: Path) -> Iterator[Path]:
    """The ``.eml`` files below a folder; links to folders are not followed."""
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.lower().endswith(".eml"))


def maildir_files(path: Path) -> Iterator[Path]:
    """The mails of a Maildir and of the Maildirs inside it."""
    for folder, folders, names in os.walk(path):
        folders.sort()
        if Path(folder).name in {"cur", "new"}:
            yield from (Path(folder, name) for name in sorted(names) if not _LEFT_OUT & _flags(name))


def is_maildir(path: Path) -> bool:
    """True if the folder has a ``cur`` or ``new`` in it."""
    return (path / "cur").is_dir() or (path / "new").is_dir()


def _flags(name: str) -> frozenset[str]:
    # The separator is ":" or, on file systems without it, ";" or "!".
    for separator in (":2,", ";2,", "!2,"):
        _, found, flags = name.rpartition(separator)
        if found:
            return frozenset(flags)
    return frozenset()


def _read(files: Iterator[Path] | list[Path], root: Path, settings: Settings) -> Progress:
    done = 0
    for file in files:
        entry, size = _mail(file, str(file.relative_to(root)), settings)
        done += size
        yield entry, done


def _mail(file: Path, where: str, settings: Settings) -> tuple[Entry, int]:
    try:
        size = file.stat().st_size
        if size > settings.most:
            return settings.too_large(where), size
        return settings.mail(file.read_bytes(), where), size
    except OSError as error:
        return unreadable(where, error), 0
