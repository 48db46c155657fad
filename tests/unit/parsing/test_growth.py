"""Twice the bytes cost about twice the work, whatever the bytes are made to do.

Work is the number of calls, of Python and of C functions: no clock is read. What a single call of C does is bounded by
construction (see ``structure``); the limits that keep it so have tests of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from csdesk.channels.email import split_reply
from csdesk.domain.records.channels import InboundMessage
from csdesk.parsing.mail import parse_mail

NOW = datetime(2026, 3, 10, tzinfo=UTC)
HEAD = b"From: a@x.example\n"
SIZE = 20_000


def calls_of(work: Callable[[], object]) -> int:
    count = 0

    def note(frame: Any, what: str, argument: Any) -> None:
        nonlocal count
        count += what in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def of_type(kind: str, body: bytes) -> bytes:
    return HEAD + f"Content-Type: {kind}\n\n".encode() + body


SHAPES: dict[str, Callable[[int], bytes]] = {
    "fields": lambda n: HEAD + b"a:b\n" * n,
    "folded": lambda n: HEAD + b"Subject: x\n" + b" y\n" * n,
    "words": lambda n: HEAD + b"Subject: " + b"=?a?b?" * n,
    "addresses": lambda n: HEAD + b"To: " + b"a<b@c>," * n + b"\n\n",
    "comments": lambda n: b"From: " + b"(" * n,
    "quotes": lambda n: b"From: " + b'\\"' * n,
    "groups": lambda n: b"From: " + b"a:" * n,
    "references": lambda n: HEAD + b"References: " + b"".join(b"<%d>" % one for one in range(n)),
    "parameters": lambda n: HEAD + b"Content-Type: a/b" + b';a="b;"' * n,
    "delimiters": lambda n: of_type("multipart/mixed; boundary=b", b"--b\n" * n),
    "almost delimiters": lambda n: of_type("multipart/mixed; boundary=b", b"--b" * n),
    "nested": lambda n: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(n // 50)
    ),
    "alternatives": lambda n: of_type(
        "multipart/alternative; boundary=b", b"--b\nContent-Type: text/html\n\n<p>x\n" * (n // 20)
    ),
    "tags": lambda n: of_type("text/html", b"<a" * n),
    "open quotes": lambda n: of_type("text/html", b'<a "' * n),
    "comments in html": lambda n: of_type("text/html", b"<!--" * n + b">"),
    "scripts": lambda n: of_type("text/html", b"<script>" * n),
    "cells": lambda n: of_type("text/html", b"<td>" * n),
    "links": lambda n: of_type("text/html", b"<a href=http://x>a" * n),
    "flowed": lambda n: of_type("text/plain; format=flowed", b"> a \n" * n),
    "report": lambda n: of_type(
        "multipart/report; boundary=b", b"--b\nContent-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * n
    ),
    "bounce": lambda n: b"From: mailer-daemon@x\nReturn-Path: <>\n\n" + b"message-id: \n" * n,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_with_size_and_no_faster(shape: str) -> None:
    def work(size: int) -> int:
        raw = SHAPES[shape](size)
        return calls_of(lambda: parse_mail(raw, account="a", received_at=NOW))

    work(10)  # what is built once
    once, twice = work(SIZE), work(2 * SIZE)
    assert twice <= 2.2 * once + 1000


REPLIES = (
    "wrote:\n",
    "On 3 May 2026\n",
    "a@b:\n",
    "From: a@b\nDate: x\n",
    "From: a\n",
    "> x\n",
    "\n",
    "x\n\n> y\n\n",
    "On 1 wrote:\n> x\n",
    "-- \n",
    "Sent from my x\n",
    "--" + " " * 300 + "x\n",
)


@pytest.mark.parametrize("line", REPLIES)
def test_splitting_a_reply_grows_with_its_length_and_no_faster(line: str) -> None:
    def work(size: int) -> int:
        text = line * size
        return calls_of(lambda: split_reply(text))

    once, twice = work(3000), work(6000)
    assert twice <= 2.2 * once + 1000


def test_the_count_sees_quadratic_work() -> None:
    def work(size: int) -> int:
        return calls_of(lambda: [len(str(one)) for many in range(size) for one in range(many)])

    assert work(100) > 3 * work(50)


def test_a_mail_of_ten_megabytes_keeps_its_file() -> None:
    body = b"Content-Type: application/pdf\n\n" + b"%PDF" * 2_500_000
    mail = parse_mail(
        of_type("multipart/mixed; boundary=b", b"--b\n" + body + b"\n--b--\n"), account="a", received_at=NOW
    )
    assert isinstance(mail.event, InboundMessage)
    assert len(mail.attachments[0].content) == 10_000_000


def test_many_long_texts_are_read_up_to_a_limit_and_kept_as_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csdesk.parsing.mail.content.MOST_TEXT", 2_500)
    part = b"--b\nContent-Type: text/%s\n\n" + b"x" * 1_000 + b"\n"
    parsed = parse_mail(
        of_type("multipart/mixed; boundary=b", b"".join(part % kind for kind in (b"plain", b"html") * 4) + b"--b--\n"),
        account="m",
        received_at=NOW,
    )
    assert isinstance(parsed.event, InboundMessage)
    assert [one.kind for one in parsed.event.parts] == ["text"] * 3 + ["html"] + ["media"] * 5
    assert [(one.type, len(one.content)) for one in parsed.attachments] == [
        (f"text/{kind}", 1_000) for kind in ("html", "plain", "html", "plain", "html")
    ]


def test_texts_are_cut_up_as_long_as_they_are_no_longer_than_people_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csdesk.parsing.mail.said.MOST_SPLIT", 50)
    part = b"--b\n\nNo.\n> Is it?\n> Is it? Really?\n"
    parsed = parse_mail(of_type("multipart/mixed; boundary=b", part * 3), account="m", received_at=NOW)
    assert isinstance(parsed.event, InboundMessage)
    assert [one.kind for one in parsed.event.parts] == ["text", "quote", "text", "text"]


def test_nested_alternatives_are_not_decoded_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from csdesk.parsing.mail import structure

    decoded: list[int] = []
    decode = structure.decode_text
    monkeypatch.setattr(structure, "decode_text", lambda *given: decoded.append(len(given[0])) or decode(*given))
    nested = b"".join(
        b"Content-Type: multipart/alternative; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(structure.MOST_DEPTH)
    )
    parse_mail(HEAD + nested + b"Content-Type: text/plain\n\n" + b" " * 1_000_000, account="m", received_at=NOW)
    assert sum(decoded) < 3_000_000
