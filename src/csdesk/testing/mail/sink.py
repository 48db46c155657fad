"""An SMTP server on loopback that keeps what it takes, and refuses as it is told. Needs aiosmtpd."""

from __future__ import annotations

import logging
import socket
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from csdesk.channels.email import SmtpServer
from csdesk.errors import MissingExtra

SmtpStage = Literal["auth", "mail", "rcpt", "data"]


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that the server took over, as its envelope and its bytes say."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class SmtpSink:
    """A server that takes mail. Safe between threads.

    Args:
        user, password: what it wants to hear before it takes mail; both empty: nothing.
    """

    def __init__(self, *, user: str = "", password: str = "") -> None:
        try:
            from aiosmtpd.controller import Controller
            from aiosmtpd.smtp import AuthResult
        except ImportError as error:
            raise MissingExtra("peers", "aiosmtpd", "SmtpSink") from error
        self.user: Final = user
        self.password: Final = password
        self.mails: list[SentMail] = []
        self.refused_recipients: dict[str, str] = {}
        """Recipients that are refused each time, with the reply."""
        self._plans: dict[SmtpStage, deque[str]] = {"auth": deque(), "mail": deque(), "rcpt": deque(), "data": deque()}

        def known(_server: object, _session: object, _envelope: object, _way: str, given: Any) -> Any:
            planned = self._planned("auth")
            good = (given.login, given.password) == (user.encode(), password.encode())
            return AuthResult(success=good and planned is None, handled=False, message=planned)

        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecations at each login
        self._controller = Controller(
            _Handler(self),
            hostname="127.0.0.1",
            port=_free_port(),
            authenticator=known,
            auth_require_tls=False,
            data_size_limit=60_000_000,
        )
        self._controller.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def server(self, *, port: int | None = None, timeout: float = 20.0) -> SmtpServer:
        """How a channel reaches it, perhaps by a line at another port."""
        return SmtpServer(
            host="127.0.0.1",
            port=port or self.port,
            user=self.user,
            password=self.password,
            security="none",
            timeout=timeout,
        )

    def plan(self, stage: SmtpStage, *replies: str) -> None:
        """Let the next commands at that stage be answered so, such as ``451 4.7.1 come back later``."""
        self._plans[stage].extend(replies)

    def close(self) -> None:
        """Stop."""
        self._controller.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer_for(self, stage: SmtpStage, address: str = "") -> str | None:
        """The planned answer; None: the server means well."""
        return self.refused_recipients.get(address) or self._planned(stage)

    def _planned(self, stage: SmtpStage) -> str | None:
        plan = self._plans[stage]
        return plan.popleft() if plan else None


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    # Any: aiosmtpd finds these by name, and its classes have no types.

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._sink.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        planned = self._sink.answer_for("mail")
        if planned is not None:
            return planned
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        planned = self._sink.answer_for("rcpt", address)
        if planned is not None:
            return planned
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        planned = self._sink.answer_for("data")
        if planned is not None:
            return planned
        self._sink.mails.append(SentMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content))
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
