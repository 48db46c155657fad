"""The pieces of reading mail: charsets, encoded words, addresses, parameters, file names, HTML, structure."""

from __future__ import annotations

import base64

import pytest

from csdesk.domain.text.markup import text_of_html
from csdesk.parsing.mail.addresses import mailboxes, without_tag
from csdesk.parsing.mail.charsets import codec_of, decode_text
from csdesk.parsing.mail.content import read_content
from csdesk.parsing.mail.fields import read_field, safe_name
from csdesk.parsing.mail.headers import read_headers
from csdesk.parsing.mail.structure import MOST_DEPTH, MOST_PARTS, read_tree
from csdesk.parsing.mail.words import decode_words

CHINESE = "请问我的订单什么时候发货？谢谢"
TRADITIONAL = "請問我的訂單什麼時候發貨？謝謝"


@pytest.mark.parametrize(
    "label", ["gb2312", "GBK", "GB_2312-80", "x-gbk", "cp936", "gb18030", "utf-8", "", "unknown-8bit"]
)
@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_chinese_is_read_under_every_label(label: str, codec: str) -> None:
    assert decode_text(CHINESE.encode(codec), label) == CHINESE


@pytest.mark.parametrize("label", ["big5", "Big5-HKSCS", "gb2312", "iso-8859-1x", ""])
def test_traditional_chinese_is_read_under_every_label(label: str) -> None:
    assert decode_text(TRADITIONAL.encode("big5"), label) == TRADITIONAL


def test_gb2312_means_gb18030() -> None:
    assert decode_text("朱镕基 𠮷 €".encode("gb18030"), "gb2312") == "朱镕基 𠮷 €"


