"""What a message of WhatsApp holds: one table from the platform's types to our parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from csdesk.domain.records.messages import (
    ChoicePart,
    ContactPart,
    LocationPart,
    MediaKind,
    MediaPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.parsing.values import Fields, fields_of, objects_in, text_of

Parts = tuple[Part, ...]

_MOST_CARDS: Final = 50
_MOST_PRODUCTS: Final = 100


def parts_of(message: Fields) -> Parts | None:
    """The parts of a message; None for a type that is not known here."""
    kind = text_of(message.get("type"))
    build = _TYPES.get(kind)
    if build is None:
        return None
    value = message.get(kind)
    return _cards(value) if kind == "contacts" else build(fields_of(value))


def _text(fields: Fields) -> Parts:
    return (TextPart(text=text_of(fields.get("body"))),)


def _media(kind: MediaKind) -> Callable[[Fields], Parts]:
    def build(fields: Fields) -> Parts:
        part = MediaPart(
            media=kind,
            provider_id=text_of(fields.get("id")),
            name=text_of(fields.get("filename")),
            type=text_of(fields.get("mime_type")),
        )
        caption = text_of(fields.get("caption"))
        return (part, TextPart(text=caption)) if caption else (part,)

    return build


def _audio(fields: Fields) -> Parts:
    return _media(MediaKind.VOICE if fields.get("voice") is True else MediaKind.FILE)(fields)


def _location(fields: Fields) -> Parts:
    place = {name: fields.get(name) for name in ("latitude", "longitude")}
    words = {name: text_of(fields.get(name)) for name in ("name", "address")}
    return (LocationPart.model_validate({**place, **words}),)


def _cards(value: object) -> Parts:
    return tuple(_card(one) for one in objects_in(value)[:_MOST_CARDS])


def _card(fields: Fields) -> Part:
    name = text_of(fields_of(fields.get("name")).get("formatted_name"))
    numbers = [text_of(one.get("phone") or one.get("wa_id")) for one in objects_in(fields.get("phones"))]
    addresses = [
        ", ".join(text for part in ("street", "city", "zip", "country") if (text := text_of(one.get(part))))
        for one in objects_in(fields.get("addresses"))
    ]
    return ContactPart(external_id=next(iter(numbers), ""), name=name, address=next(iter(addresses), ""))


def _button(fields: Fields) -> Parts:
    words, choice = text_of(fields.get("text")), text_of(fields.get("payload"))
    return (TextPart(text=words or choice), ChoicePart(id=choice or words, text=words))


def _interactive(fields: Fields) -> Parts:
    kind = text_of(fields.get("type"))
    inner = fields_of(fields.get(kind))
    if kind in ("button_reply", "list_reply"):
        words, choice = text_of(inner.get("title")), text_of(inner.get("id"))
        return (TextPart(text=words or choice), ChoicePart(id=choice, text=words))
    said = " ".join(text for name in ("body", "response_json") if (text := text_of(inner.get(name))))
    return (OtherPart(provider_type=f"interactive.{kind}"[:200], text=said),)


def _order(fields: Fields) -> Parts:
    lines = [text_of(fields.get("text")), *map(_product, objects_in(fields.get("product_items"))[:_MOST_PRODUCTS])]
    return (OtherPart(provider_type="order", text="\n".join(line for line in lines if line)),)


def _product(fields: Fields) -> str:
    price = f"{text_of(fields.get('item_price'))} {text_of(fields.get('currency'))}".strip()
    return f"{text_of(fields.get('quantity'))} x {text_of(fields.get('product_retailer_id'))} {price}".strip()


def _unsupported(fields: Fields) -> Parts:
    return (OtherPart(provider_type="unsupported", text=text_of(fields.get("type"))),)


_TYPES: Final[Mapping[str, Callable[[Fields], Parts]]] = MappingProxyType(
    {
        "text": _text,
        "image": _media(MediaKind.IMAGE),
        "video": _media(MediaKind.VIDEO),
        "audio": _audio,
        "voice": _media(MediaKind.VOICE),
        "document": _media(MediaKind.FILE),
        "sticker": _media(MediaKind.STICKER),
        "location": _location,
        "contacts": lambda _: (),
        "button": _button,
        "interactive": _interactive,
        "order": _order,
        "unsupported": _unsupported,
        "unknown": _unsupported,
    }
)
