"""``desk.tickets``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from csdesk.desk._run import Runner
from csdesk.desk.drafts import Drafts
from csdesk.desk.holding import Holding
from csdesk.domain.ids import AgentId, CustomerId, IdentityId, MessageId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor, Viewer
from csdesk.domain.records.changes import WaitingLine
from csdesk.domain.records.channels import WindowState
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.messages import Direction
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Category, Priority, Role, Ticket
from csdesk.flows import explaining, lists, naming_queues, outgoing, records, sites, staffing, unmerging
from csdesk.flows.checks import several
from csdesk.flows.commands import Done
from csdesk.flows.explaining import RuleExplanation
from csdesk.flows.lists import Found, TimelineItem, filters
from csdesk.flows.sites import SiteLine
from csdesk.flows.staffing import Wait
from csdesk.flows.unmerging import Unmerged
from csdesk.ports.store import Page, Query, SearchRequest

Order = Literal["id", "number", "priority", "updated_at"]
"""``id`` is the order in which tickets were opened; ``updated_at`` has to sort all that match."""


class Tickets(Holding):
    """The tickets of a desk. Every write takes an expected version, or is tried again when it loses a race."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.drafts: Drafts = Drafts(runner)

    def get(self, ticket: TicketId) -> Ticket:
        """The ticket of that id.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(lists.get_ticket(ticket))

    def numbered(self, number: int) -> Ticket:
        """The ticket of that number, the one people say to each other.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(lists.get_numbered(number))

    def window(self, ticket: TicketId) -> WindowState:
        """Whether a reply can be sent now: until when, and how many more; replies that still wait count as sent.

        Raises:
            NotFound: this desk has no such ticket, or this process no channel for its account.
        """
        return self._runner.run(outgoing.window(ticket))

    def list(  # noqa: PLR0913  one for each filter
        self,
        *,
        category: Category | Sequence[Category] | None = None,
        status: str | None = None,
        queue: str | None = None,
        assignee: AgentId | None = None,
        offered_to: AgentId | None = None,
        tag: str | None = None,
        priority: Priority | None = None,
        type: str | None = None,
        site: str | None = None,
        account: str | None = None,
        customer: CustomerId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        order: Order = "id",
        descending: bool = True,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Ticket]:
        """A page of tickets; ``since`` and ``until`` bound their last event. ``cursor`` is that of the page before.

        ``site`` holds for the sites below it too, ``customer`` for those merged into the customer.

        Raises:
            InvalidInput: the configuration has no such queue, site, status or type, and none of its tickets are left.
            NotFound: this desk has no such customer or agent.
        """
        query = Query(
            kind="ticket",
            where=filters(
                category=category,
                status=status,
                queue=queue,
                assignee=assignee,
                offered_to=offered_to,
                tag=tag,
                priority=priority,
                type=type,
                site=site,
                account=account,
            ),
            since=since,
            until=until,
            order=order,
            descending=descending,
            limit=limit,
            after=cursor,
        )
        return self._runner.run(naming_queues.tickets(query, customer))

    def count(
        self,
        *,
        category: Category | Sequence[Category] | None = None,
        status: str | None = None,
        queue: str | None = None,
        assignee: AgentId | None = None,
        offered_to: AgentId | None = None,
        tag: str | None = None,
        priority: Priority | None = None,
        type: str | None = None,
        site: str | None = None,
        account: str | None = None,
        customer: CustomerId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """How many tickets match; filters and errors as in ``list``."""
        where = filters(
            category=category,
            status=status,
            queue=queue,
            assignee=assignee,
            offered_to=offered_to,
            tag=tag,
            priority=priority,
            type=type,
            site=site,
            account=account,
        )
        query = Query(kind="ticket", where=where, since=since, until=until)
        return self._runner.run(naming_queues.count_tickets(query, customer))

    def by_site(self, *, since: datetime | None = None, until: datetime | None = None) -> tuple[SiteLine, ...]:
        """What each site of the configuration has to do, and who is there for it; empty without sites.

        ``since`` and ``until`` bound the last event of the tickets that are counted.
        """
        return self._runner.run(sites.by_site(since, until))

    def waiting(self, queue: str | None = None) -> tuple[WaitingLine, ...]:
        """How many tickets wait for somebody and since when, by queue and priority; ``queue`` None: in every queue.

        Raises:
            InvalidInput: the configuration has no such queue, and nothing is left in it.
        """
        return self._runner.run(staffing.waiting(queue))

    def position(self, ticket: TicketId) -> Wait | None:
        """Where a ticket stands in the line of its queue; None if it does not wait for anybody.

        Raises:
            NotFound: this desk has no such ticket.
        """
        return self._runner.run(staffing.position(ticket))

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
        value: str | float | bool | None,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Set ``priority``, ``type``, ``language``, ``subject`` or a custom field ``x.<name>``."""
        return self._do(
            cmd.SetTicketField(
                ticket=ticket,
                name=name,
                value=value,
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

    def merge(
        self,
        ticket: TicketId,
        into: TicketId,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Merge the ticket into another one, which takes its messages from now on; the survivor comes back.

        Raises:
            IllegalTransition: one of them is closed, or the ticket was merged before.
        """
        self._do(
            cmd.MergeTickets(
                ticket=ticket,
                into=into,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )
        return self._runner.run(lists.get_survivor(ticket))

    def unmerge(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Unmerged:
        """Take a merged ticket out of its survivor: it is open, and otherwise as it was before the merge.

        What had been merged into it before comes out with it. Messages that came since stay on the survivor and are
        listed in the result.

        Raises:
            IllegalTransition: it is not merged.
        """
        done = self._runner.execute(
            cmd.UnmergeTicket(
                ticket=ticket, actor=actor, expected_version=expected_version, idempotency_key=idempotency_key
            )
        )
        return self._runner.run(unmerging.unmerged_ticket(done))

    def split(
        self,
        ticket: TicketId,
        messages: Sequence[MessageId],
        *,
        actor: Actor,
        subject: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Move messages to a new ticket, which comes back; it is linked to this one as ``split_from``.

        The conversation's new messages go on to this ticket; an answer by mail to a moved message follows it.

        Raises:
            InvalidInput: no message, one of another ticket, or all that the ticket has.
            NotFound: a message does not exist.
            IllegalTransition: the ticket is merged.
        """
        done = self._runner.execute(
            cmd.SplitTicket(
                ticket=ticket,
                messages=several(messages, "messages"),
                subject=subject,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )
        return records.new_ticket_of(done)

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

    def explain_rule(
        self, ticket: TicketId, rule: str, *, cause: str | None = None, viewer: Viewer | None = None
    ) -> RuleExplanation:
        """Why a rule fired or did not: every test with its outcome and the value it saw.

        The moment is that of ``cause``, a message or command; None: the customer's last message, or for a rule on
        changes alone the last command. The rule is that of the present configuration. Personal values are resolved
        only for a ``viewer`` who may see them, and for nobody once they are erased.

        Raises:
            NotFound: there is no such ticket or rule, or the cause did nothing to the ticket.
            InvalidInput: the ticket has no cause that such a rule is tried on.
        """
        return self._runner.run(explaining.explain_rule(ticket, rule, cause, viewer))

    def search(
        self,
        text: str,
        *,
        queue: str | None = None,
        account: str | None = None,
        customer: CustomerId | None = None,
        assignee: AgentId | None = None,
        author: AgentId | None = None,
        category: Category | Sequence[Category] | None = None,
        status: str | None = None,
        direction: Direction | None = None,
        site: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Found]:
        """Messages that contain every part of ``text``, newest first, with their tickets.

        Args:
            text: words, numbers, addresses; Chinese needs no blanks, and 發票 finds 发票. It takes two Chinese
                characters: one alone is only found where no other stands beside it.
            queue: of tickets that are in that queue now; so are ``assignee``, ``category`` and ``status`` theirs.
            account: which came or went through that account.
            customer: of tickets of that customer and of those merged into it.
            assignee: of tickets that this agent works on.
            author: which this agent wrote.
            category: one, or several.
            status: a status of the configuration.
            direction: ``in``, ``out`` or ``note``.
            site: of tickets of that site, or of one below it.
            since: said then or later.
            until: said before that.
            limit: 1 to 1000.
            cursor: that of the page before; it goes with the same text and filters.

        Raises:
            InvalidInput: a filter, the limit or the cursor cannot be used, or the configuration has no such queue,
                site or status.
            NotFound: this desk has no such customer or agent.
        """
        asked = SearchRequest(
            phrases=(),
            messages=filters(account=account, author_id=author, direction=direction),
            tickets=filters(queue=queue, assignee=assignee, category=category, status=status, site=site),
            since=since,
            until=until,
            limit=limit,
            after=cursor,
        )
        return self._runner.run(naming_queues.search(text, asked, customer))

    def timeline(self, ticket: TicketId) -> tuple[TimelineItem, ...]:
        """Everything that happened on the ticket, oldest first: messages and events."""
        return self._runner.run(lists.ticket_timeline(ticket))

    def _do(self, command: cmd.Command) -> Ticket:
        return records.ticket_of(self._runner.execute(command))
