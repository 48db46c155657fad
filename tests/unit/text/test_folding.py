import sys
import unicodedata

import pytest

from csdesk.domain.text import fold
from csdesk.domain.text._variants import SIMPLIFIED, TRADITIONAL
from csdesk.domain.text.folding import _SELF_CONTAINED

# Every assigned code point that is neither a Han character nor a Hangul syllable, and a few of those.
CODE_POINTS = [
    code
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in ("Cn", "Co")
    and not (0x3400 <= code < 0xD7A3 or 0x20000 <= code < 0x2F7FF or 0x30000 <= code < 0x40000)
] + list(range(0x4E00, 0x5000)) + list(range(0xAC00, 0xAC40))  # fmt: skip


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("發貨", "发货"), ("發票", "发票"), ("退貨", "退货"), ("訂單", "订单"), ("後天", "后天"), ("皇后", "皇后"),
        ("幾點開門", "几点开门"), ("運費險", "运费险"), ("優惠券", "优惠券"), ("裡面", "里面"), ("裏面", "里面"),
        ("為什麼", "为什么"), ("甚麼", "什么"), ("客戶帳號", "客户账号"), ("回覆", "回复"), ("瞭解", "了解"),
        ("接著", "接着"), ("臺灣", "台湾"), ("一隻", "一只"), ("這週", "这周"), ("線上", "线上"), ("綫上", "线上"),
    ],
)  # fmt: skip
def test_traditional_and_simplified_fold_to_one_text(traditional: str, simplified: str) -> None:
    assert fold(traditional) == fold(simplified)
    assert fold(simplified) == simplified


def test_variant_table_is_aligned_and_final() -> None:
    assert len(TRADITIONAL) == len(SIMPLIFIED) == len(set(TRADITIONAL)) > 2500
    assert not set(TRADITIONAL) & set(SIMPLIFIED)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ａ１００１！", "a1001!"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("Straße ﬁn ǅ", "strasse fin dž"),
        ("a\x00b\x07c\x7f", "abc"),
        ("发\u200b货\ufeff\u2060", "发货"),
        ("\u3000 多\t\r\n 少 \u00a0", "多 少"),
        ("a\u2028b", "a b"),
        ("E\u0301 e\u200b\u0301", "é é"),
        ("J\u030c", "ǰ"),
        ("\ud83d\ude00\ud800", "😀\ufffd"),
        ("👍🏽 ❤\ufe0f", "👍🏽 ❤"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_hostile_run_of_marks_is_cut() -> None:
    folded = fold("a" + "\u0301\u0316" * 5000 + "b")
    assert folded[0] + folded[-1] == "áb"
    assert len(folded) <= 33
    assert fold("a" + "\u0316" * 12 + "b") == "a" + "\u0316" * 12 + "b"


def test_every_code_point_folds_to_a_fixed_point() -> None:
    for code in CODE_POINTS:
        for text in (chr(code), f"x{chr(code)}\u0301"):
            once = fold(text)
            assert fold(once) == once, hex(code)


def test_fast_path_takes_only_what_never_combines() -> None:
    for code in CODE_POINTS:
        character = chr(code)
        if _SELF_CONTAINED.fullmatch(character):
            alone = unicodedata.normalize("NFKC", character)
            for left in ("a", "가", "ᄀ", "か"):
                assert unicodedata.normalize("NFKC", left + character) == left + alone, hex(code)