@pytest.mark.parametrize(
    ("content", "label", "text"),
    [
        ("caf\xe9".encode("latin-1"), "iso-8859-1", "café"),
        ("caf\xe9".encode("latin-1"), "", "café"),
        ("“x”".encode("cp1252"), "iso-8859-1", "“x”"),
        ("naïve".encode(), "us-ascii", "naïve"),
        ("한국어".encode("cp949"), "ks_c_5601-1987", "한국어"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("日本語".encode("iso-2022-jp"), "ISO-2022-JP", "日本語"),
        (b"\xef\xbb\xbfx", "utf-8", "x"),
        (b"x", "base64", "x"),
        (b"x", "punycode", "x"),
        ("你好".encode("utf-16"), "utf-16", "你好"),
    ],
)
def test_other_charsets(content: bytes, label: str, text: str) -> None:
    assert decode_text(content, label) == text


def test_one_broken_sign_does_not_change_the_charset() -> None:
    damaged = CHINESE.encode() + b"\xe4\xbd"
    assert decode_text(damaged, "utf-8").startswith(CHINESE)


def test_labels_that_are_no_charset_have_no_codec() -> None:
    assert [codec_of(label) for label in ("zlib", "punycode", "idna", "unicode_escape", "undefined")] == [None] * 5


def word(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (f"{word('你')} \t {word('好')}", "你好"),
        (f"Re: {word('你')} x {word('好')}", "Re: 你 x 好"),
        (f"{word('你')}{word('好')}", "你好"),
        ("=?utf-8?B?5L2?= =?utf-8?B?oOWlvQ?=", "你好"),
        ("=?gb2312?Q?=C4=E3_=BA=C3?=", "你 好"),
        ("=?utf-8*zh?q?a_b c?=", "a b c"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("=?nope?B?!!!?=", ""),
        ("=?=?=", "=?=?="),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("A@B.c", [("", "a@b.c")]),
        ('"Li, Si" <li@x.cn>, b@x.cn', [("Li, Si", "li@x.cn"), ("", "b@x.cn")]),
        ("b@x.cn (Bob (the) builder)", [("Bob (the) builder", "b@x.cn")]),
        ("Team: a@x.cn, B <b@x.cn>; c@x.cn", [("", "a@x.cn"), ("B", "b@x.cn"), ("", "c@x.cn")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.x,@r2.x:a@x.cn>", [("", "a@x.cn")]),
        ('"unclosed <a@x.cn>', [("unclosed", "a@x.cn")]),
        ("<<a@x.cn>", [("", "a@x.cn")]),
        (f'"{word("张三", "gbk")}" <z@x.cn>', [("张三", "z@x.cn")]),
        (word("张三 <z@x.cn>"), [("张三", "z@x.cn")]),
        ("a@x.cn; a@x.cn", [("", "a@x.cn")]),
        ("'a@x.cn' <a@x.cn>", [("", "a@x.cn")]),
        ("a@, @b, <>, nobody", []),
        ("x\x07y <a@x.cn>", [("xy", "a@x.cn")]),
        ("((((((((", []),
    ],
)
def test_addresses(value: str, found: list[tuple[str, str]]) -> None:
    assert [tuple(one) for one in mailboxes(value)] == found


def test_a_tag_is_no_part_of_an_address() -> None:
    assert without_tag("support+t.1@x.cn") == "support@x.cn"


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ('Text/Plain; Charset="utf-8"; x', {"charset": "utf-8"}),
        ('a/b; name="a;b\\"c"', {"name": 'a;b"c'}),
        ("a/b; name*=utf-8'zh'%E5%8F%91%E7%A5%A8", {"name": "发票"}),
        ("a/b; name*0*=gb18030''%B7%A2; name*1*=%C6%B1; name*2=.pdf", {"name": "发票.pdf"}),
        ("a/b; name*1=b; name*0=a", {"name": "ab"}),
        (f"a/b; name={word('发票')}", {"name": "发票"}),
        ("a/b; name=x; name*=utf-8''y", {"name": "y"}),
        ('a/b; name="open', {"name": "open"}),
        ("a/b; =x; ; name", {}),
    ],
)
def test_parameters(text: str, parameters: dict[str, str]) -> None:
    assert read_field(text).parameters == parameters


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\发票.pdf", "发票.pdf"),
        ("a\0b\r\nc\u202egnp.exe", "abcgnp.exe"),
        ("..", ""),
        ("a:b*c?.txt ", "a_b_c_.txt"),
        ("CON.txt", "_CON.txt"),
        ("", ""),
        (f"{'长' * 300}.pdf", f"{'长' * 83}.pdf"),
        ("x" * 300, "x" * 255),
    ],
)
def test_file_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert len(safe_name(name).encode()) <= 255


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br><br><br>c", "a\nb\n\nc"),
        ("<style>x{}</style><script>if (a<b) '</p>'</script>t<!-- no > -->", "t"),
        ("<title>no</title>a &lt;b&gt; &amp; &#20320;", "a <b> & 你"),
        ("&#99999999999999999999999999;x", "\ufffdx"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<a href='https://x.y/z'>here</a>!", "here <https://x.y/z>!"),
        ('<a href="https://x.y/">x.y</a>', "x.y"),
        ('<a href="javascript:x()">run</a>', "run"),
        ("<blockquote>q<blockquote>r</blockquote></blockquote>s", "> q\n>\n> > r\n\ns"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<img src=x alt="笑">', "[笑]"),
        ("3 < 4 and <5>", "3 < 4 and <5>"),
        ("a <b title='x > y'>c</b", "a c</b"),
        ('x <a href="open>y</a> z', "x y z"),
        ("<SCRIPT>never closed", ""),
        ("a <! b", "a <! b"),
        ("İ<script>x</script>y", "İy"),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


def tree_text(raw: bytes) -> str:
    parts, _ = read_content(read_tree(raw))
    return "|".join(part.text for part in parts if part.kind == "text")


def test_a_part_that_is_not_closed_runs_to_the_end() -> None:
    assert tree_text(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n") == "hello"


def test_an_inner_delimiter_that_begins_like_the_outer_one() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
        b"--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n"
    )
    assert tree_text(raw) == "one|two"


def test_a_multipart_without_its_delimiter_is_text() -> None:
    assert tree_text(b"Content-Type: multipart/mixed; boundary=b\n\nhello") == "hello"


def test_an_empty_plain_text_gives_way_to_html() -> None:
    page = b"Content-Type: text/html\n\n<p>x</p>\n"
    raw = b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\n" + page + b"--b--\n"
    assert tree_text(raw) == "x"


def test_html_says_its_charset_by_itself() -> None:
    page = "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>Привет".encode("koi8-r")
    assert tree_text(b"Content-Type: text/html\n\n" + page) == "Привет"


def test_lone_carriage_returns_end_lines_too() -> None:
    assert tree_text(b"Subject: x\r\rone\rtwo") == "one\ntwo"


def test_what_lies_too_deep_stays_whole() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(500))
    depth, node = 0, read_tree(raw)
    while node.children:
        depth, node = depth + 1, node.children[0]
    assert depth == MOST_DEPTH
    assert node.content[node.begin : node.end]


def test_parts_beyond_the_limit_stay_in_the_last_one() -> None:
    tree = read_tree(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 2000)
    assert len(tree.children) == MOST_PARTS + 1
    assert tree.children[-1].end == len(tree.content)


def test_a_header_beyond_the_limit_is_passed_over() -> None:
    raw = b"A: b\n" * 100_000 + b"\nbody"
    headers, body = read_headers(raw, 0, len(raw))
    assert len(headers.fields) == 1000
    assert raw[body:] == b"body"


def test_an_id_that_a_mailer_encoded_is_read() -> None:
    from email.message import EmailMessage
    from email.policy import SMTP

    from csdesk.parsing.mail.headers import message_ids

    own = f"<msg_{'0' * 26}.tkt_{'0' * 26}.{'a' * 16}@shop.example>"
    letter = EmailMessage(SMTP)
    letter["In-Reply-To"] = own
    raw = letter.as_bytes()
    assert own.encode() not in raw
    assert message_ids(read_headers(raw, 0, len(raw))[0].get("in-reply-to")) == [own]
