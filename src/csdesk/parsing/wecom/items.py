"""One item of a page, read with patience: every field may be missing, of another type, or inside ``event``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import TypedDict

from csdesk.domain.records.channels import Sender
from csdesk.parsing.values import Fields, fields_of, instant_of, key_of, number_of, text_of


class Head(TypedDict):
    """What every event has."""

    account: str
    dedupe_key: str
    occurred_at: datetime | None
    raw: bytes


class Item:
    """An item, where it stands in its page, and whose it is."""

    def __init__(
        self, fields: Fields, raw: bytes, *, order: int, accounts: Mapping[str, str], account: str, corp: str
    ) -> None:
        self.fields = fields
        self.raw = raw
        self.order = order
        self.type = text_of(fields.get("msgtype"))
        self.origin = number_of(fields.get("origin"))
        self.inner = fields_of(fields.get(self.type))
        self._accounts = accounts
        self._account = account
        self._corp = corp

    @cached_property
    def account(self) -> str:
        """The id of the account it came to."""
        open_kfid = key_of(self.either("open_kfid"))
        return self._accounts.get(open_kfid, open_kfid) or self._account

    @cached_property
    def key(self) -> str:
        """Its id; one made from its content if it has none, the same each time it is seen."""
        return key_of(text_of(self.fields.get("msgid"))) or f"sha256.{sha256(self.raw).hexdigest()}"

    @property
    def customer(self) -> str:
        """The customer's id; empty if it names none."""
        return self.either("external_userid")

    @property
    def person(self) -> Sender:
        """The customer as a sender. Raises InvalidInput if it names none."""
        return Sender(kind="wecom", scope=self._corp, external_id=self.customer)

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent; None if that is no time."""
        return instant_of(self.fields.get("send_time"))

    def either(self, name: str) -> str:
        """A text on top, or inside ``event``, where the platform puts ids of events."""
        return text_of(self.fields.get(name)) or text_of(self.inner.get(name))

    def head(self, received_at: datetime | None = None) -> Head:
        """What every event begins with."""
        return {
            "account": self.account,
            "dedupe_key": self.key,
            "occurred_at": self.sent_at or received_at,
            "raw": self.raw,
        }
