"""The compiled policy: look-ups, inheritance, tags, access, retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.tickets import Category, Priority
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_accounts_and_queues_fall_back_to_the_desk() -> None:
    policy = compile_policy(
        DeskConfig(
            queues=[{"name": "default"}, {"name": "shop", "auto_reply": True}],
            accounts=[{"name": "kf", "queue": "shop", "backlog": "1h"}, {"name": "mail"}],
        )
    )
    assert policy.queue_for("kf") == "shop"
    assert [policy.queue_for(one) for one in ("mail", "unknown")] == ["default", "default"]
    assert policy.queue("shop").auto_reply
    assert policy.queue("gone").name == "gone"
    assert not policy.has_queue("gone")
    assert policy.account("unknown").name == "unknown"
    assert policy.backlog_for("kf") == timedelta(hours=1)
    assert policy.backlog_for("mail") == timedelta(hours=24)
    assert policy.digest == policy.config.digest


def test_a_type_takes_what_it_does_not_say_from_its_nearest_ancestor() -> None:
    policy = compile_policy(
        DeskConfig(
            types=[
                {"name": "refund", "queue": "default", "priority": "high", "reopen": {"window": "1d"}},
                {"name": "refund/late", "priority": "urgent", "title": "Late"},
            ],
        )
    )
    late = policy.type("refund/late/vip")
    assert (late.name, late.title, late.queue, late.priority) == ("refund/late/vip", "", "default", Priority.URGENT)
    assert policy.reopen_for("refund/late/vip").window == timedelta(days=1)
    assert policy.reopen_for("other").window == timedelta(hours=72)
    assert policy.type("refunds").queue is None
    assert policy.has_type("refund/x")
    assert policy.has_type("general")
    assert not policy.has_type("refunds")


def test_statuses_are_the_categories_and_the_desks_own() -> None:
    policy = compile_policy(DeskConfig(statuses=[{"name": "等财务", "category": "waiting_internal"}]))
    assert policy.status("等财务") == (Category.WAITING_INTERNAL, "等财务")
    assert policy.status("open") == (Category.OPEN, "open")
    with pytest.raises(InvalidInput, match="status"):
        policy.status("opn")


def test_tags_come_in_order_and_one_of_each_group() -> None:
    policy = compile_policy(
        DeskConfig(
            tags=[
                {"name": "angry", "keywords": ["投诉", "Complaint"], "group": "mood"},
                {"name": "happy", "keywords": ["谢谢"], "group": "mood"},
                {"name": "refund", "keywords": ["退款"]},
                {"name": "by-hand"},
            ],
        )
    )
    assert policy.tags_in(fold("謝謝，我要退款，COMPLAINT！")) == ("angry", "refund")
    assert policy.tags_in(fold("谢谢")) == ("happy",)
    assert policy.tags_in("") == ()
    assert compile_policy(DeskConfig()).tags_in("投诉") == ()


def test_the_first_grant_that_fits_decides() -> None:
    grants = [
        {"kinds": ["bot"], "commands": ["merge_tickets"], "allow": False},
        {"kinds": ["bot", "agent"]},
        {"actors": ["ci"], "commands": ["note"]},
    ]
    closed = compile_policy(DeskConfig(access={"default": "deny", "grants": grants}))
    assert closed.may(Actor.bot("b"), "merge_tickets") == "refused"
    assert closed.may(Actor.bot("b"), "reply") is None
    assert closed.may(Actor.agent("a"), "merge_tickets") is None
    assert closed.may(Actor.system("ci"), "note") is None
    assert closed.may(Actor.system("ci"), "reply") == "not_granted"
    assert compile_policy(DeskConfig()).may(Actor.system("ci"), "reply") is None
