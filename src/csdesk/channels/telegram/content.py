"""Our parts as calls of the Bot API: one table, the mirror of ``csdesk.parsing.telegram.content``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from csdesk.channels._words import link_words
from csdesk.channels.telegram.api import Call
from csdesk.domain.records.messages import (
    ContactPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    MenuItem,
    MenuPart,
    Part,
    TextPart,
)
from csdesk.ports.channel import MediaFile

MARKED: Final = ("text", "caption")
"""The parameters in which markup may stand."""

_METHODS: Final[Mapping[tuple[MediaKind, str], str]] = MappingProxyType(
    {
        **{(MediaKind.IMAGE, one): "photo" for one in ("image/jpeg", "image/jpg", "image/png", "image/webp")},
        (MediaKind.IMAGE, "image/gif"): "animation",
        (MediaKind.VOICE, "audio/ogg"): "voice",
        **{(MediaKind.VOICE, one): "audio" for one in ("audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a")},
        (MediaKind.VIDEO, "video/mp4"): "video",
        (MediaKind.STICKER, "image/webp"): "sticker",
        (MediaKind.STICKER, "video/webm"): "sticker",
        (MediaKind.STICKER, "application/x-tgsticker"): "sticker",
    }
)
"""As what a file is sent that Telegram shows as more than a document."""

_KNOWN: Final[Mapping[MediaKind, str]] = MappingProxyType(
    {
        MediaKind.IMAGE: "photo",
        MediaKind.VOICE: "voice",
        MediaKind.VIDEO: "video",
        MediaKind.STICKER: "sticker",
        MediaKind.FILE: "document",
    }
)
"""As what a file is sent that Telegram has already."""


def call_of(part: Part, files: tuple[MediaFile, ...]) -> Call | None:
    """The call that a part becomes, without its address; None for one that Telegram cannot take."""
    if isinstance(part, MediaPart):
        return _media(part, files)
    build = _TYPES.get(type(part))
    return None if build is None else build(part)


def _media(part: MediaPart, files: tuple[MediaFile, ...]) -> Call | None:
    caption = {"caption": part.caption} if part.caption and part.media is not MediaKind.STICKER else {}
    if part.ref is None:
        name = _KNOWN[part.media]
        return Call(_sends(name), {name: part.provider_id, **caption}) if part.provider_id else None
    wanted = part.ref.sha256
    file = next((one for one in files if one.sha256 == wanted), None)
    if file is None:
        return None
    name = _METHODS.get((part.media, file.type.partition(";")[0].strip().lower()), "document")
    return Call(_sends(name), caption, (name, file))


def _sends(name: str) -> str:
    return f"send{name.capitalize()}"


def _text(part: TextPart) -> Call | None:
    return Call("sendMessage", {"text": part.text}) if part.text.strip() else None


def _link(part: LinkPart) -> Call | None:
    return _text(TextPart(text=link_words(part)))


def _location(part: LocationPart) -> Call:
    place: dict[str, object] = {"latitude": part.latitude, "longitude": part.longitude}
    if part.name:
        return Call("sendVenue", {**place, "title": part.name, "address": part.address or part.name})
    return Call("sendLocation", place)


def _contact(part: ContactPart) -> Call | None:
    if not part.external_id:
        return None
    return Call("sendContact", {"phone_number": part.external_id, "first_name": part.name or part.external_id})


def _menu(part: MenuPart) -> Call | None:
    """Words with a button for each choice and link, one below the other; mere words are lines of the text."""
    buttons = [button for item in part.items if (button := _button(item)) is not None]
    lines = [item.text for item in part.items if _button(item) is None]
    text = "\n".join(one for one in (part.head, *lines, part.tail) if one)
    if not text.strip():
        return None
    keyboard = {"reply_markup": {"inline_keyboard": [[one] for one in buttons]}} if buttons else {}
    return Call("sendMessage", {"text": text, **keyboard})


def _button(item: MenuItem) -> dict[str, object] | None:
    if item.app_id and item.url:
        return {"text": item.text, "web_app": {"url": item.url}}
    if item.url:
        return {"text": item.text, "url": item.url}
    return {"text": item.text, "callback_data": item.id} if item.id else None


# ``Any``: each function takes the part of its own row.
_TYPES: Final[Mapping[type, Callable[[Any], Call | None]]] = MappingProxyType(
    {TextPart: _text, LinkPart: _link, LocationPart: _location, ContactPart: _contact, MenuPart: _menu}
)
