"""What a store may be able to do besides: each power is a protocol of its own, and a store has it by its methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from csdesk.domain.records.changes import ChangeSet, Committed
from csdesk.errors import CsdeskError

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much; what it raises ends the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup made: the file, its size, the store's pages in it if it has any, and the media that were copied.

    ``media`` counts the files that the copy lacked; a store by itself copies none.
    """

    path: Path
    bytes: int
    pages: int | None = None
    media: int = 0


@runtime_checkable
class Backup(Protocol):
    """A power that a store may have besides: it copies all its desks to one file while they are used."""

    def backup(
        self,
        target: Path,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        before_placed: Callable[[], None] | None = None,
    ) -> BackupReport:
        """Copy everything as of one moment after the call began; whoever reads or writes goes on.

        The copy is whole, checked and on disk before it stands under its name; a failure leaves nothing there, and an
        old file as it was. ``progress`` is told pages, or whatever the store counts in. ``before_placed`` is called
        when the copy is whole and not yet placed: what must be there with it is done then, and if it raises, the copy
        is dropped.

        Raises:
            InvalidInput: ``target`` is there already and ``overwrite`` is False, is a folder, is the store itself or in
                use by another one; or its folder is missing.
            StoreError: the copy could not be read, written or checked.
        """
        ...


Scrubbed = Literal["done", "more", "busy"]
"""How far a store has come with leaving no trace of what was deleted."""


@runtime_checkable
class Erasing(Protocol):
    """A power that a store may have besides: what it deletes can be made to leave no trace.

    Without it ``desk.customers.erase`` is refused and no media are collected.
    """

    def scrub(self, limit: int) -> Scrubbed:
        """Remove what deleted and replaced rows left behind: in free space, in the search index, in logs.

        Bounded: about ``limit`` pages of work. ``done``: nothing is left of what was deleted before the call; ``more``:
        call again; ``busy``: somebody still reads an old state, call again later.
        """
        ...

    def media_in_use(self, digests: Sequence[str]) -> frozenset[str]:
        """Which of these media any message or inbox item of any desk refers to."""
        ...

    def written_by(self, desk: str, identities: Sequence[str], after: str, limit: int) -> tuple[tuple[str, ...], str]:
        """The messages with these identities among the next ``limit`` ones of the desk, and where to go on.

        ``after`` is where an earlier call said to go on, empty at first; an empty answer there: those were the last.
        Messages are looked at in the order in which they were stored.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookRequest:
    """What to look ahead at, besides what every desk waits for. Nothing named means none."""

    kinds: tuple[str, ...] = ()
    """Kinds of due items."""
    upkeep: tuple[str, ...] = ()
    """Kinds of due items for which nobody has to be woken."""
    accounts: tuple[str, ...] = ()
    """Accounts whose outbox is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What lies ahead of a desk."""

    next_at: datetime | None
    """The earliest wake-up of a ticket or customer, due item of the kinds, or message that is due to be sent for one of
    the accounts (the head of a conversation, as for ``lease``); it may have passed. None: nothing is planned."""
    upkeep_at: datetime | None
    """The earliest due item of the kinds for upkeep."""
    waits: bool
    """True if a ticket waits for somebody (``waits`` of a ticket) or a message in the inbox for the one before it."""


@runtime_checkable
class LooksAhead(Protocol):
    """A power that a store may have besides: it tells in one read whether anything at all is due.

    Without it every ``run_due`` asks for each kind of work by itself.
    """

    def outlook(self, desk: str, request: OutlookRequest) -> Outlook:
        """What lies ahead, of one moment; nothing is taken."""
        ...


@runtime_checkable
class CommitsTogether(Protocol):
    """A power that a store may have besides: several commits in one transaction, which costs one wait for the disk."""

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """As ``Store.commit``."""
        ...

    def commit_together(self, desk: str, changes: Sequence[ChangeSet]) -> tuple[Committed | CsdeskError, ...]:
        """Write change sets in their order, each of them all or nothing by itself; a later one sees the earlier ones.

        Answers for each what ``commit`` would have returned or raised: one that fails takes no other with it. What
        succeeded is durable when the call returns.

        Raises:
            StoreBusy: nothing of any was written; try again.
            CommitUnknown: all that would have succeeded may have been written, or nothing.
        """
        ...


@runtime_checkable
class Hosted(Protocol):
    """A power that a store may have besides: it works inside transactions that its host begins and ends.

    ``commit`` is then durable when the host's transaction is, and everything that was written or read may be rolled
    back: numbers are given again, versions name another content. Nothing of it is kept from one call to the next.
    """

    @property
    def in_transaction(self) -> bool:
        """True while the host has a transaction open."""
        ...

    def alone(self, call: str) -> AbstractContextManager[None]:
        """Each write inside this block is durable when it returns. ``call`` names what needs that.

        Raises:
            TransactionOpen: the host has a transaction open.
        """
        ...
