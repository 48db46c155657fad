"""Channels that do what their script says: for tests of hosts, and of what a desk does when a provider misbehaves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from csdesk.domain.records.channels import (
    Capabilities,
    ChannelEvent,
    InboundResult,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Receipt,
)
from csdesk.errors import ChannelError, Disposition, sentence
from csdesk.ports.channel import Exchange
from csdesk.ports.http import HttpRequest, HttpResponse

Answer = Receipt | Exception | Callable[[OutboundMessage], Receipt]
"""What happens to one sending: a receipt, an error that is raised, or a function that decides (and may raise)."""

PullAnswer = PullPage | Exception
"""What one pull brings: a page, or an error that is raised."""

URL = "https://scripted.invalid/send"


class _Scripted:
    """What both flavours share: the script, and the record of what was asked."""

    kind = "scripted"

    def __init__(self, account: str = "scripted", *, capabilities: Capabilities | None = None) -> None:
        self.account = account
        self.capabilities = capabilities or Capabilities()
        self.sent: list[OutboundMessage] = []
        """Every message that was handed over, in order; failed tries too."""
        self.pulled: list[tuple[PullHint | None, str | None]] = []
        """The hint and cursor of every pull."""
        self.received: list[RawRequest] = []
        """Every web request."""
        self._answers: deque[Answer] = deque()
        self._pages: deque[PullAnswer] = deque()
        self._results: deque[InboundResult] = deque()

    def answer(self, *answers: Answer) -> None:
        """Script the next sendings; after the last one everything is taken over under a provider id of its own."""
        self._answers.extend(answers)

    def fail(self, disposition: Disposition, *, times: int = 1, code: str = "", after: float | None = None) -> None:
        """Script ``times`` failures with that disposition; ``after`` is the provider's wish in seconds."""
        error = ChannelError(
            self.account, "as scripted", disposition=disposition, provider_code=code or None, retry_after=after
        )
        self._answers.extend([error] * times)

    def pages(self, *pages: PullAnswer) -> None:
        """Script the next pulls; after the last one there is nothing to fetch."""
        self._pages.extend(pages)

    def report(
        self, *events: ChannelEvent, pulls: Sequence[PullHint] = (), reply: RawResponse | None = None
    ) -> RawRequest:
        """Script what the next web request says, and return a request to hand to ``desk.handle``."""
        result = InboundResult(events=events, pulls=tuple(pulls), reply=reply or RawResponse())
        return self.result(result)

    def result(self, result: InboundResult) -> RawRequest:
        """Script the whole result of the next web request, and return one to hand to ``desk.handle``."""
        self._results.append(result)
        return RawRequest(method="POST", url="/hook")

    def receive(self, request: RawRequest) -> InboundResult:
        """What the script says; without one, nothing happened."""
        self.received.append(request)
        return self._results.popleft() if self._results else InboundResult()

    @property
    def texts(self) -> list[str]:
        """The first text part of every message that was handed over."""
        return [getattr(message.parts[0], "text", "") for message in self.sent]

    def _sent(self, message: OutboundMessage) -> Receipt:
        self.sent.append(message)
        answer: Answer = self._answers.popleft() if self._answers else self._accept
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Receipt) else answer(message)

    def _accept(self, message: OutboundMessage) -> Receipt:
        return Receipt(provider_id=f"provider-{message.key}")

    def _pulled(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        self.pulled.append((hint, cursor))
        page = self._pages.popleft() if self._pages else PullPage(cursor=cursor or "")
        if isinstance(page, Exception):
            raise page
        return page


class ScriptedChannel(_Scripted):
    """A ``BlockingChannel`` that follows a script and touches no network."""

    def send_now(self, message: OutboundMessage) -> Receipt:
        """The next answer of the script."""
        return self._sent(message)

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        """The next page of the script."""
        return self._pulled(hint, cursor)


class ScriptedHttpChannel(_Scripted):
    """The same as a ``Channel``: every sending and pull is one HTTP exchange, which ``ScriptedHttp`` can answer.

    An exchange that fails gives its error to the desk as it is; a status of 500 or more is worth another try.
    """

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """One exchange, then the next answer of the script."""
        response = yield HttpRequest(method="POST", url=URL, body=message.key.encode())
        self._check(response)
        return self._sent(message)

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:
        """One exchange, then the next page of the script."""
        response = yield HttpRequest(method="GET", url=URL, body=(cursor or "").encode())
        self._check(response)
        return self._pulled(hint, cursor)

    def _check(self, response: HttpResponse) -> None:
        if response.status >= 500:
            raise ChannelError(self.account, sentence("status {status}", status=response.status), disposition="retry")


class ScriptedHttp:
    """An ``Http`` that answers from a list: responses, or errors that are raised; afterwards always status 200."""

    def __init__(self, answers: Iterable[HttpResponse | Exception] = ()) -> None:
        self.requests: list[HttpRequest] = []
        """Every request, in order."""
        self._answers = deque(answers)

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """The next answer of the list."""
        self.requests.append(request)
        answer = self._answers.popleft() if self._answers else HttpResponse(status=200)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing to let go of."""
