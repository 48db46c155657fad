"""The callback address: checked once by the platform, then told that something waits for an account.

A callback holds no messages, so a replayed one does no harm: it makes the desk look again, and finds nothing new. One
that is too old or from the future is refused all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from csdesk.channels.wecom.crypto import WeComCrypto
from csdesk.channels.wecom.envelopes import Fields, fields_of
from csdesk.domain.records._model import clean_text
from csdesk.errors import RequestRejected
from csdesk.parsing.values import number_of
from csdesk.ports.channel import (
    HandshakeEvent,
    IgnoredEvent,
    InboundResult,
    PullHint,
    RawRequest,
    RawResponse,
    Rejected,
    UnknownEvent,
)

_OK: Final = RawResponse(status=200, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"success")
_MALFORMED: Final = frozenset({"bad_body", "bad_xml", "bad_cipher", "bad_padding", "bad_text", "bad_query"})
_MOST_TOKEN: Final = 200


class Callback:
    """Reads what comes to the address of an account.

    Args:
        account: the desk's id of the account that the address belongs to.
        open_kfid: the platform's id of it.
        siblings: other accounts whose callbacks come to the same address, by ``open_kfid``.
        tolerance: how far the time in a request may be from ours.
    """

    def __init__(
        self, crypto: WeComCrypto, account: str, open_kfid: str, siblings: Mapping[str, str], tolerance: timedelta
    ) -> None:
        self._crypto = crypto
        self._account = account
        self._accounts = {**siblings, open_kfid: account}
        self._tolerance = tolerance

    def receive(self, request: RawRequest) -> InboundResult:
        """Answer a check, or say which account is to be pulled."""
        try:
            query = _query(request.url)
            self._check_time(query, request.received_at)
            if request.method.upper() == "GET":
                return self._handshake(query)
            if request.method.upper() != "POST":
                raise RequestRejected("bad_method")
            signature, timestamp, nonce = (query.get(one, "") for one in ("msg_signature", "timestamp", "nonce"))
            inner = self._crypto.decrypt(signature, timestamp, nonce, request.body)
            return self._told(fields_of(inner), inner)
        except RequestRejected as error:
            status = 405 if error.reason == "bad_method" else 400 if error.reason in _MALFORMED else 403
            return InboundResult(reply=RawResponse(status=status), rejected=Rejected(code=error.reason))

    def _handshake(self, query: Mapping[str, str]) -> InboundResult:
        signature, timestamp, nonce = (query.get(one, "") for one in ("msg_signature", "timestamp", "nonce"))
        text = self._crypto.verify_url(signature, timestamp, nonce, query.get("echostr", ""))
        reply = RawResponse(status=200, headers=_OK.headers, body=text.encode())
        event = HandshakeEvent(account=self._account, dedupe_key=f"handshake/{signature}")
        return InboundResult(reply=reply, events=(event,))

    def _check_time(self, query: Mapping[str, str], received_at: datetime | None) -> None:
        seconds = number_of(query.get("timestamp"))
        if seconds is None or not 0 < seconds < 32_503_680_000:
            raise RequestRejected("bad_time")
        if received_at is not None and abs(datetime.fromtimestamp(seconds, UTC) - received_at) > self._tolerance:
            raise RequestRejected("bad_time")

    def _told(self, fields: Fields, raw: bytes) -> InboundResult:
        event = _first(fields, "Event")
        key = f"callback/{sha256(raw).hexdigest()}"
        if event == "kf_msg_or_event":
            return InboundResult(reply=_OK, pulls=self._hints(fields))
        if event == "kf_account_auth_change":
            known = IgnoredEvent(account=self._account, dedupe_key=key, reason="wecom.accounts_changed", raw=raw)
            return InboundResult(reply=_OK, events=(known,))
        unknown = UnknownEvent(account=self._account, dedupe_key=key, provider_type=event[:200], raw=raw)
        return InboundResult(reply=_OK, events=(unknown,))

    def _hints(self, fields: Fields) -> tuple[PullHint, ...]:
        """Whom to pull: the account that is named; all of them where none is, as older deployments have it."""
        named, token = _first(fields, "OpenKfId"), _first(fields, "Token")[:_MOST_TOKEN]
        if named:
            account = self._accounts.get(named)
            return () if account is None else (PullHint(account=account, token=token),)
        return tuple(PullHint(account=one, token=token) for one in dict.fromkeys(self._accounts.values()))


def _query(url: str) -> Mapping[str, str]:
    try:
        # Not as a form: a plus sign in a cipher text is one, whether or not somebody encoded it.
        pairs = parse_qsl(urlsplit(url).query.replace("+", "%2B"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise RequestRejected("bad_query") from None
    return dict(reversed(pairs))


def _first(fields: Fields, name: str) -> str:
    return str(clean_text(next(iter(fields.get(name, ())), "")))
