"""Changed payloads of every adapter: no exception but the contract's own, bounded work and memory.

Work is the number of calls (no clock is read), memory what Python allocates at its peak. ``-m soak`` tries many more.
"""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csdesk.channels.email import split_reply
from csdesk.domain.records.channels import InboundMessage
from csdesk.parsing.mail import parse_mail
from csdesk.testing import ChannelRig
from csdesk.testing.rigs import WeComRig
from csdesk.testing.telegram.rigs import TelegramRig
from csdesk.testing.webchats import WebChatRig
from csdesk.testing.webhooks import WebhookRig
from csdesk.testing.whatsapp.rigs import WhatsAppRig

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "mail").glob("*.eml"))
NOW = datetime(2026, 3, 10, tzinfo=UTC)
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
