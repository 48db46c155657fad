"""Changed payloads of every adapter: no exception but the contract's own, bounded work and memory.

Work is the number of calls (no clock is read), memory what Python allocates at its peak. ``-m soak`` tries many more.
"""

from __future__ import annotations

import json
import random
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csdesk.channels.email import split_reply
from csdesk.domain.records.channels import InboundMessage, OutboundMessage, Sender
from csdesk.domain.records.messages import TextPart
from csdesk.errors import ChannelError
from csdesk.parsing.mail import parse_mail
from csdesk.ports.channel import Exchange
from csdesk.ports.http import HttpResponse
from csdesk.testing import ChannelRig
from csdesk.testing.rigs import WeComRig
from csdesk.testing.telegram.rigs import TelegramPollingRig, TelegramRig
from csdesk.testing.webchats import WebChatRig
from csdesk.testing.webhooks import WebhookRig
from csdesk.testing.whatsapp.rigs import WhatsAppRig

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "mail").glob("*.eml"))
NOW = datetime(2026, 3, 10, tzinfo=UTC)
HEAD = (("Content-Type", "application/json"), ("Retry-After", "?"))
ROUNDS = [pytest.param(120, id="short"), pytest.param(6000, id="long", marks=pytest.mark.soak)]
MOST_CALLS_A_BYTE, MOST_CALLS = 150, 60_000
MOST_BYTES_A_BYTE, MOST_BYTES = 150, 6_000_000

WORDS = (
    *(b"\x00", b"\xff\xfe", b"\r\n", b"\n\n", b"\n.\n", b'"', b"'", b"<", b">", b"&a;", b"{", b"}", b"[", b"[" * 200),
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"null", b"true", b"-1", b"1e999", b"9" * 400, b"\\ud800"),
    *("\u202e".encode(), "好".encode(), b"Content-Type: multipart/mixed; boundary=b\n", b"--b\n", b"--b--", b"=00"),
    *(b"=?utf-8?b?/w==?=", b"=?gb18030?q?=ff?=", b"Content-Transfer-Encoding: base64\n", b"charset=hz-gb-2312"),
    *(b"filename*=utf-8''%ff", b"> ", b"On 1 Jan 2026 wrote:"),
)


def changed(payloads: list[bytes], chance: random.Random) -> bytes:
    """One of the payloads, with pieces cut, doubled, taken from another, or filled with what parsers dislike."""
    made = bytearray(chance.choice(payloads))
    for _ in range(chance.choice((1, 1, 2, 3, 8, 30))):
        at, length = chance.randrange(len(made) + 1), chance.choice((0, 1, 2, 7, 40, 400))
        what = chance.randrange(6)
        if what == 0:
            del made[at : at + length]
        elif what == 1:
            made[at:at] = made[at : at + length] * chance.choice((1, 2, 30))
        elif what == 2:
            made[at : at + length] = chance.choice(WORDS)
        elif what == 3:
            other = chance.choice(payloads)
            start = chance.randrange(len(other) + 1)
            made[at : at + length] = other[start : start + chance.choice((1, 20, 300))]
        elif what == 4 and made:
            made[min(at, len(made) - 1)] ^= 1 << chance.randrange(8)
        else:
            made[at:] = made[at : at + length]
        del made[60_000:]
    return bytes(made)


def bounded(work: Callable[[], object], size: int) -> None:
    calls = 0

    def note(_frame: object, what: str, _argument: object) -> None:
        nonlocal calls
        calls += what in {"call", "c_call"}

    before = sys.getprofile()
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    peak = tracemalloc.get_traced_memory()[1] - held
    assert calls <= MOST_CALLS + MOST_CALLS_A_BYTE * size
    assert peak <= MOST_BYTES + MOST_BYTES_A_BYTE * size


@pytest.fixture
def traced():
    tracemalloc.start()
    yield
    tracemalloc.stop()


def fuzz(payloads: Iterable[bytes], take: Callable[[bytes], object], rounds: int, seed: str) -> None:
    chance, known = random.Random(seed), list(payloads)
    for _ in range(rounds):
        payload = changed(known, chance)
        bounded(lambda payload=payload: take(payload), len(payload))


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("make", [WeComRig, WebhookRig, WebChatRig, TelegramRig, WhatsAppRig])
def test_adapters(make, rounds, traced):
    if make is WeComRig:
        pytest.importorskip("cryptography", reason="the extra wecom is not installed")
    rig: ChannelRig = make()
    try:
        payloads = list(rig.payloads())
        rig.mutated(payloads[0])  # what is loaded once does not count
        fuzz(payloads, rig.mutated, rounds, make.__name__)
    finally:
        rig.close()


