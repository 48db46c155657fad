"""How the async shell runs a flow.

An engine brings it to its next network step (see ``csdesk.aio._engines``). Network steps are awaited on the loop; a
``BlockingChannel`` gets a thread of its own (see ``csdesk.aio._threads``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from csdesk.aio._engines import AsyncEngine
from csdesk.aio._threads import apart
from csdesk.domain.core.access import READ, check_may
from csdesk.domain.core.viewing import seen_by
from csdesk.domain.ids import COMMAND
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.changes import Needs
from csdesk.engine.awaited import is_awaited
from csdesk.engine.core import DeskCore
from csdesk.engine.local import Finished, NetworkStep, Run
from csdesk.engine.network import work_of
from csdesk.flows.commands import Done, execute, result_id
from csdesk.flows.reading import lists
from csdesk.ports import steps
from csdesk.ports.channel import Exchange
from csdesk.ports.http import AsyncHttp
from csdesk.ports.steps import Flow, Reply

T = TypeVar("T")

_BOUNDED = steps.Ask | steps.Consult | steps.AskProducts | steps.AskBusiness | steps.Encode | steps.CarryOut
"""What has only so long."""


class AsyncRunner:
    """Runs the flows of one desk."""

    def __init__(self, engine: AsyncEngine, http: AsyncHttp, viewer: Viewer | None = None) -> None:
        self._engine = engine
        self._http = http
        self._viewer = viewer

    @property
    def core(self) -> DeskCore:
        """The state of the desk."""
        return self._engine.core

    @property
    def sends_at_once(self) -> bool:
        """True: there is no async desk on a host's own connection."""
        return True

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end. Cancelling it closes the flow, which cleans up.

        Raises:
            DeskClosed: the desk was closed.
            Denied: the viewer may not read.
            ConfigUnreadable: nobody can tell whether the viewer may.
        """
        self.core.check_open()
        if self._viewer is None:
            return await self._end_of(flow)
        if not self.core.can_decide:
            await self._end_of(lists.read(Needs()))  # somebody may have made another configuration active
        check_may(self.core.compiled[2], self._viewer.actor, READ)
        return seen_by(self._viewer, await self._end_of(flow))

    async def _end_of(self, flow: Flow[T]) -> T:
        run = Run(flow)
        try:
            state = await self._engine.advance(run)
            while not isinstance(state, Finished):
                try:
                    reply = await self._network(state)
                except Exception as error:  # noqa: BLE001  every failure of a step belongs to the flow
                    state = await self._engine.advance(run, error=error)
                else:
                    state = await self._engine.advance(run, reply)
            return state.value
        finally:
            run.close()

    async def execute(self, command: cmd.Command, *, dry_run: bool = False) -> Done:
        """Run a command under a fresh id; with ``dry_run`` nothing is stored."""
        return await self.run(execute(command, result_id(command, self.core.ids), dry_run=dry_run))

    def command_id(self) -> str:
        """A fresh id for something that has no record of its own."""
        return self.core.ids.new(COMMAND)

    async def _network(self, step: NetworkStep) -> Reply:
        work = work_of(self.core, step)
        if isinstance(step, _BOUNDED) and callable(work):
            return await self._ask(work, step.within)
        if callable(work):
            return await apart(work)
        return await self._converse(work)

    async def _ask(self, answer: Callable[[], Reply], within: timedelta) -> Reply:
        """Let a bot, a knowledge base, an embedder or a host's system answer, for so long at most.

        A blocking one goes on in its thread, and nobody waits for it.
        """
        async with asyncio.timeout(within.total_seconds()):
            if is_awaited(answer):
                awaited: Reply = await answer()  # type: ignore[misc]  # what an ``AsyncBot`` gives is awaitable
                return awaited
            return await apart(answer)

    async def _converse(self, exchange: Exchange[Reply]) -> Reply:
        """Let an adapter talk to its provider."""
        try:
            request = next(exchange)
            while True:
                try:
                    response = await self._http.exchange(request)
                except Exception as error:  # noqa: BLE001  the adapter decides what a failed exchange means
                    request = exchange.throw(error)
                else:
                    request = exchange.send(response)
        except StopIteration as end:
            outcome: Reply = end.value
            return outcome
        finally:
            exchange.close()
