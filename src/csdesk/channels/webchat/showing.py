"""How a conversation reaches the visitor's page: JSON, whole or as server-sent events, and links to files.

    {"messages": [{"id": ..., "at": ..., "from": "you" | "agent" | "bot" | "system", "parts": [...]}], "mark": ...}

Of server-sent events (WHATWG HTML, section 9.2) a page is one event ``page`` whose id is its mark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from csdesk.channels.webchat.signing import Seal
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import (
    AuthorKind,
    ChoicePart,
    ContactPart,
    LinkPart,
    LocationPart,
    MediaPart,
    MenuItem,
    MenuPart,
    Part,
    TextPart,
)
from csdesk.errors import RequestRejected
from csdesk.ports.channel import Feed, FeedPage, RawResponse, Said

SHOWN_AS_THEY_ARE: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""The types that a browser shows in the page; everything else it is told to save."""

_FROM: Final[Mapping[AuthorKind, str]] = MappingProxyType(
    {
        AuthorKind.CUSTOMER: "you",
        AuthorKind.AGENT: "agent",
        AuthorKind.ELSEWHERE: "agent",
        AuthorKind.BOT: "bot",
        AuthorKind.SYSTEM: "system",
    }
)
_FILE: Final = "file"
_MESSAGE: Final = "message"
_SEALED: Final = re.compile(r"(msg_[0-9a-z]{26})\.([A-Za-z0-9_-]{16})")
_LINKS: Final = ("http://", "https://", "mailto:", "tel:")


class Shower:
    """Writes pages for one account."""

    def __init__(self, seal: Seal, *, names: bool) -> None:
        self._seal = seal
        self._names = names

    def body(self, feed: Feed, page: FeedPage) -> bytes:
        """The page as the body of an answer, or as a piece of a stream; of a stream's empty page, a comment."""
        if feed.stream and not page.said and not page.fresh and not page.typing:
            return b": nothing new\n\n"
        values: dict[str, object] = {
            "messages": [self._message(feed, one) for one in page.said],
            "mark": page.mark,
            "fresh": page.fresh,
            "earlier": page.earlier,
        }
        if page.typing:
            values["typing"] = round(page.typing, 1)
        told = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if feed.stream:
            told = f"event: page\nid: {page.mark}\ndata: {told}\n\n"
        return told.encode("utf-8", "replace")

    def key_of(self, conversation: str, sealed: str) -> str | None:
        """The id of a message that this visitor was shown, as ``body`` wrote it; None for anything else."""
        found = _SEALED.fullmatch(sealed)
        if found is None or not self._seal.proves(found[2], _MESSAGE, conversation, found[1]):
            return None
        return found[1]

    def _message(self, feed: Feed, said: Said) -> dict[str, object]:
        shown: dict[str, object] = {
            "id": f"{said.id}.{self._seal.tag(_MESSAGE, feed.conversation, said.id)}",
            "at": said.at.isoformat(),
            "from": _FROM[said.author],
            "parts": [one for one in (self._part(part, feed, said.id) for part in said.parts) if one],
        }
        if said.author is AuthorKind.CUSTOMER:
            shown["client"] = said.provider_id.rpartition("/")[2]
        optional = {
            "name": said.name if self._names else "",
            "recalled": said.recalled,
            "edited": said.edited,
            "read": said.read,
        }
        return shown | {key: value for key, value in optional.items() if value}

    def _part(self, part: Part, feed: Feed, message: str) -> dict[str, object]:  # noqa: PLR0911  one line for each kind of part
        match part:
            case TextPart():
                return {"kind": "text", "text": part.text}
            case MediaPart():
                return self._media(part, feed, message)
            case LinkPart():
                url = part.url if part.url.lower().startswith(_LINKS) else ""
                return {"kind": "link", "url": url, "title": part.title or part.url, "about": part.description}
            case MenuPart():
                items = [_item(one) for one in part.items]
                return {"kind": "menu", "head": part.head, "items": items, "tail": part.tail}
            case ChoicePart():
                return {"kind": "text", "text": part.text or part.id}
            case LocationPart():
                where = " ".join(one for one in (part.name, part.address) if one)
                return {"kind": "text", "text": f"{where} ({part.latitude}, {part.longitude})".strip()}
            case ContactPart():
                return {"kind": "text", "text": " ".join(one for one in (part.name, part.address) if one)}
            case _:
                return {}

    def _media(self, part: MediaPart, feed: Feed, message: str) -> dict[str, object]:
        name = part.name or (part.ref.name if part.ref is not None else "")
        if part.ref is None:
            return {"kind": "file", "name": name, "text": part.caption}
        type_ = part.type or part.ref.type
        # The page goes by the kind to choose how to show it; what was found not to be a picture is none.
        kind = part.media.value if part.media.value != "image" or type_ in SHOWN_AS_THEY_ARE else "file"
        return {
            "kind": kind,
            "name": name,
            "type": type_,
            "size": part.ref.size,
            "text": part.caption,
            "url": f"file?ref={self._link(message, part.ref, name, type_, feed.until)}",
        }

    # Files

    def _link(self, message: str, ref: MediaRef, name: str, type_: str, until: datetime | None) -> str:
        ends = 0 if until is None else int(until.timestamp())
        return self._seal.sign(_FILE, {"m": message, "s": ref.sha256, "z": ref.size, "t": type_, "n": name, "e": ends})

    def file_of(self, link: str, now: datetime) -> tuple[str, MediaRef, RawResponse]:
        """The message and the file of a link, and the head of the answer that brings it.

        Raises:
            RequestRejected: ``bad_token`` or ``expired_token``.
        """
        told = self._seal.read(_FILE, link)
        message, sha256, size, type_, name, ends = (told.get(one) for one in ("m", "s", "z", "t", "n", "e"))
        texts = all(isinstance(one, str) for one in (message, sha256, type_, name))
        if not texts or not isinstance(size, int):
            raise RequestRejected("bad_token")
        if not isinstance(ends, int) or ends <= now.timestamp():
            raise RequestRejected("expired_token")
        ref = MediaRef(sha256=str(sha256), size=size, type=str(type_), name=str(name))
        return str(message), ref, RawResponse(headers=_file_headers(ref.type, ref.name))


def _item(item: MenuItem) -> dict[str, object]:
    url = item.url if item.url.lower().startswith(_LINKS) else ""
    return {"text": item.text, **({"url": url} if url else {"id": item.id} if item.id else {})}


def _file_headers(type_: str, name: str) -> tuple[tuple[str, str], ...]:
    """What a stranger sent must never become a page of the host's own site."""
    shown = type_ in SHOWN_AS_THEY_ARE
    called = quote(name or "file", safe="")
    return (
        ("Content-Type", type_ if shown else "application/octet-stream"),
        ("Content-Disposition", f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{called}"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "private, max-age=86400"),
    )
