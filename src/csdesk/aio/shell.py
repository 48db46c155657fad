"""The async shell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from os import PathLike
from types import TracebackType
from typing import Self

from csdesk.aio._gathering import AsyncGathering
from csdesk.aio._run import AsyncRunner
from csdesk.aio.agents import Agents
from csdesk.aio.config import Config
from csdesk.aio.customers import Customers
from csdesk.aio.events import Events
from csdesk.aio.inbox import Inbox
from csdesk.aio.outbox import Outbox
from csdesk.aio.replies import Replies
from csdesk.aio.tickets import Tickets
from csdesk.domain.ids import MESSAGE, PhraseId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import ChannelEvent, InboundMessage, RawRequest, RawResponse, Received, Sent
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Message, Part, TextPart
from csdesk.engine.core import DeskCore
from csdesk.engine.local import LocalEngine
from csdesk.flows import handling, lists, reports, sending, upkeep
from csdesk.flows.checks import a_number, a_path, a_progress, a_span, several
from csdesk.flows.commands import Done
from csdesk.flows.inbound.pipeline import Arrival, arrival_of, receive_many
from csdesk.flows.reports import Taken
from csdesk.flows.upkeep import DueReport
from csdesk.ports import steps
from csdesk.ports.http import AsyncHttp
from csdesk.ports.store import BackupReport, Progress, Store


class AsyncDesk:
    """A customer-service desk, ready to take in messages. Open one with ``csdesk.open_async_desk``.

    Safe between tasks of one loop. csdesk starts no task of its own: call ``run_due`` from a lifespan task or a worker.

    Attributes:
        tickets: the tickets of the desk.
        customers: the people who ask.
        agents: the people who answer.
        replies: prepared answers.
        inbox: messages that could not be taken in.
        outbox: messages that could not be sent.
        config: the policy in force.
        events: what happened, for the rest of your application.
    """

    def __init__(
        self, core: DeskCore, store: Store, http: AsyncHttp, *, owned: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._core = core
        self._owned = owned
        self._store = store
        self._runner = AsyncRunner(LocalEngine(core, store), http)
        self._gathering = AsyncGathering(lambda arrivals: self._runner.run(receive_many(arrivals)))
        self.tickets: Tickets = Tickets(self._runner)
        self.customers: Customers = Customers(self._runner)
        self.agents: Agents = Agents(self._runner)
        self.replies: Replies = Replies(self._runner)
        self.inbox: Inbox = Inbox(self._runner)
        self.outbox: Outbox = Outbox(self._runner)
        self.config: Config = Config(self._runner)
        self.events: Events = Events(self._runner)

    @property
    def name(self) -> str:
        """The name of the desk in its store."""
        return self._core.name

    @property
    def notices(self) -> tuple[str, ...]:
        """Codes of what the host should know, such as ``access.open``: every actor may do everything."""
        return self._core.notices

    async def receive(self, message: InboundMessage, *, actor: Actor | None = None) -> Received:
        """Take in one message: customer, ticket, rules, clocks, assignment, all in one commit.

        A message that breaks the pipeline is parked in the inbox (``state == "parked"``), never lost. The same
        ``dedupe_key`` on the same account gives the first outcome again.

        Raises:
            StoreError: nothing was stored; offer the message again.
        """
        return await self._gathering.receive(arrival_of(message, actor, self._core.ids))

    async def receive_many(
        self, messages: Iterable[InboundMessage], *, actor: Actor | None = None
    ) -> tuple[Received, ...]:
        """Take in messages in order, a hundred to a commit; the results stand in the same order.

        Raises:
            StoreError: earlier batches are stored; offering all of them again is safe.
        """
        return await self._runner.run(receive_many(self._arrivals(messages, actor)))

    def _arrivals(self, messages: Iterable[InboundMessage], actor: Actor | None) -> list[Arrival]:
        return [arrival_of(one, actor, self._core.ids) for one in several(messages, "messages")]

    async def handle(self, account: str, request: RawRequest) -> RawResponse:
        """Answer a provider's web request: verify, parse, store, and only then give the response to send.

        Raises:
            NotFound: the desk has no channel with that account.
            StoreError: answer with an error status, so that the provider delivers again.
        """
        response, _ = await self._runner.run(handling.handle(account, request))
        return response

    async def take(self, account: str, events: Iterable[ChannelEvent]) -> Taken:
        """Store what a channel reported outside a web request: messages, receipts, edits, recalls, in their order.

        For hosts that read a provider's queue, a file or a socket themselves. The account needs no channel here.
        Taking the same events again changes nothing: their ``dedupe_key`` tells.

        Raises:
            StoreError: what came before the failure is stored; offering all of them again is safe.
        """
        return await self._runner.run(reports.take_events(account, several(events, "events")))

    async def reply(
        self,
        ticket: TicketId,
        text: str | Sequence[Part],
        *,
        actor: Actor,
        subject: str = "",
        fence: int | None = None,
        phrase: PhraseId | None = None,
        deliver: bool = True,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Sent:
        """Answer the customer: the reply is stored, then sent at once (``deliver`` False: at the next ``run_due``).

        A channel's failure does not raise: ``delivery`` tells, and the outbox keeps what can be tried again.

        Raises:
            StaleWorker: ``fence`` is old: somebody else has the ticket now.
            IllegalTransition: the ticket was merged; reply on its survivor.
            VersionConflict: the ticket is not at ``expected_version``.
        """
        parts = (TextPart(text=text),) if isinstance(text, str) else several(text, "text")
        command = cmd.SendReply(
            ticket=ticket,
            parts=parts,
            actor=actor,
            subject=subject,
            fence=fence,
            phrase=phrase,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )
        return await self._runner.run(sending.reply(command, self._core.ids.new(MESSAGE), deliver_now=deliver))

    async def note(
        self,
        ticket: TicketId,
        text: str,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Write an internal note on a ticket; customers never see it."""
        command = cmd.AddNote(
            ticket=ticket,
            parts=(TextPart(text=text),),
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )
        return sending.message_of(await self._runner.execute(command))

    async def run_due(self, limit: int = 1000, *, max_time: timedelta = timedelta(seconds=10)) -> DueReport:
        """Do what is due: clocks, sending, waiting tickets, pulls, upkeep; at most ``limit`` pieces or ``max_time``.

        Safe to call from several processes at once. The report says whether more is left and when to come back.
        """
        a_number(limit, "limit", 1, 1_000_000_000)
        end = self._core.clock.now() + min(a_span(max_time, "max_time"), timedelta(days=1))
        return await self._runner.run(upkeep.run_due(limit, lambda: self._core.clock.now() >= end))

    async def backup(
        self, target: str | PathLike[str], *, overwrite: bool = False, progress: Progress | None = None
    ) -> BackupReport:
        """Copy the desk's store, with all its desks, to a file, and its media to ``<target>.media``; work goes on.

        Every message that was stored before the call is in the copy, with its media. Media that lie there already are
        not copied again. ``progress(done, total)`` is told the store's pages, then the media.
        It is called in a worker thread.

        Raises:
            UnsupportedFeature: the store cannot be copied, as ``memory://``.
            InvalidInput: ``target`` is there already (and ``overwrite`` is False), in use, or its folder is missing.
            StoreError: reading or writing failed; there is no new copy.
        """
        a_progress(progress)
        return await self._runner.run(steps.backup(a_path(target, "target"), overwrite=overwrite, progress=progress))

    async def execute(self, command: cmd.Command) -> Done:
        """Run any command of ``csdesk.commands``.

        Raises:
            Denied: the actor may not; the refusal is recorded.
            VersionConflict: the record is not at the command's ``expected_version``.
        """
        return await self._runner.execute(command)

    async def explain(self, record_id: str) -> tuple[Entry, ...]:
        """Why things are as they are: the entries, with traces, of a ticket, message, customer, agent or command.

        Raises:
            NotFound: nothing is recorded under that id.
        """
        return await self._runner.run(lists.explain(record_id))

    async def aclose(self) -> None:
        """Let go of open connections; what the desk was given to work on stays open. Closing twice is fine."""
        if not self._core.is_closed:
            self._core.is_closed = True
            if self._owned is not None:
                await self._owned()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
