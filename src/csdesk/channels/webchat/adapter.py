"""The adapter: what visitors' pages ask, verified and read; what they may see, written down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from csdesk._sentence import is_a
from csdesk.channels._settings import check_name
from csdesk.channels.webchat.asking import METHODS, Asked, Asks, Settings, TooMany
from csdesk.channels.webchat.assets import widget
from csdesk.channels.webchat.doors import Doors, refusal
from csdesk.channels.webchat.forms import (
    Look,
)
from csdesk.channels.webchat.showing import Shower
from csdesk.channels.webchat.signing import Seal, secrets_of
from csdesk.channels.webchat.users import UserTokens
from csdesk.channels.webchat.visits import VISITOR, Limits, Visits
from csdesk.domain.records.messages import MediaKind
from csdesk.errors import InvalidInput, RequestRejected, UnsupportedFeature, sentence
from csdesk.ports.channel import (
    Capabilities,
    Exchange,
    Feed,
    FeedPage,
    IdSource,
    InboundResult,
    MediaLimit,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Receipt,
    Rejected,
)

CAPABILITIES: Final = Capabilities(
    text=None,
    parts=frozenset({"text", "media", "link", "menu", "location", "contact"}),
    menu_items=20,
    media=tuple(MediaLimit(media=one, most=20_000_000) for one in MediaKind),
    receipts=frozenset({"sent", "delivered", "read"}),
    recall_within=timedelta(days=36_500),
    edit_within=timedelta(days=36_500),
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


_TYPE: Final = re.compile(r"[^\s/;,]+/[^\s/;,]+")


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
        lifetime: how long a visit lasts after its last renewal, 1 minute to 400 days; a signed-in one, after the last
            time that your server's word for its user was given.
        limits: how much a visitor may do.
        file_types: the types of file that a visitor may send; empty: any.
        names: whether visitors see the names of agents.
        look: what the widget shows before anybody has written.
        ids: where ids of new visitors come from; the desk's source by default.

    Raises:
        InvalidInput: a secret is missing, too short, or used for visits and users; an origin or a type of file is none;
            a value is of another type or out of range.
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
            _check_made(value, str, name)
            check_name(name, value, "pass a short name")
        if user_kind == VISITOR:
            raise InvalidInput("user_kind", "is that of visitors who did not sign in", "choose another word")
        _check_made(lifetime, timedelta, "lifetime")
        if not timedelta(minutes=1) <= lifetime <= timedelta(days=400):
            raise InvalidInput("lifetime", "is out of range", "pass 1 minute to 400 days")
        _check_made(limits, Limits, "limits")
        _check_made(look, Look, "look")
        ours, theirs = secrets_of(secrets, "secrets"), secrets_of(user_secrets, "user_secrets")
        if set(ours) & set(theirs):
            raise InvalidInput("user_secrets", "holds one of secrets", "use another secret for each purpose")
        self.kind: Final = "webchat"
        self.account: Final = account
        self.capabilities: Final = CAPABILITIES
        seal = Seal(account, ours)
        self._doors = Doors(origins)
        self._shower = Shower(seal, names=names)
        self._ids = ids
        settings = Settings(
            account=account,
            visits=Visits(seal, lifetime),
            users=UserTokens(account, theirs, user_kind, user_scope),
            shower=self._shower,
            limits=limits,
            types=_types(file_types),
            look=look,
            new_id=self._new_id,
        )
        self._asks = Asks(settings)

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

    def edit(self, sent: object, part: object) -> Exchange[None]:  # noqa: ARG002
        """The page learns of it with the next news."""
        yield from ()

    def recall(self, sent: object) -> Exchange[None]:  # noqa: ARG002
        """The page learns of it with the next news: the message stays, its words go."""
        yield from ()

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:  # noqa: ARG002
        """Nothing can be pulled: pages post.

        Raises:
            UnsupportedFeature: always.
        """
        yield from ()
        raise UnsupportedFeature(
            sentence("account {account}", account=self.account), "pull", "let pages post to the mount"
        )

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
        except TooMany as error:
            result = InboundResult(reply=refusal("too_many", after=error.after), rejected=Rejected(code="too_many"))
        except RequestRejected as error:
            result = InboundResult(reply=refusal(error.reason), rejected=Rejected(code=error.reason))
        headers, held = self._doors.headers(request), result.held
        if held is not None:
            held = held.model_copy(update={"reply": _with(held.reply, headers)})
        return result.model_copy(update={"reply": _with(result.reply, headers), "held": held})

    def _answer(self, request: RawRequest) -> InboundResult:
        path, _, query = request.url.partition("#")[0].partition("?")
        asked = Asked(request, _at(request), dict(parse_qsl(query, keep_blank_values=True)))
        what = path.rpartition("/")[2]
        method = request.method.upper()
        if what == "widget.js" and method == "GET":
            return InboundResult(reply=widget(request))
        if what == "file" and method == "GET":
            message, ref, head = self._shower.file_of(asked.query.get("ref", ""), asked.at)
            return InboundResult(reply=head, file=ref, file_in=message)
        self._doors.check(request)
        allowed = METHODS.get(what)
        if allowed is not None and method != allowed:
            reply = refusal("bad_method", allow=f"{allowed}, OPTIONS")
            return InboundResult(reply=reply, rejected=Rejected(code="bad_method"))
        return self._asks.answer(what, asked)

    def _new_id(self) -> str:
        if self._ids is None:
            raise RequestRejected("no_desk")
        return self._ids.new("vis_")


def _with(reply: RawResponse, headers: tuple[tuple[str, str], ...]) -> RawResponse:
    return reply.model_copy(update={"headers": (*reply.headers, *headers)})


def _check_made(value: object, cls: type, field: str) -> None:
    if not isinstance(value, cls):
        raise InvalidInput(field, is_a(value), sentence("pass a {kind}", kind=cls.__name__))


def _types(given: Iterable[str]) -> frozenset[str]:
    """Types of file, as they are compared.

    Raises:
        InvalidInput: it is no collection of them.
    """
    problem = InvalidInput("file_types", "is no collection of media types", 'pass such as ["image/png"]')
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise problem
    found: list[object] = list(given)
    if not all(isinstance(one, str) and _TYPE.fullmatch(one) for one in found):
        raise problem
    return frozenset(str(one).lower() for one in found)


def _at(request: RawRequest) -> datetime:
    if request.received_at is None:
        raise RequestRejected("no_desk")  # the desk says when a request came
    return request.received_at