def told(rig: ChannelRig) -> list[bytes]:
    """What platforms answer: pages, tokens, receipts, refusals."""
    page = json.dumps({"ok": True, "result": [json.loads(one) for one in TelegramRig().payloads()]}).encode()
    token = b'{"errcode": 0, "access_token": "T", "expires_in": 7200,'
    return [
        *(one.replace(b'{"errcode": 0,', token) for one in rig.payloads()),
        page,
        b'{"errcode": 0, "errmsg": "ok", "access_token": "T", "expires_in": 7200, "msgid": "M"}',
        token + b' "errmsg": "ok", "next_cursor": "C", "has_more": 0, "msg_list": []}',
        b'{"ok": true, "result": {"message_id": 7, "date": 1767600000, "chat": {"id": 101}}}',
        b'{"ok": false, "error_code": 429, "description": "slow", "parameters": {"retry_after": 3}}',
        b'{"messages": [{"id": "wamid.X"}], "error": {"code": 131047, "message": "window"}}',
    ]


ODD = (None, True, -1, 0, 2**70, 1e308, 1.5, "", "x", "\u202e", "9" * 400, [], [None], {}, {"a": [1]})
"""What stands where something else is promised."""


def misshaped(payload: bytes, chance: random.Random) -> bytes:
    """The payload as it is, JSON still, with another value in some of its places."""
    try:
        made = json.loads(payload)
    except ValueError:
        return payload
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        inner, place = made, None
        while isinstance(inner, dict | list) and inner and (place is None or chance.random() < 0.7):
            around = inner
            place = chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
            inner = around[place]
        if place is not None:
            around[place] = deepcopy(chance.choice(ODD))
    return json.dumps(made).encode()


def answered(exchange: Exchange[object], body: bytes, status: int) -> object:
    """What becomes of a conversation in which every answer is that one."""
    try:
        next(exchange)
        for _ in range(20):
            exchange.send(HttpResponse(status=status, headers=HEAD, body=body))
    except StopIteration as end:
        return end.value
    except ChannelError as error:
        return error
    raise AssertionError("it asks without end")


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("make", [WeComRig, TelegramRig, TelegramPollingRig, WhatsAppRig])
def test_answers_of_platforms(make, rounds, traced):
    if make is WeComRig:
        pytest.importorskip("cryptography", reason="the extra wecom is not installed")
    rig: ChannelRig = make()
    chance = random.Random(make.__name__)
    to, said = Sender(external_id="101"), (TextPart(text="你好"),)
    ours = OutboundMessage(key="k1", account=rig.account, conversation="101", to=to, parts=said, occurred_at=NOW)
    pulls = make in (WeComRig, TelegramPollingRig)

    def take(body: bytes) -> None:
        channel = rig.channel(rig.account)
        status = chance.choice((200, 200, 200, 400, 429, 500, 204))
        answered(channel.send(ours), body, status)
        if pulls:
            answered(channel.pull(None, chance.choice((None, "7"))), body, status)

    try:
        known = told(rig)
        take(known[0])
        fuzz(known, take, rounds // 4, make.__name__)
        for _ in range(rounds):
            body = misshaped(chance.choice(known), chance)
            bounded(lambda body=body: take(body), len(body))
    finally:
        rig.close()


def taken_in(raw: bytes) -> object:
    event = parse_mail(raw, account="mail", received_at=NOW, own_addresses=frozenset({"support@shop.example"})).event
    assert type(event).model_validate_json(event.model_dump_json()) == event
    return event


@pytest.mark.parametrize("rounds", ROUNDS)
def test_raw_mails(rounds, traced):
    payloads = [one.read_bytes() for one in FIXTURES]
    taken_in(payloads[0])
    fuzz(payloads, taken_in, rounds, "mail")


@pytest.mark.parametrize("rounds", ROUNDS)
def test_texts_with_quotes(rounds, traced):
    events = [parse_mail(one.read_bytes(), account="mail", received_at=NOW).event for one in FIXTURES]
    texts = [one.raw for one in events if isinstance(one, InboundMessage)]

    def split(raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        parts = split_reply(text)
        assert "".join(text[one.start : one.end] for one in parts.spans) == text

    fuzz(texts, split, rounds, "reply")
