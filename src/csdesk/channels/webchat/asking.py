"""What pages ask for, request by request: read, counted, and turned into events and answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from csdesk._addresses import party_of, whose
from csdesk.channels.webchat.doors import JSON, STREAM, refusal
from csdesk.channels.webchat.forms import (
    FileForm,
    Look,
    MessageForm,
    Posted,
    ReceiptsForm,
    TypingForm,
    VisitForm,
    form_of,
    page_of,
    value_of,
)
from csdesk.channels.webchat.showing import Shower
from csdesk.channels.webchat.users import UserTokens
from csdesk.channels.webchat.visits import Buckets, Limits, Visit, Visits
from csdesk.domain.records.messages import ChoicePart, MediaKind, MediaPart, Part, TextPart
from csdesk.domain.text.filetypes import UNKNOWN, sniffed
from csdesk.errors import RequestRejected
from csdesk.ports.channel import (
    ChannelEvent,
    Entrance,
    Feed,
    Held,
    IdentityEvent,
    InboundMessage,
    InboundResult,
    MediaFile,
    MediaRef,
    RawRequest,
    RawResponse,
    StatusEvent,
    TypingEvent,
    UnknownEvent,
)

_WAIT: Final = 25.0
"""How long, in seconds, an answer may wait for news: less than most proxies do."""

_CROWD: Final = 20
"""As much as so many visitors may be written from one address."""

_STREAM: Final = 300.0
"""How long, in seconds, a stream goes on: then the page asks again, which spreads pages over processes anew."""


METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "visits": "POST",
        "messages": "POST",
        "files": "POST",
        "receipts": "POST",
        "typing": "POST",
        "events": "GET",
        "file": "GET",
        "widget.js": "GET",
    }
)
"""How each address is asked."""


class TooMany(Exception):
    """Too much in too short a time; ``after`` so many seconds it may be tried again."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self.after = after


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, when it came, and its query."""

    request: RawRequest
    at: datetime
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one account answers with."""

    account: str
    visits: Visits
    users: UserTokens
    shower: Shower
    limits: Limits
    types: frozenset[str]
    look: Look
    new_id: Callable[[], str]


