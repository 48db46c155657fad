"""No text of anybody becomes a header or a recipient, whatever it is made of."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.channels.email.composing import compose, mail_address
from csdesk.domain.records.channels import MediaFile, OutboundMessage, Sender
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import MediaPart, TextPart
from csdesk.errors import ChannelError

EVIL = [
    "x\r\nBcc: eve@x.example", "x\rBcc: eve@x.example", "x\u2028Bcc: eve@x.example", "x\x85Bcc: eve@x.example",
    "=?utf-8?q?x=0D=0ABcc:_eve@x.example?=", "=?utf-8?b?DQpCY2M6IGV2ZUB4LmV4YW1wbGU=?=",
    'Ann" <eve@x.example>, "Bob', "eve@x.example,", ".\r\nMAIL FROM:<eve@x.example>", "(a) b", "好" * 900, "",
]  # fmt: skip
SHA = sha256(b"x").hexdigest()
HELP = Sender(kind="email", external_id="help@shop.example", name="Shop")


def mail(subject="", name="", file="", answers=()):
    to = Sender(kind="email", external_id="ann@x.example", name=name)
    message = OutboundMessage(
        key="msg_1",
        account="mail",
        conversation="c",
        to=to,
        subject=subject,
        parts=(TextPart(text="Hello."), MediaPart(ref=MediaRef(sha256=SHA, size=1), name=file)),
        files=(MediaFile(sha256=SHA, name=file, type="text/plain", content=b"x"),),
        answers=answers,
        occurred_at=datetime(2026, 3, 10, tzinfo=UTC),
    )
    there = mail_address("mail", to)
    return compose(message, sender=HELP, to=there, cc=(), message_id="<1@shop.example>", answer_to="")


def fields_of(content):
    head = content.partition(b"\r\n\r\n")[0]
    return sorted(line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t")


USUAL = fields_of(mail(subject="x"))


@given(st.sampled_from(EVIL) | st.text(), st.sampled_from(EVIL) | st.text(), st.sampled_from(EVIL) | st.text())
def test_no_text_becomes_a_field_or_a_recipient(subject, name, file):
    content = mail(f"x{subject}", name, file)
    head = content.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"")
    assert fields_of(content) == USUAL
    assert b"\n" not in head
    assert b"\r" not in head
    read = message_from_bytes(content, policy=policy.default)
    assert [one.addr_spec for one in read["to"].addresses] == ["ann@x.example"]


@pytest.mark.parametrize("answer", ["<a@b>\r\nBcc: eve@x.example", "<a b@c>", "a@b", "<>"])
def test_an_id_that_is_none_is_left_out(answer):
    assert "References" not in fields_of(mail(answers=(answer,)))


@pytest.mark.parametrize("address", ["ü@x.example", "@x.example", "a@", "a@x.example,b@y.example"])
def test_what_is_no_address_gets_no_mail(address):
    with pytest.raises(ChannelError) as told:
        mail_address("mail", Sender(kind="email", external_id=address))
    assert told.value.disposition == "recipient_gone"
