"""One message as the sendings it becomes: what a channel declares decides, before anything leaves.

A text is cut where a reader would cut it, never inside what looks like one character, and the ends of a cut lose their
blanks. The same message and the same capabilities give the same pieces, so a crash between two of them is no doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import Final

from csdesk.domain.ids import MESSAGE
from csdesk.domain.records.channels import Capabilities, Limit, MediaLimit, MenuLimits
from csdesk.domain.records.messages import MediaPart, MenuPart, Message, Part, TextPart, plain_text
from csdesk.domain.text.graphemes import split_text

Pieces = tuple[tuple[Part, ...], ...]

_MARKS: Final = digits[1:] + ascii_lowercase
_KEY: Final = len(MESSAGE) + 26


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a channel cannot take a message: a code, and what would make it possible."""

    reason: str
    needs: str = "other_content"


def piece_key(message: str, number: int) -> str:
    """The key of a sending, ``number`` counted from 0: the message's own id, for later ones with one more character."""
    return message if number == 0 else f"{message}{_MARKS[number - 1]}"


def reserved(key: str) -> tuple[str, ...]:
    """The ids under which a reserved key may have been claimed: itself, and the message that it is a piece of."""
    is_piece = key.startswith(MESSAGE) and len(key) == _KEY + 1 and key[-1] in _MARKS
    return (key, key[:-1]) if is_piece else (key,)


def piece_of(message: Message, key: str, provider_id: str) -> int | None:
    """Which sending of a message a report is about, counted from 0; None: it does not tell."""
    if len(reserved(key)) > 1:
        return _MARKS.index(key[-1]) + 1
    if key == message.id:
        return 0
    return message.pieces.index(provider_id) if provider_id in message.pieces else None


def pieces_of(parts: Sequence[Part], able: Capabilities) -> Pieces | Unfit:
    """The sendings that these parts become, or why there are none."""
    for part in parts:
        unfit = _unfit(part, able)
        if unfit is not None:
            return unfit
    if able.together and (able.text is None or able.text.holds(plain_text(tuple(parts)))):
        return (tuple(parts),)
    made: list[list[Part]] = []
    for part in parts:
        if isinstance(part, TextPart):
            made.extend([cut] for cut in _cuts(part, able.text))
        elif able.together and made:
            made[-1].append(part)
        else:
            made.append([part])
    if not made:
        return Unfit("empty")
    return tuple(map(tuple, made)) if len(made) <= able.most_pieces else Unfit("too_long", "shorter_text")


def _cuts(part: TextPart, limit: Limit | None) -> list[TextPart]:
    if limit is None or limit.holds(part.text):
        return [part] if part.text.strip() else []
    cuts = (cut.strip() for cut in split_text(part.text, limit.amount, unit=limit.unit))
    return [TextPart(text=cut) for cut in cuts if cut]


def _unfit(part: Part, able: Capabilities) -> Unfit | None:
    if part.kind not in able.parts:
        return Unfit("part_not_supported")
    if isinstance(part, MediaPart):
        return _unfit_media(part, able)
    if isinstance(part, MenuPart):
        return _unfit_menu(part, able)
    return None


def _unfit_media(part: MediaPart, able: Capabilities) -> Unfit | None:
    if not _holds(able.caption, part.caption):
        return Unfit("caption_too_long", "shorter_text")
    if part.problem or (part.ref is None and not part.provider_id):
        return Unfit("media_missing")
    limit = next((one for one in able.media if one.media is part.media), None)
    if able.media and limit is None:
        return Unfit("media_not_supported")
    if part.ref is None:
        return None  # the provider has it already, and knows
    if able.media_bytes and part.ref.size > able.media_bytes:
        return Unfit("media_too_large")
    return None if limit is None else _unfit_file(part.ref.size, part.type or part.ref.type, limit)


def _unfit_file(size: int, type: str, limit: MediaLimit) -> Unfit | None:
    if size > limit.most:
        return Unfit("media_too_large")
    if size < limit.least:
        return Unfit("media_too_small")
    fits = not limit.types or type.partition(";")[0].strip().lower() in limit.types
    return None if fits else Unfit("media_type")


def _unfit_menu(menu: MenuPart, able: Capabilities) -> Unfit | None:
    if len(menu.items) > able.menu_items:
        return Unfit("menu_too_long")
    limits = able.menu
    fits = _holds(limits.head, menu.head) and _holds(limits.tail, menu.tail)
    return (
        None
        if fits and all(_item_fits(item.text, item.id, item.url, limits) for item in menu.items)
        else Unfit("menu_too_long")
    )


def _item_fits(text: str, key: str, url: str, limits: MenuLimits) -> bool:
    if url:
        return _holds(limits.link, text) and _holds(limits.url, url)
    return not key or (_holds(limits.choice, text) and _holds(limits.choice_id, key))


def _holds(limit: Limit | None, text: str) -> bool:
    return limit is None or limit.holds(text)
