"""The adapter: what visitors' pages ask, verified and read; what they may see, written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from csdesk.channels.webchat.assets import widget
from csdesk.channels.webchat.doors import JSON, STREAM, Doors, refusal
from csdesk.channels.webchat.forms import (
    FileForm,
    Look,
    MessageForm,
    Posted,
    ReceiptsForm,
    VisitForm,
    form_of,
    page_of,
    value_of,
)
from csdesk.channels.webchat.showing import Shower
from csdesk.channels.webchat.signing import Seal
from csdesk.channels.webchat.users import UserTokens
from csdesk.channels.webchat.visits import VISITOR, Buckets, Limits, Visit, Visits
from csdesk.domain.records.messages import ChoicePart, MediaKind, MediaPart, Part, TextPart
from csdesk.domain.text.filetypes import UNKNOWN, sniffed
from csdesk.errors import InvalidInput, RequestRejected, UnsupportedFeature
from csdesk.ports.channel import (
    Capabilities,
    ChannelEvent,
    Entrance,
    Exchange,
    Feed,
    FeedPage,
    IdentityEvent,
    IdSource,
    InboundMessage,
    InboundResult,
    MediaFile,
    MediaLimit,
    MediaRef,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Receipt,
    Rejected,
    StatusEvent,
    UnknownEvent,
)

CAPABILITIES: Final = Capabilities(
    text=None,
    parts=frozenset({"text", "media", "link", "menu", "location", "contact"}),
    menu_items=20,
    media=tuple(MediaLimit(media=one, most=20_000_000) for one in MediaKind),
    receipts=frozenset({"sent", "delivered", "read"}),
    recall_within=timedelta(days=36_500),
    may_start=True,
    idempotency="key",
    feed=True,
)
"""What the channel can do: it is the desk's own, so nearly everything, at any time."""

FILE_TYPES: Final = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp",
        "audio/mpeg", "audio/ogg", "audio/webm", "audio/mp4", "audio/wav", "video/mp4", "video/webm",
        "application/pdf", "text/plain", "text/csv", "application/zip",
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)  # fmt: skip
"""The types of file that visitors may send unless told otherwise."""

_WAIT: Final = 25.0
"""How long, in seconds, an answer may wait for news: less than most proxies do."""

_STREAM: Final = 300.0
"""How long, in seconds, a stream goes on: then the page asks again, which spreads pages over processes anew."""

_HISTORY: Final = "before"


