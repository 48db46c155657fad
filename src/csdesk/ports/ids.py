"""The source of ids and salts."""

from __future__ import annotations

from typing import Protocol


class IdSource(Protocol):
    """Where ids come from. Ids of one source sort by creation."""

    def new(self, prefix: str) -> str:
        """A new id of that kind: the prefix and 26 characters of Crockford base32 (see ``csdesk.domain.ids``)."""
        ...

    def salt(self) -> str:
        """16 random characters that nobody can guess."""
        ...
