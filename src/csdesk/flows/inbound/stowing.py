"""Before the pipeline: files, and bodies and payloads over 64 KB, go to the media store, so that rows stay small."""

from __future__ import annotations

from csdesk.domain.records._model import replaced
from csdesk.domain.records.channels import InboundMessage
from csdesk.domain.records.messages import HtmlPart, MediaPart, Part, QuotePart, TextPart
from csdesk.flows.channels.foreign import put_foreign
from csdesk.flows.channels.naming import safe_name
from csdesk.ports import steps
from csdesk.ports.steps import Flow

INLINE_BYTES = 65_536
"""What a row may hold of one part or payload, in bytes of UTF-8."""

KEPT_CHARACTERS = 16_384
"""The beginning of a long text that stays in the row: what lists, rules and search see of it."""


def stow(message: InboundMessage) -> Flow[InboundMessage]:
    """The message with its large texts in the media store, and harmless names; the same object if it has neither."""
    if len(message.raw) > INLINE_BYTES:
        ref = yield from steps.put_media(message.raw, type="application/octet-stream", name="raw")
        message = replaced(message, raw=b"", raw_media=ref)
    if message.files:
        message = yield from _with_files_stored(message)
    if not any(_is_stowed(part) for part in message.parts):
        return message
    parts = list(message.parts)
    for index, part in enumerate(parts):
        if _is_stowed(part):
            parts[index] = yield from _stowed(part)
    return replaced(message, parts=tuple(parts))


def _with_files_stored(message: InboundMessage) -> Flow[InboundMessage]:
    """What strangers sent is named and typed by us; a reference to bytes that did not come names nothing."""
    files = {one.sha256: one for one in message.files}
    parts = list(message.parts)
    for index, part in enumerate(parts):
        if isinstance(part, MediaPart) and part.ref is not None and part.ref.sha256 in files:
            file = files[part.ref.sha256]
            ref, problem = yield from put_foreign(file.content, type=file.type, name=file.name, media=part.media)
            parts[index] = part.model_copy(update={"ref": ref, "problem": problem})
    return replaced(message, parts=tuple(parts), files=())


def _is_stowed(part: Part) -> bool:
    if isinstance(part, MediaPart):
        return bool(part.name) and safe_name(part.name, part.ref) != part.name
    text = part.text if isinstance(part, TextPart | QuotePart) else part.html if isinstance(part, HtmlPart) else ""
    # A character has at most four bytes: short texts need no encoding to be told apart.
    return len(text) * 4 > INLINE_BYTES and len(text.encode()) > INLINE_BYTES


def _stowed(part: Part) -> Flow[Part]:
    if isinstance(part, MediaPart):
        return part.model_copy(update={"name": safe_name(part.name, part.ref)})
    if isinstance(part, TextPart):
        ref = yield from steps.put_media(part.text.encode(), type="text/plain; charset=utf-8")
        return TextPart(text=part.text[:KEPT_CHARACTERS], full=ref)
    if isinstance(part, QuotePart):
        ref = yield from steps.put_media(part.text.encode(), type="text/plain; charset=utf-8")
        return QuotePart(role=part.role, text=part.text[:KEPT_CHARACTERS], full=ref)
    assert isinstance(part, HtmlPart)
    ref = yield from steps.put_media(part.html.encode(), type="text/html; charset=utf-8")
    return HtmlPart(html=part.html[:KEPT_CHARACTERS], full=ref)
