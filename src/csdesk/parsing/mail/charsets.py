"""Bytes of mail as text, whatever the label says.

Labels lie. Bytes that are valid UTF-8 and hold Chinese or Japanese signs are UTF-8, under any label: text in a two-byte
encoding hardly ever forms such bytes. Otherwise the label is tried, read as the widest member of its family (``gb2312``
means GB 18030); Simplified and Traditional Chinese under each other's label are told apart by the most frequent signs.
Then the usual suspects are tried, and at last what is broken becomes U+FFFD. Nothing here raises, and every step is
linear: only codecs from a fixed list are used, because a label may name a codec that is slow or is no text at all.
"""

from __future__ import annotations

import re
from typing import Final

_CODECS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("gb2312", "gb231280", "gb18030", "gbk", "xgbk", "cp936", "ms936", "euccn", "chinese", "csgb2312"), "gb18030"
    ),
    **dict.fromkeys(("big5", "xbig5", "cnbig5", "csbig5", "cp950", "ms950"), "cp950"),
    **dict.fromkeys(("big5hkscs", "xbig5hkscs", "cp951"), "big5hkscs"),
    **dict.fromkeys(("shiftjis", "sjis", "xsjis", "mskanji", "cp932", "windows31j", "csshiftjis"), "cp932"),
    **dict.fromkeys(("eucjp", "xeucjp"), "euc_jp"),
    **dict.fromkeys(("iso2022jp", "csiso2022jp", "iso2022jp1", "iso2022jp2", "iso2022jpms"), "iso2022_jp_ext"),
    **dict.fromkeys(("euckr", "ksc56011987", "ksc5601", "cp949", "uhc", "csksc56011987", "iso2022kr"), "cp949"),
    **dict.fromkeys(("utf8", "utf8mb4", "unicode11utf8", "cp65001"), "utf-8-sig"),
    **dict.fromkeys(("utf16", "ucs2", "iso10646ucs2"), "utf-16"),
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf32": "utf-32",
    "utf7": "utf-7",
    "unicode11utf7": "utf-7",
    "hz": "hz",
    "hzgb2312": "hz",
    "tis620": "iso8859_11",
    "iso885911": "iso8859_11",
    "windows874": "cp874",
    **dict.fromkeys(("latin1", "l1", "iso88591", "windows1252", "cp1252", "ansi"), "cp1252"),
    **{f"iso8859{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "iso88599": "cp1254",
    "iso88598i": "iso8859_8",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "macintosh": "mac_roman",
    **{f"{label}{n}": f"cp{n}" for n in range(1250, 1259) if n != 1252 for label in ("windows", "cp")},
}
"""What we read for a label, letters and digits only."""

_WIDE: Final = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "hz", "iso2022_jp_ext"})
_RIVALS: Final[dict[str, str]] = {"gb18030": "cp950", "cp950": "gb18030", "big5hkscs": "gb18030"}
_CHINESE: Final = frozenset(
    "的一是不了在人有我他这個个们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于着下自之年过過发發后後作里用道行所然家种種"
    "事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前开開但因只从從想实實日军您好请請问問谢謝"
    "订訂单單货貨退款号號收到客服查询詢快递遞发票"
)
_CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]")
_UNLIKELY: Final = re.compile("[\x00-\x08\x0e-\x1f\x80-\x9f\ue000-\uf8ff]")
_LABEL_NOISE: Final = re.compile(r"[^a-z0-9]+")


def codec_of(label: str) -> str | None:
    """The codec we read a charset label with; None if we do not know it."""
    return _CODECS.get(_LABEL_NOISE.sub("", label.lower()))


def decode_text(content: bytes, label: str = "") -> str:
    """The text that those bytes most likely hold; an empty or unknown ``label`` means a guess."""
    codec = codec_of(label) if label else None
    if codec is not None and codec in _WIDE:
        return _strict(content, codec) or _guess(content)
    if content.isascii():
        return content.decode("ascii")
    utf8 = _strict(content, "utf-8-sig")
    if utf8 is not None and (codec in {None, "utf-8-sig"} or _CJK.search(utf8)):
        return utf8
    return _guess(content) if codec is None or codec == "utf-8-sig" else _told(content, codec)


def decode_file(content: bytes) -> str | None:
    """The text of a file that says nothing of its encoding, with nothing of it lost; None if that is not sure.

    Read are UTF-8, UTF-16 with its mark, as Excel saves "Unicode text", and the Chinese encodings that Excel uses.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(content, "utf-16")
    utf8 = _strict(content, "utf-8-sig")
    if utf8 is not None:
        return utf8
    readings = [text for codec in ("gb18030", "cp950") if (text := _strict(content, codec)) is not None]
    likely = [text for text in readings if _mostly_asian(text) and not _UNLIKELY.search(text)]
    return max(likely, key=_common, default=None)


def _told(content: bytes, codec: str) -> str:
    """What the label says, unless the other Chinese family's codec reads much better, or it does not fit at all."""
    told = _strict(content, codec)
    if told is None:
        return _guess(content, then=codec)
    other = _strict(content, _RIVALS[codec]) if codec in _RIVALS else None
    return other if other is not None and _common(other) > 2 * _common(told) + 1 else told


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _common(text: str) -> int:
    return sum(sign in _CHINESE for sign in text[:4000])


def _mostly_whole(text: str) -> bool:
    broken = text.count("\ufffd")
    return broken * 10 <= sum(not sign.isascii() for sign in text)


def _guess(content: bytes, *, then: str = "") -> str:
    damaged = content.decode("utf-8-sig", "replace")
    if _mostly_whole(damaged):
        return damaged
    readings = [text for codec in ("gb18030", "cp950") if (text := _strict(content, codec)) is not None]
    likely = [text for text in readings if _common(text) or _mostly_asian(text)]
    if likely:
        return max(likely, key=_common)
    if then:
        return content.decode(then, "replace")
    western = _strict(content, "cp1252")
    return western if western is not None and not readings else _damaged_chinese(content)


def _mostly_asian(text: str) -> bool:
    # Accented Latin letters stand alone between ASCII; two-byte text comes in runs.
    return len(_CJK.findall(text)) >= 2 and bool(re.search("[\u3400-\u9fff]{2}", text))


def _damaged_chinese(content: bytes) -> str:
    readings = [content.decode(codec, "replace") for codec in ("gb18030", "cp950")]
    best = max(readings, key=_common)
    return best if _common(best) else content.decode("cp1252", "replace")
