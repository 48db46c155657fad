"""The address of a webhook: checked once by the platform, then told what happened, signed with the app's secret."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from csdesk.channels._settings import several
from csdesk.errors import InvalidInput, RequestRejected
from csdesk.parsing.values import object_in
from csdesk.parsing.whatsapp import Reading, parse_delivery
from csdesk.ports.channel import HandshakeEvent, InboundResult, RawRequest, RawResponse, Rejected

_STATUS: Final = {"bad_method": 405, "bad_body": 400, "bad_query": 400}
_PREFIX: Final = "sha256="
_MOST_CHALLENGE: Final = 1000


class Webhook:
    """Reads what comes to the address.

    Args:
        reading: whose numbers are ours.
        app_secrets: the app's secret; more than one while it is being changed.
        verify_token: what the platform is to show when it checks the address.

    Raises:
        InvalidInput: a secret or the token is missing.
    """

    def __init__(self, reading: Reading, app_secrets: Iterable[str], verify_token: str) -> None:
        alone = (app_secrets,) if isinstance(app_secrets, str) else app_secrets
        given = several("app_secrets", alone, str, "pass the app's secret")
        if not given or not all(one and one.isascii() and one.isprintable() for one in given):
            raise InvalidInput("app_secrets", "is empty or holds something that is no secret", "pass the app's secret")
        if not verify_token:
            raise InvalidInput("verify_token", "is empty", "choose a long random text, and enter it with the address")
        self._reading = reading
        self._secrets = tuple(one.encode() for one in given)
        self._verify_token = verify_token.encode("utf-8", "replace")

    def read(self, request: RawRequest) -> InboundResult:
        """The answer to a check, or the events of a delivery."""
        try:
            method = request.method.upper()
            if method == "GET":
                return self._checked(request.url)
            if method != "POST":
                raise RequestRejected("bad_method")
            self._verify(request)
            body = object_in(request.body)
            if body is None or not isinstance(body.get("entry"), list):
                raise RequestRejected("bad_body")
            return InboundResult(events=parse_delivery(body, reading=self._reading, received_at=request.received_at))
        except RequestRejected as error:
            reply = RawResponse(status=_STATUS.get(error.reason, 403))
            return InboundResult(reply=reply, rejected=Rejected(code=error.reason))

    def _checked(self, url: str) -> InboundResult:
        try:
            query = dict(reversed(parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=50)))
        except ValueError:
            raise RequestRejected("bad_query") from None
        given, challenge = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
        knows = hmac.compare_digest(self._verify_token, given.encode("utf-8", "replace"))
        if not knows or query.get("hub.mode") != "subscribe":
            raise RequestRejected("bad_token")
        if not challenge or len(challenge) > _MOST_CHALLENGE:
            raise RequestRejected("bad_query")
        headers = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))
        body = challenge.encode("utf-8", "replace")
        event = HandshakeEvent(account=self._reading.account, dedupe_key=f"handshake/{sha256(body).hexdigest()}")
        return InboundResult(reply=RawResponse(status=200, headers=headers, body=body), events=(event,))

    def _verify(self, request: RawRequest) -> None:
        given = request.header("X-Hub-Signature-256") or ""
        if not given.startswith(_PREFIX):
            raise RequestRejected("bad_signature")
        # A sum: every secret is compared, whichever fits.
        if not sum(_is_same(one, request.body, given) for one in self._secrets):
            raise RequestRejected("bad_signature")


def _is_same(secret: bytes, body: bytes, given: str) -> bool:
    return hmac.compare_digest(signature(secret, body).encode(), given.encode("utf-8", "replace"))


def signature(secret: bytes, body: bytes) -> str:
    """What the header of a genuine delivery holds: HMAC-SHA-256 over the body as it came."""
    return f"{_PREFIX}{hmac.digest(secret, body, 'sha256').hex()}"
