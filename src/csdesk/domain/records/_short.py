"""Short forms in stored documents, events and traces: a third of them would otherwise be names.

Only what stands in most of them has one; everything else keeps its name. A short form means one name for ever: what is
stored is read by it. Nothing outside the stored forms uses them.
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
    "customer_message": "cm",
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


KINDS: Final = (
    *("message.received", "ticket.opened", "ticket.clocks", "ticket.assigned", "ticket.status", "ticket.tagged"),
    *("customer.created", "customer.identity_linked", "message.queued", "message.delivery", "message.noted"),
    *("sla.warned", "sla.breached", "ticket.field_set", "agent.saved", "agent.presence", "ticket.sla"),
)
"""Kinds of events that are written as their place here; new ones come at the end."""

CODES: Final = (
    *("dedupe.new", "identity.known", "identity.created", "thread.conversation", "thread.none", "thread.reference"),
    *("ticket.opened", "rules.fired", "clocks.started", "route.assigned", "route.kept", "route.no_candidate"),
    *("reply.skipped", "reply.hand_over", "reply.auto"),
)
"""Codes of verdicts that are written as their place here; new ones come at the end."""

PARAMETERS: Final = (
    *("customer", "ticket", "worker", "agent", "load", "queue", "policy", "clocks", "rule", "rules"),
    *("reason", "identity", "phrase", "confidence"),
)
"""Parameters of verdicts that are written as their place here; new ones come at the end."""


def _choices(name: str) -> str | AliasChoices:
    # A single choice: as a plain string the short name would also become the constructor's parameter.
    return AliasChoices(SHORT[name]) if name in SHORT else name


SHORT_NAMES: Final = AliasGenerator(validation_alias=_choices, serialization_alias=lambda name: SHORT.get(name, name))
"""What gives the fields of a stored model their short names."""
