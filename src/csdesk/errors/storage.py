"""What the storage refused or failed at."""

from __future__ import annotations

from csdesk.errors._roots import StoreError


class NotFound(StoreError, LookupError):
    """No record of that kind has that id in this desk."""

    code = "error.not_found"
    status_hint = 404

    def __init__(self, kind: str, key: str, *, remedy: str = "") -> None:
        told = f"; {remedy}" if remedy else ""
        super().__init__(f"no {kind} {key} in this desk{told}", kind=kind, key=key, remedy=remedy)
        self.kind = kind
        self.key = key
        self.remedy = remedy


class VersionConflict(StoreError):
    """Somebody else changed the record first. Flows start again by themselves; a caller's own version does not."""

    code = "error.version_conflict"
    retryable = True
    status_hint = 409

    def __init__(self, kind: str, key: str, *, expected: int, state: str = "", command: str = "") -> None:
        told = f" ({state})" if state else ""
        wanted = f"; {command} was not done" if command else ""
        super().__init__(
            f"{kind} {key}{told} is no longer at version {expected}{wanted}; load it again",
            kind=kind,
            key=key,
            expected=expected,
            state=state,
            command=command,
        )
        self.kind = kind
        self.key = key
        self.expected = expected


class ClaimTaken(StoreError):
    """Somebody else owns the unique key. Flows start again by themselves."""

    code = "error.claim_taken"
    retryable = True
    status_hint = 409

    def __init__(self, key: str, owner: str) -> None:
        super().__init__(f"claim {key} is owned by {owner}", key=key, owner=owner)
        self.key = key
        self.owner = owner


class GuardFailed(StoreError):
    """A counter would pass its limit; nothing was written."""

    code = "error.guard_failed"
    retryable = True
    status_hint = 409

    def __init__(self, counter: str, amount: int, limit: int) -> None:
        super().__init__(
            f"counter {counter}: adding {amount} would pass {limit}", counter=counter, amount=amount, limit=limit
        )
        self.counter = counter


class SchemaTooNew(StoreError):
    """The data was written by a newer release of csdesk: update csdesk."""

    code = "error.schema_too_new"

    def __init__(self, thing: str, found: int, known: int) -> None:
        super().__init__(
            f"{thing} has schema {found}, this csdesk knows up to {known}; update csdesk",
            thing=thing,
            found=found,
            known=known,
        )


class StoreBusy(StoreError):
    """The storage is locked or overloaded; the same call may succeed later."""

    code = "error.store_busy"
    retryable = True
    status_hint = 503


class CommitUnknown(StoreError):
    """Nobody knows whether the commit happened. Flows read their claim to find out and never repeat an effect."""

    code = "error.commit_unknown"
    retryable = True
    status_hint = 503


class StoreDamaged(StoreError):
    """The storage is not a csdesk store, or it is broken."""

    code = "error.store_damaged"
