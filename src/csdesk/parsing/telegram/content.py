"""What a message of Telegram holds: one table from the Bot API's fields to our parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from csdesk.domain.records.messages import (
    ContactPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.parsing.values import Fields, fields_of, joined, number_of, objects_in, text_of

Parts = tuple[Part, ...]

MOST_FETCHED: Final = 20_000_000
"""The largest file, in bytes, that a bot may fetch from Telegram's own servers."""

_MOST_ENTITIES: Final = 200


def parts_of(message: Fields) -> Parts | None:
    """The parts of a message; None if it holds nothing that is known here."""
    if isinstance(message.get("text"), str):
        return _words(message, "text", "entities")
    for name, build in _TYPES.items():
        if message.get(name) is not None:
            made = build(name, message.get(name))
            caption = _words(message, "caption", "caption_entities") if message.get("caption") else ()
            return (*made, *caption)
    return None


def service_of(message: Fields) -> str:
    """The name of what happened in the chat, if the message tells of something that is no message; else empty."""
    return next((name for name in SERVICE if message.get(name) is not None), "")


def covered(text: str, entity: Fields) -> str:
    """What an entity covers; it is counted in UTF-16 code units. Empty if it lies outside of the text."""
    start, length = number_of(entity.get("offset")), number_of(entity.get("length"))
    if start is None or length is None or start < 0 or length <= 0:
        return ""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")


def _words(message: Fields, text: str, entities: str) -> Parts:
    said = text_of(message.get(text))
    links = [
        LinkPart(url=text_of(one.get("url")), title=covered(said, one))
        for one in objects_in(message.get(entities))[:_MOST_ENTITIES]
        if one.get("type") == "text_link"
    ]
    return (TextPart(text=said), *links)


def _media(kind: MediaKind) -> Callable[[str, object], Parts]:
    return lambda _, value: (_file(kind, fields_of(value)),)


def _file(kind: MediaKind, file: Fields, *, type: str = "") -> MediaPart:
    size = number_of(file.get("file_size"))
    return MediaPart(
        media=kind,
        provider_id=text_of(file.get("file_id")),
        name=text_of(file.get("file_name")),
        type=text_of(file.get("mime_type")) or type,
        problem="too_large" if size is not None and size > MOST_FETCHED else "",
    )


def _photo(_: str, value: object) -> Parts:
    """The largest of its sizes."""
    sizes = objects_in(value)
    if not sizes:
        return ()
    best = max(sizes, key=lambda one: (number_of(one.get("width")) or 0) * (number_of(one.get("height")) or 0))
    return (_file(MediaKind.IMAGE, best, type="image/jpeg"),)


def _sticker(_: str, value: object) -> Parts:
    """A picture; a moving one is a video, or a file in Telegram's own format."""
    sticker = fields_of(value)
    kind = MediaKind.STICKER
    if sticker.get("is_video") is True:
        kind = MediaKind.VIDEO
    elif sticker.get("is_animated") is True:
        kind = MediaKind.FILE
    return (_file(kind, sticker).model_copy(update={"caption": text_of(sticker.get("emoji"))}),)


def _location(_: str, value: object) -> Parts:
    place = fields_of(value)
    inner = fields_of(place.get("location")) or place
    given = {"latitude": inner.get("latitude"), "longitude": inner.get("longitude")}
    words = {"name": text_of(place.get("title")), "address": text_of(place.get("address"))}
    return (LocationPart.model_validate({**given, **words}),)


def _contact(_: str, value: object) -> Parts:
    card = fields_of(value)
    name = joined(card, "first_name", "last_name")
    return (ContactPart(external_id=text_of(card.get("phone_number")), name=name),)


def _poll(name: str, value: object) -> Parts:
    poll = fields_of(value)
    lines = [
        text_of(poll.get("question")),
        *(f"- {text_of(one.get('text'))}" for one in objects_in(poll.get("options"))),
    ]
    return (OtherPart(provider_type=name, text="\n".join(lines)),)


def _checklist(name: str, value: object) -> Parts:
    told = fields_of(value)
    lines = [text_of(told.get("title")), *(f"- {text_of(one.get('text'))}" for one in objects_in(told.get("tasks")))]
    return (OtherPart(provider_type=name, text="\n".join(lines)),)


def _other(*names: str) -> Callable[[str, object], Parts]:
    return lambda name, value: (OtherPart(provider_type=name, text=joined(fields_of(value), *names)),)


_TYPES: Final[Mapping[str, Callable[[str, object], Parts]]] = MappingProxyType(
    {
        "photo": _photo,
        "animation": _media(MediaKind.VIDEO),  # has "document" beside it, for older programs
        "video": _media(MediaKind.VIDEO),
        "video_note": _media(MediaKind.VIDEO),
        "voice": _media(MediaKind.VOICE),
        "audio": _media(MediaKind.FILE),
        "document": _media(MediaKind.FILE),
        "sticker": _sticker,
        "venue": _location,  # has "location" beside it
        "location": _location,
        "contact": _contact,
        "poll": _poll,
        "checklist": _checklist,
        "dice": _other("emoji", "value"),
        "game": _other("title", "description"),
        "story": _other(),
        "paid_media": _other("star_count"),
        "live_photo": _other(),
        "giveaway": _other("prize_description"),
        "giveaway_winners": _other("prize_description"),
        "invoice": _other("title", "description", "currency", "total_amount"),
        "successful_payment": _other("invoice_payload", "currency", "total_amount"),
        "web_app_data": _other("button_text", "data"),
        "users_shared": _other("request_id"),
        "chat_shared": _other("request_id", "title"),
        "passport_data": _other(),
    }
)

SERVICE: Final = (
    *("new_chat_members", "left_chat_member", "chat_owner_left", "chat_owner_changed", "new_chat_title"),
    *("new_chat_photo", "delete_chat_photo", "group_chat_created", "supergroup_chat_created", "channel_chat_created"),
    *("message_auto_delete_timer_changed", "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message"),
    *("refunded_payment", "gift", "unique_gift", "gift_upgrade_sent", "connected_website", "write_access_allowed"),
    *("proximity_alert_triggered", "boost_added", "chat_background_set", "checklist_tasks_done"),
    *("checklist_tasks_added", "direct_message_price_changed", "paid_message_price_changed", "forum_topic_created"),
    *("forum_topic_edited", "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden"),
    *("general_forum_topic_unhidden", "giveaway_created", "giveaway_completed", "suggested_post_approved"),
    *("suggested_post_approval_failed", "suggested_post_declined", "suggested_post_paid", "suggested_post_refunded"),
    *("video_chat_scheduled", "video_chat_started", "video_chat_ended", "video_chat_participants_invited"),
)
"""Fields of messages that tell what happened in a chat: nobody said anything."""
