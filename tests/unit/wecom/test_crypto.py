"""The envelope of callbacks: what is good opens, everything else is one kind of refusal."""

import random
import struct
from base64 import b64decode, b64encode
from contextlib import suppress

import pytest

pytest.importorskip("cryptography", reason="the extra wecom is not installed")
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.channels.wecom import crypto as module
from csdesk.channels.wecom.crypto import WeComCrypto
from csdesk.channels.wecom.envelopes import fields_of
from csdesk.errors import InvalidInput, RequestRejected

TOKEN, KEY, CORP = "sampleToken1", "0123456789abcdefghijABCDEFGHIJ0123456789abc", "wwSAMPLECORP000001"
CRYPTO = WeComCrypto(TOKEN, KEY, CORP)
INNER = "<xml><Event><![CDATA[kf_msg_or_event]]></Event></xml>"


def sealed(text=INNER, crypto=CRYPTO):
    return crypto.encrypt(text, 1760000000, "nonce1", random16=b"0123456789abcdef")


def opened(reply, **changes):
    given = {"msg_signature": reply.msg_signature, "timestamp": reply.timestamp, "nonce": reply.nonce, **changes}
    return CRYPTO.decrypt(body=given.pop("body", reply.xml), **given)


def forged(plain, pad=None):
    """A well signed envelope around any plain text, padded as told."""
    if pad is None:
        pad = bytes([32 - len(plain) % 32]) * (32 - len(plain) % 32)
    text = b64encode(module._run(CRYPTO._cipher.encryptor(), plain + pad)).decode()
    return text, CRYPTO.signature("1", "n", text)


def reason(call, *given, **named):
    with pytest.raises(RequestRejected) as caught:
        call(*given, **named)
    return caught.value.reason


@pytest.mark.parametrize("text", ["", "x", INNER, "你好" * 500, "x" * 12, "x" * 44, "\0\r\n"])
def test_what_is_sealed_opens_again(text):
    assert opened(sealed(text)) == text.encode()


def test_a_vector_from_the_documented_algorithm():
    reply = sealed("echo")
    plain = b"0123456789abcdef" + struct.pack(">I", 4) + b"echo" + CORP.encode()
    pad = 32 - len(plain) % 32
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = b64decode(KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    assert b64decode(reply.encrypt) == encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    assert CRYPTO.verify_url(reply.msg_signature, "1760000000", "nonce1", reply.encrypt) == "echo"


def test_the_text_of_a_check_may_still_be_percent_encoded():
    from urllib.parse import quote

    reply = sealed("5927782489442352469")
    encoded = quote(reply.encrypt, safe="")
    assert CRYPTO.verify_url(reply.msg_signature, reply.timestamp, reply.nonce, encoded) == "5927782489442352469"


def test_each_bit_of_body_and_signature_counts():
    reply = sealed()
    for at in range(0, len(reply.encrypt), 7):
        changed = reply.encrypt[:at] + chr(ord(reply.encrypt[at]) ^ 1) + reply.encrypt[at + 1 :]
        body = reply.xml.replace(reply.encrypt.encode(), changed.encode())
        assert reason(opened, reply, body=body) in {"bad_signature", "bad_xml"}
    for at in range(40):
        digit = "0" if reply.msg_signature[at] != "0" else "1"
        wrong = reply.msg_signature[:at] + digit + reply.msg_signature[at + 1 :]
        assert reason(opened, reply, msg_signature=wrong) == "bad_signature"
    assert reason(opened, reply, timestamp="1760000001") == "bad_signature"
    assert reason(opened, reply, nonce="nonce2") == "bad_signature"


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", None, 7])
def test_what_is_missing_is_refused(name, value):
    assert reason(opened, sealed(), **{name: value}) == "missing_signature"


PLAIN = b"0" * 16 + struct.pack(">I", 2) + b"hi" + CORP.encode()


@pytest.mark.parametrize(
    ("plain", "pad", "why"),
    [
        (b"", None, "bad_cipher"),
        (b"0" * 19, None, "bad_cipher"),
        (b"0" * 16 + struct.pack(">I", 999) + b"hi", None, "bad_cipher"),
        (b"0" * 16 + b"\xff\xff\xff\xff" + b"hi", None, "bad_cipher"),
        (b"0" * 16 + struct.pack(">I", 2) + b"hi", None, "bad_receiver"),
        (PLAIN + b"x", None, "bad_receiver"),
        (b"0" * 16 + struct.pack(">I", 2) + b"hi" + b"wwANOTHER", None, "bad_receiver"),
        (PLAIN, b"\0" * (32 - len(PLAIN) % 32), "bad_padding"),
        (PLAIN, bytes([33]) * 16 + bytes([33]) * (16 - len(PLAIN) % 16), "bad_padding"),
        (PLAIN, b"\x01" * (31 - len(PLAIN) % 32) + bytes([32 - len(PLAIN) % 32]), "bad_padding"),
    ],
)
def test_well_signed_and_malformed(plain, pad, why):
    text, signature = forged(plain, pad)
    if pad is not None and len(plain + pad) % 16:
        pytest.skip("no whole block")
    assert reason(CRYPTO.verify_url, signature, "1", "n", text) == why


@pytest.mark.parametrize("text", ["!", "AAAA", "QUJD", "好", "QUJDREVGR0hJSktMTU5PUA", "=" * 8, " " * 24])
def test_a_cipher_text_that_is_none(text):
    assert reason(CRYPTO.verify_url, CRYPTO.signature("1", "n", text), "1", "n", text) == "bad_cipher"


def test_text_that_is_not_utf8():
    text, signature = forged(b"0" * 16 + struct.pack(">I", 2) + b"\xff\xfe" + CORP.encode())
    assert reason(CRYPTO.verify_url, signature, "1", "n", text) == "bad_text"


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'


@pytest.mark.parametrize(
    "body",
    [
        b"<xml>",
        b"<xml></xml>",
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b"not xml",
        b"\xff\xfe\x00",
        BOMB,
        BOMB.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="nonsense"?><xml><Encrypt>a</Encrypt></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
        b"<a>" * 100_000,
        b"<xml>" + b"<a>x</a>" * 1000 + b"</xml>",
        b"<a><a><a><a><a><Encrypt>x</Encrypt></a></a></a></a></a>",
    ],
)
def test_xml_that_is_none_or_too_much(body):
    assert reason(opened, sealed(), body=body) == "bad_xml"


@pytest.mark.parametrize("body", [b"", b"x" * 1_000_001, "text", None])
def test_bodies_that_are_none(body):
    assert reason(opened, sealed(), body=body) == "bad_body"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=50), st.text(max_size=50))
