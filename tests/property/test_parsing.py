"""Whatever arrives, the parsers give an event: whole, aware of time, the same through JSON, the same each time."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.conftest import many

from csdesk.domain.records.channels import ChannelEvent, InboundMessage
from csdesk.domain.text.markup import text_of_html
from csdesk.errors import ChannelError
from csdesk.parsing.mail import ParsedMail, parse_mail
from csdesk.parsing.mail.addresses import mailboxes
from csdesk.parsing.mail.charsets import decode_text
from csdesk.parsing.mail.fields import read_field, safe_name
from csdesk.parsing.mail.words import decode_words
from csdesk.parsing.wecom import parse_page
from csdesk.sources.mbox import split_mbox

FIXTURES = Path(__file__).parent.parent / "fixtures"
MAILS = [path.read_bytes() for path in sorted((FIXTURES / "mail").glob("*.eml"))]
SAMPLES = json.loads((FIXTURES / "wecom_kf_samples.json").read_text())["samples"]
ITEMS = [
    item for one in SAMPLES for page in one.get("pages", [one.get("body")]) if page for item in page.get("msg_list", [])
]
NOW = datetime(2026, 3, 10, tzinfo=UTC)
EVENTS: TypeAdapter[ChannelEvent] = TypeAdapter(ChannelEvent)

PIECES = [
    *(b"\r\n", b"\n\n", b"\0", b"--", b'"', b"<", b">", b"=?gb2312?B?", b"?=", b"=?x?q?", b";", b"*0*=", b"\xff\xfe"),
    *(b"\xe4\xbd", b"Date: x\n", b"From ", b"charset=utf-7", b"+2AA-", b"&#xd800;"),
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"Content-Type: message/rfc822\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Type: text/html; charset=utf-16\n",
]


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A known mail with a few places cut out, doubled, or written over."""
    mail = draw(st.sampled_from(MAILS))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(mail)))
        end = min(len(mail), begin + draw(st.integers(0, 200)))
        piece = draw(st.sampled_from([*PIECES, mail[begin:end] * 2, b""]) | st.binary(max_size=8))
        mail = mail[:begin] + piece + mail[end:]
    return mail


def parsed(raw: bytes) -> ParsedMail:
    own = frozenset({"support@shop.example"})
    return parse_mail(raw, account="mail", own_addresses=own, received_at=NOW)


def check(event: ChannelEvent) -> None:
    assert EVENTS.validate_json(event.model_dump_json()) == event
    at = event.sent_at if isinstance(event, InboundMessage) else event.occurred_at
    assert at is None or at.tzinfo is UTC
    assert event.dedupe_key.isprintable()


@settings(max_examples=many(200))
@given(mails() | st.binary(max_size=400))
def test_any_mail_is_an_event(raw: bytes) -> None:
    mail = parsed(raw)
    check(mail.event)
    assert mail.event.raw == raw
    assert parsed(raw) == mail
    for one in mail.attachments:
        assert len(one.name.encode()) <= 255
        assert not set(one.name) & set("/\\\0\r\n")
    if isinstance(mail.event, InboundMessage):
        assert len(mail.event.references) <= 20
        assert len({part.provider_id for part in mail.event.parts if part.kind == "media"}) == len(mail.attachments)


@given(st.sampled_from(MAILS), st.data())
def test_a_mail_cut_anywhere_is_an_event(raw: bytes, data: st.DataObject) -> None:
    check(parsed(raw[: data.draw(st.integers(0, len(raw)))]).event)


@given(
    st.text(),
    st.sampled_from(["gb2312", "gbk", "big5", "utf-8", "", "shift_jis", "nonsense", "utf-7", "hz"]),
    st.binary(),
)
def test_texts_never_raise(text: str, label: str, content: bytes) -> None:
    decode_text(content, label)
    decode_words(text)
    mailboxes(text)
    read_field(text)
    assert len(safe_name(text).encode()) <= 255
    assert safe_name(safe_name(text)) == safe_name(text)


TAGS = [
    "<",
    ">",
    "</",
    "<!--",
    "-->",
    "a",
    "p",
    "=",
    "&",
    "#",
    "9",
    ";",
    "script",
    "br",
    "href",
    "blockquote",
    "pre",
    "x",
]


@given(st.lists(st.sampled_from([*TAGS, " ", '"', "'", "\n", "İ"]) | st.text(max_size=3)).map("".join))
def test_any_html_has_a_text(html: str) -> None:
    text = text_of_html(html)
    assert text == text.strip("\n")


@given(
    st.text(
        alphabet=st.characters(codec="gb18030", min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=40
    )
)
def test_chinese_under_its_own_label_survives(text: str) -> None:
    assert decode_text(text.encode("utf-8"), "utf-8") == text
    assert decode_text(f"请问，{text}，谢谢您".encode("gb18030"), "gb2312") == f"请问，{text}，谢谢您"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def items(draw: st.DrawFn) -> Any:
    """A known item with a few values replaced, at any depth."""
    item = json.loads(json.dumps(draw(st.sampled_from(ITEMS))))
    for _ in range(draw(st.integers(0, 4))):
        inside = draw(st.sampled_from([item, *(one for one in item.values() if isinstance(one, dict))]))
        name = draw(st.sampled_from([*sorted(inside), "msgtype", "origin", "event", "text"]))
        inside[name] = draw(
            JSON | st.sampled_from(["text", "event", "merged_msg", "location", 3, 4, 5, "\ud800", "x" * 2000])
        )
    return item


@given(st.lists(items() | JSON, max_size=4))
def test_every_item_of_a_page_is_an_event(listed: list[Any]) -> None:
    page = {"errcode": 0, "msg_list": listed}
    events = parse_page(page, received_at=NOW).events
    assert len(events) == len(listed)
    assert events == parse_page(page, received_at=NOW).events
    for one in events:
        check(one)


@given(JSON | st.text() | st.binary())
def test_any_answer_is_a_page_or_a_typed_error(payload: Any) -> None:
    with suppress(ChannelError):
        parse_page(payload if isinstance(payload, str | bytes) else json.dumps(payload), received_at=NOW)


@given(
    st.lists(
        st.sampled_from(
            [
                b"From a@x Mon Mar  2 10:00:00 2026\n",
                b"From x\n",
                b"\n",
                b"\r\n",
                b"A: b\n",
                b">From y\n",
                b"body\n",
                b"z",
            ]
        )
    )
)
def test_an_mbox_loses_nothing_but_separators(lines: list[bytes]) -> None:
    content = b"".join(lines)
    found = list(split_mbox(io.BytesIO(content), most=10**6))
    kept = b"".join(one or b"" for _, one, _ in found)
    assert [kept.count(word) for word in (b"body", b"A: b", b"y", b"z")] == [
        content.count(word) for word in (b"body", b"A: b", b"y", b"z")
    ]
    assert [begin for begin, _, _ in found] == sorted({begin for begin, _, _ in found})
    assert all(begin < end <= len(content) for begin, _, end in found)
