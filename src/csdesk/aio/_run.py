"""How the async shell runs a flow.

Over a blocking store a flow runs in a worker thread up to its next network step: one hop for most use cases, not one
for each statement. Network steps are awaited on the loop; a ``BlockingChannel`` gets a worker thread of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TypeVar

from csdesk.domain.ids import COMMAND
from csdesk.domain.records import commands as cmd
from csdesk.engine.core import DeskCore
from csdesk.engine.local import Finished, LocalEngine, NetworkStep, Run
from csdesk.engine.network import account_of, begin, do_now
from csdesk.flows.commands import Done, execute, result_id
from csdesk.ports.channel import BlockingChannel, Exchange
from csdesk.ports.http import AsyncHttp
from csdesk.ports.steps import Flow, Reply

T = TypeVar("T")


class AsyncRunner:
    """Runs the flows of one desk."""

    def __init__(self, engine: LocalEngine, http: AsyncHttp) -> None:
        self._engine = engine
        self._http = http

    @property
    def core(self) -> DeskCore:
        """The state of the desk."""
        return self._engine.core

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end. Cancelling it lets the present hop finish, then closes the flow.

        Raises:
            DeskClosed: the desk was closed.
        """
        self.core.check_open()
        run = Run(flow)
        try:
            state = await self._hop(run)
            while not isinstance(state, Finished):
                try:
                    reply = await self._network(state)
                except Exception as error:  # noqa: BLE001  every failure of a step belongs to the flow
                    state = await self._hop(run, error=error)
                else:
                    state = await self._hop(run, reply)
            return state.value
        finally:
            run.close()

    async def _hop(
        self, run: Run[T], reply: Reply = None, error: BaseException | None = None
    ) -> Finished[T] | NetworkStep:
        loop = asyncio.get_running_loop()
        hop = loop.run_in_executor(None, run.advance, self._engine.perform, reply, error)
        try:
            return await asyncio.shield(hop)
        except asyncio.CancelledError:
            # The thread cannot be stopped: wait for it, so that nobody closes the flow under its feet.
            # A second cancellation must not cut that short either.
            while not hop.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([hop])
            raise

    async def execute(self, command: cmd.Command, *, dry_run: bool = False) -> Done:
        """Run a command under a fresh id; with ``dry_run`` nothing is stored."""
        return await self.run(execute(command, result_id(command, self.core.ids), dry_run=dry_run))

    def command_id(self) -> str:
        """A fresh id for something that has no record of its own."""
        return self.core.ids.new(COMMAND)

    async def _network(self, step: NetworkStep) -> Reply:
        channel = self.core.channel(account_of(step))
        if isinstance(channel, BlockingChannel):
            return await asyncio.to_thread(do_now, channel, step)
        return await self._converse(begin(channel, step))

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
