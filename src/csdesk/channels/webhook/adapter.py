"""The adapter: signed JSON in, signed JSON out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from csdesk.channels._faults import retry_after
from csdesk.channels._forms import json_body
from csdesk.channels._settings import check_name
from csdesk.channels.webhook.forms import BadFields, Delivered, event_of
from csdesk.channels.webhook.signing import TOLERANCE, WebhookSigner
from csdesk.domain.records.messages import plain_text
from csdesk.errors import ChannelError, Disposition, InvalidInput, RequestRejected, UnsupportedFeature, sentence
from csdesk.ports.channel import (
    Capabilities,
    Exchange,
    HttpRequest,
    HttpResponse,
    InboundResult,
    Limit,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Receipt,
    Rejected,
)
from csdesk.ports.clock import Clock

CAPABILITIES: Final = Capabilities(
    text=Limit(amount=65_536),
    parts=frozenset({"text", "link", "location", "contact", "menu"}),
    menu_items=100,
    receipts=frozenset({"sent", "delivered", "read"}),
    threads=True,
    may_start=True,
    idempotency="key",
)
"""What the channel can do unless told otherwise. The other side drops a ``webhook-id`` that it has seen."""

_STATUS: Final[Mapping[str, int]] = MappingProxyType({"bad_method": 405, "bad_body": 400, "bad_fields": 422})


class WebhookChannel:
    """A ``Channel`` to a system of the host that speaks Standard Webhooks.

    What it takes is listed in ``docs/how-to/connect-your-own-system.md``. ``webhook-id`` is the dedupe key. Replies are
    posted to ``url`` under ``webhook-id`` = the message's reserved id; without a URL a reply fails and says so.

    Args:
        account: the desk's id of this instance; the last part of the address that your system posts to.
        secrets: as for ``WebhookSigner``; replies are signed with the same ones.
        url: where replies are posted.
        tolerance: how far the time of a request may be from ours.
        sender_kind: in which world the ids of senders are unique, where a sender does not say it.
        capabilities: what your system can show, if that is less or more.
        clock: where "now" comes from; the desk's clock by default.

    Raises:
        InvalidInput: a secret is missing or malformed, or ``url`` is no http or https URL.
    """

    def __init__(
        self,
        account: str,
        *,
        secrets: Iterable[str],
        url: str | None = None,
        tolerance: timedelta = TOLERANCE,
        sender_kind: str = "webhook",
        capabilities: Capabilities = CAPABILITIES,
        clock: Clock | None = None,
    ) -> None:
        for name, value in (("account", account), ("sender_kind", sender_kind)):
            check_name(name, value, "pass a short name")
        self.kind: Final = "webhook"
        self.account: Final = account
        self.capabilities: Final = capabilities
        self._signer = WebhookSigner(secrets, tolerance=tolerance)
        self._url = None if url is None else checked_url(url)
        self._sender_kind = sender_kind
        self._clock = clock
        self._own_clock = clock is not None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account!r})"

    def keep_time(self, clock: Clock) -> None:
        """Take "now" from the desk."""
        if not self._own_clock:
            self._clock = clock

    def receive(self, request: RawRequest) -> InboundResult:
        """Verify and read a request; what is wrong with it is answered with a code and the names of fields."""
        try:
            if request.method.upper() != "POST":
                raise RequestRejected("bad_method")
            around = Delivered(
                account=self.account,
                dedupe_key=self._signer.verify(request),
                raw=request.body,
                sender_kind=self._sender_kind,
            )
            return InboundResult(events=(event_of(request.body, around),))
        except RequestRejected as error:
            fields = error.fields if isinstance(error, BadFields) else ()
            return _refused(error.reason, fields)

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """Post a reply; the other side may answer ``{"id": ...}``, by which it names the message later."""
        if self._url is None:
            raise self._error("there is no address for replies", "operator", "no_url")
        body = _body_of(message)
        headers = self._signer.headers(message.key, self._now(message), body)
        try:
            answer = yield HttpRequest(
                method="POST",
                url=self._url,
                headers=(("Content-Type", "application/json"), *headers),
                body=body,
                timeout=15.0,
                safe=True,
                most_bytes=100_000,
            )
        except ChannelError as error:
            # Told twice it is heard once: an answer that did not come may be asked for again.
            lost = error.disposition in ("retry", "unknown_outcome")
            told: Disposition = "retry" if lost else "operator"
            raise self._error("the other side gave no answer", told, error.provider_code) from error
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        return Receipt(provider_id=_id_in(answer.body) or message.key)

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:  # noqa: ARG002
        """Nothing can be pulled: the other side posts.

        Raises:
            UnsupportedFeature: always.
        """
        yield from ()
        raise UnsupportedFeature(
            sentence("account {account}", account=self.account), "pull", "let the other side post to its hook"
        )

    def _now(self, message: OutboundMessage) -> datetime:
        return message.occurred_at if self._clock is None else self._clock.now()

    def _refusal(self, answer: HttpResponse) -> ChannelError:
        code = f"http_{answer.status}"
        if answer.status in (408, 429) or answer.status >= 500:
            wait = retry_after(answer)
            return self._error("the other side is busy or out of order", "retry", code, wait)
        if answer.status in (400, 409, 413, 415, 422):
            return self._error("the other side does not take this message", "fix_content", code)
        problem = "the address for replies is closed" if answer.status == 410 else "this is no address for replies"
        return self._error(problem, "operator", code)

    def _error(
        self, problem: str, disposition: Disposition, code: str | None, wait: float | None = None
    ) -> ChannelError:
        return ChannelError(self.account, problem, disposition=disposition, provider_code=code, retry_after=wait)


def checked_url(url: str) -> str:
    """An address that can be posted to.

    Raises:
        InvalidInput: it is no absolute http or https URL, or it holds a user and password.
    """
    problem = InvalidInput("url", "is no address to post to", "pass one such as https://example.com/replies")
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise problem
    except ValueError:
        raise problem from None
    return url


def _refused(code: str, fields: tuple[str, ...]) -> InboundResult:
    body = json.dumps({"error": code, **({"fields": fields} if fields else {})}).encode()
    reply = RawResponse(status=_STATUS.get(code, 401), headers=(("Content-Type", "application/json"),), body=body)
    return InboundResult(reply=reply, rejected=Rejected(code=code, detail=", ".join(fields)))


def _body_of(message: OutboundMessage) -> bytes:
    """A reply as JSON: its text, and all its parts for those who can show more."""
    to = {"kind": message.to.kind, "scope": message.to.scope, "id": message.to.external_id, "name": message.to.name}
    values = {
        "type": "message.reply",
        "timestamp": message.occurred_at.isoformat(),
        "data": {
            "key": message.key,
            "account": message.account,
            "conversation": message.conversation,
            "to": to,
            "subject": message.subject,
            "text": plain_text(message.parts),
            "parts": [
                part.model_dump(mode="json", exclude_defaults=True) | {"kind": part.kind} for part in message.parts
            ],
            "answers": message.answers,
            "automatic": message.automatic,
        },
    }
    return json_body(values)


def _id_in(body: bytes) -> str:
    """The id in an answer; empty if it gives none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = answer.get("id") if isinstance(answer, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= 200 and found.isprintable() else ""
