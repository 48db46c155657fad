"""Find out what a path holds, and open it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from csdesk.errors import InvalidInput, sentence
from csdesk.sources.folders import eml_files, is_maildir, maildir_files, read_eml, read_eml_folder, read_maildir
from csdesk.sources.items import MOST_BYTES, Reader, Settings, SourceItem, SourceProblem
from csdesk.sources.json_files import read_json
from csdesk.sources.mbox import read_mbox

_READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "mbox": read_mbox,
        "maildir": read_maildir,
        "eml": read_eml,
        "eml_folder": read_eml_folder,
        "wecom": read_json,
        "jsonl": read_json,
    }
)
KINDS: Final = tuple(_READERS)
"""What ``open_source`` knows."""

_FOLDERS: Final = frozenset({"maildir", "eml_folder"})
_HEAD: Final = 65_536
_FIELD: Final = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_WECOM: Final = re.compile(rb'"(?:msg_list|msgtype|open_kfid|samples)"\s*:')


class Source:
    """Messages in a file or folder. Iterating reads it from the beginning, piece by piece, and as often as wanted."""

    def __init__(self, path: Path, kind: str, settings: Settings) -> None:
        self.path = path
        self.kind = kind
        """One of ``KINDS``."""
        self.position = 0
        """How many bytes the last iteration has behind it; ends at ``total_hint``, unless the files change."""
        self._settings = settings

    def __iter__(self) -> Iterator[SourceItem | SourceProblem]:
        self.position = 0
        for entry, position in _READERS[self.kind](self.path, self._settings):
            self.position = position
            yield entry

    def __repr__(self) -> str:
        return f"Source({str(self.path)!r}, kind={self.kind!r})"

    @property
    def total_hint(self) -> int:
        """Its size in bytes; of a folder, the sizes of its mails, found by looking at each."""
        if self.kind not in _FOLDERS:
            return self.path.stat().st_size
        files = maildir_files(self.path) if self.kind == "maildir" else eml_files(self.path)
        return sum(file.stat().st_size for file in files)


def open_source(
    path: str | Path,
    *,
    now: datetime,
    kind: str | None = None,
    account: str | None = None,
    own_addresses: frozenset[str] = frozenset(),
    scope: str = "",
    accounts: Mapping[str, str] | None = None,
    max_bytes: int = MOST_BYTES,
) -> Source:
    """The messages that wait at a path: an mbox, a Maildir, ``.eml`` files, saved WeCom pages, JSON Lines.

    Args:
        path: a file or folder.
        now: when it is read (aware): the time of reports that have none.
        kind: one of ``KINDS``; None finds out from the content.
        account: the id of the account that received them; by default ``mail``, the ``open_kfid``, or ``import``.
        own_addresses: the host's own mail addresses.
        scope: the scope of the identities; for WeCom the corp id.
        accounts: ids of accounts by ``open_kfid``.
        max_bytes: how large one mail, line or JSON document may be; larger ones become problems.

    Raises:
        InvalidInput: there is nothing at the path, nothing there is known, or ``kind`` is none of ours.
    """
    path = Path(path)
    if kind is not None and kind not in _READERS:
        raise InvalidInput(
            "kind",
            sentence("{kind!r} is not known", kind=kind),
            sentence("pass one of {names}, or None to find out", names=tuple(KINDS)),
        )
    if not path.exists():
        raise InvalidInput(
            "path",
            sentence("there is nothing at {path!r}", path=str(path)),
            "pass the path of a file or folder that exists",
        )
    if now.tzinfo is None:
        raise InvalidInput("now", "it has no zone", "pass an aware datetime, for example with tzinfo=datetime.UTC")
    settings = Settings(
        now=now, account=account, own_addresses=own_addresses, scope=scope, accounts=accounts or {}, most=max_bytes
    )
    return Source(path, kind or _kind_of(path), settings)


def _kind_of(path: Path) -> str:
    if path.is_dir():
        if is_maildir(path):
            return "maildir"
        if next(eml_files(path), None) is not None:
            return "eml_folder"
        raise InvalidInput(
            "path",
            sentence("the folder {path!r} holds no mail", path=str(path)),
            "pass a Maildir or a folder with .eml files",
        )
    with path.open("rb") as file:
        head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"From "):
        return "mbox"
    if head.startswith((b"{", b"[")):
        return "wecom" if _WECOM.search(head) else "jsonl"
    if path.suffix.lower() == ".eml" or _FIELD.match(head):
        return "eml"
    if not head or path.suffix.lower() in {".mbox", ".jsonl"}:  # nothing in it yet
        return "mbox" if path.suffix.lower() == ".mbox" else "jsonl"
    raise InvalidInput(
        "path",
        sentence("what {path!r} holds is not known", path=str(path)),
        sentence("pass kind, one of {names}", names=tuple(KINDS)),
    )