class Asks:
    """The requests of one account's pages. Safe between threads."""

    def __init__(self, settings: Settings) -> None:
        limits = settings.limits
        self._account = settings.account
        self._visits = settings.visits
        self._users = settings.users
        self._shower = settings.shower
        self._limits = limits
        self._types = settings.types
        self._look = settings.look
        self._new_id = settings.new_id
        self._writes = Buckets(limits.messages, limits.messages // 3)
        self._reads = Buckets(limits.reads, limits.reads // 3)
        crowd = _CROWD * limits.messages
        self._crowds = None if limits.visits is None else Buckets(crowd, crowd // 3)
        self._arrivals = None if limits.visits is None else Buckets(limits.visits, limits.visits // 3)
        self._answers: Mapping[str, Callable[[Asked], InboundResult]] = {
            "visits": self._visit,
            "messages": self._messages,
            "files": self._file,
            "receipts": self._receipts,
            "typing": self._typing,
            "events": self._events,
        }

    def answer(self, what: str, asked: Asked) -> InboundResult:
        """The answer to what a page asks, with the method of ``METHODS``.

        Raises:
            RequestRejected: something is wrong with it.
            TooMany: it is asked too often.
        """
        answers = self._answers.get(what)
        if answers is None:
            raise RequestRejected("not_found")
        return answers(asked)

    def _visit(self, asked: Asked) -> InboundResult:
        """A visit is begun, renewed, or tied to a user of the host."""
        form = form_of(VisitForm, value_of(asked.request.body))
        people = self._users.read(form.user, asked.at) if form.user else ()
        before = self._known(form.token, asked.at)
        if before is not None and (not people or not before.people or before.is_of(people[0])):
            visit = self._visits.renewed(before, people, asked.at)
        else:
            before = None
            if self._arrivals is not None:
                remote = asked.request.remote
                _count(self._arrivals, party_of(remote) or remote, asked.at)
            visit = self._visits.begin("" if people else self._new_id(), people, asked.at)
        if not people:
            return InboundResult(reply=self._begun(visit, resumed=before is not None))
        # Somebody else may have signed in since that token was given: then this user has a visit of their own.
        other = self._begun(self._visits.begin("", people, asked.at), resumed=False)
        return InboundResult(
            reply=self._begun(visit, resumed=before is not None),
            events=self._joined(visit),
            held=self._held(visit, other),
        )

    def _begun(self, visit: Visit, *, resumed: bool) -> RawResponse:
        values = {
            "token": self._visits.token(visit),
            "expires": visit.expires_at.isoformat(),
            "lives": int((visit.expires_at - visit.issued_at).total_seconds()),
            "resumed": resumed,
            "text": self._limits.text,
            "file_bytes": self._limits.file_bytes,
            "file_types": sorted(self._types),
            "look": self._look.model_dump(exclude_defaults=True),
        }
        return _json(values)

    def _held(self, visit: Visit, reply: RawResponse | None = None) -> Held | None:
        """What the desk must know of who has signed in: an older token of the conversation is good no more."""
        if visit.by is None:
            return None
        otherwise = reply or refusal("bad_token")
        return Held(account=self._account, conversation=visit.conversation, by=visit.by, reply=otherwise)

    def _known(self, token: str, now: datetime) -> Visit | None:
        """The visit of a token that may be old or none: then another one begins."""
        try:
            return self._visits.read(token, now)
        except RequestRejected:
            return None

    def _joined(self, visit: Visit) -> tuple[ChannelEvent, ...]:
        """What the host has said with its word for a user: which identities are one person."""
        people = (visit.sender, *visit.also)
        if len(people) == 1:
            return ()
        worlds = "\0".join(f"{one.kind} {one.scope} {one.external_id}" for one in people)
        return (
            IdentityEvent(
                account=self._account,
                dedupe_key=f"{visit.conversation}/is/{sha256(worlds.encode()).hexdigest()[:26]}",
                sender=people[0],
                also=people[1:],
                joins=True,
                occurred_at=visit.issued_at,
            ),
        )

    def _messages(self, asked: Asked) -> InboundResult:
        """Messages, each taken or refused by itself."""
        visit = self._visitor(asked)
        given = form_of(Posted, value_of(asked.request.body)).messages
        self._count_writing(visit, asked, cost=len(given))
        events: list[ChannelEvent] = []
        taken: list[str] = []
        refused: list[object] = []
        for one in given:
            try:
                form = form_of(MessageForm, one)
                events.append(self._said(form, visit, one))
            except RequestRejected as error:
                key = one.get("id") if isinstance(one, dict) else None
                refused.append({"id": key if isinstance(key, str) else "", "error": error.reason})
            else:
                taken.append(form.id)
        if not taken:
            raise RequestRejected("bad_fields")
        return InboundResult(
            reply=_json({"taken": taken, "refused": refused}), events=tuple(events), held=self._held(visit)
        )

    def _said(self, form: MessageForm, visit: Visit, raw: object) -> ChannelEvent:
        key = f"{visit.conversation}/{form.id}"
        if form.type not in ("text", "choice"):
            payload = json.dumps(raw, ensure_ascii=False).encode("utf-8", "replace")
            return UnknownEvent(account=self._account, dedupe_key=key, provider_type=form.type, raw=payload)
        part: Part
        if form.type == "choice" and form.choice is not None:
            part = ChoicePart(id=form.choice.id or form.choice.text, text=form.choice.text)
        else:
            part = TextPart(text=form.text)
            if not form.text.strip() or len(form.text) > self._limits.text:
                raise RequestRejected("bad_fields")
        return self._message(visit, form.id, form.page, part)

    def _message(
        self, visit: Visit, key: str, page: str, part: Part, files: tuple[MediaFile, ...] = ()
    ) -> InboundMessage:
        seen = page_of(page)
        ours = f"{visit.conversation}/{key}"
        return InboundMessage(
            account=self._account,
            dedupe_key=ours,
            conversation=visit.conversation,
            sender=visit.sender,
            also=visit.also,
            parts=(part,),
            provider_id=ours,
            entrance=Entrance(scene=seen) if seen else None,
            files=files,
        )

    def _file(self, asked: Asked) -> InboundResult:
        """A file is a message; its bytes are the body, what stands around them is the query."""
        visit = self._visitor(asked)
        form = form_of(FileForm, asked.query)
        content = asked.request.body
        if len(content) > self._limits.file_bytes:
            raise RequestRejected("too_large")
        if not content:
            raise RequestRejected("bad_body")
        declared = (asked.request.header("Content-Type") or UNKNOWN).partition(";")[0].strip().lower()
        found = sniffed(content)
        if self._types and not {declared, found or declared} <= self._types and not self._is_office(declared, found):
            raise RequestRejected("bad_type")
        self._count_writing(visit, asked)
        kind = MediaKind.IMAGE if declared.startswith("image/") else MediaKind.FILE
        digest = sha256(content).hexdigest()
        file = MediaFile(sha256=digest, media=kind, type=declared, name=form.name, content=content)
        part = MediaPart(media=kind, ref=MediaRef(sha256=digest, size=len(content), type=declared), name="")
        event = self._message(visit, form.id, form.page, part, (file,))
        return InboundResult(reply=_json({"taken": [form.id], "refused": []}), events=(event,), held=self._held(visit))

    def _is_office(self, declared: str, found: str) -> bool:
        """True for an allowed document that is a ZIP archive inside."""
        return found == "application/zip" and declared in self._types and "officedocument" in declared

    def _receipts(self, asked: Asked) -> InboundResult:
        """What arrived and what was seen, of messages that this visitor was shown."""
        visit = self._visitor(asked)
        form = form_of(ReceiptsForm, value_of(asked.request.body))
        self._count_writing(visit, asked)
        events: list[ChannelEvent] = []
        for status, ids in (("delivered", form.delivered), ("read", form.read)):
            keys = (self._shower.key_of(visit.conversation, one) for one in dict.fromkeys(ids))
            events += [self._receipt(status, key, asked.at) for key in keys if key is not None]
        return InboundResult(reply=_json({"taken": len(events)}), events=tuple(events), held=self._held(visit))

    def _receipt(self, status: str, key: str, at: datetime) -> StatusEvent:
        return StatusEvent(
            account=self._account,
            dedupe_key=f"{status}/{key}",
            key=key,
            status="read" if status == "read" else "delivered",
            occurred_at=at,
        )

    def _typing(self, asked: Asked) -> InboundResult:
        """The visitor presses keys."""
        visit = self._visitor(asked)
        form_of(TypingForm, value_of(asked.request.body))
        _count(self._reads, visit.conversation, asked.at)
        event = TypingEvent(
            account=self._account,
            dedupe_key=f"{visit.conversation}/typing",
            conversation=visit.conversation,
            sender=visit.sender,
            occurred_at=asked.at,
        )
        return InboundResult(reply=_json({}), events=(event,), held=self._held(visit))

    def _events(self, asked: Asked) -> InboundResult:
        """What is new in the conversation, or what came earlier."""
        visit = self._visitor(asked)
        _count(self._reads, visit.conversation, asked.at)
        stream = asked.request.streams and "text/event-stream" in (asked.request.header("Accept") or "")
        earlier = asked.query.get("before")
        after = asked.request.header("Last-Event-ID") or asked.query.get("after", "")
        stream = stream and earlier is None
        at_once = earlier is not None or (not stream and asked.query.get("wait") == "0")
        left = (visit.expires_at - asked.at).total_seconds()
        feed = Feed(
            account=self._account,
            conversation=visit.conversation,
            sender=visit.sender,
            after=after[:200],
            before=None if earlier is None else _instant(earlier),
            wait=0.0 if at_once else min(_STREAM if stream else _WAIT, left),
            stream=stream,
            until=visit.expires_at,
            by=visit.by,
        )
        return InboundResult(
            reply=RawResponse(headers=STREAM if feed.stream else JSON), feed=feed, held=self._held(visit)
        )

    def _count_writing(self, visit: Visit, asked: Asked, cost: int = 1) -> None:
        _count(self._writes, visit.conversation, asked.at, cost)
        # Visits cost nothing: whoever opens a thousand of them must not write as much as a thousand visitors.
        if self._crowds is not None and (party := whose(asked.request.remote)):
            _count(self._crowds, party, asked.at, cost)

    def _visitor(self, asked: Asked) -> Visit:
        scheme, _, token = (asked.request.header("Authorization") or "").partition(" ")
        return self._visits.read(token.strip() if scheme.lower() == "bearer" else "", asked.at)


def _count(bucket: Buckets, key: str, at: datetime, cost: int = 1) -> None:
    after = bucket.wait(key, at, cost)
    if after:
        raise TooMany(after)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise RequestRejected("bad_fields")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it is before the first year or after the last
        raise RequestRejected("bad_fields") from None


def _json(values: Mapping[str, object]) -> RawResponse:
    return RawResponse(headers=JSON, body=json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"))
