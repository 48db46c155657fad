"""Names of files: what a stranger called a file is a name without a path, and never a hidden or reserved one."""

from __future__ import annotations

import re
from typing import Final

from csdesk.domain.records.media import MediaRef

_MOST: Final = 120
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+')
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(\..*)?")


def safe_name(name: str, ref: MediaRef | None) -> str:
    """The last part of a name, without characters that paths, shells and readers trip over; at most 120 characters.

    Marks that turn the reading direction around go too: they make ``gpj.exe`` look like a picture.
    """
    last = re.split(r"[/\\]", name)[-1]
    clean = _UNSAFE.sub("_", last).strip(" .")
    if not clean or _RESERVED.fullmatch(clean):
        clean = "file" if ref is None else f"file-{ref.sha256[:8]}"
    if len(clean) <= _MOST:
        return clean
    stem, dot, ending = clean.rpartition(".")
    return f"{stem[: _MOST - len(ending) - 1]}{dot}{ending}" if dot and len(ending) <= 10 else clean[:_MOST]
