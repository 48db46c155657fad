"""The short names of fields in stored documents: a third of a document would otherwise be field names.

Only what stands in most documents has one; every other field keeps its name. A short name means one field for ever: a
stored document is read by it. Nothing outside ``codec`` uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import AliasChoices, AliasGenerator

SHORT: Final[Mapping[str, str]] = {
    "account": "ac",
    "accountable": "ab",
    "after": "af",
    "amount": "am",
    "author": "au",
    "author_id": "ai",
    "automatic": "at_",
    "before": "bf",
    "breached_at": "ba",
    "category": "cg",
    "clocks": "cl",
    "conversation": "cv",
    "created_at": "ca",
    "customer_at": "cu",
    "cycle": "cy",
    "delivery": "dl",
    "direction": "d",
    "due_at": "da",
    "evidence": "ev",
    "external_id": "x",
    "fence": "f",
    "first_account": "fa",
    "identities": "is",
    "identity": "i",
    "identity_kind": "ik",
    "language": "l",
    "last_message": "lm",
    "linked_at": "la",
    "message": "m",
    "messages": "mc",
    "metric": "me",
    "number": "no",
    "occurred_at": "oa",
    "owner": "ow",
    "participants": "pp",
    "parts": "p",
    "phase": "ph",
    "policy": "po",
    "priority": "pr",
    "provider_id": "pi",
    "provider_order": "pn",
    "queue": "q",
    "raw": "r",
    "reason": "re",
    "received_at": "ra",
    "replied_at": "rp",
    "sent_at": "sa",
    "source": "so",
    "started_at": "st",
    "status": "s",
    "subject": "su",
    "tags": "tg",
    "text": "t",
    "ticket": "tk",
    "unanswered": "un",
    "updated_at": "ua",
    "used": "us",
    "version": "v",
    "waiting_since": "wa",
    "warn_at": "wn",
    "warned_at": "wd",
    "worker": "w",
}
"""From a field's name to its name in documents."""


def _choices(name: str) -> str | AliasChoices:
    # A single choice: as a plain string the short name would also become the constructor's parameter.
    return AliasChoices(SHORT[name]) if name in SHORT else name


SHORT_NAMES: Final = AliasGenerator(validation_alias=_choices, serialization_alias=lambda name: SHORT.get(name, name))
"""What gives the fields of a stored model their short names."""
