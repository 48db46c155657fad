"""The async shell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from functools import cached_property
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Self

from csdesk import flows
from csdesk.domain import records
from csdesk.domain.ids import MESSAGE, PhraseId, TicketId, phrase_id

if TYPE_CHECKING:
    from csdesk.aio.agents import Agents
    from csdesk.aio.articles import Articles
    from csdesk.aio.assets import Assets
    from csdesk.aio.authority import Authority
    from csdesk.aio.bots import Bots
    from csdesk.aio.calendars import Calendars
    from csdesk.aio.channels import Channels
    from csdesk.aio.config import Config
    from csdesk.aio.customers import Customers
    from csdesk.aio.events import Events
    from csdesk.aio.inbox import Inbox
    from csdesk.aio.learning import Learning
    from csdesk.aio.outbox import Outbox
    from csdesk.aio.products import Products
    from csdesk.aio.replies import Replies
    from csdesk.aio.segments import Segments
    from csdesk.aio.self_service import SelfService
    from csdesk.aio.sla import Sla
    from csdesk.aio.tags import Tags
    from csdesk.aio.tickets import Tickets
    from csdesk.domain.records.actors import Actor, Viewer
    from csdesk.domain.records.channels import ChannelEvent, InboundMessage, RawRequest, RawResponse, Received, Sent
    from csdesk.domain.records.events import Entry
    from csdesk.domain.records.messages import Message, Part, Purpose
    from csdesk.engine.core import DeskCore
    from csdesk.flows.channels.reports import Taken
    from csdesk.flows.commands import Done
    from csdesk.flows.due.upkeep import DueReport
    from csdesk.flows.inbound.pipeline import Arrival
    from csdesk.ports.http import AsyncHttp
    from csdesk.ports.store import AsyncStore, BackupReport, Progress, Store


class AsyncDesk:
    """A customer-service desk, ready to take in messages. Open one with ``csdesk.open_async_desk``.

    Safe between tasks, on one loop or on several; an ``AsyncStore`` may be less. csdesk starts no task of its own: call
    ``run_due`` from a lifespan task or a worker.
    """

    def __init__(
        self,
        core: DeskCore,
        store: Store | AsyncStore,
        http: AsyncHttp,
        *,
        owned: Callable[[], Awaitable[None]] | None = None,
        viewer: Viewer | None = None,
    ) -> None:
        from csdesk.aio._engines import engine_for
        from csdesk.aio._gathering import AsyncGathering
        from csdesk.aio._run import AsyncRunner

        self._core = core
        self._owned = owned
        self._store = store
        self._http = http
        self._viewer = viewer
        self._runner = AsyncRunner(engine_for(core, store), http, viewer)
        self._gathering = AsyncGathering(lambda arrivals: self._runner.run(flows.pipeline.receive_many(arrivals)))

    def seen_by(self, viewer: Viewer) -> Self:
        """The same desk as somebody sees it who reads through it: for the pages of an application.

        Where ``viewer.personal`` is False, whatever it gives back has personal values covered (names, addresses, what
        was said, custom fields: what erasing a customer removes). An actor to whom the access policy denies ``read``
        is refused. Commands work as ever, under their own actor. A search still tells which tickets hold a word.
        Closing what this returns closes nothing.

        Raises:
            InvalidInput: not a viewer.
        """
        from csdesk.domain.records.actors import Viewer

        flows.checks.an_instance(viewer, Viewer, "viewer")
        return type(self)(self._core, self._store, self._http, viewer=viewer)

    @cached_property
    def tickets(self) -> Tickets:
        """The tickets of the desk."""
        from csdesk.aio.tickets import Tickets

        return Tickets(self._runner)

    @cached_property
    def customers(self) -> Customers:
        """The people who ask."""
        from csdesk.aio.customers import Customers

        return Customers(self._runner)

    @cached_property
    def agents(self) -> Agents:
        """The people who answer."""
        from csdesk.aio.agents import Agents

        return Agents(self._runner)

    @cached_property
    def authority(self) -> Authority:
        """Who may give customers what: decisions, settlements, approvals, grants, exceptions."""
        from csdesk.aio.authority import Authority

        return Authority(self._runner)

    @cached_property
    def self_service(self) -> SelfService:
        """What customers may do by themselves."""
        from csdesk.aio.self_service import SelfService

        return SelfService(self._runner)

    @cached_property
    def bots(self) -> Bots:
        """What waits for bots, for hosts that run them outside ``run_due``."""
        from csdesk.aio.bots import Bots

        return Bots(self._runner)

    @cached_property
    def replies(self) -> Replies:
        """Prepared answers."""
        from csdesk.aio.replies import Replies

        return Replies(self._runner)

    @cached_property
    def assets(self) -> Assets:
        """Brochures and files to send."""
        from csdesk.aio.assets import Assets

        return Assets(self._runner)

    @cached_property
    def learning(self) -> Learning:
        """What became of suggestions and answers: learnt from, undone, followed up."""
        from csdesk.aio.learning import Learning

        return Learning(self._runner)

    @cached_property
    def inbox(self) -> Inbox:
        """Messages that could not be taken in."""
        from csdesk.aio.inbox import Inbox

        return Inbox(self._runner)

    @cached_property
    def outbox(self) -> Outbox:
        """Messages that could not be sent."""
        from csdesk.aio.outbox import Outbox

        return Outbox(self._runner)

    @cached_property
    def tags(self) -> Tags:
        """Tags that come from outside, and what tags say."""
        from csdesk.aio.tags import Tags

        return Tags(self._runner)

    @cached_property
    def segments(self) -> Segments:
        """Groups of customers."""
        from csdesk.aio.segments import Segments

        return Segments(self._runner)

    @cached_property
    def sla(self) -> Sla:
        """Service levels: why clocks stand where they stand, promises, steps."""
        from csdesk.aio.sla import Sla

        return Sla(self._runner)

    @cached_property
    def articles(self) -> Articles:
        """What there is to know of products and activities."""
        from csdesk.aio.articles import Articles

        return Articles(self._runner)

    @cached_property
    def products(self) -> Products:
        """What your shop knows of its products."""
        from csdesk.aio.products import Products

        return Products(self._runner)

    @cached_property
    def calendars(self) -> Calendars:
        """Working calendars and public holidays."""
        from csdesk.aio.calendars import Calendars

        return Calendars(self._runner)

    @cached_property
    def channels(self) -> Channels:
        """What channels can do beside carrying messages."""
        from csdesk.aio.channels import Channels

        return Channels(self._runner)

    @cached_property
    def config(self) -> Config:
        """The policy in force."""
        from csdesk.aio.config import Config

        return Config(self._runner)

    @cached_property
    def events(self) -> Events:
        """What happened, for the rest of your application."""
        from csdesk.aio.events import Events

        return Events(self._runner)

    @property
    def name(self) -> str:
        """The name of the desk in its store."""
        return self._core.name

    @property
    def notices(self) -> tuple[str, ...]:
        """Codes of what the host should know.

        ``access.open``: every actor may do everything. ``config.unreadable``: this release cannot use the active
        configuration, so the desk can only be read; ``desk.config.get()`` raises ``ConfigUnreadable``, which says why.
        """
        return self._core.notices

    async def receive(self, message: InboundMessage, *, actor: Actor | None = None) -> Received:
        """Take in one message: customer, ticket, rules, clocks, assignment, all in one commit.

        A message that breaks the pipeline is parked in the inbox (``state == "parked"``), never lost. The same
        ``dedupe_key`` on the same account gives the first outcome again.

        Raises:
            StoreError: nothing was stored; offer the message again.
        """
        return await self._gathering.receive(flows.pipeline.arrival_of(message, actor, self._core.ids))

    async def receive_many(
        self, messages: Iterable[InboundMessage], *, actor: Actor | None = None
    ) -> tuple[Received, ...]:
        """Take in messages in order, a hundred to a commit; the results stand in the same order.

        Raises:
            StoreError: earlier batches are stored; offering all of them again is safe.
        """
        return await self._runner.run(flows.pipeline.receive_many(self._arrivals(messages, actor)))

    def _arrivals(self, messages: Iterable[InboundMessage], actor: Actor | None) -> list[Arrival]:
        given = flows.checks.several(messages, "messages")
        return [flows.pipeline.arrival_of(one, actor, self._core.ids) for one in given]

    async def handle(self, account: str, request: RawRequest) -> RawResponse:
        """Answer a provider's web request: verify, parse, store, and only then give the response to send.

        ``account`` may be followed by a path where its channel has addresses of its own, as in ``shop/widget.js``.

        Raises:
            NotFound: the desk has no channel with that account.
            StoreError: answer with an error status, so that the provider delivers again.
        """
        response, _ = await self._runner.run(flows.handling.handle(account, request))
        return response

    async def take(self, account: str, events: Iterable[ChannelEvent]) -> Taken:
        """Store what a channel reported outside a web request: messages, receipts, edits, recalls, in their order.

        For hosts that read a provider's queue, a file or a socket themselves. The account needs no channel here.
        Taking the same events again changes nothing: their ``dedupe_key`` tells.

        Raises:
            StoreError: what came before the failure is stored; offering all of them again is safe.
        """
        return await self._runner.run(flows.reports.take_events(account, flows.checks.several(events, "events")))

    async def reply(
        self,
        ticket: TicketId,
        text: str | Sequence[Part],
        *,
        actor: Actor,
        subject: str = "",
        purpose: Purpose | str = "service",
        fence: int | None = None,
        phrase: PhraseId | str | None = None,
        shown: Sequence[str] = (),
        override: str = "",
        deliver: bool = True,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Sent:
        """Answer the customer: the reply is stored, then sent at once (``deliver`` False: at the next ``run_due``).

        ``phrase`` names the suggestion it was made from, ``shown`` all that were suggested, best first: that is learnt
        from. ``override`` says why words are sent that the policy on wording refuses.

        ``purpose`` is ``service`` (an answer, news of an order), ``marketing`` or ``survey``: the last two go by what
        the customer agreed to, quiet hours and caps (``[contact]``), whoever writes them.

        A channel's failure does not raise: ``delivery`` tells, and the outbox keeps what can be tried again.

        Raises:
            StaleWorker: ``fence`` is not that of the live lease (None: whoever has the ticket by now, it goes out).
            NotFound: the desk has agents, and the one who speaks is none of them.
            InvalidInput: an agent who has retired; a bot without ``fence``, or one that the configuration does not
                have; or a link that is not http, https, mailto or tel.
            BotBarred: a bot may not answer on the ticket.
            IllegalTransition: the ticket was merged; reply on its survivor.
            WordingRefused: the policy on wording speaks against words of a person's reply.
            VersionConflict: the ticket is not at ``expected_version``.
        """
        parts = flows.checks.some_parts(text, "text")
        command = records.commands.SendReply(
            ticket=ticket,
            parts=parts,
            actor=actor,
            subject=subject,
            purpose=flows.checks.a_word(purpose, records.messages.Purpose, "purpose"),
            fence=fence,
            phrase=None if phrase is None else phrase_id(phrase),
            shown=flows.checks.phrases(shown, "shown"),
            override=override,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )
        return await self._runner.run(flows.sending.reply(command, self._core.ids.new(MESSAGE), deliver_now=deliver))

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
        command = records.commands.AddNote(
            ticket=ticket,
            parts=(records.messages.TextPart(text=text),),
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )
        return flows.sending.message_of(await self._runner.execute(command))

    async def run_due(self, limit: int = 1000, *, max_time: timedelta = timedelta(seconds=10)) -> DueReport:
        """Do what is due: clocks, sending, waiting tickets, pulls, upkeep; at most ``limit`` pieces or ``max_time``.

        Safe to call from several processes at once. The report says whether more is left and when to come back.
        """
        flows.checks.a_number(limit, "limit", 1, 1_000_000_000)
        end = self._core.clock.now() + min(flows.checks.a_span(max_time, "max_time"), timedelta(days=1))
        return await self._runner.run(flows.upkeep.run_due(limit, lambda: self._core.clock.now() >= end))

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
        from csdesk.ports import steps

        flows.checks.a_progress(progress)
        path = flows.checks.a_path(target, "target")
        return await self._runner.run(steps.backup(path, overwrite=overwrite, progress=progress))

    async def execute(self, command: records.commands.Command) -> Done:
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
        return await self._runner.run(flows.lists.explain(record_id))

    async def aclose(self) -> None:
        """Let go of open connections; what the desk was given to work on stays open. Closing twice is fine."""
        if self._viewer is None and not self._core.is_closed:
            self._core.is_closed = True
            if self._owned is not None:
                await self._owned()

    def __repr__(self) -> str:
        return f"<{'closed ' if self._core.is_closed else ''}AsyncDesk {self.name!r}>"

    async def __aenter__(self) -> Self:
        self._core.check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
