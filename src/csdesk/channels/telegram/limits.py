"""What Telegram allows a bot, as it documents it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csdesk.domain.records.messages import MediaKind
from csdesk.ports.channel import Capabilities, ConversationRate, Limit, MediaLimit, MenuLimits, Rate

MB: Final = 1_000_000

ALLOWED_UPDATES: Final = (
    *("message", "edited_message", "callback_query", "my_chat_member", "message_reaction"),
    *("business_connection", "business_message", "edited_business_message", "deleted_business_messages"),
)
"""The kinds of updates that are asked for: all that a desk has a use for."""

CAPABILITIES: Final = Capabilities(
    text=Limit(amount=4096, unit="utf16"),
    caption=Limit(amount=1024, unit="utf16"),
    parts=frozenset({"text", "media", "location", "link", "contact", "menu"}),
    together=False,
    menu_items=100,
    menu=MenuLimits(
        head=Limit(amount=2000, unit="utf16"),
        tail=Limit(amount=1000, unit="utf16"),
        choice_id=Limit(amount=64, unit="bytes"),
        url=Limit(amount=2048, unit="bytes"),
    ),
    media=(
        MediaLimit(media=MediaKind.IMAGE, most=10 * MB, least=1),
        MediaLimit(media=MediaKind.VOICE, most=50 * MB, least=1),
        MediaLimit(media=MediaKind.VIDEO, most=50 * MB, least=1),
        MediaLimit(media=MediaKind.FILE, most=50 * MB, least=1),
        MediaLimit(media=MediaKind.STICKER, most=512_000, least=1),
    ),
    media_by="content",
    fetches_media=True,
    fetch_within=timedelta(days=7),
    recall_within=timedelta(hours=48),
    edit_within=timedelta(days=365),
    receipts=frozenset({"sent"}),
    rate=Rate(amount=20, per=timedelta(seconds=1), burst=8),
    conversation_rates=(
        ConversationRate(begins="-", rate=Rate(amount=15, per=timedelta(minutes=1), burst=3)),
        ConversationRate(rate=Rate(amount=1, per=timedelta(seconds=1), burst=3)),
    ),
    code_lives=timedelta(minutes=10),
    idempotency="none",
)
"""What Telegram allows, by its documentation. It takes no key: after a time-out nobody knows what arrived.

It takes 30 messages a second, 20 a minute in a group (the keys of groups begin with ``-``), and one a second in a
private chat, where short bursts pass. The rates stay below that at every moment: a bucket gives its burst and what has
flowed in besides, and the last message that it lets pass may be cut into several.
"""
