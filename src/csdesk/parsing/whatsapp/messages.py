"""Messages of customers, of the business's own phone, and what the platform tells about messages of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from csdesk.domain.records.channels import (
    ChannelEvent,
    DeleteEvent,
    EchoEvent,
    EditEvent,
    Entrance,
    IdentityEvent,
    InboundMessage,
    ReactionEvent,
    Sender,
    SessionEvent,
    StatusEvent,
)
from csdesk.domain.records.customers import Evidence
from csdesk.parsing.values import Fields, fields_of, text_of
from csdesk.parsing.whatsapp.content import parts_of
from csdesk.parsing.whatsapp.errors import STOPPED, code_in, meaning, needs_of
from csdesk.parsing.whatsapp.told import KIND, Told

_Status = Literal["sent", "delivered", "read", "failed"]

_STATUSES: Final[Mapping[str, _Status]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
)
_FACTS: Final = (
    ("conversation", "id"),
    ("conversation", "expiration_timestamp"),
    ("pricing", "category"),
    ("pricing", "pricing_model"),
    ("pricing", "type"),
    ("pricing", "billable"),
)


def said(told: Told) -> ChannelEvent | None:
    """The event of a message; None if it is of no type that is known here."""
    kind = text_of(told.fields.get("type"))
    build = _OTHERS.get(kind)
    if build is not None:
        return build(told)
    if told.fields.get("group_id") is not None:
        return told.ignored("group")
    parts, who = parts_of(told.fields), told.person(told.fields.get("from"))
    if parts is None or who is None or not told.id:
        return None
    return InboundMessage(
        account=told.account,
        dedupe_key=told.id,
        conversation=who.external_id,
        sender=who,
        also=told.also(told.fields.get("from")),
        parts=parts,
        provider_id=told.id,
        references=_answered(told.fields),
        provider_order=told.order,
        sent_at=told.at,
        entrance=_entrance(fields_of(told.fields.get("referral"))),
        raw=told.head()["raw"],
    )


def _answered(message: Fields) -> tuple[str, ...]:
    answered = text_of(fields_of(message.get("context")).get("id"))
    return (answered,) if answered else ()


def _entrance(referral: Fields) -> Entrance | None:
    """The advertisement or post that somebody came by."""
    if not referral:
        return None
    scene, param, code = (text_of(referral.get(one)) for one in ("source_id", "source_type", "ctwa_clid"))
    return Entrance(scene=scene or text_of(referral.get("source_url")), param=param, code=code)


def _reaction(told: Told) -> ChannelEvent | None:
    inner, who = fields_of(told.fields.get("reaction")), told.person(told.fields.get("from"))
    if who is None:
        return None
    return ReactionEvent(
        **told.head(told.id),
        provider_id=text_of(inner.get("message_id")),
        sender=who,
        sign=text_of(inner.get("emoji")),
    )


def _edited(told: Told) -> ChannelEvent | None:
    inner = fields_of(told.fields.get("edit"))
    parts = parts_of(fields_of(inner.get("message")))
    if parts is None:
        return None
    return EditEvent(**told.head(told.id), provider_id=text_of(inner.get("original_message_id")), parts=parts)


def _revoked(told: Told) -> ChannelEvent | None:
    inner = fields_of(told.fields.get("revoke"))
    return DeleteEvent(**told.head(told.id), provider_id=text_of(inner.get("original_message_id")))


def _opened(told: Told) -> ChannelEvent | None:
    """The chat was opened for the first time: a greeting is welcome."""
    who = told.person(told.fields.get("from"))
    if who is None or not told.id:
        return None
    return SessionEvent(**told.head(told.id), conversation=who.external_id, sender=who, what="started", code=told.id)


def _system(told: Told) -> ChannelEvent | None:
    """A new number, or a new id, of somebody known."""
    inner = fields_of(told.fields.get("system"))
    kind = text_of(inner.get("type"))
    before = told.person(inner.get("customer") or told.fields.get("from"))
    if kind in ("user_changed_number", "customer_changed_number", "user_changed_user_id"):
        number, other = text_of(inner.get("wa_id") or inner.get("new_wa_id")), text_of(inner.get("user_id"))
        found = [_vouched("", number)] if number else []
        found += [_vouched(told.business, other)] if other else []
        if before is None or not found:
            return None
        return IdentityEvent(**told.head(told.id), sender=before, also=tuple(found))
    return told.ignored(f"system.{kind}")


def _vouched(scope: str, external_id: str) -> Sender:
    return Sender(kind=KIND, scope=scope, external_id=external_id, evidence=Evidence.PROVIDER)


def echoed(told: Told) -> ChannelEvent | None:
    """Something that a person of ours wrote in the app on the business's own phone."""
    kind = text_of(told.fields.get("type"))
    if kind in ("edit", "revoke"):
        return _OTHERS[kind](told)
    parts, to = parts_of(told.fields), told.person(told.fields.get("to"))
    if parts is None or to is None or not told.id:
        return None
    return EchoEvent(
        **told.head(told.id),
        conversation=to.external_id,
        to=to,
        author=text_of(told.fields.get("from")),
        provider_id=told.id,
        provider_order=told.order,
        parts=parts,
    )


def became(told: Told) -> ChannelEvent | None:
    """What became of a message of ours. Reports come in any order; the desk keeps the furthest."""
    kind = text_of(told.fields.get("status"))
    status = _STATUSES.get(kind)
    if status is None:
        return told.ignored(f"status.{kind}")
    if not told.id:
        return None
    code = code_in(told.fields.get("errors")) if status == "failed" else None
    return StatusEvent(
        **told.head(f"{told.id}/{kind}"),
        key=text_of(told.fields.get("biz_opaque_callback_data")),
        provider_id=told.id,
        status="opted_out" if code == STOPPED else status,
        reason="" if code is None else str(code),
        permanent=code is None or meaning(code)[0] != "retry",
        needs="" if code is None else needs_of(code),
        facts=tuple(_facts(told.fields)),
    )


def _facts(fields: Fields) -> list[tuple[str, str]]:
    found = [(f"{group}.{name}", fields_of(fields.get(group)).get(name)) for group, name in _FACTS]
    origin = fields_of(fields_of(fields.get("conversation")).get("origin")).get("type")
    found.append(("conversation.origin", origin))
    return [(name, _fact(value)) for name, value in found if _fact(value)]


def _fact(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else text_of(value)[:200]


_OTHERS: Final[Mapping[str, Callable[[Told], ChannelEvent | None]]] = MappingProxyType(
    {
        "reaction": _reaction,
        "edit": _edited,
        "revoke": _revoked,
        "request_welcome": _opened,
        "system": _system,
    }
)
"""Types of messages that are no messages."""
