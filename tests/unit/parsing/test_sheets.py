"""Phrase libraries as people's spreadsheets and editors really save them."""

import codecs
from pathlib import Path

import pytest

from csdesk import render
from csdesk.errors import InvalidInput
from csdesk.matching import Phrase, read_library, read_phrases, write_phrases
from csdesk.parsing import phrases

REFUND = Phrase("refund", "申请退款", ("怎么退款", "我要退款"), answer='点"退款"; 三天到账，请稍等。')
PLAIN = 'id,title,questions,answer\r\nrefund,申请退款,怎么退款|我要退款,"点""退款""; 三天到账，请稍等。"\r\n'
EXCEL = 'id;title;questions;answer\r\nrefund;申请退款;怎么退款|我要退款;"点""退款""; 三天到账，请稍等。"\r\n'


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("gbk"),
        PLAIN.encode("gb18030"),
        EXCEL.encode("gbk"),
        codecs.BOM_UTF8 + EXCEL.encode(),
        EXCEL.replace(";", "\t").replace('退款""\t', '退款"";').encode("utf-16"),
        b"sep=;\r\n" + EXCEL.encode(),
        b"SEP=,\n" + PLAIN.encode(),
        PLAIN.replace("id,title,questions,answer", "编号,标题,问题,回答").encode("gbk"),
        PLAIN.replace("id,title,questions,answer", "编号,标准问题,相似问法,答案").encode("gbk"),
        PLAIN.replace("questions,answer", "question,body").encode(),
        PLAIN.replace("answer\r\n", "answer,,\r\n,,,,,\r\n").replace('稍等。"\r\n', '稍等。",,\r\n,,,\r\n').encode(),
        PLAIN.replace("id,title,questions,answer", '"ID","Title","Questions","Answer"').encode(),
    ],
    ids=["utf-8", "bom", "gbk", "gb18030", "semicolons gbk", "semicolons", "utf-16 tabs", "sep=;", "sep=,", "chinese",
         "what knowledge bases call them", "what the library calls them", "empty cells", "quoted"],
)  # fmt: skip
def test_a_sheet(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "library.csv"
    file.write_bytes(content)
    assert read_phrases(file) == [REFUND]
    assert read_library(file)[0].wordings[0].text == REFUND.answer


def test_traditional_chinese_of_a_mac_or_windows(tmp_path: Path) -> None:
    file = tmp_path / "library.csv"
    file.write_bytes(
        "id,title,questions,answer\r\nrefund,申請退款,怎麼退款|我要退款,請在訂單頁點退款。\r\n".encode("big5")
    )
    assert read_phrases(file) == [Phrase("refund", "申請退款", ("怎麼退款", "我要退款"), answer="請在訂單頁點退款。")]


@pytest.mark.parametrize("form", ["jsonl", "toml", "md"])
def test_other_forms_in_the_same_encodings(tmp_path: Path, form: str) -> None:
    text = phrases.write([REFUND], form)
    for content in (codecs.BOM_UTF8 + text.encode(), text.encode("gbk"), text.encode("utf-16")):
        file = tmp_path / f"refund.{form}"
        file.write_bytes(content)
        assert read_phrases(file) == [REFUND]


@pytest.mark.parametrize("content", ["id,title\na,café résumé\n".encode("cp1252"), b"\xff\xfea", b"id,title\na,\x81\n"])
def test_what_is_not_sure_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "library.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"^library\.csv: text: is neither UTF-8 nor a Chinese encoding"):
        read_phrases(file)


def test_a_semicolon_in_a_comma_sheet_is_no_sign() -> None:
    assert phrases.read("id,title\na,one; two\n", "csv") == [Phrase("a", "one; two")]
    assert phrases.read("id;title\na;one, two\n", "csv") == [Phrase("a", "one, two")]


def test_lines_are_counted_with_those_before_the_columns() -> None:
    with pytest.raises(InvalidInput) as error:
        phrases.read("sep=;\nid;title\na;b;c\n", "csv")
    assert error.value.field == "line 3"
    with pytest.raises(InvalidInput, match="two columns are called 'title'"):
        phrases.read("编号,标题,title\na,b,c\n", "csv")


def test_what_is_written_says_its_encoding_to_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "library.csv"
    write_phrases(file, [REFUND])
    assert file.read_bytes().startswith(codecs.BOM_UTF8)
    assert read_phrases(file) == [REFUND]


@pytest.mark.parametrize(
    ("name", "content", "told", "chinese"),
    [
        ("a.xlsx", b"PK\x03\x04", "'xlsx' is not known; save the sheet as CSV (UTF-8)", "请把表格另存为 CSV（UTF-8）"),
        (
            "a.csv",
            "编号，标题，回答\na，b，c\n".encode(),
            "is parted by full-width commas",
            "a.csv: 第 1 行：各列之间是全角逗号",
        ),
        ("a.csv", b"id,title,anwser\na,b,c\n", "did you mean 'answer'?", "a.csv: 第 2 行的 anwser：话术没有这个字段"),
    ],
)
def test_what_a_spreadsheet_leaves_is_told_with_its_place(
    tmp_path: Path, name: str, content: bytes, told: str, chinese: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    for read in (read_phrases, read_library):
        with pytest.raises(InvalidInput) as caught:
            read(file)
        assert told in str(caught.value)
        assert chinese in render(caught.value, "zh-CN")
