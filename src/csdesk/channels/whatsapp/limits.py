"""What the Cloud API allows, as it documents it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csdesk.domain.records.messages import MediaKind
from csdesk.ports.channel import Capabilities, ConversationRate, Limit, MediaLimit, MenuLimits, Rate

MB: Final = 1_000_000

BODY: Final = Limit(amount=1024, unit="utf16")
"""The words over buttons or a list."""
BUTTON: Final = Limit(amount=20, unit="utf16")
"""The words on a button; on a row of a list a few more fit."""
BUTTONS: Final = 3
"""How many choices are buttons; more of them are a list."""

CAPABILITIES: Final = Capabilities(
    text=Limit(amount=4096, unit="utf16"),
    caption=Limit(amount=1024, unit="utf16"),
    parts=frozenset({"text", "media", "location", "link", "contact", "menu", "template"}),
    together=False,
    menu_items=10,
    menu=MenuLimits(
        head=BODY,
        tail=Limit(amount=60, unit="utf16"),
        choice=Limit(amount=24, unit="utf16"),
        choice_id=Limit(amount=200),
        url=Limit(amount=2000, unit="bytes"),
    ),
    media=(
        MediaLimit(media=MediaKind.IMAGE, most=5 * MB, least=1, types=frozenset({"image/jpeg", "image/png"})),
        MediaLimit(
            media=MediaKind.VOICE,
            most=16 * MB,
            least=1,
            types=frozenset({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}),
        ),
        MediaLimit(media=MediaKind.VIDEO, most=16 * MB, least=1, types=frozenset({"video/mp4", "video/3gpp"})),
        MediaLimit(media=MediaKind.FILE, most=100 * MB, least=1),
        MediaLimit(media=MediaKind.STICKER, most=500_000, least=1, types=frozenset({"image/webp"})),
    ),
    media_by="upload",
    media_lives=timedelta(days=29),
    fetches_media=True,
    fetch_within=timedelta(days=7),
    receipts=frozenset({"sent", "delivered", "read"}),
    rate=Rate(amount=50, per=timedelta(seconds=1), burst=20),
    conversation_rates=(ConversationRate(rate=Rate(amount=10, per=timedelta(minutes=1), burst=20)),),
    window=timedelta(hours=24),
    outside_window=frozenset({"template"}),
    code_lives=timedelta(minutes=10),
    idempotency="none",
)
"""What the platform allows, by its documentation: 80 messages a second for a number that was not raised, and to one
person one in six seconds, 45 of them in advance. It takes no key: after a time-out its reports of the message, which
carry our own id, tell whether it went."""
