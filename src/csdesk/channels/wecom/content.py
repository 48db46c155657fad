"""Our parts as the platform's message types: one table, the mirror of ``csdesk.parsing.wecom.parts``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from csdesk.channels._words import link_words
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

Body = Mapping[str, object]
Made = tuple[str, Body] | None
"""The message type and its body; None: it cannot be sent."""

ON_EVENT: Final = frozenset({"text", "msgmenu"})
"""What may answer an event."""

CONTACT_LINK: Final = "https://work.weixin.qq.com/ca/"
"""How links begin that add a customer to a member's contacts."""

_MEDIA: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.STICKER: "image",
    MediaKind.VOICE: "voice",
    MediaKind.VIDEO: "video",
    MediaKind.FILE: "file",
}
_TITLE_BYTES: Final = 128
_DESCRIPTION_BYTES: Final = 512


def body_of(part: Part) -> Made:
    """The message that a part becomes; None for one that the platform cannot take."""
    build = _TYPES.get(type(part))
    return None if build is None else build(part)


def media_type(kind: MediaKind) -> str:
    """The platform's word for a kind of media."""
    return _MEDIA[kind]


def _text(part: TextPart) -> Made:
    return "text", {"content": part.text}


def _media(part: MediaPart) -> Made:
    return (_MEDIA[part.media], {"media_id": part.provider_id}) if part.provider_id else None


def _location(part: LocationPart) -> Made:
    body = {"latitude": part.latitude, "longitude": part.longitude, "name": part.name, "address": part.address}
    return "location", body


def _contact(part: ContactPart) -> Made:
    return ("business_card", {"userid": part.external_id}) if part.external_id else None


def _link(part: LinkPart) -> Made:
    """A mini program or a card with a picture where there is one; without, the platform takes only words."""
    title = _cut(part.title, _TITLE_BYTES)
    if part.app_id:
        body = {"appid": part.app_id, "title": title, "pagepath": part.url, "thumb_media_id": part.thumb_id}
        return ("miniprogram", body) if part.thumb_id else None
    if part.url.startswith(CONTACT_LINK):
        return "ca_link", {"link_url": part.url}
    if part.thumb_id and title and part.url:
        description = _cut(part.description, _DESCRIPTION_BYTES)
        return "link", {"title": title, "desc": description, "url": part.url, "thumb_media_id": part.thumb_id}
    words = link_words(part)
    return ("text", {"content": words}) if words else None


def _menu(part: MenuPart) -> Made:
    body = {"head_content": part.head, "list": [_item(one) for one in part.items], "tail_content": part.tail}
    return "msgmenu", body


def _item(item: MenuItem) -> Body:
    if item.app_id:
        inner = {"appid": item.app_id, "pagepath": item.url, "content": item.text}
        return {"type": "miniprogram", "miniprogram": inner}
    if item.url:
        return {"type": "view", "view": {"url": item.url, "content": item.text}}
    if item.id:
        return {"type": "click", "click": {"id": item.id, "content": item.text}}
    return {"type": "text", "text": {"content": item.text}}


def _cut(text: str, most: int) -> str:
    """The beginning of a text that has at most so many bytes."""
    return text.encode()[:most].decode("utf-8", "ignore")


# ``Any``: each function takes the part of its own row.
_TYPES: Final[Mapping[type, Callable[[Any], Made]]] = MappingProxyType(
    {
        TextPart: _text,
        MediaPart: _media,
        LocationPart: _location,
        ContactPart: _contact,
        LinkPart: _link,
        MenuPart: _menu,
    }
)
