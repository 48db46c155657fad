"""One item of a page, read with patience: every field may be missing, of another type, or inside ``event``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Final, TypedDict

from csdesk.domain.records._model import clean_text
from csdesk.domain.records.channels import Sender

Fields = Mapping[str, object]
"""A JSON object of the platform."""

_LATEST: Final = 32_503_680_000
"""A second in the year 3000: what lies after it is no time of a message."""
_MOST_KEY: Final = 200


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
        open_kfid = _key(self.either("open_kfid"))
        return self._accounts.get(open_kfid, open_kfid) or self._account

    @cached_property
    def key(self) -> str:
        """Its id; one made from its content if it has none, the same each time it is seen."""
        return _key(text_of(self.fields.get("msgid"))) or f"sha256.{sha256(self.raw).hexdigest()}"

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
        seconds = number_of(self.fields.get("send_time"))
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds < _LATEST else None

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


def text_of(value: object) -> str:
    """A text without lone surrogates; numbers become text, anything else is empty."""
    if isinstance(value, str):
        return str(clean_text(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18 else ""


def number_of(value: object) -> int | None:
    """A whole number, also from text; None for anything else."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("-").isdecimal() and value.isascii():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def fields_of(value: object) -> Fields:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _key(text: str) -> str:
    """The text if it can be a key, otherwise nothing."""
    return text if 0 < len(text) <= _MOST_KEY and text.isprintable() else ""
