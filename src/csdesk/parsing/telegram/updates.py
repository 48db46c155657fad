"""One update of the Bot API, made into events.

A table leads from the kinds of updates to ours; one that is not in it becomes an ``UnknownEvent`` that holds it.
Nothing that stands in an update raises. ``update_id`` tells deliveries apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from csdesk.domain.records.channels import (
    ContactEvent,
    DeleteEvent,
    EditEvent,
    ReactionEvent,
    UnknownEvent,
)
from csdesk.errors import InvalidInput
from csdesk.parsing.telegram.content import parts_of
from csdesk.parsing.telegram.messages import pressed, said
from csdesk.parsing.telegram.told import Events, Reading, Told, place_of, sender_of
from csdesk.parsing.values import Fields, fields_of, instant_of, number_of, objects_in, raw_of


def parse_update(update: object, *, account: str, reading: Reading, received_at: datetime | None) -> Events:
    """The events of one update: seldom more than one.

    Args:
        update: a JSON object of the Bot API; anything else is unknown.
        account: the desk's id of the account.
        reading: what is known of the bot.
        received_at: when it came (aware): the time of an event that has none; None: the desk's own arrival.
    """
    fields = fields_of(update)
    raw = raw_of(update)
    number = number_of(fields.get("update_id"))
    key = f"update/{number}" if number is not None and 0 <= number < 2**63 else f"sha256.{sha256(raw).hexdigest()}"
    kind = next((name for name in fields if name != "update_id"), "")
    told = Told(account, key, raw, received_at, fields_of(fields.get(kind)))
    try:
        found = _KINDS.get(kind, _unknown)(told, reading)
    except (InvalidInput, ValidationError):  # a value that no record takes: nobody who wrote, a place off the globe
        found = None
    return (UnknownEvent(**told.head(), provider_type=kind[:200]),) if found is None else found


def _unknown(_: Told, __: Reading) -> Events | None:
    return None


def _edited(told: Told, reading: Reading) -> Events | None:
    message = told.fields
    parts, number = parts_of(message), number_of(message.get("message_id"))
    place = place_of(message)
    if place is None or number is None:
        return None
    if parts is None:
        return (told.ignored("edit"),)
    if place.chat < 0 and reading.groups == "off":
        return (told.ignored("group"),)
    head = told.head(instant_of(message.get("edit_date")))
    return (EditEvent(**head, provider_id=place.message(number), parts=parts),)


def _deleted(told: Told, _: Reading) -> Events | None:
    place = place_of(told.fields)
    listed = told.fields.get("message_ids")
    numbers = [one for one in listed if isinstance(one, int)] if isinstance(listed, list) else []
    if place is None or not numbers:
        return None
    return tuple(
        DeleteEvent(**told.head(key=f"{told.key}/{number}"), provider_id=place.message(number)) for number in numbers
    )


def _reaction(told: Told, _: Reading) -> Events | None:
    place, number = place_of(told.fields), number_of(told.fields.get("message_id"))
    who = sender_of(fields_of(told.fields.get("user")))
    if place is None or number is None:
        return None
    if who is None:
        return (told.ignored("anonymous_reaction"),)
    signs = [_sign(one) for one in objects_in(told.fields.get("new_reaction"))]
    head = told.head(instant_of(told.fields.get("date")))
    return (ReactionEvent(**head, provider_id=place.message(number), sender=who, sign="".join(signs)),)


def _sign(reaction: Fields) -> str:
    emoji = reaction.get("emoji")
    return emoji if isinstance(emoji, str) else "⭐" if reaction.get("type") == "paid" else "▫"


def _member(told: Told, _: Reading) -> Events | None:
    """The bot itself was blocked, let in again, or put into a group or out of it."""
    status = fields_of(told.fields.get("new_chat_member")).get("status")
    chat = fields_of(told.fields.get("chat"))
    who = sender_of(fields_of(told.fields.get("from")))
    if chat.get("type") != "private":
        return (told.ignored("bot_removed" if status in ("left", "kicked") else "bot_in_group"),)
    if who is None or status not in ("kicked", "member"):
        return None
    return (ContactEvent(**told.head(instant_of(told.fields.get("date"))), sender=who, allowed=status == "member"),)


def _ignored(reason: str) -> Callable[[Told, Reading], Events | None]:
    return lambda told, _: (told.ignored(reason),)


_IGNORED: Final = (
    *("channel_post", "edited_channel_post", "business_connection", "message_reaction_count", "inline_query"),
    *("chosen_inline_result", "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer"),
    *("chat_member", "chat_join_request", "chat_boost", "removed_chat_boost", "managed_bot", "guest_message"),
)
"""Kinds of updates that are nothing for a desk."""


_KINDS: Final[Mapping[str, Callable[[Told, Reading], Events | None]]] = MappingProxyType(
    {
        "message": said,
        "business_message": said,
        "edited_message": _edited,
        "edited_business_message": _edited,
        "deleted_business_messages": _deleted,
        "callback_query": pressed,
        "message_reaction": _reaction,
        "my_chat_member": _member,
        **{name: _ignored(name) for name in _IGNORED},
    }
)
