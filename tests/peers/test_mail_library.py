"""The standard library's parser as a second opinion on ordinary mail.

It reads gb2312 by the letter, and encoded words one by one: mails that need more than that are not compared.
"""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csdesk.domain.records.channels import InboundMessage
from csdesk.parsing.mail import parse_mail

MAILS = Path(__file__).parent.parent / "fixtures" / "mail"
ORDINARY = [
    "absent_exchange",
    "mailing_list",
    "shift_jis",
    "forwarded_mail",
    "contact_form",
]


@pytest.mark.parametrize("name", ORDINARY)
def test_both_read_the_same(name: str) -> None:
    raw = (MAILS / f"{name}.eml").read_bytes()
    theirs = email.message_from_bytes(raw, policy=email.policy.default)
    parsed = parse_mail(raw, account="mail", received_at=datetime(2026, 3, 10, tzinfo=UTC))
    ours = parsed.event
    assert isinstance(ours, InboundMessage)
    body = theirs.get_body(("plain",))
    assert body is not None
    assert ours.text == body.get_content().replace("\r\n", "\n").strip("\n")
    assert ours.subject == theirs["subject"]
    assert ours.provider_id == theirs["message-id"]
    assert len(parsed.attachments) == len(list(theirs.iter_attachments()))
