"""Which language a message is in, told by its script."""

import re
from typing import Final

_SAMPLE_LENGTH: Final = 2000
# Addresses and links are Latin in every language and say nothing.
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)[!-~]++|(?<![\w.+-])[\w.+-]++@[\w.-]*+", re.ASCII)
_LATIN_WORD: Final = re.compile("[A-Za-z]+")
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]++")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]++")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]++")
_OTHER_LETTER: Final = re.compile(r"[^\W\d_\x00-\x7f]++")
_OTHER_SHARE: Final = 0.1


def language_of(text: str) -> str | None:
    """Return "zh", "ja", "ko" or "en" by the script of the text, or None when the script does not tell.

    Chinese characters with kana (at least one in ten) are "ja", Hangul is "ko", Chinese characters alone "zh"; each
    such character weighs as much as one Latin word, so "iPhone 15 Pro 怎么退货" is "zh". The first 2,000 characters
    are looked at; addresses and links are passed over.

    The limit: this tells scripts, not languages. Latin text is called "en" whatever its language, unless more than a
    tenth of its letters are not plain A to Z (Vietnamese, and much Czech or Turkish, gives None). Other scripts, such
    as Cyrillic, Arabic or Thai, give None. Japanese written wholly in Chinese characters is called "zh".
    """
    sample = text[:_SAMPLE_LENGTH]
    if "@" in sample or "/" in sample or "www." in sample:
        sample = _ADDRESS.sub(" ", sample)
    if sample.isascii():
        return "en" if _LATIN_WORD.search(sample) else None
    words = _LATIN_WORD.findall(sample)
    kana, hangul, han = (_count(script, sample) for script in (_KANA, _HANGUL, _HAN))
    asian = kana + hangul + han
    if asian and asian >= len(words):
        return _asian_language(kana, hangul, han)
    latin = sum(map(len, words))
    others = _count(_OTHER_LETTER, sample) - asian
    return "en" if latin and others <= latin * _OTHER_SHARE else None


def _count(script: re.Pattern[str], sample: str) -> int:
    return sum(map(len, script.findall(sample)))


def _asian_language(kana: int, hangul: int, han: int) -> str:
    if hangul > kana + han:
        return "ko"
    return "ja" if kana * 10 >= kana + han else "zh"