class WebChat:
    """The ``Channel`` of a chat window on web pages: visitors write, and read the conversation from the desk itself.

    Mounted with ``csdesk.web``, it serves its own widget: one script element on a page is enough. What it answers is
    listed in ``docs/how-to/web-chat.md``. Nothing is kept here but counts: several processes may serve one account.

    Args:
        account: the desk's id of this instance; a part of the addresses that pages call.
        secrets: what tokens are signed with, each 32 random bytes or more: the first signs, each is believed.
        user_secrets: what your server signs its users with, for ``sign_user``; none: nobody signs in.
        user_kind: the kind of identity that your users are.
        user_scope: the scope beside it.
        origins: the sites whose pages may call, such as ``https://shop.example``; ``*``: any. Pages of the mount's own
            site always may.
        lifetime: how long a visit lasts after its last renewal, 1 minute to 400 days.
        limits: how much a visitor may do.
        file_types: the types of file that a visitor may send; empty: any.
        names: whether visitors see the names of agents.
        look: what the widget shows before anybody has written.
        ids: where ids of new visitors come from; the desk's source by default.

    Raises:
        InvalidInput: a secret is missing or too short, an origin is none, or a value is out of range.
    """

    def __init__(
        self,
        account: str,
        *,
        secrets: Iterable[str | bytes],
        user_secrets: Iterable[str | bytes] = (),
        user_kind: str = "user",
        user_scope: str = "",
        origins: Iterable[str] = (),
        lifetime: timedelta = timedelta(days=14),
        limits: Limits = Limits(),
        file_types: Iterable[str] = FILE_TYPES,
        names: bool = True,
        look: Look = Look(),
        ids: IdSource | None = None,
    ) -> None:
        for name, value in (("account", account), ("user_kind", user_kind)):
            if not value or not value.isprintable():
                raise InvalidInput(name, "is empty or not printable", "pass a short name")
        if user_kind == VISITOR:
            raise InvalidInput("user_kind", "is that of visitors who did not sign in", "choose another word")
        if not timedelta(minutes=1) <= lifetime <= timedelta(days=400):
            raise InvalidInput("lifetime", "is out of range", "pass 1 minute to 400 days")
        self.kind: Final = "webchat"
        self.account: Final = account
        self.capabilities: Final = CAPABILITIES
        seal = Seal(account, secrets)
        self._visits = Visits(seal, lifetime)
        self._users = UserTokens(account, user_secrets, user_kind, user_scope)
        self._doors = Doors(origins)
        self._shower = Shower(seal, names=names)
        self._limits = limits
        self._types = frozenset(one.lower() for one in file_types)
        self._look = look
        self._ids = ids
        self._writes = Buckets(limits.messages, limits.messages // 3)
        self._reads = Buckets(limits.reads, limits.reads // 3)
        self._arrivals = None if limits.visits is None else Buckets(limits.visits, limits.visits // 3)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account!r})"

    def keep_ids(self, ids: IdSource) -> None:
        """Take the ids of new visitors from the desk."""
        if self._ids is None:
            self._ids = ids

    # Sending: the desk's own record is what visitors read.

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:  # noqa: ARG002
        """Nothing has to be said to anybody: as soon as the desk records that it is sent, it stands in the feed."""
        yield from ()
        return Receipt()

    def recall(self, sent: object) -> Exchange[None]:  # noqa: ARG002
        """The page learns of it with the next news: the message stays, its words go."""
        yield from ()

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:  # noqa: ARG002
        """Nothing can be pulled: pages post.

        Raises:
            UnsupportedFeature: always.
        """
        yield from ()
        raise UnsupportedFeature(f"account {self.account}", "pull", "let pages post to the mount")

    def show(self, feed: Feed, page: FeedPage) -> bytes:
        """The page as the widget reads it."""
        return self._shower.body(feed, page)

    # Receiving

    def receive(self, request: RawRequest) -> InboundResult:
        """Verify and read what a page asks; what is wrong with it is answered with a code."""
        try:
            if request.method.upper() == "OPTIONS":
                return InboundResult(reply=self._doors.preflight(request))
            result = self._answer(request)
        except _TooMany as error:
            result = InboundResult(reply=refusal("too_many", after=error.after), rejected=Rejected(code="too_many"))
        except RequestRejected as error:
            result = InboundResult(reply=refusal(error.reason), rejected=Rejected(code=error.reason))
        headers = (*result.reply.headers, *self._doors.headers(request))
        return result.model_copy(update={"reply": result.reply.model_copy(update={"headers": headers})})

    def _answer(self, request: RawRequest) -> InboundResult:
        path, _, query = request.url.partition("#")[0].partition("?")
        asked = _Asked(request, _at(request), dict(parse_qsl(query, keep_blank_values=True)))
        what = path.rpartition("/")[2]
        method = request.method.upper()
        if what == "widget.js" and method == "GET":
            return InboundResult(reply=widget(request))
        if what == "file" and method == "GET":
            ref, head = self._shower.file_of(asked.query.get("ref", ""), asked.at)
            return InboundResult(reply=head, file=ref)
        self._doors.check(request)
        asks = {
            "POST visits": self._visit,
            "POST messages": self._messages,
            "POST files": self._file,
            "POST receipts": self._receipts,
            "GET events": self._events,
        }.get(f"{method} {what}")
        if asks is None:
            raise RequestRejected("not_found")
        return asks(asked)

    def _visit(self, asked: _Asked) -> InboundResult:
        """A visit is begun, renewed, or tied to a user of the host."""
        form = form_of(VisitForm, value_of(asked.request.body))
        people = self._users.read(form.user, asked.at) if form.user else ()
        before = self._known(form.token, asked.at)
        joined: tuple[ChannelEvent, ...] = ()
        if before is not None and (not people or not before.people or before.is_of(people[0])):
            visit = self._visits.renewed(before, people, asked.at)
            if people and not before.people:
                joined = (self._joined(before, visit),)
        else:
            before = None
            if self._arrivals is not None:
                _count(self._arrivals, asked.request.remote, asked.at)
            visit = self._visits.begin("" if people else self._new_id(), people, asked.at)
        values = {
            "token": self._visits.token(visit),
            "expires": visit.expires_at.isoformat(),
            "lives": int((visit.expires_at - visit.issued_at).total_seconds()),
            "resumed": before is not None,
            "text": self._limits.text,
            "file_bytes": self._limits.file_bytes,
            "file_types": sorted(self._types),
            "look": self._look.model_dump(exclude_defaults=True),
        }
        return InboundResult(reply=_json(values), events=joined)

    def _known(self, token: str, now: datetime) -> Visit | None:
        """The visit of a token that may be old or none: then another one begins."""
        try:
            return self._visits.read(token, now)
        except RequestRejected:
            return None

    def _new_id(self) -> str:
        if self._ids is None:
            raise RequestRejected("no_desk")
        return self._ids.new("vis_")

    def _joined(self, before: Visit, visit: Visit) -> IdentityEvent:
        user = visit.people[0]
        key = f"{visit.conversation}/is/{user.kind}/{user.external_id}"
        return IdentityEvent(
            account=self.account,
            dedupe_key=key,
            sender=before.sender,
            also=(user,),
            joins=True,
            occurred_at=visit.issued_at,
        )

    def _messages(self, asked: _Asked) -> InboundResult:
        """Messages, each taken or refused by itself."""
        visit = self._visitor(asked)
        given = form_of(Posted, value_of(asked.request.body)).messages
        _count(self._writes, visit.conversation, asked.at, cost=len(given))
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
        return InboundResult(reply=_json({"taken": taken, "refused": refused}), events=tuple(events))

    def _said(self, form: MessageForm, visit: Visit, raw: object) -> ChannelEvent:
        key = f"{visit.conversation}/{form.id}"
        if form.type not in ("text", "choice"):
            payload = json.dumps(raw, ensure_ascii=False).encode("utf-8", "replace")
            return UnknownEvent(account=self.account, dedupe_key=key, provider_type=form.type, raw=payload)
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
            account=self.account,
            dedupe_key=ours,
            conversation=visit.conversation,
            sender=visit.sender,
            also=visit.also,
            parts=(part,),
            provider_id=ours,
            entrance=Entrance(scene=seen) if seen else None,
            files=files,
        )

    def _file(self, asked: _Asked) -> InboundResult:
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
        _count(self._writes, visit.conversation, asked.at)
        kind = MediaKind.IMAGE if declared.startswith("image/") else MediaKind.FILE
        digest = sha256(content).hexdigest()
        file = MediaFile(sha256=digest, media=kind, type=declared, name=form.name, content=content)
        part = MediaPart(media=kind, ref=MediaRef(sha256=digest, size=len(content), type=declared), name="")
        event = self._message(visit, form.id, form.page, part, (file,))
        return InboundResult(reply=_json({"taken": [form.id], "refused": []}), events=(event,))

    def _is_office(self, declared: str, found: str) -> bool:
        """True for an allowed document that is a ZIP archive inside."""
        return found == "application/zip" and declared in self._types and "officedocument" in declared

    def _receipts(self, asked: _Asked) -> InboundResult:
        """What arrived and what was seen, of messages that this visitor was shown."""
        visit = self._visitor(asked)
        form = form_of(ReceiptsForm, value_of(asked.request.body))
        _count(self._writes, visit.conversation, asked.at)
        events: list[ChannelEvent] = []
        for status, ids in (("delivered", form.delivered), ("read", form.read)):
            keys = (self._shower.key_of(visit.conversation, one) for one in dict.fromkeys(ids))
            events += [self._receipt(status, key, asked.at) for key in keys if key is not None]
        return InboundResult(reply=_json({"taken": len(events)}), events=tuple(events))

    def _receipt(self, status: str, key: str, at: datetime) -> StatusEvent:
        return StatusEvent(
            account=self.account,
            dedupe_key=f"{status}/{key}",
            key=key,
            status="read" if status == "read" else "delivered",
            occurred_at=at,
        )

    def _events(self, asked: _Asked) -> InboundResult:
        """What is new in the conversation, or what came earlier."""
        visit = self._visitor(asked)
        _count(self._reads, visit.conversation, asked.at)
        stream = asked.request.streams and "text/event-stream" in (asked.request.header("Accept") or "")
        earlier = asked.query.get(_HISTORY)
        after = asked.request.header("Last-Event-ID") or asked.query.get("after", "")
        stream = stream and earlier is None
        at_once = earlier is not None or (not stream and asked.query.get("wait") == "0")
        left = (visit.expires_at - asked.at).total_seconds()
        feed = Feed(
            account=self.account,
            conversation=visit.conversation,
            sender=visit.sender,
            after=after[:200],
            before=None if earlier is None else _instant(earlier),
            wait=0.0 if at_once else min(_STREAM if stream else _WAIT, left),
            stream=stream,
            until=visit.expires_at,
        )
        return InboundResult(reply=RawResponse(headers=STREAM if feed.stream else JSON), feed=feed)

    def _visitor(self, asked: _Asked) -> Visit:
        scheme, _, token = (asked.request.header("Authorization") or "").partition(" ")
        return self._visits.read(token.strip() if scheme.lower() == "bearer" else "", asked.at)


@dataclass(frozen=True, slots=True)
class _Asked:
    request: RawRequest
    at: datetime
    query: Mapping[str, str]


class _TooMany(Exception):
    """Too much in too short a time."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self.after = after


def _count(bucket: Buckets, key: str, at: datetime, cost: int = 1) -> None:
    after = bucket.wait(key, at, cost)
    if after:
        raise _TooMany(after)


def _at(request: RawRequest) -> datetime:
    if request.received_at is None:
        raise RequestRejected("no_desk")  # the desk says when a request came
    return request.received_at


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RequestRejected("bad_fields") from None
    if at.tzinfo is None:
        raise RequestRejected("bad_fields")
    return at


def _json(values: Mapping[str, object]) -> RawResponse:
    return RawResponse(headers=JSON, body=json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"))
