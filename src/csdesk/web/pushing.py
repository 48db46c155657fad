"""What happened in the desk, posted to an endpoint as Standard Webhooks: the rules, without any I/O.

In order, at least once: an entry that is not taken holds up those behind it, and none is ever passed over. The endpoint
drops an id that it has seen. How often it was tried in vain is kept in memory: a new process begins with a new attempt.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, get_args

from csdesk.channels._faults import retry_after
from csdesk.channels._forms import json_body
from csdesk.channels.webhook.adapter import checked_url
from csdesk.channels.webhook.signing import WebhookSigner
from csdesk.domain.records.events import Entry, Event
from csdesk.errors import ChannelError, InvalidInput, sentence
from csdesk.ports.clock import Clock
from csdesk.ports.http import HttpRequest, HttpResponse

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait after each failed attempt, as Standard Webhooks recommends; one more disables the endpoint."""

KINDS: Final = frozenset(cls.model_fields["kind"].default for cls in get_args(get_args(Event)[0]))
"""The kinds of event there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What one call of ``push`` did, and how the endpoint stands."""

    state: Literal["ok", "waiting", "disabled"]
    """``waiting``: an entry was not taken and is tried again at ``next_at``. ``disabled``: the endpoint is gone (410),
    or every attempt failed; nothing is posted until ``enable``."""
    delivered: int = 0
    """How many entries were posted and taken."""
    skipped: int = 0
    """How many had no event of the wanted kinds."""
    more: bool = False
    """Whether more may be left: call again."""
    next_at: datetime | None = None
    reason: str = ""
    """Why the entry was not taken: ``http_500``, or the kind of failure."""
    position: str = ""
    """The entry that was not taken."""


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next entries of a consumer."""

    consumer: str
    limit: int


@dataclass(frozen=True, slots=True)
class Ack:
    """A consumer has dealt with everything up to a position."""

    consumer: str
    position: str


Step = Read | Ack | HttpRequest
StepReply = tuple[Entry, ...] | HttpResponse | ChannelError | None
Pushing = Generator[Step, StepReply, PushReport]


class Endpoint:
    """An endpoint, and how it fares. Arguments and errors: see ``EventPusher``."""

    def __init__(
        self,
        desk: str,
        url: str,
        *,
        secrets: Iterable[str],
        consumer: str,
        kinds: Collection[str] | None,
        public: bool,
        clock: Clock,
    ) -> None:
        self._desk = desk
        self._url = checked_url(url)
        self._signer = WebhookSigner(secrets)
        self._consumer = consumer
        self._kinds = None if kinds is None else _checked_kinds(kinds)
        self._public = public
        self._clock = clock
        self._failed = 0
        self._report = PushReport(state="ok")

    def enable(self) -> None:
        """Forget the failures: the next push tries at once."""
        self._failed = 0
        self._report = PushReport(state="ok")

    def push(self, limit: int) -> Pushing:
        """Post what is due, as steps."""
        if self._report.state == "disabled" or self._must_wait():
            return self._report
        entries = yield Read(self._consumer, limit)
        assert isinstance(entries, tuple)
        delivered, skipped, done = 0, 0, ""
        self._report = PushReport(state="ok")
        for entry in entries:
            body = self._body(entry)
            if body is None:
                skipped += 1
            elif (yield from self._posted(entry, body)):
                delivered += 1
            else:
                break
            done = entry.position
        if done:
            yield Ack(self._consumer, done)
        told = self._report
        more = told.state == "ok" and len(entries) == limit
        return PushReport(
            state=told.state,
            delivered=delivered,
            skipped=skipped,
            more=more,
            next_at=told.next_at,
            reason=told.reason,
            position=told.position,
        )

    def _must_wait(self) -> bool:
        return self._report.next_at is not None and self._clock.now() < self._report.next_at

    def _posted(self, entry: Entry, body: bytes) -> Generator[Step, StepReply, bool]:
        """Whether the endpoint took the entry; how it stands if it did not."""
        headers = self._signer.headers(self._id(entry), self._clock.now(), body)
        answer = yield HttpRequest(
            method="POST",
            url=self._url,
            headers=(("Content-Type", "application/json"), *headers),
            body=body,
            timeout=15.0,
            most_bytes=100_000,
            public=self._public,
        )
        if isinstance(answer, HttpResponse) and 200 <= answer.status < 300:
            self._failed = 0
            return True
        self._failed += 1
        self._report = self._failure(entry, answer)
        return False

    def _failure(self, entry: Entry, answer: StepReply) -> PushReport:
        wait = timedelta(0)
        if isinstance(answer, HttpResponse):
            reason, wait = f"http_{answer.status}", timedelta(seconds=retry_after(answer) or 0)
        else:
            assert isinstance(answer, ChannelError)
            reason = answer.provider_code or answer.disposition
        if reason == "http_410" or self._failed > len(WAITS):
            return PushReport(state="disabled", reason=reason, position=entry.position)
        next_at = self._clock.now() + max(wait, WAITS[self._failed - 1])
        return PushReport(state="waiting", next_at=next_at, reason=reason, position=entry.position)

    def _id(self, entry: Entry) -> str:
        """The same for each attempt and in each process; another one in a desk that was restored and went on."""
        named = f"{self._desk}\n{entry.position}\n{entry.subject}\n{entry.cause}\n{entry.at.isoformat()}"
        return f"evt_{sha256(named.encode()).hexdigest()[:32]}"

    def _body(self, entry: Entry) -> bytes | None:
        """The entry as JSON, without personal values; None if none of its events is wanted."""
        events = [
            event.model_dump(mode="json", exclude=set(event.PERSONAL)) | {"kind": event.kind}
            for event in entry.events
            if self._kinds is None or event.kind in self._kinds
        ]
        if not events:
            return None
        values = {
            "type": "desk.entry",
            "timestamp": entry.at.isoformat(),
            "data": {
                "desk": self._desk,
                "position": entry.position,
                "subject": entry.subject,
                "actor": str(entry.actor),
                "cause": entry.cause,
                "events": events,
            },
        }
        return json_body(values)


def _checked_kinds(kinds: Collection[str]) -> frozenset[str]:
    unknown = sorted(set(kinds) - KINDS)
    if unknown or not kinds or isinstance(kinds, str):
        problem = (
            sentence("has no event of the desk in {name!r}", name=unknown[0])
            if unknown and len(unknown[0]) < 64
            else "is no list"
        )
        raise InvalidInput("kinds", problem, "pass kinds such as ticket.opened; docs/reference/events.md lists them")
    return frozenset(kinds)
