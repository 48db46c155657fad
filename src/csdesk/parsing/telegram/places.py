"""Where a message of Telegram stands: a chat, perhaps a topic in it, perhaps seen through somebody's own account.

``conversation`` writes that down: ``42`` is a private chat, ``-100123#5~42`` what the person 42 says in topic 5 of a
group, and ``42@abc`` a chat of the business account that the connection ``abc`` leads to. Message ids are unique in
their chat only, so ``message`` writes the chat before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from re import compile as pattern
from typing import Final, Self

_WRITTEN: Final = pattern(r"(-?[0-9]{1,20})(?:@([0-9A-Za-z_-]{1,100}))?(?:#([0-9]{1,20}))?(?:~(-?[0-9]{1,20}))?")
_MESSAGE: Final = pattern(r"(-?[0-9]{1,20})(?:@([0-9A-Za-z_-]{1,100}))?/([0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, the connection through which it is seen, a topic (0: none), and in groups the person."""

    chat: int
    connection: str = ""
    topic: int = 0
    person: int = 0

    @property
    def conversation(self) -> str:
        """The desk's key of it."""
        topic = f"#{self.topic}" if self.topic else ""
        return f"{self._chat}{topic}{f'~{self.person}' if self.person else ''}"

    @property
    def _chat(self) -> str:
        return f"{self.chat}@{self.connection}" if self.connection else str(self.chat)

    def message(self, number: int) -> str:
        """The desk's id of a message there."""
        return f"{self._chat}/{number}"

    @classmethod
    def of(cls, conversation: str) -> Self | None:
        """The place of a conversation; None if that is none of ours."""
        found = _WRITTEN.fullmatch(conversation)
        if found is None:
            return None
        return cls(int(found[1]), found[2] or "", int(found[3] or 0), int(found[4] or 0))

    @classmethod
    def of_message(cls, provider_id: str) -> tuple[Self, int] | None:
        """The chat and the number of a message; None if that is no id of ours."""
        found = _MESSAGE.fullmatch(provider_id)
        return None if found is None else (cls(int(found[1]), found[2] or ""), int(found[3]))
