"""The HTML of a mail, made safe to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from csdesk.errors import MissingExtra

_STYLED: Final = frozenset({"color", "background-color", "font-weight", "font-style", "text-align", "text-decoration"})


def safe_html(html: str, *, pictures: Mapping[str, str] | None = None, remote: bool = False) -> str:
    """HTML without scripts, forms, frames, event handlers, styles that cover the page, and pictures that tell on you.

    Args:
        html: the page as it came, for example of an ``HtmlPart``.
        pictures: addresses of the mail's own pictures by their content id (``cid:`` in the page); others are left out.
        remote: whether pictures of other servers stay: loading one tells its sender that the mail was opened.

    Raises:
        MissingExtra: the package ``nh3`` is not installed (extra ``email``).
    """
    try:
        import nh3
    except ImportError as error:
        raise MissingExtra("email", "nh3", "safe_html") from error
    known = dict(pictures or {})

    def kept(tag: str, name: str, value: str) -> str | None:
        if tag != "img" or name != "src":
            return value
        if value.lower().startswith("cid:"):
            return known.get(value[4:].strip("<>"))
        return value if remote and value.lower().startswith(("https:", "http:")) else None

    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes.setdefault("*", set()).add("style")
    return nh3.clean(
        html,
        attributes=attributes,
        attribute_filter=kept,
        filter_style_properties=set(_STYLED),
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
    )
