"""The fake in the process: reached through a transport, or over loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from csdesk.testing.platforms import FAULTS, Broken, FakePlatform, Reply, parts_in_form
from csdesk.testing.whatsapp.methods import Methods
from csdesk.testing.whatsapp.model import Refusal

_STATUSES: Final = {0: 401, 190: 401, 3: 403, 10: 403, 130429: 429, 131000: 500, 131016: 503, 1: 500}


class FakeWhatsApp(Methods, FakePlatform):
    """WhatsApp, with one business. Safe between threads.

    Args:
        now: where the platform's time comes from.
        token, app_secret: the app's.
    """

    @contextmanager
    def served(self) -> Iterator[str]:
        """A loopback server while the block lasts; the address of the interface."""
        with super().served() as url:
            before, self.address = self.address, url
            try:
                yield url
            finally:
                self.address = before

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to one request.

        Raises:
            Broken: the connection breaks, as planned.
        """
        parts = urlsplit(target).path.strip("/").split("/")
        call = _call(method, parts, self.phones)
        with self.lock:
            self.calls[call] += 1
            plan = self.plans.get(call)
            fault = plan.popleft() if plan else None
            if fault in ("lost", "refused"):
                raise Broken(refused=fault == "refused")
            if isinstance(fault, int) and call == "files":
                return fault, {}, b""
            if isinstance(fault, int):
                return _refused(Refusal(fault, _STATUSES.get(fault, 400)))
            if fault is not None and fault in FAULTS:
                return FAULTS[fault]
            reply = self._answer_to(call, parts, headers, body)
        if fault in ("reset", "slow"):
            raise Broken(slow=fault == "slow")
        return (reply[0], reply[1], reply[2][: len(reply[2]) // 2]) if fault == "half" else reply

    def _answer_to(self, call: str, parts: list[str], headers: Mapping[str, str], body: bytes) -> Reply:
        if headers.get("authorization") != f"Bearer {self.token}":
            return _refused(Refusal(190, 401))
        try:
            if call == "files":
                known = self.file(parts[-1])
                return (404, {}, b"") if known is None else (200, {"Content-Type": known.type}, known.content)
            return _told(200, self._result(call, parts, headers.get("content-type", ""), body))
        except Refusal as refusal:
            return _refused(refusal)

    def _result(self, call: str, parts: list[str], kind: str, body: bytes) -> Mapping[str, Any]:
        if call == "messages":
            return self.message(parts[1], json.loads(body or b"{}"))
        if call == "media":
            fields = {name: content for name, filename, content in parts_in_form(kind, body) if filename is None}
            files = [content for _, filename, content in parts_in_form(kind, body) if filename is not None]
            return self.upload(parts[1], fields.get("type", b"").decode(), files[0] if files else b"")
        if call == "phone":
            return {"id": parts[1], "quality_rating": self.quality}
        if call == "get":
            return self.found(parts[1])
        raise Refusal(100, 404)


def _call(method: str, parts: list[str], phones: Mapping[str, str]) -> str:
    """What kind of call a request is."""
    if parts[0] == "files":
        return "files"
    if method == "POST" and len(parts) == 3:
        return parts[2]
    if method == "GET" and len(parts) == 2:
        return "phone" if parts[1] in phones else "get"
    return ""


def _refused(refusal: Refusal) -> Reply:
    error = {"message": f"(#{refusal.code}) refused", "type": "OAuthException", "code": refusal.code, "fbtrace_id": "A"}
    return _told(refusal.status, {"error": error})


def _told(status: int, answer: Mapping[str, Any]) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(answer).encode()
