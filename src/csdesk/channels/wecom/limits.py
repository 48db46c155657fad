"""What the platform allows, as it documents it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csdesk.domain.records.messages import MediaKind
from csdesk.ports.channel import Capabilities, Limit, MediaLimit, MenuLimits, Rate

MB: Final = 1_048_576
"""The platform counts in binary megabytes."""

_BYTES_128: Final = Limit(amount=128, unit="bytes")
_BYTES_1024: Final = Limit(amount=1024, unit="bytes")

CAPABILITIES: Final = Capabilities(
    text=Limit(amount=2048, unit="bytes"),
    most_pieces=5,
    parts=frozenset({"text", "media", "location", "link", "contact", "menu"}),
    together=False,
    menu_items=10,
    menu=MenuLimits(
        head=_BYTES_1024,
        tail=_BYTES_1024,
        choice=_BYTES_128,
        choice_id=Limit(amount=64, unit="bytes"),
        link=_BYTES_1024,
        url=Limit(amount=2048, unit="bytes"),
    ),
    media=(
        MediaLimit(
            media=MediaKind.IMAGE, most=10 * MB, least=6, types=frozenset({"image/jpeg", "image/jpg", "image/png"})
        ),
        MediaLimit(media=MediaKind.VOICE, most=2 * MB, least=6, types=frozenset({"audio/amr"})),
        MediaLimit(media=MediaKind.VIDEO, most=10 * MB, least=6, types=frozenset({"video/mp4"})),
        MediaLimit(media=MediaKind.FILE, most=20 * MB, least=6),
    ),
    media_by="upload",
    media_lives=timedelta(days=3) - timedelta(hours=1),
    fetches_media=True,
    fetch_within=timedelta(days=3),
    recall_within=timedelta(minutes=2),
    receipts=frozenset({"sent"}),
    rate=Rate(amount=140_000, per=timedelta(hours=1), burst=7_500),
    window=timedelta(hours=48),
    per_message=5,
    taps_renew=False,
    idempotency="key",
    seats=True,
    pull=True,
    poll_every=timedelta(minutes=15),
)
"""What the platform allows, by its documentation. ``poll_every`` is for callbacks that were lost on the way.

Whether a tap on a menu renews the five messages is told differently in different places: here it does not.

A corp may call each interface 10 000 times a minute and 150 000 times an hour: the rate is that of one account that has
all of it. Accounts that share a corp each take a part: ``capabilities=CAPABILITIES.model_copy(update={"rate": ...})``.
"""
