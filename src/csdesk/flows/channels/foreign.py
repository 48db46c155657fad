"""Files from strangers: what they are is found out, what they are called is made harmless."""

from __future__ import annotations

from typing import Final

from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import MediaKind
from csdesk.domain.text.filetypes import UNKNOWN, fits, sniffed
from csdesk.flows.channels.naming import safe_name
from csdesk.ports import steps
from csdesk.ports.steps import Flow

_KINDS: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.VOICE: "audio",
    MediaKind.VIDEO: "video",
    MediaKind.STICKER: "image",
}


def put_foreign(content: bytes, *, type: str, name: str, media: MediaKind) -> Flow[tuple[MediaRef, str]]:
    """A reference to the stored bytes, and ``type_mismatch`` if they are not what they claim to be (else empty)."""
    found = sniffed(content)
    declared = type.partition(";")[0].strip().lower()
    agrees = fits(declared, found) and fits(f"{_KINDS.get(media, '')}/", found)
    ref = yield from steps.put_media(content, type=(found or declared or UNKNOWN) if agrees else UNKNOWN, name=name)
    return ref.model_copy(update={"name": safe_name(name, ref)}), "" if agrees else "type_mismatch"
