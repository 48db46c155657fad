"""The keys of claims: keyed hashes, so that no claim holds a personal value and erasing needs no search for them.

A key is its kind and 22 characters: 128 bits of BLAKE2b (RFC 7693), keyed with the desk's secret, over the parts, each
with its length before it so that no two lists of parts read alike.
"""

from __future__ import annotations

from binascii import b2a_base64
from datetime import date
from hashlib import blake2b, sha256
from typing import Final

INBOUND: Final = "inbound"
COMMAND: Final = "command"
IDENTITY: Final = "identity"
CONVERSATION: Final = "conversation"
MAIL: Final = "mail"
EFFECT: Final = "effect"
OUTBOUND: Final = "outbound"
PROVIDER: Final = "provider"
PARKED: Final = "parked"
CURSOR: Final = "cursor"
UPLOAD: Final = "upload"

_KEPT: Final = 1024
_LONGEST_SECRET: Final = blake2b.MAX_KEY_SIZE
_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")


class ClaimKeys:
    """Makes the claim keys of one desk. The last few are kept: a flow names each of its keys several times."""

    __slots__ = ("_keyed", "_made")

    def __init__(self, secret: bytes) -> None:
        key = sha256(secret).digest() if len(secret) > _LONGEST_SECRET else secret
        # The secret is in it already: a copy costs less than beginning anew.
        self._keyed = blake2b(key=key, digest_size=16)
        self._made: dict[tuple[str, ...], str] = {}

    def _key(self, *parts: str) -> str:
        made = self._made
        key = made.get(parts)
        if key is None:
            digest = self._keyed.copy()
            digest.update("".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass"))
            key = f"{parts[0]}/{b2a_base64(digest.digest())[:22].translate(_URLSAFE).decode()}"
            if len(made) >= _KEPT:
                self._made = made = {}
            made[parts] = key
        return key

    def inbound(self, account: str, dedupe_key: str) -> str:
        """One delivery of one account."""
        return self._key(INBOUND, account, dedupe_key)

    def command(self, key: str) -> str:
        """One run of one command: its own id, or the caller's idempotency key."""
        return self._key(COMMAND, key)

    def identity(self, kind: str, scope: str, external_id: str) -> str:
        """One identity; mail addresses compare without case."""
        folded = external_id.strip().lower() if kind == "email" else external_id
        return self._key(IDENTITY, kind, scope, folded)

    def staff(self, external_id: str) -> str:
        """The agent whom the host's staff system calls so."""
        return self._key("staff", external_id)

    def conversation(self, account: str, conversation: str) -> str:
        """The ticket that receives the conversation's messages."""
        return self._key(CONVERSATION, account, conversation)

    def mail(self, account: str, message_id: str) -> str:
        """A message id that was seen or sent, and the ticket it leads to."""
        return self._key(MAIL, account, message_id.strip().strip("<>"))

    def effect(self, *key: str) -> str:
        """An effect that happens once."""
        return self._key(EFFECT, *key)

    def outbound(self, account: str, reserved: str) -> str:
        """A message we sent, under any id that the provider may use for it."""
        return self._key(OUTBOUND, account, reserved)

    def provider(self, account: str, provider_id: str) -> str:
        """An inbound message under the provider's id, where that is not what deliveries are told apart by."""
        return self._key(PROVIDER, account, provider_id)

    def parked(self, account: str, conversation: str) -> str:
        """A conversation whose messages wait behind a parked one."""
        return self._key(PARKED, account, conversation)

    def upload(self, account: str, media: str, sha256: str) -> str:
        """A file that a provider has: the owner of this claim is its id there."""
        return self._key(UPLOAD, account, media, sha256)

    def cursor(self, account: str) -> str:
        """How far an account was pulled: the owner of this claim is the cursor."""
        return self._key(CURSOR, account)

    def pace(self, kind: str, *whose: str) -> str:
        """How an account fares (``pause``) or how full its bucket is (``rate``): the owner of this claim says.

        A bucket may also be that of one conversation: account and conversation are its ``whose``.
        """
        return self._key(kind, *whose)

    def typing(self, account: str, conversation: str, side: str) -> str:
        """When somebody last typed in a conversation: the owner of this claim says; ``side`` is whose."""
        return self._key("typing", account, conversation, side)

    def automatic(self, kind: str, scope: str, external_id: str, day: date) -> str:
        """The counter of what the desk said to somebody by itself on a day (UTC)."""
        return self._key("automatic", kind, scope, external_id, day.isoformat())

    def counter(self, kind: str, *parts: str) -> str:
        """The name of a counter about somebody, hashed like a claim."""
        return self._key(kind, *parts)
