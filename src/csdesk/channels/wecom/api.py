"""Calls of the platform's interface, as flows of HTTP exchanges: one access token for all, and its errors as ours.

Every answer has status 200; ``errcode`` alone says whether it went well, ``errmsg`` is never looked at. A token that is
refused is fetched anew once; those who find the same token refused share the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Final, Protocol
from urllib.parse import urlencode

from csdesk.channels._faults import retry_after
from csdesk.channels._forms import json_body
from csdesk.errors import ChannelError
from csdesk.parsing.values import number_of, object_in, text_of
from csdesk.parsing.wecom.errors import RATE_SECONDS, channel_error
from csdesk.ports.channel import Exchange
from csdesk.ports.clock import Clock
from csdesk.ports.http import HttpRequest, HttpResponse

Answer = Mapping[str, object]
"""A JSON object of the platform whose ``errcode`` is 0."""

TOKEN_REFUSED: Final = frozenset({40014, 41001, 42001})
EARLY: Final = timedelta(minutes=5)
"""How long before its end a token is fetched anew."""
_SHARED_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and until when it is good; None: nobody said."""

    value: str
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"AccessToken(expires_at={self.expires_at!r})"


class TokenShelf(Protocol):
    """Where processes share a token: a platform gives few of them. Quick, and safe between threads."""

    def get(self) -> AccessToken | None:
        """The token that was put last."""
        ...

    def put(self, token: AccessToken) -> None:
        """Keep a new token."""
        ...


class MemoryShelf:
    """The token of this process."""

    def __init__(self) -> None:
        self._token: AccessToken | None = None
        self._lock = Lock()

    def get(self) -> AccessToken | None:
        """The token that was put last."""
        with self._lock:
            return self._token

    def put(self, token: AccessToken) -> None:
        """Keep a new token."""
        with self._lock:
            self._token = token


@dataclass(frozen=True, slots=True)
class Call:
    """One call, without its token."""

    method: str
    path: str
    params: tuple[tuple[str, str | int], ...] = ()
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    safe: bool = False
    timeout: float = 10.0
    most_bytes: int = 20_000_000
    statuses: tuple[int, ...] = ()
    """Other good statuses than 200."""


