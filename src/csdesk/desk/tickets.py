"""``desk.tickets``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from csdesk.desk._run import Runner
from csdesk.desk.drafts import Drafts
from csdesk.desk.finding import Finding
from csdesk.desk.holding import Holding
from csdesk.desk.joining import Joining
from csdesk.domain.ids import AgentId, IdentityId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Role, Ticket
from csdesk.flows.commands import Done
from csdesk.flows.reading.checks import a_scalar, several


class Tickets(Finding, Joining, Holding):
    """The tickets of a desk. Every write takes an expected version, or is tried again when it loses a race."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.drafts: Drafts = Drafts(runner)

    def assign(
        self,
        ticket: TicketId,
        agent: AgentId | None,
        *,
        actor: Actor,
        reason: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give the ticket to an agent, or (None) to nobody. A person's choice may pass the agent's capacity."""
        return self._do(
            cmd.AssignTicket(
                ticket=ticket,
                agent=agent,
                actor=actor,
                reason=reason,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def set_status(
        self,
        ticket: TicketId,
        status: str,
        *,
        actor: Actor,
        reason: str = "",
        until: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Move the ticket to a category or a status of the configuration; a snooze needs ``until``.

        Raises:
            IllegalTransition: it cannot go there from where it is.
        """
        return self._do(
            cmd.SetStatus(
                ticket=ticket,
                status=status,
                reason=reason,
                until=until,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def set_field(
        self,
        ticket: TicketId,
        name: str,
        value: str | float | bool | datetime | None,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Set ``priority``, ``type``, ``language``, ``subject`` or a custom field ``x.<name>``; None clears that one.

        A datetime is kept as text, as fields of type ``time`` hold it.

        Raises:
            InvalidInput: the name is none of these, or the value does not fit it as the configuration declares it.
        """
        return self._do(
            cmd.SetTicketField(
                ticket=ticket,
                name=name,
                value=a_scalar(value, "value"),
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def tag(
        self,
        ticket: TicketId,
        *tags: str,
        actor: Actor,
        source: TagSource = TagSource.HAND,
        expires_at: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Put tags on the ticket, where nobody who counts for more than ``source`` decided otherwise.

        See docs/how-to/tags-and-segments.md. ``expires_at`` is when ``run_due`` takes them again; None: as the
        configuration says of each, or never.
        """
        return self._do(
            cmd.TagTicket(
                ticket=ticket,
                tags=tags,
                source=source,
                expires_at=expires_at,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def untag(
        self,
        ticket: TicketId,
        *tags: str,
        actor: Actor,
        source: TagSource = TagSource.HAND,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Take tags from the ticket; whoever counts for less than ``source`` does not put them back."""
        return self._do(
            cmd.UntagTicket(
                ticket=ticket,
                tags=tags,
                source=source,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def flag(
        self,
        ticket: TicketId,
        flag: str,
        *,
        actor: Actor,
        reason: str = "",
        evidence: Sequence[str] = (),
        until: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Write down a warning about the ticket that everybody who works on it sees, and rules do (``ticket.flags``).

        The same flag again takes the old one's place. ``until`` is when ``run_due`` lifts it; None: somebody has to.
        A survivor of a merge takes the warnings over.

        Raises:
            InvalidInput: the configuration lists flags, and not this one; or ``until`` lies in the past.
        """
        return self._do(
            cmd.FlagTicket(
                ticket=ticket,
                flag=flag,
                reason=reason,
                evidence=several(evidence, "evidence"),
                until=until,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def lift_flag(
        self,
        ticket: TicketId,
        flag: str,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Lift a flag; one that the ticket does not have changes nothing."""
        return self._do(
            cmd.FlagTicket(
                ticket=ticket,
                flag=flag,
                lifted=True,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def set_goal(
        self,
        ticket: TicketId,
        goal: GoalName | None,
        *,
        actor: Actor,
        span: timedelta | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Say what the present session should lead to: an ``order``, an ``answer``, a ``ticket``; None gives it up.

        The desk sees by itself whether it was reached: see docs/how-to/session-goals.md.

        Args:
            ticket: of the conversation.
            goal: what counts as reached is told at ``GoalName``.
            actor: who says so.
            span: how long nobody says anything before the session is over; None: the configuration's ``session_gap``.
            expected_version: fail with ``VersionConflict`` if the ticket has moved on.
            idempotency_key: a second run under the same key changes nothing.
        """
        return self._do(
            cmd.SetGoal(
                ticket=ticket,
                goal=goal,
                span=span,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def participants(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        add: Sequence[IdentityId] = (),
        remove: Sequence[IdentityId] = (),
        role: Role = Role.CC,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Add people to the ticket, or take them off it."""
        return self._do(
            cmd.ChangeParticipants(
                ticket=ticket,
                add=tuple(cmd.NewParticipant(identity=one, role=role) for one in several(add, "add")),
                remove=several(remove, "remove"),
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def run_macro(
        self,
        ticket: TicketId,
        macro: str,
        *,
        actor: Actor,
        dry_run: bool = False,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Done:
        """Run the actions of a macro: all of them happen, or none. Replies go out at the next ``run_due``.

        With ``dry_run`` nothing is stored: ``entries`` tells what would happen, ``ticket`` is as it would be.

        Raises:
            NotFound: the configuration has no such macro.
            Denied: the actor may not run it, or may not do by hand what one of its actions does.
            InvalidInput: the macro is not for this ticket, or an action is not possible.
            IllegalTransition: the ticket cannot go where an action sends it.
        """
        command = cmd.RunMacro(
            ticket=ticket,
            macro=macro,
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )
        return self._runner.execute(command, dry_run=dry_run)
