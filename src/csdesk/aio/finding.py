"""What ``desk.tickets`` finds: one ticket, lists, the lines of queues, messages, what happened, as coroutines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from csdesk.aio._groups import TicketGroup
from csdesk.domain.ids import AgentId, CustomerId, TicketId
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.changes import WaitingLine
from csdesk.domain.records.channels import WindowState
from csdesk.domain.records.messages import Direction, Message
from csdesk.domain.records.tickets import Category, Priority, Ticket
from csdesk.flows.outbound import outgoing
from csdesk.flows.reading import explaining, known_names, lists, sites, staffing
from csdesk.flows.reading.explaining import RuleExplanation
from csdesk.flows.reading.lists import TimelineItem, filters
from csdesk.flows.reading.searching import Found
from csdesk.flows.reading.sites import SiteLine
from csdesk.flows.reading.staffing import Wait
from csdesk.ports.store import Page, Query, SearchRequest

Order = Literal["id", "number", "priority", "updated_at", "due_at"]
"""``id`` is the order in which tickets were opened; in the others all that match are sorted.

``due_at`` is when the first of a ticket's live clocks is due: with ``descending=False`` what is late or urgent comes
first, and what nothing presses last.
"""


class Finding(TicketGroup):
    """The tickets of a desk, as they are read."""

    async def get(self, ticket: TicketId) -> Ticket:
        """The ticket of that id.

        Raises:
            NotFound: this desk has none.
        """
        return await self._runner.run(lists.get_ticket(ticket))

    async def numbered(self, number: int) -> Ticket:
        """The ticket of that number, the one people say to each other.

        Raises:
            NotFound: this desk has none.
        """
        return await self._runner.run(lists.get_numbered(number))

    async def window(self, ticket: TicketId) -> WindowState:
        """Whether a reply can be sent now: until when, and how many more; replies that still wait count as sent.

        Raises:
            NotFound: this desk has no such ticket, or this process no channel for its account.
        """
        return await self._runner.run(outgoing.window(ticket))

    async def list(  # noqa: PLR0913  one for each filter
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

        In the order of ``id``, a page by category, queue, assignee, tag or site costs its own rows, however many others
        there are. By a status of your own, priority, type, account, ``since`` and ``until``, tickets are looked at one
        by one until the page is full: say the category too, or an assignee, and they are few.

        Raises:
            InvalidInput: the configuration has no such queue, site, status or type, or lists tags or accounts, and not
                this one; and no record is left that has it.
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
        return await self._runner.run(known_names.tickets(query, customer))

    async def count(
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
        """How many tickets match; filters and errors as in ``list``. Those that match are counted one by one."""
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
        return await self._runner.run(known_names.count_tickets(query, customer))

    async def by_site(self, *, since: datetime | None = None, until: datetime | None = None) -> tuple[SiteLine, ...]:
        """What each site of the configuration has to do, and who is there for it; empty without sites.

        ``since`` and ``until`` bound the last event of the tickets that are counted.
        """
        return await self._runner.run(sites.by_site(since, until))

    async def waiting(self, queue: str | None = None) -> tuple[WaitingLine, ...]:
        """How many tickets wait for somebody and since when, by queue and priority; ``queue`` None: in every queue.

        Raises:
            InvalidInput: the configuration has no such queue, and nothing is left in it.
        """
        return await self._runner.run(staffing.waiting(queue))

    async def position(self, ticket: TicketId) -> Wait | None:
        """Where a ticket stands in the line of its queue; None if it does not wait for anybody.

        Raises:
            NotFound: this desk has no such ticket.
        """
        return await self._runner.run(staffing.position(ticket))

    async def explain_rule(
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
        return await self._runner.run(explaining.explain_rule(ticket, rule, cause, viewer))

    async def search(
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

        A page costs its own rows, however common the words. With a filter that few of the messages pass, all that have
        the words may be looked at; not so with one on tickets that leaves a thousand or fewer.

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
            InvalidInput: a filter, the limit or the cursor cannot be used, or a name in one is unknown, as in ``list``.
            NotFound: this desk has no such customer or assignee, or has agents, and this author is none of them.
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
        return await self._runner.run(known_names.search(text, asked, customer))

    async def messages(
        self, ticket: TicketId, *, descending: bool = True, limit: int = 50, cursor: str | None = None
    ) -> Page[Message]:
        """A page of what was said on the ticket and on those merged into it, notes too, newest first.

        Messages stand by ``occurred_at``. For a page of a long conversation: ``timeline`` brings all of it at once.

        Raises:
            NotFound: this desk has no such ticket.
        """
        return await self._runner.run(lists.ticket_messages(ticket, limit, cursor, descending=descending))

    async def timeline(self, ticket: TicketId) -> tuple[TimelineItem, ...]:
        """Everything that happened on the ticket, oldest first: messages and events, all of them in one value."""
        return await self._runner.run(lists.ticket_timeline(ticket))
