"""Calls of the Graph API, as flows of HTTP exchanges, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from csdesk.channels._faults import retry_after
from csdesk.channels._forms import form_of, json_body
from csdesk.errors import ChannelError, Disposition
from csdesk.parsing.values import Fields, object_in
from csdesk.parsing.whatsapp import refusal
from csdesk.ports.channel import Exchange, MediaFile
from csdesk.ports.http import HttpRequest, HttpResponse

_SECONDS: Final = 15.0
_UPLOAD_SECONDS: Final = 60.0


class GraphApi:
    """Calls with one access token. Errors name ``account``."""

    def __init__(self, account: str, token: str, *, base_url: str, version: str, media_hosts: Iterable[str]) -> None:
        self._account = account
        self._headers = (("Authorization", f"Bearer {token}"),)
        self._base = base_url.rstrip("/")
        self._version = version
        self._hosts = tuple(media_hosts)

    def get(self, path: str, **params: str) -> Exchange[Fields]:
        """Ask for something.

        Raises:
            ChannelError: the platform refused, or did not answer.
        """
        query = f"?{urlencode(params)}" if params else ""
        return (yield from self._call(self._request("GET", f"{path}{query}", safe=True)))

    def post(self, path: str, body: Mapping[str, object], *, safe: bool = False) -> Exchange[Fields]:
        """Tell something; ``safe``: telling it twice does no harm.

        Raises:
            ChannelError: the platform refused; ``unknown_outcome`` if it may have done it all the same.
        """
        content = json_body(body)
        kind = ("Content-Type", "application/json")
        return (yield from self._call(self._request("POST", path, content, kind, safe=safe)))

    def upload(self, path: str, file: MediaFile) -> Exchange[Fields]:
        """Give the platform a file.

        Raises:
            ChannelError: it refused, or did not answer.
        """
        fields = (("messaging_product", "whatsapp"), ("type", file.type))
        kind, body = form_of(fields, [("file", file)])
        request = self._request("POST", path, body, ("Content-Type", kind), safe=True, timeout=_UPLOAD_SECONDS)
        return (yield from self._call(request))

    def download(self, url: str, *, most: int) -> Exchange[HttpResponse]:
        """What lies at an address that the platform gave: the token goes along, so its host must be known.

        Raises:
            ChannelError: it does not lie there, or it is larger than ``most`` bytes.
        """
        if not self._is_theirs(url):
            raise self._error("the media lie at a host that is not the platform's", "fix_content", "foreign_host")
        request = HttpRequest(
            method="GET", url=url, headers=self._headers, timeout=_UPLOAD_SECONDS, safe=True, most_bytes=most
        )
        response = yield from self._answer(request)
        if response.status in (401, 403, 404, 410):
            raise self._error("the address of the media has run out", "retry", f"http_{response.status}")
        if response.status != 200:
            raise self._strange(response, safe=True)
        return response

    def _is_theirs(self, url: str) -> bool:
        try:
            parts, ours = urlsplit(url), urlsplit(self._base)
            if (parts.scheme, parts.hostname, parts.port) == (ours.scheme, ours.hostname, ours.port):
                return True
            host = parts.hostname or ""
            known = any(host == one or host.endswith(f".{one}") for one in self._hosts)
            return parts.scheme == "https" and known and parts.port in (None, 443)
        except ValueError:
            return False

    def _request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *headers: tuple[str, str],
        safe: bool,
        timeout: float = _SECONDS,
    ) -> HttpRequest:
        url = f"{self._base}/{self._version}/{path}"
        return HttpRequest(
            method=method,
            url=url,
            headers=(*self._headers, *headers),
            body=body,
            timeout=timeout,
            safe=safe,
            most_bytes=1_000_000,
        )

    def _call(self, request: HttpRequest) -> Exchange[Fields]:
        response = yield from self._answer(request)
        answer = object_in(response.body)
        if answer is None or (response.status >= 400 and "error" not in answer):
            raise self._strange(response, safe=request.safe)
        if "error" in answer:
            wait = retry_after(response)
            raise refusal(self._account, answer, response.status, safe=request.safe, wait=wait)
        return answer

    def _answer(self, request: HttpRequest) -> Exchange[HttpResponse]:
        try:
            return (yield request)
        except ChannelError as error:
            lost = request.safe and error.disposition == "unknown_outcome"
            raise self._error(
                "the platform gave no answer", "retry" if lost else error.disposition, error.provider_code
            ) from error

    def _strange(self, response: HttpResponse, *, safe: bool) -> ChannelError:
        code = f"http_{response.status}"
        if response.status == 429:
            wait = retry_after(response)
            return ChannelError(
                self._account, "too many calls", disposition="retry", provider_code=code, retry_after=wait
            )
        if response.status >= 500 or response.status == 200:
            return self._error("this is no answer of the platform", "retry" if safe else "unknown_outcome", code)
        return self._error("this is not the platform's interface", "operator", code)

    def _error(self, problem: str, disposition: Disposition, code: str | None) -> ChannelError:
        return ChannelError(self._account, problem, disposition=disposition, provider_code=code)
