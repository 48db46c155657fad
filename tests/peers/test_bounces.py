"""flufl.bounce as a second opinion: what it takes for a bounce, we do too, and the other way round."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csdesk.domain.records.channels import StatusEvent
from csdesk.parsing.mail import parse_mail

peer = pytest.importorskip("flufl.bounce")
MAILS = Path(__file__).parent.parent / "fixtures" / "mail"
CANNOT_READ = {"no_sender", "raw_gbk_no_mime"}
"""It raises on a mail without From, and on 8-bit headers."""
COMPARED = sorted(path for path in MAILS.glob("*.eml") if path.stem not in CANNOT_READ)
NOT_KNOWN_THERE = {"bounce_qq"}
"""A form of its own, in Chinese."""


@pytest.mark.parametrize("path", COMPARED, ids=lambda path: path.stem)
def test_both_find_the_same_bounces(path: Path) -> None:
    raw = path.read_bytes()
    temporary, permanent = peer.all_failures(email.message_from_bytes(raw))
    event = parse_mail(raw, account="mail", received_at=datetime(2026, 3, 10, tzinfo=UTC)).event
    ours = isinstance(event, StatusEvent) and event.status == "failed"
    assert ours == (bool(permanent) or path.stem in NOT_KNOWN_THERE)
    if temporary and not permanent:
        assert isinstance(event, StatusEvent)
        assert event.reason.startswith("delayed")
