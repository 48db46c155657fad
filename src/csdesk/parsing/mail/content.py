"""What a mail says: its text, its HTML, its attachments.

Of alternatives the plain text is read, unless it is empty; otherwise the HTML is turned into text. The HTML is kept as
it came. Everything else is an attachment, as is a text with a file name, and a mail inside the mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from csdesk.domain.records._model import clean_text, trusted
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import HtmlPart, MediaKind, MediaPart, OtherPart, Part, TextPart
from csdesk.domain.text.markup import text_of_html
from csdesk.parsing.mail.fields import MOST_NAME_BYTES, media_type, safe_name
from csdesk.parsing.mail.headers import Headers, message_id
from csdesk.parsing.mail.structure import Node, nested

MOST_TEXT: Final = 4_000_000
"""How many bytes of text are read: a part is cut there, and texts after that many are attachments."""

_LOOKED: Final = 65_536
"""How many bytes of a text are looked at to know whether it says anything."""

_TextPart = trusted(TextPart)
_KINDS: Final = {"image": MediaKind.IMAGE, "audio": MediaKind.VOICE, "video": MediaKind.VIDEO}
_ENCRYPTED: Final = frozenset({"multipart/encrypted", "application/pgp-encrypted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a mail, with its bytes. ``part`` is the ``provider_id`` of the ``MediaPart`` that stands for it."""

    part: str
    name: str
    """Harmless: no path, no control signs, at most 255 bytes; may be empty."""
    type: str
    """A media type in lower case."""
    content: bytes
    cid: str = ""
    """What the HTML calls an embedded picture, without ``cid:`` and brackets."""


def read_content(root: Node) -> tuple[tuple[Part, ...], tuple[Attachment, ...]]:
    """The parts of the message, texts first, and the attachments its media parts stand for."""
    leaves = list(_leaves(root))
    texts: list[Part] = []
    pages: list[Part] = []
    files: list[Node] = []
    seen = 0
    for leaf, is_read in leaves:
        if leaf.is_attachment or leaf.type not in {"text/plain", "text/html"} or seen >= MOST_TEXT:
            files.append(leaf)
            continue
        seen += leaf.end - leaf.begin
        if leaf.type == "text/html":
            _read_html(leaf, texts, pages, is_read=is_read)
        elif is_read and (text := _plain(leaf)):
            texts.append(text_part(text))
    attachments = tuple(_attachment(node, number) for number, node in enumerate(files, 1))
    media = [_media_part(one) for one in attachments]
    others = [OtherPart(provider_type=node.type) for node in root.walk() if node.type in _ENCRYPTED][:1]
    return (*texts, *pages, *media, *others), attachments


def text_part(text: str) -> TextPart:
    """A part that says this."""
    return _TextPart(text=str(clean_text(text)))


def with_media(
    parts: Iterable[Part], attachments: Iterable[Attachment], put: Callable[[Attachment], MediaRef]
) -> tuple[Part, ...]:
    """The parts with every attachment put away, and its reference where it belongs."""
    refs = {one.part: put(one) for one in attachments}
    return tuple(
        part.model_copy(update={"ref": refs[part.provider_id]})
        if isinstance(part, MediaPart) and part.provider_id in refs
        else part
        for part in parts
    )


def _leaves(node: Node) -> Iterator[tuple[Node, bool]]:
    """Every leaf, and whether its text is to be read: of alternatives only one is."""
    if not node.children:
        yield node, True
        return
    chosen = _chosen(node) if node.type == "multipart/alternative" else None
    for child in node.children:
        for leaf, is_read in _leaves(child):
            yield leaf, is_read and (chosen is None or child is chosen)


def _chosen(node: Node) -> Node | None:
    for wanted in ("text/plain", "text/html"):
        for child in node.children:
            for leaf in child.walk():
                if leaf.type == wanted and not leaf.is_attachment and _has_text(leaf):
                    return child
    return node.children[0]


def _has_text(leaf: Node) -> bool:
    return leaf.type == "text/html" or bool(leaf.text(most=_LOOKED).strip())


def _read_html(leaf: Node, texts: list[Part], pages: list[Part], *, is_read: bool) -> None:
    html = leaf.text(most=MOST_TEXT)
    if not html.strip():
        return
    pages.append(HtmlPart(html=html))
    if is_read and (text := text_of_html(html)):
        texts.append(text_part(text))


def _plain(leaf: Node) -> str:
    text = leaf.text(most=MOST_TEXT)
    if leaf.field.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text, joins=leaf.field.parameters.get("delsp", "").lower() == "yes")
    return text.strip("\n") if text.strip() else ""


def _unflowed(text: str, *, joins: bool) -> str:
    """Lines that end in a space go on in the next one (RFC 3676), unless the depth of quotes changes."""
    lines: list[list[str]] = []
    depth_before, flows = -1, False
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        if flows and depth == depth_before and body != "-- ":
            lines[-1].append(body)
        else:
            lines.append([f"{'>' * depth} " if depth else "", body])
        flows = body.endswith(" ") and body != "-- "
        if flows and joins:
            lines[-1][-1] = body[:-1]
        depth_before = depth
    return "\n".join("".join(pieces) for pieces in lines)


def _attachment(node: Node, number: int) -> Attachment:
    cid = message_id(node.headers.get("content-id")).strip("<>")
    name = node.name or (_nested_name(nested(node)) if node.type == "message/rfc822" else "")
    return Attachment(part=f"part/{number}", name=name, type=media_type(node.type), content=node.body(), cid=cid)


def _nested_name(headers: Headers) -> str:
    subject = safe_name(headers.text("subject").replace("/", "_").replace("\\", "_"))
    stem = subject.encode()[: MOST_NAME_BYTES - 4].decode("utf-8", "ignore") or "message"
    return f"{stem}.eml"


def _media_part(one: Attachment) -> MediaPart:
    kind = _KINDS.get(one.type.partition("/")[0], MediaKind.FILE)
    return MediaPart(media=kind, provider_id=one.part, name=one.name, type=one.type)
