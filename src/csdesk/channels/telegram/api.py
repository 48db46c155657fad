"""Calls of the Bot API, as flows of HTTP exchanges, and its errors as ours.

The bot's token stands in every address: no error, log or ``repr`` shows an address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Final
from urllib.parse import quote

from csdesk.channels._faults import retry_after
from csdesk.channels._forms import form_of, json_body
from csdesk.errors import ChannelError, Disposition
from csdesk.parsing.telegram.errors import refusal
from csdesk.parsing.values import Fields, fields_of, object_in, objects_in
from csdesk.ports.channel import Exchange, MediaFile
from csdesk.ports.http import HttpRequest, HttpResponse

_UPLOAD_SECONDS: Final = 60.0
_SECONDS: Final = 15.0
_PATH: Final = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}){0,5}")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: a method, its parameters, and perhaps a file.

    Attributes:
        safe: calling twice does no harm.
        timeout: how long to wait for the answer, in seconds.
    """

    method: str
    params: Mapping[str, object] = field(default_factory=dict)
    file: tuple[str, MediaFile] | None = None
    safe: bool = False
    timeout: float = _SECONDS


class BotApi:
    """Calls on behalf of one bot. Errors name ``account``."""

    def __init__(self, account: str, token: str, *, base_url: str) -> None:
        self._account = account
        self._token = token
        self._base = base_url.rstrip("/")

    def call(self, call: Call) -> Exchange[Fields]:
        """The ``result`` of a call, where that is an object; an empty one otherwise.

        Raises:
            ChannelError: Telegram refused, or did not answer.
        """
        return fields_of((yield from self.checked(call)).get("result"))

    def listed(self, call: Call) -> Exchange[list[Fields]]:
        """The ``result`` of a call, where that is a list of objects.

        Raises:
            ChannelError: Telegram refused, or did not answer.
        """
        return objects_in((yield from self.checked(call)).get("result"))

    def checked(self, call: Call) -> Exchange[Fields]:
        """A good answer.

        Raises:
            ChannelError: Telegram refused, or did not answer.
        """
        answer = yield from self.ask(call)
        if answer.get("ok") is not True:
            raise self.refusal(answer, call)
        return answer

    def ask(self, call: Call) -> Exchange[Fields]:
        """An answer, whether good or not.

        Raises:
            ChannelError: none came, or it is none of the Bot API's.
        """
        kind, body = _body_of(call)
        request = HttpRequest(
            method="POST",
            url=f"{self._base}/bot{self._token}/{call.method}",
            headers=(("Content-Type", kind),),
            body=body,
            timeout=call.timeout if call.file is None else _UPLOAD_SECONDS,
            safe=call.safe,
            most_bytes=20_000_000,
        )
        try:
            response = yield request
        except ChannelError as error:
            raise self._lost(error, safe=call.safe) from error
        answer = object_in(response.body)
        if answer is None or not isinstance(answer.get("ok"), bool):
            raise self._strange(response, safe=call.safe)
        return {**answer, "error_code": answer.get("error_code", response.status)}

    def refusal(self, answer: Fields, call: Call) -> ChannelError:
        """The error for an answer that is not good."""
        return refusal(self._account, answer, 0, safe=call.safe)

    def download(self, path: str, *, most: int) -> Exchange[HttpResponse]:
        """A file that lies ready there.

        Raises:
            ChannelError: it does not, or it is larger than ``most`` bytes.
        """
        if not _PATH.fullmatch(path):
            raise self._error("the file lies nowhere that can be read", "fix_content", "bad_path")
        url = f"{self._base}/file/bot{self._token}/{quote(path)}"
        try:
            response = yield HttpRequest(method="GET", url=url, timeout=_UPLOAD_SECONDS, safe=True, most_bytes=most)
        except ChannelError as error:
            raise self._lost(error, safe=True) from error
        if response.status == 404:
            raise self._error("the file lies there no longer", "retry", "http_404")
        if response.status != 200:
            raise self._strange(response, safe=True)
        return response

    def _lost(self, error: ChannelError, *, safe: bool) -> ChannelError:
        disposition = "retry" if safe and error.disposition == "unknown_outcome" else error.disposition
        return self._error("Telegram gave no answer", disposition, error.provider_code)

    def _strange(self, response: HttpResponse, *, safe: bool) -> ChannelError:
        code = f"http_{response.status}"
        if response.status == 429:
            wait = retry_after(response)
            return ChannelError(
                self._account, "too many requests", disposition="retry", provider_code=code, retry_after=wait
            )
        if response.status >= 500 or response.status == 200:
            return self._error("this is no answer of the Bot API", "retry" if safe else "unknown_outcome", code)
        return self._error("this is not the Bot API", "operator", code)

    def _error(self, problem: str, disposition: Disposition, code: str | None) -> ChannelError:
        return ChannelError(self._account, problem, disposition=disposition, provider_code=code)


def _body_of(call: Call) -> tuple[str, bytes]:
    if call.file is None:
        return "application/json", json_body(call.params)
    fields = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in call.params.items()
    ]
    return form_of(fields, [call.file])
