"""Content of messages: one table from the platform's message types to our parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from csdesk.domain.records.messages import (
    ChoicePart,
    ContactPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    MenuItem,
    MenuPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.parsing.values import Fields, fields_of, joined, text_of

MOST_MERGED: Final = 200
"""How many messages of a forwarded chat are read."""

_DEEPEST: Final = 3
_MOST_NESTED: Final = 200_000

Parts = tuple[Part, ...]


def parts_of(kind: str, fields: Fields) -> Parts | None:
    """The parts of a message of that type; None for a type that is not known here."""
    build = _TYPES.get(kind)
    return None if build is None else build(fields)


def _text(fields: Fields) -> Parts:
    text = TextPart(text=text_of(fields.get("content")))
    menu = text_of(fields.get("menu_id"))
    return (text, ChoicePart(id=menu, text=text.text)) if menu else (text,)


def _media(kind: MediaKind) -> Callable[[Fields], Parts]:
    def build(fields: Fields) -> Parts:
        name = text_of(fields.get("filename")) or text_of(fields.get("name"))
        return (MediaPart(media=kind, provider_id=text_of(fields.get("media_id")), name=name),)

    return build


def _location(fields: Fields) -> Parts:
    # Degrees in GCJ-02, as Chinese maps have them; text is tolerated, and pydantic checks the range.
    return (
        LocationPart.model_validate(
            {
                "latitude": fields.get("latitude"),
                "longitude": fields.get("longitude"),
                "name": text_of(fields.get("name")),
                "address": text_of(fields.get("address")),
            }
        ),
    )


def _link(fields: Fields) -> Parts:
    return (
        LinkPart(
            url=text_of(fields.get("url")), title=text_of(fields.get("title")), description=text_of(fields.get("desc"))
        ),
    )


def _mini_program(fields: Fields) -> Parts:
    return (
        LinkPart(
            url=text_of(fields.get("pagepath")), title=text_of(fields.get("title")), app_id=text_of(fields.get("appid"))
        ),
    )


def _business_card(fields: Fields) -> Parts:
    return (ContactPart(external_id=text_of(fields.get("userid")), name=text_of(fields.get("name"))),)


def _product(fields: Fields) -> Parts:
    told = joined(fields, "sales_price", "shop_nickname")
    return (LinkPart(title=text_of(fields.get("title")), description=told),)


def _order(fields: Fields) -> Parts:
    told = joined(fields, "order_id", "product_titles", "price_wording", "state", "shop_nickname")
    return (OtherPart(provider_type="channels_shop_order", text=told),)


def _channels(fields: Fields) -> Parts:
    return (LinkPart(title=text_of(fields.get("title")), description=text_of(fields.get("nickname"))),)


def _menu(fields: Fields) -> Parts:
    listed = fields.get("list")
    items = [_menu_item(fields_of(one)) for one in listed] if isinstance(listed, list) else []
    return (
        MenuPart(
            head=text_of(fields.get("head_content")),
            items=tuple(item for item in items if item.text),
            tail=text_of(fields.get("tail_content")),
        ),
    )


def _menu_item(fields: Fields) -> MenuItem:
    inner = fields_of(fields.get(text_of(fields.get("type"))))
    url = text_of(inner.get("url")) or text_of(inner.get("pagepath"))
    return MenuItem(
        text=text_of(inner.get("content")),
        id=text_of(inner.get("id")),
        url=url,
        app_id=text_of(inner.get("appid")),
    )


def _merged(fields: Fields) -> Parts:
    lines = [text_of(fields.get("title")), *_merged_lines(fields, depth=0)]
    return (OtherPart(provider_type="merged_msg", text="\n".join(line for line in lines if line)),)


def _merged_lines(fields: Fields, *, depth: int) -> Iterator[str]:
    """A line for each message of a forwarded chat; a broken one is named by its type alone."""
    listed = fields.get("item")
    for one in listed[:MOST_MERGED] if isinstance(listed, list) else ():
        entry = fields_of(one)
        kind = text_of(entry.get("msgtype"))
        inner = fields_of(_nested(entry.get("msg_content")))
        inner = fields_of(inner.get(kind)) or inner
        said = text_of(inner.get("content")) or text_of(inner.get("title")) or f"[{kind}]"
        yield f"{'  ' * depth}{text_of(entry.get('sender_name'))}: {said}"
        if kind == "merged_msg" and depth < _DEEPEST:
            yield from _merged_lines(inner, depth=depth + 1)


def _nested(value: object) -> object:
    if not isinstance(value, str) or len(value) > _MOST_NESTED:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _other(kind: str) -> Callable[[Fields], Parts]:
    def build(fields: Fields) -> Parts:
        return (OtherPart(provider_type=kind, text=joined(fields, "title", "name", "topic", "content")),)

    return build


_TYPES: Final[Mapping[str, Callable[[Fields], Parts]]] = MappingProxyType(
    {
        "text": _text,
        "image": _media(MediaKind.IMAGE),
        "voice": _media(MediaKind.VOICE),
        "video": _media(MediaKind.VIDEO),
        "file": _media(MediaKind.FILE),
        "location": _location,
        "link": _link,
        "business_card": _business_card,
        "miniprogram": _mini_program,
        "msgmenu": _menu,
        "channels_shop_product": _product,
        "channels_shop_order": _order,
        "merged_msg": _merged,
        "channels": _channels,
        "meeting": _other("meeting"),
        "schedule": _other("schedule"),
        "calendar": _other("calendar"),
        "note": _other("note"),
    }
)
