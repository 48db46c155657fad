"""The words of an HTML mail as plain text: readable, not pretty.

Scripts, styles and comments vanish, paragraphs and rows become lines, quoted blocks get ``> ``, links keep their
target. The scanner goes once over the text; ``html.parser`` does not, on what never closes. Nothing is made safe for
display here: the result is text, and the HTML itself is kept elsewhere, never shown unsanitised.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

MOST_HTML: Final = 2_000_000
"""How many characters of HTML are read."""

_MOST_QUOTES: Final = 10
_TAG: Final = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:_-]{0,40})")
_STOP: Final = re.compile(r"[>\"']")
_STRAY: Final = re.compile(r"<[^<>]*>")
_HREF: Final = re.compile(
    r"""\bhref\s{0,20}=\s{0,20}(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'>]{1,2000}))""", re.IGNORECASE
)
_ALT: Final = re.compile(r"""\balt\s{0,20}=\s{0,20}(?:"([^"]{1,200})"|'([^']{1,200})')""", re.IGNORECASE)
_MOST_TAG: Final = 20_000
_HUGE_NUMBER: Final = re.compile(r"&#[0-9]{8,};?")
_SPACES: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
_LINKS: Final = ("http://", "https://", "mailto:", "tel:")

_SILENT: Final = frozenset({"script", "style", "title", "template"})
_LINES: Final = frozenset(
    {"address", "article", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "header"}
    | {
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "section",
        "select",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    }
)
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"})
_CELLS: Final = frozenset({"td", "th"})


def text_of_html(html: str) -> str:
    """The readable text of an HTML document or fragment, lines without trailing space."""
    page = _Page()
    _scan(html[:MOST_HTML], page)
    return page.text()


def _scan(html: str, page: _Page) -> None:
    lower = ""
    last_close = html.rfind(">")
    at = 0
    while (begin := html.find("<", at)) >= 0:
        page.words(html[at:begin])
        if begin > last_close:
            at = begin
            break
        if html.startswith("<!--", begin):
            at = _after(html, "-->", begin + 4)
        elif html.startswith(("<!", "<?"), begin):
            at = _after(html, ">", begin)
        elif (tag := _TAG.match(html, begin)) is None:
            page.words("<")
            at = begin + 1
        elif (end := _tag_end(html, tag.end())) < 0:
            page.words(_STRAY.sub("", html[begin:]))
            return
        else:
            name, closing = tag[1].lower(), html[begin + 1] == "/"
            at = end
            if name in _SILENT and not closing:
                lower = lower or _ascii_lower(html)
                at = _after(html, ">", _find_or_end(lower, f"</{name}", end))
            else:
                page.tag(name, html[tag.end() : min(end, tag.end() + _MOST_TAG)], closing=closing)
    page.words(html[at:])


def _ascii_lower(text: str) -> str:
    # str.lower() may change the length (İ), and then places would no longer fit.
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(sign.lower() if sign.isascii() else sign for sign in text)


def _after(text: str, closing: str, begin: int) -> int:
    found = text.find(closing, begin)
    return len(text) if found < 0 else found + len(closing)


def _find_or_end(text: str, wanted: str, begin: int) -> int:
    found = text.find(wanted, begin)
    return len(text) if found < 0 else found


def _tag_end(html: str, at: int) -> int:
    """The place after the ``>`` that ends the tag; quotes protect it. -1 if the document ends first."""
    while (stop := _STOP.search(html, at)) is not None:
        if stop[0] == ">":
            return stop.end()
        at = html.find(stop[0], stop.end()) + 1
        if at == 0:
            return -1
    return -1


class _Page:
    """Collects words into lines."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._line: list[str] = []
        self._quotes = 0
        self._literal = 0
        self._target = ""
        self._link_begin = 0

    def words(self, markup: str) -> None:
        """Text between tags, entities still in it."""
        if not markup:
            return
        text = unescape(_HUGE_NUMBER.sub("\ufffd", markup)) if "&" in markup else markup
        if self._literal:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for line in rest:
                self.end_line(always=True)
                self._line.append(line)
            return
        self._line.append(_SPACES.sub(" ", text))

    def tag(self, name: str, attributes: str, *, closing: bool) -> None:
        """An opening or closing tag."""
        if name == "br":
            self.end_line(always=True)
        elif name in _PARAGRAPHS:
            self._paragraph(name, closing=closing)
        elif name in _LINES:
            self.end_line()
            if name == "li" and not closing:
                self._line.append("- ")
        elif name in _CELLS and not closing:
            self._line.append(" ")
        elif name == "a":
            self._link(attributes, closing=closing)
        elif name == "img" and (alt := _ALT.search(attributes)) is not None:
            self.words(f"[{alt[1] or alt[2]}]")

    def end_line(self, *, always: bool = False) -> None:
        """Finish the line; an empty one only counts if the mail asks for it."""
        text = "".join(self._line)
        text = text.rstrip() if self._literal else _SPACES.sub(" ", text).strip()
        self._line = []
        if text or always:
            self._lines.append((self._quotes, text))

    def text(self) -> str:
        """All of it; never more than one blank line at a time."""
        self._close_link()
        self.end_line()
        lines: list[str] = []
        for quotes, line in self._lines:
            shown = f"{'> ' * quotes}{line}".rstrip()
            if line or (lines and lines[-1].strip("> ")):
                lines.append(shown)
        while lines and not lines[-1].strip("> "):
            lines.pop()
        return "\n".join(lines).strip("\n")

    def _paragraph(self, name: str, *, closing: bool) -> None:
        self.end_line()
        step, outside = -1 if closing else 1, self._quotes
        if name == "blockquote":
            self._quotes = min(max(self._quotes + step, 0), _MOST_QUOTES)
            outside = min(outside, self._quotes)
        if self._lines and not self._lines[-1][1]:
            outside = min(outside, self._lines.pop()[0])
        if self._lines:
            self._lines.append((outside, ""))
        if name == "pre":
            self._literal = max(self._literal + step, 0)

    def _link(self, attributes: str, *, closing: bool) -> None:
        self._close_link()
        if not closing and (found := _HREF.search(attributes)) is not None:
            target = unescape(_HUGE_NUMBER.sub("", found[1] or found[2] or found[3])).strip()
            if target.lower().startswith(_LINKS):
                self._target, self._link_begin = target, len(self._line)

    def _close_link(self) -> None:
        target, self._target = self._target, ""
        if not target:
            return
        shown = "".join(self._line[self._link_begin :]).strip()
        bare = target.partition(":")[2].lstrip("/").rstrip("/")
        if shown.rstrip("/") not in {target.rstrip("/"), bare}:
            self._line.append(f" <{target}>")
