"""The widget: one file without dependencies, as a page loads it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from csdesk.ports.channel import RawRequest, RawResponse


@cache
def _widget() -> tuple[bytes, str]:
    content = files("csdesk.channels.webchat").joinpath("widget.js").read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'


def widget(request: RawRequest) -> RawResponse:
    """The script, or word that the browser has it already (RFC 9110, section 13.1.2). Pages of any site may load it."""
    content, tag = _widget()
    headers = (
        ("ETag", tag),
        ("Cache-Control", "public, max-age=300"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )
    known = [one.strip().removeprefix("W/") for one in (request.header("If-None-Match") or "").split(",")]
    if tag in known or known == ["*"]:
        return RawResponse(status=304, headers=headers)
    return RawResponse(headers=(("Content-Type", "text/javascript; charset=utf-8"), *headers), body=content)
