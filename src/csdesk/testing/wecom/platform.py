"""The platform in the process: reached through a transport, or over loopback."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from csdesk.testing.platforms import FAULTS, Broken, FakePlatform, Reply
from csdesk.testing.wecom.interface import Interface, told


class FakeKf(Interface, FakePlatform):
    """The platform. Safe between threads.

    Args:
        now: where the platform's time comes from.
        corp_id, secret: what an application has to know.
    """

    path = "/cgi-bin"

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to one request.

        Raises:
            Broken: the connection breaks, as planned.
        """
        parts = urlsplit(target)
        path = parts.path.removeprefix("/cgi-bin/").strip("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if path == "gettoken":
            self.enough_refused.wait(5)  # outside the lock: those who are to be refused must get in
        with self.lock:
            self.calls[path] += 1
            self.requests.append((method, target, body))
            plan = self.plans.get(path)
            fault = plan.popleft() if plan else None
            if fault in ("lost", "refused"):
                raise Broken(refused=fault == "refused")
            if isinstance(fault, int):
                return told({"errcode": fault, "errmsg": "by plan"})
            if fault is not None and fault in FAULTS:
                return FAULTS[fault]
            reply = self.answer(method, path, query, headers, body)
        if fault in ("reset", "slow"):
            raise Broken(slow=fault == "slow")
        return (reply[0], reply[1], reply[2][: len(reply[2]) // 2]) if fault == "half" else reply
