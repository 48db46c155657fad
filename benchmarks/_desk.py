"""The desk of every ingest benchmark: rules, agents, working hours and clocks as a busy shop has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary

from benchmarks._stream import CHANNELS, QUEUES, START_MS, WORDS, Mail
from csdesk import Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.system.clock import SimulatedClock

Synchronous = Literal["NORMAL", "FULL"]


def config(rules: int, *, auto_reply: bool = False) -> DeskConfig:
    """Keyword rules, each with a second condition, and two clocks; with ``auto_reply``, answers in every queue."""
    return DeskConfig.model_validate(
        {
            "default_queue": "general",
            "accounts": [{"name": name, "auto_reply": auto_reply} for name in CHANNELS],
            "queues": [{"name": name, "auto_reply": auto_reply} for name in QUEUES],
            "tags": [{"name": f"tag{number}"} for number in range(20)],
            "rules": [_rule(number) for number in range(rules)],
            "sla": [{"name": "std", "targets": [_target("first_reply", "1h"), _target("resolution", "24h")]}],
        }
    )


def _target(metric: str, within: str) -> dict[str, object]:
    return {"metric": metric, "within": within}


def _rule(number: int) -> dict[str, object]:
    words = f"{WORDS[number % len(WORDS)]} {WORDS[number * 7 % len(WORDS)]}"
    return {
        "name": f"rule{number}",
        "when": {
            "all": [
                {"field": "message.text", "op": "contains", "value": words},
                {"field": "message.account", "op": "eq", "value": CHANNELS[number % 3]},
            ]
        },
        "then": [{"do": "add_tags", "tags": [f"tag{number % 20}"]}],
    }


def said(mail: Mail) -> InboundMessage:
    """A delivery in the desk's words."""
    return InboundMessage(
        account=mail.channel,
        dedupe_key=mail.key,
        conversation=mail.address,
        sender=Sender(kind="address", external_id=mail.address, name=mail.address),
        subject=mail.subject,
        text=mail.text,
        sent_at=datetime.fromtimestamp(mail.sent_ms / 1000, UTC),
    )


def opened(path: Path, synchronous: Synchronous, agents: int, rules: int, *, auto_reply: bool = False) -> Desk:
    """A desk with its agents."""
    going = clock()
    made = open_desk(
        f"sqlite:///{path}", config=config(rules, auto_reply=auto_reply), clock=going, synchronous=synchronous
    )
    _CLOCKS[made] = going
    for number in range(agents):
        made.agents.add(f"agent {number}", queues=(QUEUES[number % 4],), capacity=1_000_000)
    return made


def clock() -> SimulatedClock:
    """When the stream begins."""
    return SimulatedClock(datetime.fromtimestamp(START_MS / 1000, UTC))


_CLOCKS: WeakKeyDictionary[Desk, SimulatedClock] = WeakKeyDictionary()
"""The clocks of the desks that were opened here."""

_ON_THE_WAY = timedelta(milliseconds=137)


def arrive(desk: Desk, *mails: Mail) -> list[InboundMessage]:
    """What arrives just now: the desk's clock goes with the stream, so that nothing is late before it is read."""
    clock_to(desk, mails[-1])
    return [said(mail) for mail in mails]


def clock_to(desk: Desk, mail: Mail) -> datetime:
    """Let the desk's clock go on to when the mail arrives."""
    at = reaching(mail)
    going = _CLOCKS.get(desk)
    if going is not None:
        going.advance_to(at)
    return at


def reaching(mail: Mail) -> datetime:
    """When the mail arrives."""
    return datetime.fromtimestamp(mail.sent_ms / 1000, UTC) + _ON_THE_WAY


def taking(desk: Desk, mails: list[Mail], batch: int) -> int:
    """Take the stream in, that many messages to a commit; says how many."""
    for start in range(0, len(mails), batch):
        part = arrive(desk, *mails[start : start + batch])
        if batch == 1:
            desk.receive(part[0])
        else:
            desk.receive_many(part)
    return len(mails)


def indexing(desk: Desk, count: int) -> int:
    """Index for search what was taken in, in batches as ``run_due`` does; gives ``count`` back."""
    while desk.run_due(10_000, max_time=timedelta(minutes=1)).indexed:
        pass
    return count
