"""What stands around a message of WhatsApp: the number that it came to, and who wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, TypedDict

from csdesk.domain.records.channels import ChannelEvent, IgnoredEvent, Sender, UnknownEvent
from csdesk.domain.records.customers import Evidence
from csdesk.parsing.values import Fields, fields_of, instant_of, key_of, raw_of, text_of

KIND: Final = "whatsapp"
"""The kind of the senders. A number is the same everywhere; a user id only within one business account (its scope)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How deliveries are read.

    Attributes:
        account: the desk's id of the account whose address it came to.
        accounts: the desk's ids of all accounts behind that address, by ``phone_number_id``.
        link_phones: whether a sender's number is an identity of kind ``phone`` too.
    """

    account: str
    accounts: Mapping[str, str] = field(default_factory=dict)
    link_phones: bool = False


class Head(TypedDict):
    """What every event has."""

    account: str
    dedupe_key: str
    occurred_at: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a delivery tells: a message, a status, or a change of another kind."""

    reading: Reading
    business: str
    account: str
    """Whose number it came to; empty if that number is not ours."""
    fields: Fields
    contacts: Mapping[str, Fields]
    received_at: datetime | None
    order: int = 0

    def head(self, key: str = "") -> Head:
        """The beginning of an event; without a key, one is made of the content."""
        raw = raw_of(self.fields)
        return {
            "account": self.account or self.reading.account,
            "dedupe_key": key_of(key) or f"sha256.{sha256(raw).hexdigest()}",
            "occurred_at": self.at or self.received_at,
            "raw": raw,
        }

    @property
    def id(self) -> str:
        """The platform's id of it."""
        return text_of(self.fields.get("id"))

    @property
    def at(self) -> datetime | None:
        """When it happened."""
        return instant_of(self.fields.get("timestamp"))

    def ignored(self, reason: str) -> ChannelEvent:
        """That nothing needs to be done, and why."""
        return IgnoredEvent(**self.head(self.id), reason=f"{KIND}.{reason}"[:200])

    def unknown(self, kind: str) -> ChannelEvent:
        """That it is not known here."""
        return UnknownEvent(**self.head(self.id), provider_type=kind[:200])

    def person(self, number: object) -> Sender | None:
        """Who has that number, with the name that they show; without a number, who has the user id beside it."""
        wanted = text_of(number)
        contact = self.contacts.get(wanted) or (next(iter(self.contacts.values()), {}) if not wanted else {})
        name = text_of(fields_of(contact.get("profile")).get("name"))
        if wanted:
            return Sender(kind=KIND, external_id=wanted, name=name)
        other = text_of(contact.get("user_id"))
        return Sender(kind=KIND, scope=self.business, external_id=other, name=name) if other else None

    def also(self, number: object) -> tuple[Sender, ...]:
        """Other identities of who has that number: the platform vouches for them."""
        wanted = text_of(number)
        found = []
        other = text_of(self.contacts.get(wanted, {}).get("user_id"))
        if wanted and other:
            found.append(Sender(kind=KIND, scope=self.business, external_id=other, evidence=Evidence.PROVIDER))
        if self.reading.link_phones and wanted.isascii() and wanted.isdecimal():
            found.append(Sender(kind="phone", external_id=f"+{wanted}", evidence=Evidence.PROVIDER))
        return tuple(found)
