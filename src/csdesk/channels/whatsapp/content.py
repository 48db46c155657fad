"""Our parts as the platform's message types: one table, the mirror of ``csdesk.parsing.whatsapp.content``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from csdesk.channels._words import link_words
from csdesk.channels.whatsapp.limits import BODY, BUTTON, BUTTONS
from csdesk.domain.records.messages import (
    ContactPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    MenuItem,
    MenuPart,
    Part,
    TemplateButton,
    TemplatePart,
    TemplateValue,
    TextPart,
)

Body = Mapping[str, object]
Made = tuple[str, Body | list[Body]] | None
"""The message type and what stands under it; None: it cannot be sent."""

_MEDIA: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.VOICE: "audio",
    MediaKind.VIDEO: "video",
    MediaKind.FILE: "document",
    MediaKind.STICKER: "sticker",
}
_CAPTIONED: Final = frozenset({"image", "video", "document"})
_IN_TEMPLATES: Final = frozenset({"image", "video", "document"})


def content_of(part: Part, menu_label: str) -> Made:
    """The message that a part becomes; None for one that the platform cannot take.

    Args:
        part: what is sent.
        menu_label: the words on the button that opens a list of choices.
    """
    if isinstance(part, MenuPart):
        return _menu(part, menu_label)
    build = _TYPES.get(type(part))
    return None if build is None else build(part)


def _text(part: TextPart) -> Made:
    return ("text", {"body": part.text, "preview_url": False}) if part.text.strip() else None


def _link(part: LinkPart) -> Made:
    words = link_words(part)
    return ("text", {"body": words, "preview_url": bool(part.url)}) if words else None


def _media(part: MediaPart) -> Made:
    kind = _MEDIA[part.media]
    if not part.provider_id:
        return None
    body = {"id": part.provider_id}
    if part.caption and kind in _CAPTIONED:
        body["caption"] = part.caption
    if kind == "document":
        body["filename"] = part.name or (part.ref.name if part.ref is not None else "") or "file"
    return kind, body


def _location(part: LocationPart) -> Made:
    place: dict[str, object] = {"latitude": part.latitude, "longitude": part.longitude}
    words = {name: value for name, value in (("name", part.name), ("address", part.address)) if value}
    return "location", {**place, **words}


def _contact(part: ContactPart) -> Made:
    if not part.external_id:
        return None
    name = part.name or part.external_id
    card: Body = {
        "name": {"formatted_name": name, "first_name": name},
        "phones": [{"phone": part.external_id, "type": "CELL"}],
    }
    return "contacts", [card]


def _menu(part: MenuPart, label: str) -> Made:
    """Up to three short choices are buttons, more are a list; a single link is a button; other words are lines."""
    choices = [item for item in part.items if item.id and not item.url]
    links = [item for item in part.items if item.url]
    button = links[0] if len(links) == 1 and not choices and BUTTON.holds(links[0].text) else None
    lines = [_line(item) for item in part.items if item not in choices and item is not button]
    body = "\n".join(one for one in (part.head, *lines) if one)
    if not choices and button is None:
        return _text(TextPart(text="\n".join(one for one in (body, part.tail) if one)))
    if not body.strip() or not BODY.holds(body):
        return None
    footer = {"footer": {"text": part.tail}} if part.tail else {}
    kind, action = _link_action(button) if button is not None else _choices(choices, label)
    return "interactive", {"type": kind, "body": {"text": body}, **footer, "action": action}


def _line(item: MenuItem) -> str:
    return f"{item.text}: {item.url}" if item.url else item.text


def _link_action(item: MenuItem) -> tuple[str, Body]:
    return "cta_url", {"name": "cta_url", "parameters": {"display_text": item.text, "url": item.url}}


def _choices(choices: list[MenuItem], label: str) -> tuple[str, Body]:
    if len(choices) <= BUTTONS and all(BUTTON.holds(item.text) for item in choices):
        return "button", {
            "buttons": [{"type": "reply", "reply": {"id": item.id, "title": item.text}} for item in choices]
        }
    rows = [{"id": item.id, "title": item.text} for item in choices]
    return "list", {"button": label, "sections": [{"rows": rows}]}


def _template(part: TemplatePart) -> Made:
    components: list[Body] = []
    if part.provider_id:
        kind = _MEDIA[part.media]
        if kind not in _IN_TEMPLATES:
            return None
        components.append({"type": "header", "parameters": [{"type": kind, kind: {"id": part.provider_id}}]})
    elif part.header is not None:
        components.append({"type": "header", "parameters": [_value(part.header)]})
    if part.body:
        components.append({"type": "body", "parameters": [_value(one) for one in part.body]})
    components += [_button(one) for one in part.buttons]
    body: dict[str, object] = {"name": part.name, "language": {"code": part.locale}}
    return "template", {**body, **({"components": components} if components else {})}


def _value(value: TemplateValue) -> Body:
    named = {"parameter_name": value.name} if value.name else {}
    if value.currency:
        money = {"fallback_value": value.text, "code": value.currency, "amount_1000": value.amount_1000}
        return {"type": "currency", **named, "currency": money}
    if value.is_time:
        return {"type": "date_time", **named, "date_time": {"fallback_value": value.text}}
    return {"type": "text", **named, "text": value.text}


_BUTTONS: Final = {
    "reply": ("quick_reply", "payload", "payload"),
    "url": ("url", "text", "text"),
    "code": ("copy_code", "coupon_code", "coupon_code"),
}


def _button(button: TemplateButton) -> Body:
    sub_type, kind, name = _BUTTONS[button.kind]
    parameter = {"type": kind, name: button.value}
    return {"type": "button", "sub_type": sub_type, "index": str(button.index), "parameters": [parameter]}


# ``Any``: each function takes the part of its own row.
_TYPES: Final[Mapping[type, Callable[[Any], Made]]] = MappingProxyType(
    {
        TextPart: _text,
        LinkPart: _link,
        MediaPart: _media,
        LocationPart: _location,
        ContactPart: _contact,
        TemplatePart: _template,
    }
)