class KfApi:
    """Calls on behalf of one application of one corporation. Errors name ``account``."""

    def __init__(self, account: str, corp_id: str, secret: str, *, base_url: str, shelf: TokenShelf) -> None:
        self._account = account
        self._corp_id = corp_id
        self._secret = secret
        self._base = base_url.rstrip("/")
        self._shelf = shelf
        self.clock: Clock | None = None

    def now(self) -> datetime | None:
        """The present instant, if anybody told where it comes from."""
        return None if self.clock is None else self.clock.now()

    def get(self, path: str, **params: str | int) -> Exchange[Answer]:
        """Ask for something.

        Raises:
            ChannelError: the platform refused, or did not answer.
        """
        return (yield from self._call(Call("GET", path, tuple(params.items()), safe=True)))

    def post(self, path: str, body: Mapping[str, object], *, safe: bool = False) -> Exchange[Answer]:
        """Tell something; ``safe``: telling it twice does no harm.

        Raises:
            ChannelError: the platform refused; ``unknown_outcome`` if it may have done it all the same.
        """
        content = json_body(body)
        headers = (("Content-Type", "application/json"),)
        return (yield from self._call(Call("POST", path, (), content, headers, safe=safe)))

    def raw(self, call: Call) -> Exchange[HttpResponse]:
        """The answer to a call as it came, unless it refuses the token."""
        token = yield from self._token(None)
        response = yield from self._exchange(call, token)
        if _code_of(response) in TOKEN_REFUSED:
            response = yield from self._exchange(call, (yield from self._token(token)))
        return response

    def _call(self, call: Call) -> Exchange[Answer]:
        return self.checked((yield from self.raw(call)), call)

    def _exchange(self, call: Call, token: str) -> Exchange[HttpResponse]:
        query = urlencode((("access_token", token), *call.params))
        try:
            response = yield HttpRequest(
                method=call.method,
                url=f"{self._base}/{call.path}?{query}",
                headers=call.headers,
                body=call.body,
                timeout=call.timeout,
                safe=call.safe,
                most_bytes=call.most_bytes,
            )
        except ChannelError as error:
            raise self._lost(error, call) from error
        if response.status != 200 and response.status not in call.statuses:
            raise self._status(response, call)
        return response

    def _lost(self, error: ChannelError, call: Call) -> ChannelError:
        """A failed exchange in the name of our account."""
        disposition = error.disposition
        if disposition == "unknown_outcome" and call.safe:
            disposition = "retry"
        return ChannelError(
            self._account, "the platform gave no answer", disposition=disposition, provider_code=error.provider_code
        )

    def _status(self, response: HttpResponse, call: Call) -> ChannelError:
        code = f"http_{response.status}"
        if response.status == 429:
            wait = retry_after(response)
            return ChannelError(
                self._account,
                "too many calls",
                disposition="retry",
                provider_code=code,
                retry_after=RATE_SECONDS if wait is None else wait,
            )
        if response.status >= 500:
            return ChannelError(
                self._account,
                "the platform is out of order",
                disposition="retry" if call.safe else "unknown_outcome",
                provider_code=code,
            )
        return ChannelError(
            self._account, "this is not the platform's interface", disposition="operator", provider_code=code
        )

    def checked(self, response: HttpResponse, call: Call) -> Answer:
        """The object in an answer.

        Raises:
            ChannelError: it is none, or it says that the platform refused.
        """
        answer = object_in(response.body)
        if answer is None:
            raise ChannelError(
                self._account,
                "the answer is no JSON object",
                disposition="retry" if call.safe else "unknown_outcome",
                provider_code="no_json",
            )
        code = number_of(answer.get("errcode", 0))
        if code != 0:
            raise channel_error(self._account, code)
        return answer

    def _token(self, refused: str | None) -> Exchange[str]:
        """A token other than the refused one; the one at hand if it lasts."""
        known = self._shelf.get()
        if known is not None and known.value != refused and self._lasts(known):
            return known.value
        query = urlencode((("corpid", self._corp_id), ("corpsecret", self._secret)))
        try:
            response = yield HttpRequest(
                method="GET",
                url=f"{self._base}/gettoken?{query}",
                safe=True,
                share=_SHARED_SECONDS,
                share_key=_mark(known),
            )
        except ChannelError as error:
            raise self._lost(error, _TOKEN_CALL) from error
        if response.status != 200:
            raise self._status(response, _TOKEN_CALL)
        answer = self.checked(response, _TOKEN_CALL)
        value, seconds = text_of(answer.get("access_token")), number_of(answer.get("expires_in"))
        if not value:
            raise channel_error(self._account, None)
        now = self.now()
        expires = None if now is None or seconds is None else now + timedelta(seconds=max(0, min(seconds, 86_400)))
        self._shelf.put(AccessToken(value, expires))
        return value

    def _lasts(self, token: AccessToken) -> bool:
        now = self.now()
        return token.expires_at is None or now is None or now < token.expires_at - EARLY


_TOKEN_CALL: Final = Call("GET", "gettoken", safe=True)


def _mark(known: AccessToken | None) -> str:
    """What those have in common who give the same token up."""
    return "" if known is None else sha256(known.value.encode()).hexdigest()


def _code_of(response: HttpResponse) -> int | None:
    """The ``errcode`` of a short answer; None for media and whatever else is no JSON object."""
    if len(response.body) > 10_000 or not response.body.lstrip().startswith(b"{"):
        return None
    answer = object_in(response.body)
    return None if answer is None else number_of(answer.get("errcode", 0))


def code_of(response: HttpResponse) -> int | None:
    """The ``errcode`` of an answer; None if it is no JSON object."""
    return _code_of(response)
