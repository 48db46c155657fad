"""Reports about mail we sent: what became of it, never a new message.

Delivery reports (RFC 3464) and bounces in older forms become ``failed``, ``sent`` (delayed: still on its way) or
``delivered``; receipts (RFC 8098) become ``read``; complaints (RFC 5965) are ignored with a reason. Of several
recipients the worst outcome counts. ``reason`` holds codes, never an address or a sentence of the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from csdesk.parsing.mail.automatic import is_bounce
from csdesk.parsing.mail.headers import Headers, message_id, message_ids, read_headers
from csdesk.parsing.mail.structure import Node, nested

MOST_RECIPIENTS: Final = 200

_DELIVERY: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPT: Final = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_ORDINARY: Final = frozenset({"text/plain", "text/html"})
_COMPLAINT: Final = "message/feedback-report"
_ORIGINAL: Final = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_ID_IN_TEXT: Final = re.compile(
    r"^[> \t]{0,20}message-id:[ \t]{0,20}\n?[ \t]{0,20}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP: Final = re.compile(r"(?<![\d.])([45]\d\d)(?=[\s-])")
_DELAYED: Final = re.compile(r"delay|not yet been delivered|warning:|延迟|暂时|暫時", re.IGNORECASE)
_MOST_SCANNED: Final = 200_000

_ACTIONS: Final[dict[str, tuple[int, Literal["failed", "sent", "delivered"]]]] = {
    "failed": (3, "failed"),
    "delayed": (2, "sent"),
    "relayed": (1, "sent"),
    "expanded": (1, "sent"),
    "delivered": (0, "delivered"),
}
"""The Action field in our words, and how much it weighs among several recipients."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says. ``status`` is empty for one that changes nothing; ``reason`` then says what it was."""

    status: Literal["", "sent", "delivered", "read", "failed"]
    original: str = ""
    """The Message-ID of the mail it is about; empty if the report does not say."""
    reason: str = ""
    permanent: bool = True


def read_report(root: Node) -> Report | None:
    """The report a mail is; None for an ordinary mail."""
    if (
        not root.children
        and root.type in _ORDINARY
        and not is_bounce(root.headers, beginning=partial(_beginning, root))
    ):
        return None
    nodes = list(root.walk())
    found = _first(nodes, _DELIVERY)
    bounced = is_bounce(root.headers, beginning=partial(_beginning, root))
    if found is not None and (_is_report(root) or bounced):
        return _delivery(found, nodes)
    found = _first(nodes, _RECEIPT)
    if found is not None and _is_report(root):
        return _receipt(found, nodes)
    if _is_report(root) and _first(nodes, frozenset({_COMPLAINT})) is not None:
        return Report("", reason="mail.complaint")
    return _old_bounce(root, nodes) if bounced else None


def _is_report(root: Node) -> bool:
    return root.type == "multipart/report" or root.type in _DELIVERY | _RECEIPT


def _first(nodes: list[Node], types: frozenset[str]) -> Node | None:
    return next((node for node in nodes if node.type in types), None)


def _beginning(root: Node) -> str:
    return next((_text(node)[:1000] for node in root.walk() if node.type == "text/plain"), "")


def _text(node: Node) -> str:
    return node.text(most=_MOST_SCANNED)


def _delivery(node: Node, nodes: list[Node]) -> Report:
    outcomes = [_outcome(fields) for fields in _blocks(node)]
    known = [one for one in outcomes if one is not None]
    original = _original(node, nodes)
    if not known:
        return Report("", original, "mail.empty_report")
    _, status, reason, permanent = max(known, key=lambda one: one[0])
    return Report(status, original, reason, permanent)


def _outcome(fields: Headers) -> tuple[int, Literal["failed", "sent", "delivered"], str, bool] | None:
    action = fields.text("action").lower().partition(" ")[0].rstrip(";,")
    if action not in _ACTIONS:
        return None
    rank, status = _ACTIONS[action]
    code = _STATUS.search(fields.get("status"))
    diagnostic = fields.get("diagnostic-code")[:1000]
    enhanced = code[1] if code else _code_in(diagnostic)
    answer = _SMTP.search(diagnostic)
    reason = " ".join(one for one in (action, enhanced, answer[1] if answer else "") if one)
    return rank, status, reason, action == "failed" and not enhanced.startswith("4")


def _blocks(node: Node) -> Iterator[Headers]:
    """The groups of fields of a delivery report: about the mail, then one for each recipient."""
    content = node.body()
    at = 0
    for _ in range(MOST_RECIPIENTS):
        while at < len(content) and content[at] in b"\r\n \t":
            at += 1
        if at >= len(content):
            return
        fields, after = read_headers(content, at, len(content))
        yield fields
        if after == at:  # a line that is no field
            after = content.find(b"\n", at) + 1 or len(content)
        at = after


def _receipt(node: Node, nodes: list[Node]) -> Report:
    fields = next(_blocks(node), Headers())
    disposition = fields.text("disposition").lower().rpartition(";")[2].strip()
    kind = re.split(r"[/,\s]", disposition, maxsplit=1)[0]
    original = _original(node, nodes)
    return (
        Report("read", original, "displayed")
        if kind == "displayed"
        else Report("", original, f"mail.receipt_{_plain(kind)}")
    )


def _plain(word: str) -> str:
    return word if word.isascii() and word.isalpha() and len(word) < 20 else "other"


def _old_bounce(root: Node, nodes: list[Node]) -> Report:
    texts = "\n".join(_text(node) for node in nodes if node.type in {"text/plain", "text/html"})[:_MOST_SCANNED]
    code = _code_in(texts)
    answer = _SMTP.search(texts)
    delayed = _DELAYED.search(root.headers.subject[:500]) is not None
    action = "delayed" if delayed else "failed"
    reason = " ".join(one for one in (action, code, answer[1] if answer else "") if one)
    temporary = (code or (answer[1] if answer else "")).startswith("4")
    return Report("sent" if delayed else "failed", _original(root, nodes), reason, not delayed and not temporary)


def _code_in(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""


def _original(report: Node, nodes: list[Node]) -> str:
    """The id of the mail that it is about: where the standards put it, then where mail systems do."""
    for fields in _blocks(report):
        for name in ("original-message-id", "x-original-message-id"):
            if found := message_id(fields.get(name)):
                return found
    for node in nodes:
        if node.type in _ORIGINAL and (found := message_id(nested(node).get("message-id"))):
            return found
    for name in ("in-reply-to", "x-original-message-id", "references"):
        if ids := message_ids(nodes[0].headers.get(name)):
            return ids[-1]
    for node in nodes:
        if node.type.startswith("text/") and (told := _ID_IN_TEXT.search(_text(node))) is not None:
            return message_id(told[1])
    return ""
