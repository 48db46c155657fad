"""What the groups of methods of a desk have in common."""

from __future__ import annotations

from csdesk.desk._run import Runner
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket
from csdesk.flows import results


class Group:
    """Methods that run flows."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner


class TicketGroup(Group):
    """Methods on tickets."""

    def _do(self, command: cmd.Command) -> Ticket:
        """Run a command; the ticket as it stands after it."""
        return results.ticket_of(self._runner.execute(command))


class CustomerGroup(Group):
    """Methods on customers."""

    def _do(self, command: cmd.Command) -> Customer:
        """Run a command; the customer as it stands after it."""
        return results.customer_of(self._runner.execute(command))
