"""Ids and addresses that prove by themselves that we made them, and for what.

    Message-ID      <msg_….tkt_….MAC@our.domain>
    reply address   support+TICKET.MAC@our.domain     (the ticket's id without its prefix)

MAC is the beginning of HMAC-SHA-256 (RFC 2104) over the purpose, the account and the ids, in base32. So a bounce, an
echo or an answer leads to our message and ticket even if the record of its sending was lost, and a guessed one to
nothing.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from hashlib import sha256
from typing import Final

from csdesk.domain.ids import TICKET

_MAC_SIGNS: Final = 16
_MAILED: Final = re.compile(r"<?([0-9a-z_]{1,40})\.([0-9a-z_]{0,40})\.([a-z2-7]{16})@[^<>@\s]+>?")
_TAGGED: Final = re.compile(r"[^@+\s]+\+([0-9a-z]{26})\.([a-z2-7]{16})@[^@\s]+")


class Signer:
    """Makes and checks them for one account. The first key signs, each is believed."""

    def __init__(self, account: str, domain: str, keys: tuple[bytes, ...]) -> None:
        self._account = account
        self._domain = domain
        self._keys = keys

    def message_id(self, key: str, ticket: str) -> str:
        """The Message-ID of the message with that reserved key."""
        return f"<{key}.{ticket}.{self._mac(self._keys[0], 'id', key, ticket)}@{self._domain}>"

    def reply_address(self, address: str, ticket: str) -> str:
        """The address with a tag that names the ticket; the plain one without a ticket."""
        bare = ticket.removeprefix(TICKET)
        if not bare or bare == ticket:
            return address
        local, _, domain = address.rpartition("@")
        return f"{local}+{bare}.{self._mac(self._keys[0], 'to', ticket)}@{domain}"

    def key_of(self, message_id: str) -> str:
        """The reserved key that a Message-ID of ours carries, empty if it is none."""
        return self._read(message_id)[0]

    def ticket_of(self, told: str) -> str:
        """The ticket that an address or a Message-ID proves, empty if it proves none."""
        tagged = _TAGGED.fullmatch(told.lower())
        if tagged is not None:
            ticket = f"{TICKET}{tagged[1]}"
            return ticket if self._proves(tagged[2], "to", ticket) else ""
        return self._read(told)[1]

    def _read(self, message_id: str) -> tuple[str, str]:
        found = _MAILED.fullmatch(message_id)
        if found is None or not self._proves(found[3], "id", found[1], found[2]):
            return "", ""
        return found[1], found[2]

    def _proves(self, mac: str, *told: str) -> bool:
        return any(hmac.compare_digest(self._mac(key, *told), mac) for key in self._keys)

    def _mac(self, key: bytes, *told: str) -> str:
        text = "\0".join((*told, self._account)).encode()
        return b32encode(hmac.digest(key, text, sha256)).decode().lower()[:_MAC_SIGNS]
