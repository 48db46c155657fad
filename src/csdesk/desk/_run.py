"""How a blocking shell runs a flow: local steps over the store, network steps over the channels."""

from __future__ import annotations

from typing import TypeVar

from csdesk.domain.core.access import READ, check_may
from csdesk.domain.core.viewing import seen_by
from csdesk.domain.ids import COMMAND
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.changes import Needs
from csdesk.engine.core import DeskCore
from csdesk.engine.local import Finished, LocalEngine, NetworkStep, Run
from csdesk.engine.network import work_of
from csdesk.flows.commands import Done, execute, result_id
from csdesk.flows.reading import lists
from csdesk.ports.channel import Exchange
from csdesk.ports.http import Http
from csdesk.ports.steps import Flow, Reply

T = TypeVar("T")


class Runner:
    """Runs the flows of one desk."""

    def __init__(self, engine: LocalEngine, http: Http, viewer: Viewer | None = None) -> None:
        self._engine = engine
        self._http = http
        self._viewer = viewer

    @property
    def core(self) -> DeskCore:
        """The state of the desk."""
        return self._engine.core

    @property
    def sends_at_once(self) -> bool:
        """False on a host's own connection: the host may still roll back what would be sent."""
        return not self._engine.is_hosted

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end.

        Raises:
            DeskClosed: the desk was closed.
            Denied: the viewer may not read.
            ConfigUnreadable: nobody can tell whether the viewer may.
        """
        self.core.check_open()
        if self._viewer is None:
            return self._end_of(flow)
        if not self.core.can_decide:
            self._end_of(lists.read(Needs()))  # somebody may have made another configuration active
        check_may(self.core.compiled[2], self._viewer.actor, READ)
        return seen_by(self._viewer, self._end_of(flow))

    def _end_of(self, flow: Flow[T]) -> T:
        run = Run(flow)
        try:
            state = run.advance(self._engine.perform)
            while not isinstance(state, Finished):
                try:
                    reply = self._network(state)
                except Exception as error:  # noqa: BLE001  every failure of a step belongs to the flow
                    state = run.advance(self._engine.perform, error=error)
                else:
                    state = run.advance(self._engine.perform, reply)
            return state.value
        finally:
            run.close()

    def execute(self, command: cmd.Command, *, dry_run: bool = False) -> Done:
        """Run a command under a fresh id; with ``dry_run`` nothing is stored."""
        return self.run(execute(command, result_id(command, self.core.ids), dry_run=dry_run))

    def command_id(self) -> str:
        """A fresh id for something that has no record of its own."""
        return self.core.ids.new(COMMAND)

    def _network(self, step: NetworkStep) -> Reply:
        work = work_of(self.core, step)
        if callable(work):
            return work()
        return self._converse(work)

    def _converse(self, exchange: Exchange[Reply]) -> Reply:
        """Let an adapter talk to its provider."""
        try:
            request = next(exchange)
            while True:
                try:
                    response = self._http.exchange(request)
                except Exception as error:  # noqa: BLE001  the adapter decides what a failed exchange means
                    request = exchange.throw(error)
                else:
                    request = exchange.send(response)
        except StopIteration as end:
            outcome: Reply = end.value
            return outcome
        finally:
            exchange.close()
