"""The fake in the process: reached through a transport, or over loopback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from csdesk.testing.platforms import FAULTS, Broken, FakePlatform, Reply, parts_in_form
from csdesk.testing.telegram.methods import Methods
from csdesk.testing.telegram.model import Refusal

_SAYS: Final = {
    400: "Bad Request: by plan",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after 7",
}


class FakeTelegram(Methods, FakePlatform):
    """Telegram, with one bot. Safe between threads.

    Args:
        now: where the platform's time comes from.
        token, username: the bot's.
    """

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:  # noqa: ARG002
        """The answer to one request.

        Raises:
            Broken: the connection breaks, as planned.
        """
        parts = urlsplit(target)
        path = unquote(parts.path).strip("/")
        if path.startswith("file/"):
            return self._file(path.removeprefix("file/"))
        bot, _, name = path.partition("/")
        with self.lock:
            self.calls[name] += 1
            plan = self.plans.get(name) or (self.plans.get("send") if name.startswith("send") else None)
            fault = plan.popleft() if plan else None
            if fault in ("lost", "refused"):
                raise Broken(refused=fault == "refused")
            if isinstance(fault, int):
                return _refused(Refusal(fault, _SAYS.get(fault, "Internal Server Error"), **_wait(fault)))
            if fault is not None and fault in FAULTS:
                return FAULTS[fault]
            reply = self._answer_to(bot, name, parts.query, headers, body)
        if fault in ("reset", "slow"):
            raise Broken(slow=fault == "slow")
        return (reply[0], reply[1], reply[2][: len(reply[2]) // 2]) if fault == "half" else reply

    def _answer_to(self, bot: str, name: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if bot != f"bot{self.token}":
            return _refused(Refusal(404 if ":" not in bot else 401, "Unauthorized"))
        if self.revoked:
            return _refused(Refusal(401, "Unauthorized"))
        params, files = _params(query, headers.get("content-type", ""), body)
        try:
            return _told(200, {"ok": True, "result": self.call(name, params, files)})
        except Refusal as refusal:
            return _refused(refusal)

    def _file(self, path: str) -> Reply:
        bot, _, where = path.partition("/")
        with self.lock:
            known = next((one for one in self.files.values() if one.path == where), None)
            if known is None or bot != f"bot{self.token}" or self.revoked:
                return _refused(Refusal(404, "Not Found"))
            return 200, {"Content-Type": "application/octet-stream"}, known.content


# ``Any``: parameters are JSON.
def _params(query: str, kind: str, body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The parameters of a call, in whatever way they come, and its files."""
    params: dict[str, Any] = {key: _read(values[0]) for key, values in parse_qs(query).items()}
    files: dict[str, bytes] = {}
    if kind.startswith("application/json"):
        params.update(json.loads(body or b"{}"))
    elif kind.startswith("multipart/form-data"):
        for name, filename, content in parts_in_form(kind, body):
            if filename is None:
                params[name] = _read(content.decode())
            else:
                files[name] = content
    elif body:
        params.update({key: _read(values[0]) for key, values in parse_qs(body.decode()).items()})
    return params, files


def _read(value: str) -> Any:
    """A parameter as a form carries it: objects and lists as JSON, everything else as it is."""
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _wait(code: int) -> dict[str, int]:
    return {"retry_after": 7} if code == 429 else {}


def _refused(refusal: Refusal) -> Reply:
    told: dict[str, object] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        told["parameters"] = refusal.parameters
    return _told(refusal.code, told)


def _told(status: int, answer: Mapping[str, object]) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(answer, ensure_ascii=False).encode()