def test_nothing_but_a_refusal_comes_out(body, signature, nonce):
    with pytest.raises(RequestRejected):
        CRYPTO.decrypt(signature, "1", nonce, body)


def test_mutated_envelopes_never_raise_anything_else():
    rng = random.Random(7)
    reply = sealed()
    for _ in range(2000):
        body = bytearray(reply.xml)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(body))
            body[at : at + rng.randint(0, 3)] = bytes(rng.randrange(256) for _ in range(rng.randint(0, 3)))
        with suppress(RequestRejected):
            assert opened(reply, body=bytes(body)) == INNER.encode()


@pytest.mark.parametrize(
    ("token", "key", "corp", "field"),
    [
        ("", KEY, CORP, "token"),
        ("a" * 33, KEY, CORP, "token"),
        ("sp ace", KEY, CORP, "token"),
        (TOKEN, "", CORP, "encoding_aes_key"),
        (TOKEN, KEY[:-1], CORP, "encoding_aes_key"),
        (TOKEN, KEY[:-1] + "好", CORP, "encoding_aes_key"),
        (TOKEN, None, CORP, "encoding_aes_key"),
        (TOKEN, KEY, "", "receive_id"),
        (TOKEN, KEY, None, "receive_id"),
    ],
)
def test_settings_that_cannot_be_are_refused_when_it_is_made(token, key, corp, field):
    with pytest.raises(InvalidInput) as caught:
        WeComCrypto(token, key, corp)
    assert caught.value.field == field
    assert KEY[:-1] not in str(caught.value)


@pytest.mark.parametrize("given", [{"random16": b"short"}, {"nonce": "a b"}, {"nonce": ""}, {"nonce": "]]>"}])
def test_what_cannot_be_sealed(given):
    with pytest.raises(InvalidInput):
        CRYPTO.encrypt("x", 1, given.get("nonce", "n"), random16=given.get("random16"))


def test_equal_texts_look_different():
    assert CRYPTO.encrypt("x", 1, "n").encrypt != CRYPTO.encrypt("x", 1, "n").encrypt


def test_the_signature_is_compared_in_constant_time(monkeypatch):
    asked = []
    original = module.compare_digest
    monkeypatch.setattr(module, "compare_digest", lambda a, b: asked.append((a, b)) or original(a, b))
    opened(sealed())
    assert len(asked) == 2


def test_no_secret_shows():
    for shown in (repr(CRYPTO), str(CRYPTO), repr(vars(CRYPTO).keys())):
        assert KEY not in shown
        assert TOKEN not in shown


def test_elements_may_repeat():
    fields = fields_of(b"<xml><A>1</A><A><![CDATA[2&]]></A><B/></xml>")
    assert fields == {"A": ("1", "2&"), "B": ("",)}
