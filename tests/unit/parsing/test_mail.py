"""A mail as an event: who wrote, to whom, in which thread, and what is no message at all."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from csdesk.domain.records.channels import IgnoredEvent, InboundMessage, StatusEvent, UnknownEvent
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import Automatic, HtmlPart, MediaKind, MediaPart, QuotePart, whole_text
from csdesk.errors import InvalidInput
from csdesk.parsing.mail import Attachment, ParsedMail, parse_mail

MAILS = Path(__file__).parent.parent.parent / "fixtures" / "mail"
NOW = datetime(2026, 3, 10, tzinfo=UTC)
OWN = frozenset({"Support@Shop.example"})


def parsed(name: str) -> ParsedMail:
    return parse_mail((MAILS / f"{name}.eml").read_bytes(), account="mail", own_addresses=OWN, received_at=NOW)


def message(name: str) -> InboundMessage:
    event = parsed(name).event
    assert isinstance(event, InboundMessage)
    return event


def written(*lines: str, **options: object) -> InboundMessage:
    given = {"From": "a@x.example", "Message-ID": "<m@x.example>"}
    for line in lines:
        name, _, value = line.partition(": ")
        given[name] = value
    raw = "\r\n".join(f"{name}: {value}" for name, value in given.items()) + "\r\n\r\nbody\r\n"
    event = parse_mail(raw.encode(), account="mail", own_addresses=OWN, received_at=NOW, **options).event  # type: ignore[arg-type]
    assert isinstance(event, InboundMessage)
    return event


def test_an_outlook_reply_in_gb2312() -> None:
    got = message("outlook_reply")
    assert (got.sender.kind, got.sender.external_id, got.sender.name) == ("email", "wang.wu@contoso.example", "王五")
    assert [(one.external_id, one.name) for one in got.cc] == [("li.si@contoso.example", "李四, 采购部")]
    assert got.subject == "答复: 订单 A1001 什么时候发货"
    assert got.text == "请问今天能发货吗？镕"
    assert whole_text(got.parts) == "请问今天能发货吗？镕\n发件人: Support\n发送时间: 2026年3月1日"
    assert got.provider_id == got.dedupe_key == "<TY0PR0001@apcprd.contoso.example>"
    assert got.references == ("<second@shop.example>", "<root@shop.example>")
    assert got.conversation == "<root@shop.example>"
    assert got.sent_at == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert got.automatic is Automatic.NO  # X-Auto-Response-Suppress alone means nothing
    assert got.raw == (MAILS / "outlook_reply.eml").read_bytes()


def test_a_gmail_reply_with_flowed_text_and_another_reply_address() -> None:
    got = message("gmail_reply")
    assert got.text == "This is one long line of mine."
    assert whole_text(got.parts).startswith("This is one long line of mine.\nOn Mon, ")
    assert whole_text(got.parts).endswith("wrote:\n> It left yesterday.")
    assert isinstance(got.parts[2], HtmlPart)
    assert [one.external_id for one in got.cc] == ["jane@work.example"]


def test_a_qq_mail_with_a_split_subject_a_picture_and_a_file() -> None:
    mail = parsed("qq_mail")
    got = message("qq_mail")
    assert (got.subject, got.sender.name, got.text) == ("退款申请，请处理", "小明", "你好，我要退款。")
    picture, bill = mail.attachments
    assert (picture.name, picture.cid, picture.type, picture.content) == (
        "截图.png",
        "pic1@qq",
        "image/png",
        b"\x89PNG\r\n\x1a\nabc",
    )
    assert (bill.name, bill.content) == ("发票.pdf", b"%PDF-1.4 invented")
    media = [part for part in got.parts if isinstance(part, MediaPart)]
    assert [(one.media, one.provider_id) for one in media] == [(MediaKind.IMAGE, "part/1"), (MediaKind.FILE, "part/2")]


def test_attachments_find_their_parts_when_they_are_stored() -> None:
    mail = parsed("qq_mail")

    def put(one: Attachment) -> MediaRef:
        return MediaRef(sha256=sha256(one.content).hexdigest(), size=len(one.content), type=one.type, name=one.name)

    event = mail.stored(put)
    assert isinstance(event, InboundMessage)
    refs = [part.ref for part in event.parts if isinstance(part, MediaPart)]
    assert [ref.name for ref in refs if ref is not None] == ["截图.png", "发票.pdf"]
    assert parsed("own_loop").stored(put) == parsed("own_loop").event


def test_a_163_mail_that_has_only_html() -> None:
    got = message("netease_163")
    assert got.subject == "咨询发票"
    assert got.text == "您好 ，发票怎么开？\n\n详见 帮助 <https://shop.example/help>"
    assert whole_text(got.parts) == f"{got.text}\n> 原来的话"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("utf8_as_gb2312", "你好，请问什么时候发货？"),
        ("big5_as_gb2312", "您好，請問我的訂單什麼時候會到？謝謝你們。"),
        ("raw_gbk_no_mime", "我买的东西坏了，请问怎么退货？"),
        ("shift_jis", "注文はいつ届きますか。"),
    ],
)
def test_texts_with_a_wrong_label_or_none(name: str, text: str) -> None:
    assert message(name).text == text


def test_headers_without_any_encoding() -> None:
    got = message("raw_gbk_no_mime")
    assert (got.sender.name, got.subject) == ("张三", "我要退货")


def test_a_mail_inside_a_mail_is_a_file_with_a_harmless_name() -> None:
    mail = parsed("forwarded_mail")
    assert message("forwarded_mail").text == "See below."
    assert [(one.name, one.type) for one in mail.attachments] == [("_.._etc_passwd.eml", "message/rfc822")]
    assert b"inner text" in mail.attachments[0].content


def test_a_contact_form_speaks_for_whoever_filled_it_in() -> None:
    got = message("contact_form")
    assert (got.sender.external_id, got.sender.name, got.author) == ("chen@x.example", "陈小姐", "customer")
    assert got.cc == ()


def test_an_answer_from_our_own_address_is_one_given_elsewhere() -> None:
    got = message("answered_elsewhere")
    assert (got.author, got.sender.external_id) == ("elsewhere", "jane@contoso.example")
    assert [one.external_id for one in got.cc] == ["bob@contoso.example"]


def test_what_comes_from_us_to_us_is_ignored() -> None:
    event = parsed("own_loop").event
    assert isinstance(event, IgnoredEvent)
    assert event.reason == "mail.own_loop"


def test_a_machine_of_ours_is_ignored_whomever_it_writes_to() -> None:
    raw = b"From: support@shop.example\nTo: a@x.example\nAuto-Submitted: auto-replied\n\nhello"
    event = parse_mail(raw, account="mail", own_addresses=OWN, received_at=NOW).event
    assert isinstance(event, IgnoredEvent)


def test_spam_under_our_own_address_is_no_answer_of_ours() -> None:
    raw = b"From: support@shop.example\nTo: a@x.example\nX-Spam-Flag: YES\n\nPay here."
    event = parse_mail(raw, account="mail", own_addresses=OWN, received_at=NOW).event
    assert isinstance(event, IgnoredEvent)
    assert event.reason == "mail.own_spam"


@pytest.mark.parametrize("raw", [b"", b"\0", b"\n\n", b"no header at all", b"From: nobody\n\nx"])
def test_without_a_sender_it_is_kept_as_unknown(raw: bytes) -> None:
    event = parse_mail(raw, account="mail", received_at=NOW).event
    assert isinstance(event, UnknownEvent)
    assert event.raw == raw


@pytest.mark.parametrize(
    ("line", "automatic"),
    [
        ("Auto-Submitted: no", Automatic.NO),
        ("Auto-Submitted: auto-replied (vacation)", Automatic.REPLY),
        ("Auto-Submitted: auto-generated; x=y", Automatic.NOTICE),
        ("Auto-Submitted: auto-notified", Automatic.NOTICE),
        ("Precedence: auto_reply", Automatic.REPLY),
        ("Precedence: Bulk", Automatic.BULK),
        ("Precedence: junk", Automatic.BULK),
        ("Precedence: first-class", Automatic.NO),
        ("List-Id: <a.b.example>", Automatic.BULK),
        ("List-Unsubscribe: <mailto:x@y.example>", Automatic.BULK),
        ("X-Autoreply: yes", Automatic.REPLY),
        ("X-Autoreply: no", Automatic.NO),
        ("Return-Path: <>", Automatic.NOTICE),
        ("Return-Path: <a@x.example>", Automatic.NO),
        ("X-Auto-Response-Suppress: All", Automatic.NO),
        ("Subject: Automatic reply: x", Automatic.REPLY),
        ("Subject: 【自动回复】收到", Automatic.REPLY),
        ("Subject: 自动回复：收到", Automatic.REPLY),
        ("Subject: Re: 自动回复：收到", Automatic.NO),
        ("Subject: 自动回复功能怎么关", Automatic.NO),
        ("From: MAILER-DAEMON@x.example", Automatic.NO),
    ],
)
def test_what_a_machine_wrote(line: str, automatic: Automatic) -> None:
    assert written(line).automatic is automatic


@pytest.mark.parametrize("name", ["absent_exchange", "absent_qq"])
def test_absence_notes(name: str) -> None:
    assert message(name).automatic is Automatic.REPLY


def test_a_mailing_list_takes_no_part_through_its_reply_address() -> None:
    assert (message("mailing_list").automatic, message("mailing_list").cc) == (Automatic.BULK, ())


def test_without_an_id_a_stable_one_is_made() -> None:
    raw = (MAILS / "raw_gbk_no_mime.eml").read_bytes()
    again = b"Received: from elsewhere\n" + raw.replace(b"\r\n", b"\n") + b"\n"
    ids = {parse_mail(one, account="mail", received_at=NOW).event.dedupe_key for one in (raw, again)}
    assert len(ids) == 1
    assert ids.pop().endswith("@missing.invalid>")
    other = parse_mail(raw + b"more", account="mail", received_at=NOW).event
    assert other.dedupe_key != message("raw_gbk_no_mime").dedupe_key


def test_references_are_strongest_first_and_each_once() -> None:
    got = written("In-Reply-To: <c@x>", "References: <a@x> <b@x>\r\n <c@x> <m@x.example>")
    assert got.references == ("<c@x>", "<b@x>", "<a@x>")
    assert got.conversation == "<a@x>"


def test_of_a_long_chain_the_near_ones_and_the_root_stay() -> None:
    chain = " ".join(f"<{number}@x>" for number in range(5000))
    got = written(f"References: {chain}")
    assert len(got.references) == 20
    assert got.references[0] == "<4999@x>"
    assert got.references[-1] == got.conversation == "<0@x>"


def test_ids_that_are_folded_bare_or_endless() -> None:
    assert written("Message-ID: <a\r\n b@x>").provider_id == "<ab@x>"
    assert written("Message-ID: bare@x.example").provider_id == "<bare@x.example>"
    endless = written(f"Message-ID: <{'a' * 5000}@x>").provider_id
    assert len(endless) < 100
    assert endless.endswith("@long.invalid>")


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0800 (CST)", datetime(2026, 3, 2, 2, tzinfo=UTC)),
        ("2 Mar 2026 10:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Thu, 1 Jan 1970 00:00:00 +0000", datetime(1970, 1, 1, tzinfo=UTC)),
        ("Fri, 1 Jan 2100 00:00:00 +0000", datetime(2100, 1, 1, tzinfo=UTC)),
        ("Wed, 31 Dec 2025 23:59:60 +0000", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-02 10:00:00+08:00", datetime(2026, 3, 2, 2, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00:00 +9999", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 99 Mar 2026 10:00:00 +0000", None),
        ("Fri, 31 Dec 9999 23:00:00 -1400", None),
        ("yesterday", None),
    ],
)
def test_dates(date: str, at: datetime | None) -> None:
    assert written(f"Date: {date}").sent_at == at


def test_addresses_and_ids_of_ours_may_prove_a_ticket() -> None:
    asked: list[str] = []

    def hint(candidate: str) -> str:
        asked.append(candidate)
        return "tkt_1" if candidate == "sent.tkt_1.mac@shop.example" else ""

    got = written("To: support+a@shop.example", "In-Reply-To: <sent.tkt_1.mac@shop.example>", hint=hint)
    assert got.ticket_hint == "tkt_1"
    assert asked == ["support+a@shop.example", "sent.tkt_1.mac@shop.example"]
    assert written("To: b@x.example").ticket_hint == ""


def test_spam_that_a_filter_marked() -> None:
    assert written("X-Spam-Flag: YES").spam
    assert not written("X-Spam-Flag: NO").spam


def test_a_scope_keeps_worlds_of_addresses_apart() -> None:
    assert written("Cc: b@x.example", scope="eu").cc[0].scope == "eu"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidInput, match="aware"):
        parse_mail(b"", account="mail", received_at=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("name", "status", "reason", "permanent"),
    [
        ("bounce_postfix", "failed", "failed 5.1.1 550", True),
        ("bounce_exim_report", "failed", "failed 5.0.0 452", True),
        ("bounce_exim_old", "failed", "failed 550", True),
        ("bounce_exchange", "failed", "failed 5.1.10 550", True),
        ("bounce_qq", "failed", "failed 550", True),
        ("bounce_qmail", "failed", "failed 5.7.1 550", True),
        ("delayed_postfix", "sent", "delayed 4.4.1", False),
        ("receipt_read", "read", "displayed", False),
    ],
)
def test_reports_point_at_the_mail_they_are_about(name: str, status: str, reason: str, permanent: bool) -> None:
    event = parsed(name).event
    assert isinstance(event, StatusEvent)
    assert (event.provider_id, event.status, event.reason) == ("<out1@shop.example>", status, reason)
    assert event.permanent is permanent
    assert event.occurred_at == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert "nobody" not in event.reason


def test_a_complaint_is_ignored_with_a_reason() -> None:
    event = parsed("complaint").event
    assert isinstance(event, IgnoredEvent)
    assert event.reason == "mail.complaint"


@pytest.mark.parametrize(
    ("change", "status", "permanent"),
    [
        ((b"Status: 5.1.1", b"Status: 4.4.7"), "failed", False),
        ((b"Action: failed", b"Action: Failed (really)"), "failed", True),
        ((b"Action: failed", b"Action: delivered"), "sent", False),
        ((b"Action: failed", b"Action: exploded"), "sent", False),
    ],
)
def test_fields_of_a_delivery_report(change: tuple[bytes, bytes], status: str, permanent: bool) -> None:
    raw = (MAILS / "bounce_postfix.eml").read_bytes().replace(*change)
    event = parse_mail(raw, account="mail", received_at=NOW).event
    assert isinstance(event, StatusEvent)
    assert (event.status, event.permanent) == (status, permanent)


def test_a_report_without_the_original_id_matches_nothing() -> None:
    raw = (MAILS / "bounce_postfix.eml").read_bytes().replace(b"Message-ID: <out1@shop.example>\r\n", b"")
    event = parse_mail(raw, account="mail", received_at=NOW).event
    assert isinstance(event, StatusEvent)
    assert (event.key, event.provider_id) == ("", "")


@pytest.mark.parametrize("kind", ["deleted", "denied", "bad(word"])
def test_other_receipts_change_nothing(kind: str) -> None:
    raw = (MAILS / "receipt_read.eml").read_bytes().replace(b"displayed", kind.encode())
    event = parse_mail(raw, account="mail", received_at=NOW).event
    assert isinstance(event, IgnoredEvent)
    assert event.reason.startswith("mail.receipt_")


def test_a_part_of_a_report_makes_no_report_of_a_persons_mail() -> None:
    head = b"From: a@x.example\nMessage-ID: <f@x>\nContent-Type: multipart/mixed; boundary=b\n\n"
    raw = head + b"--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n--b--\n"
    assert isinstance(parse_mail(raw, account="mail", received_at=NOW).event, InboundMessage)


def test_a_person_may_forward_a_bounce() -> None:
    bounce = (MAILS / "bounce_postfix.eml").read_bytes()
    raw = b"From: a@x.example\nMessage-ID: <f@x>\nContent-Type: message/rfc822\n\n" + bounce
    assert isinstance(parse_mail(raw, account="mail", received_at=NOW).event, InboundMessage)


def test_what_is_quoted_stands_in_its_place_and_is_not_said() -> None:
    text = (
        "On Tue, Mar 3, 2026 Li <li@example.com> wrote:\n> Which size?\n\nForty.\n\n> Which colour?\n\nRed.\n\n-- \nLi"
    )
    got = parse_mail(f"From: li@example.com\n\n{text}".encode(), account="mail", received_at=NOW).event
    assert isinstance(got, InboundMessage)
    assert got.text == "Forty.\nRed."
    assert [getattr(part, "role", "said") for part in got.parts] == ["quoted", "said", "quoted", "said", "signature"]


def test_a_text_in_very_many_pieces_becomes_few_parts() -> None:
    raw = b"From: li@example.com\n\n" + b"> why?\nso\n" * 5000
    got = parse_mail(raw, account="mail", received_at=NOW).event
    assert isinstance(got, InboundMessage)
    assert len(got.parts) == 2
    assert isinstance(got.parts[1], QuotePart)
    assert got.text.count("so") == got.parts[1].text.count("why") == 5000
