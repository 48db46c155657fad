"""What the fake platform takes in a message: a check for each type, which gives an ``errcode`` or 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Check = Callable[[Mapping[str, Any]], int]


def _limit(name: str, most: int) -> Check:
    def check(body: Mapping[str, Any]) -> int:
        text = str(body.get(name) or "")
        return 0 if text and len(text.encode()) <= most else 45002 if text else 40058

    return check


def _menu(body: Mapping[str, Any]) -> int:
    listed = body.get("list")
    if not isinstance(listed, list) or len(listed) > 10:
        return 95008
    for one in listed:
        inner = one.get(one.get("type"))
        if not isinstance(inner, Mapping) or one["type"] not in ("click", "view", "miniprogram", "text"):
            return 95009
        most = 128 if one["type"] == "click" else 1024
        sizes = (len(str(inner.get("content", "")).encode()) <= most, len(str(inner.get("id", "x")).encode()) <= 64)
        if not all(sizes) or len(str(inner.get("url", "")).encode()) > 2048:
            return 95008
    heads = (str(body.get(name) or "") for name in ("head_content", "tail_content"))
    return 0 if all(len(one.encode()) <= 1024 for one in heads) else 95008


def _fields(*names: str) -> Check:
    return lambda body: 0 if all(body.get(name) is not None for name in names) else 40058


# ``Any``: bodies are the platform's JSON.
CONTENTS: Final[Mapping[str, Check]] = {
    "text": _limit("content", 2048),
    "location": _fields("latitude", "longitude"),
    "business_card": _fields("userid"),
    "ca_link": _fields("link_url"),
    "msgmenu": _menu,
}
"""Types without media; those with media are checked by their id."""

WITH_MEDIA: Final = frozenset({"image", "voice", "video", "file", "link", "miniprogram"})
