"""Sources: what a path holds is found out, read piece by piece, and the same each time."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from csdesk.domain.records.channels import ChannelEvent, InboundMessage, Sender, StatusEvent
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import MediaPart
from csdesk.errors import InvalidInput
from csdesk.sources import KINDS, Source, SourceItem, SourceProblem, open_source
from csdesk.sources.mbox import split_mbox

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
NOW = datetime(2026, 3, 10, tzinfo=UTC)


def opened(path: Path, **options: Any) -> Source:
    return open_source(path, now=NOW, **options)


def events(source: Source) -> list[ChannelEvent]:
    return [event for one in source if isinstance(one, SourceItem) for event in one.events]


def problems(source: Source) -> list[SourceProblem]:
    return [one for one in source if isinstance(one, SourceProblem)]


def mail(number: int, body: str = "hello") -> bytes:
    return f"From: a{number}@x.example\r\nMessage-ID: <{number}@x>\r\n\r\n{body}\r\n".encode()


def mbox(*mails: bytes, separator: bytes = b"From a@x Mon Mar  2 10:00:00 2026\r\n") -> bytes:
    return b"".join(separator + one + b"\r\n" for one in mails)


def mails_in(content: bytes, most: int = 10**6) -> list[bytes | None]:
    return [one for _, one, _ in split_mbox(io.BytesIO(content), most=most)]


def write_lines(path: Path, *values: object) -> Path:
    path.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in values), encoding="utf-8")
    return path


# What a path holds


def test_each_kind_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "m" / "cur").mkdir(parents=True)
    (tmp_path / "e" / "deep").mkdir(parents=True)
    (tmp_path / "e" / "deep" / "1.EML").write_bytes(mail(1))
    (tmp_path / "box").write_bytes(mbox(mail(1)))
    (tmp_path / "one").write_bytes(mail(1))
    (tmp_path / "empty.mbox").write_bytes(b"")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    write_lines(tmp_path / "lines", {"from": "a", "text": "x"})
    write_lines(tmp_path / "pages", {"errcode": 0, "msg_list": []})
    found = {
        name: opened(tmp_path / name).kind
        for name in ("m", "e", "box", "one", "empty.mbox", "empty.jsonl", "lines", "pages")
    }
    assert found == {
        "m": "maildir",
        "e": "eml_folder",
        "box": "mbox",
        "one": "eml",
        "empty.mbox": "mbox",
        "empty.jsonl": "jsonl",
        "lines": "jsonl",
        "pages": "wecom",
    }
    assert set(found.values()) == set(KINDS)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\x00\x01\x02")
    for path in (tmp_path / "missing", tmp_path / "x.bin", tmp_path):
        with pytest.raises(InvalidInput, match="path"):
            opened(path)
    with pytest.raises(InvalidInput, match="kind"):
        opened(tmp_path / "x.bin", kind="pst")
    with pytest.raises(InvalidInput, match="now"):
        open_source(tmp_path / "x.bin", now=NOW.replace(tzinfo=None), kind="eml")


def test_the_kind_may_be_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\n\n" + mail(1))
    assert len(events(opened(tmp_path / "x", kind="eml"))) == 1


# mbox


def test_an_mbox_is_split_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    path.write_bytes(mbox(mail(1), mail(2), mail(3)))
    source = opened(path)
    first, second = events(source), events(source)
    assert first == second
    assert [one.dedupe_key for one in first] == ["<1@x>", "<2@x>", "<3@x>"]
    assert source.position == source.total_hint == path.stat().st_size
    assert [one.where for one in source][:1] == ["in.mbox:0"]


def test_positions_only_grow(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    path.write_bytes(mbox(*[mail(number) for number in range(5)]))
    source = opened(path)
    seen = [source.position for _ in source]
    assert seen == sorted(set(seen))
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (mbox(mail(1, "\r\nFrom now on, please call me."), mail(2)), 2),
        (mbox(mail(1, "\r\nFrom 9:30 to 18:00 we are open."), mail(2)), 2),
        (mbox(mail(1), mail(2), separator=b"From ???\r\n"), 2),
        (mbox(mail(1), mail(2), separator=b"From - Mon Mar  2 10:00:00 2026\r\n"), 2),
        (mbox(mail(1), mail(2)).replace(b"\r\n\r\nFrom a@x", b"\r\nFrom a@x"), 2),
        (mbox(mail(1), mail(2)).replace(b"\r\n", b"\n"), 2),
        (mail(1) + b"\r\n" + mbox(mail(2)), 2),
        (b"", 0),
        (b"From a@x Mon Mar  2 10:00:00 2026\n", 0),
        (b"\n\n\n", 0),
    ],
)
def test_separators(content: bytes, count: int) -> None:
    assert len(mails_in(content)) == count


def test_quoted_from_lines_lose_one_sign() -> None:
    (one,) = mails_in(mbox(b"A: b\n\n>From x\n>>From y\n> From z\n"))
    assert one == b"A: b\n\nFrom x\n>From y\n> From z\n"


def test_a_line_without_end_is_read_in_pieces() -> None:
    body = b"x" * 1_000_000
    (one,) = mails_in(mbox(b"A: b\n\n" + body + b"\n"), most=2_000_000)
    assert one is not None
    assert body in one


def test_a_mail_that_is_too_large_is_a_problem_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    path.write_bytes(mbox(mail(1), mail(2, "x" * 5000), mail(3)))
    source = opened(path, max_bytes=1000)
    assert [one.dedupe_key for one in events(source)] == ["<1@x>", "<3@x>"]
    (problem,) = problems(source)
    assert (problem.code, problem.where) == ("too_large", f"in.mbox:{len(mbox(mail(1)))}")


def test_a_mail_has_the_same_key_in_and_out_of_an_mbox(tmp_path: Path) -> None:
    raw = (FIXTURES / "mail" / "raw_gbk_no_mime.eml").read_bytes()
    (tmp_path / "in.mbox").write_bytes(mbox(raw).replace(b"\r\n", b"\n"))
    (tmp_path / "a.eml").write_bytes(raw)
    inside, outside = (events(opened(tmp_path / name))[0].dedupe_key for name in ("in.mbox", "a.eml"))
    assert inside == outside


# Files


def test_a_maildir_with_folders_drafts_and_a_bin(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp", ".Sent/cur"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "cur" / "1.host:2,S").write_bytes(mail(1))
    (tmp_path / "cur" / "2.host:2,DS").write_bytes(mail(2))
    (tmp_path / "cur" / "3.host:2,T").write_bytes(mail(3))
    (tmp_path / "new" / "4.host").write_bytes(mail(4))
    (tmp_path / "tmp" / "5.host").write_bytes(mail(5))
    (tmp_path / ".Sent" / "cur" / "6.host:2,").write_bytes(mail(6))
    source = opened(tmp_path)
    assert [one.dedupe_key for one in events(source)] == ["<6@x>", "<1@x>", "<4@x>"]
    assert source.position == source.total_hint


def test_a_folder_of_mails_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail(1))
    (tmp_path / "b.eml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c.eml").write_bytes(mail(2, "x" * 500))
    (tmp_path / "d.eml").write_bytes(b"")
    (tmp_path / "x.txt").write_bytes(mail(3))
    source = opened(tmp_path, max_bytes=300)
    assert [one.kind for one in events(source)] == ["message", "unknown"]
    assert [(one.where, one.code) for one in problems(source)] == [("b.eml", "unreadable"), ("c.eml", "too_large")]


def test_options_reach_the_mail_and_attachments_come_along() -> None:
    source = opened(FIXTURES / "mail", account="shop", own_addresses=frozenset({"support@shop.example"}), scope="eu")
    found = {Path(one.where).stem: one for one in source if isinstance(one, SourceItem)}
    assert len(found) == len(list((FIXTURES / "mail").glob("*.eml")))
    assert {event.account for one in found.values() for event in one.events} == {"shop"}
    assert isinstance(found["bounce_qq"].events[0], StatusEvent)
    (message,) = found["qq_mail"].events
    assert isinstance(message, InboundMessage)
    assert message.sender.scope == "eu"
    assert len(found["qq_mail"].attachments) == 2
    (kept,) = found["qq_mail"].stored(
        lambda one: MediaRef(sha256=sha256(one.content).hexdigest(), size=len(one.content))
    )
    assert isinstance(kept, InboundMessage)
    assert all(part.ref for part in kept.parts if isinstance(part, MediaPart))


# JSON


SIMPLE = {"from": "u1", "text": "你好", "id": "1", "at": "2026-03-01T10:00:00+08:00"}


def test_simple_lines(tmp_path: Path) -> None:
    full = {
        "from": "u2",
        "name": "小明",
        "from_kind": "phone",
        "text": "x",
        "html": "<p>x</p>",
        "subject": "s",
        "id": "2",
        "conversation": "c",
        "language": "zh",
        "author": "elsewhere",
        "account": "shop",
        "at": 1760000000,
    }
    first, second = events(opened(write_lines(tmp_path / "a.jsonl", SIMPLE, full), scope="w"))
    assert isinstance(first, InboundMessage)
    assert (first.account, first.conversation, first.dedupe_key, first.text) == ("import", "u1", "1", "你好")
    assert first.sent_at == datetime(2026, 3, 1, 2, tzinfo=UTC)
    assert isinstance(second, InboundMessage)
    assert second.sender == Sender(kind="phone", scope="w", external_id="u2", name="小明")
    assert (second.account, second.conversation, second.subject, second.author) == ("shop", "c", "s", "elsewhere")
    assert [part.kind for part in second.parts] == ["text", "html"]


def test_lines_in_the_desks_own_form(tmp_path: Path) -> None:
    message = InboundMessage(
        account="a",
        dedupe_key="k",
        conversation="c",
        sender=Sender(external_id="u"),
        text="x",
        sent_at=NOW,
        raw=b"\xff\x00",
    )
    status = StatusEvent(account="a", dedupe_key="s", status="read", provider_id="p")
    path = tmp_path / "own.jsonl"
    path.write_text(f"{message.model_dump_json()}\n{status.model_dump_json()}\n")
    assert events(opened(path)) == [message, status]
    short = {"dedupe_key": "k", "conversation": "c", "sender": {"external_id": "u"}, "text": "x"}
    (got,) = events(opened(write_lines(path, short), account="b"))
    assert isinstance(got, InboundMessage)
    assert (got.account, got.text) == ("b", "x")


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("{broken", "not_json", "JSON"),
        ("[" * 50_000, "not_json", "JSON"),
        ("3", "not_a_message", "object"),
        ('{"from":"u","txet":"secret"}', "not_a_message", "txet"),
        ('{"from":"u","at":"2026-03-01T10:00:00"}', "not_a_message", "sent_at"),
        ('{"from":""}', "not_a_message", "message.from"),
        ('{"from":["u"]}', "not_a_message", "message.from"),
        ('{"sender":{"external_id":"u"}}', "not_a_message", "dedupe_key"),
        ('{"kind":"teleport"}', "not_a_message", "message"),
        ('{"errcode":95007,"errmsg":"secret"}', "page_refused", "95007"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_read(tmp_path: Path, line: str, code: str, told: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(SIMPLE)}\n{line}\n\n{json.dumps({**SIMPLE, 'id': '2'})}\n")
    source = opened(path)
    assert [one.dedupe_key for one in events(source)] == ["1", "2"]
    (problem,) = problems(source)
    assert (problem.where, problem.code) == ("a.jsonl#2", code)
    assert told in problem.detail
    assert "message.message" not in problem.detail
    assert "secret" not in problem.detail


def test_a_broken_first_line_without_a_telling_suffix(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(f"{{cut\n{json.dumps(SIMPLE)}\n")
    source = opened(path)
    assert (len(events(source)), len(problems(source))) == (1, 1)


def test_a_line_that_is_too_large_is_passed_over(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", SIMPLE, {**SIMPLE, "text": "x" * 100_000}, {**SIMPLE, "id": "3"})
    source = opened(path, max_bytes=1000)
    assert [one.dedupe_key for one in events(source)] == ["1", "3"]
    assert [one.code for one in problems(source)] == ["too_large"]
    assert source.position == source.total_hint


def test_keys_of_lines_without_an_id(tmp_path: Path) -> None:
    same, timed = {"from": "u", "text": "好的"}, {"from": "u", "text": "x", "at": "2026-03-01T10:00:00Z"}
    path = write_lines(tmp_path / "a.jsonl", same, same, timed, timed)
    keys = [one.dedupe_key for one in events(opened(path))]
    assert keys == [one.dedupe_key for one in events(opened(path))]
    assert keys[0] != keys[1]  # somebody may say the same thing twice
    assert keys[2] == keys[3]


def pages() -> list[Any]:
    samples = json.loads((FIXTURES / "wecom_kf_samples.json").read_text())["samples"]
    return [page for one in samples for page in one.get("pages", [one.get("body")]) if page and "msg_list" in page]


def test_saved_pages_in_every_shape(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(pages(), indent=1))
    (tmp_path / "flat.json").write_text(json.dumps(pages()))
    write_lines(tmp_path / "lines.json", *pages())
    write_lines(tmp_path / "items.jsonl", *[one for page in pages() for one in page["msg_list"]])
    given = [opened(FIXTURES / "wecom_kf_samples.json"), *(opened(path) for path in sorted(tmp_path.iterdir()))]
    assert [one.kind for one in given] == ["wecom"] * 5
    keys = [[event.dedupe_key for event in events(one)] for one in given]
    assert len(keys[0]) == 13
    assert keys == [keys[0]] * 5
    assert [problems(one) for one in given] == [[]] * 5


def test_one_pretty_page(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps(pages()[0], indent=2))
    source = opened(tmp_path / "page.json", accounts={"wkSAMPLEaccount0001": "shop"}, scope="ww1")
    first = events(source)[0]
    assert isinstance(first, InboundMessage)
    assert (first.account, first.sender.scope) == ("shop", "ww1")


def test_a_document_that_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps(pages()[0], indent=2))
    source = opened(tmp_path / "page.json", max_bytes=100)
    assert [one.code for one in problems(source)] == ["too_large"]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.json"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + json.dumps(SIMPLE).encode() + b"\n")
        assert len(events(opened(tmp_path / name))) == 1
