"""Tags of languages (``zh``, ``zh-TW``, ``yue``): their shape, and the ones that are known, to find slips."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

_TAG: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)

# ISO 639-1, and the longer codes of ISO 639-3 that customers of desks write in.
_LISTED: Final = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng
    nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    arz ceb ckb cmn fil gan gsw hak haw hmn ilo kab mai mni nan nds pam pcm sat sgn wuu yue
"""
CODES: Final = frozenset(_LISTED.split())
"""The first parts of tags that are known."""

NAMES: Final = {
    "arabic": "ar",
    "cantonese": "yue",
    "chinese": "zh",
    "dutch": "nl",
    "english": "en",
    "filipino": "fil",
    "french": "fr",
    "german": "de",
    "hindi": "hi",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "malay": "ms",
    "mandarin": "cmn",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "thai": "th",
    "turkish": "tr",
    "vietnamese": "vi",
    "cn": "zh-CN",
    "jp": "ja",
    "kr": "ko",
    "tc": "zh-TW",
    "中文": "zh",
    "日本語": "ja",
    "英文": "en",
    "英语": "en",
    "日语": "ja",
    "粤语": "yue",
}
"""What people write instead."""


def is_language(tag: str) -> bool:
    """True for a tag whose language is known.

    >>> is_language("zh-TW"), is_language("chinese"), is_language("zz")
    (True, False, False)
    """
    return _TAG.fullmatch(tag) is not None and tag.partition("-")[0].lower() in CODES


def likely_language(text: str) -> str:
    """The tag that was probably meant; empty if none is near.

    >>> likely_language("Chinese"), likely_language("zh_TW")
    ('zh', 'zh-TW')
    """
    tried = text.strip().replace("_", "-")
    if is_language(tried):
        return tried
    lowered = tried.lower()
    close = get_close_matches(lowered, NAMES, n=1, cutoff=0.75)
    return NAMES[close[0]] if close else ""
