"""``desk.authority``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from csdesk.desk._groups import Group
from csdesk.domain.analysis.findings import Finding
from csdesk.domain.authority.verdicts import AuthorityDecision, Standing
from csdesk.domain.ids import AgentId, CustomerId, SettlementId, TicketId
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import Period, Settlement, SettlementState
from csdesk.flows import results
from csdesk.flows.authority import reading
from csdesk.flows.reading import checks
from csdesk.ports.store import Page

if TYPE_CHECKING:
    from csdesk.desk.exceptions import Exceptions

Amount = Decimal | int | str
"""An exact amount in an action's unit; a float is refused."""


class Authority(Group):
    """Who may give customers what: decisions, settlements with their ledger, requests for approval, grants."""

    @cached_property
    def exceptions(self) -> Exceptions:
        """What customers wish and policy refuses."""
        from csdesk.desk.exceptions import Exceptions

        return Exceptions(self._runner)

    def decide(
        self,
        ticket: TicketId | None,
        action: str,
        *,
        amount: Amount = 1,
        actor: Actor,
        subject: str = "",
        customer: CustomerId | None = None,
    ) -> AuthorityDecision:
        """Whether an actor may give something now, and why. Nothing is written, and nothing is kept for anybody.

        Args:
            ticket: on which ticket; None: for ``customer``, without one.
            action: an action of the configuration.
            amount: in the action's unit: a ``Decimal``, a whole number or text, never a float.
            actor: who would give it.
            subject: what it is about, such as ``order:123``; limits for a case count by it and by the ticket.
            customer: for whom; None: for the ticket's requester.

        Raises:
            InvalidInput: no such action, or an amount that cannot be; names the field.
            NotFound: this desk has no such ticket, customer or agent.
        """
        return self._runner.run(
            reading.decision(
                cmd.SettleAmount(
                    ticket=ticket, action=action, amount=amount, actor=actor, subject=subject, customer=customer
                )
            )
        )

    def explain(self, actor: Actor, *, level: str = "") -> tuple[Standing, ...]:
        """What an actor may give now: each action with its limits, what is used of them, and the grants in force.

        ``level`` is the customers' level that is asked about. ``csdesk.render(standing.trace)`` tells one.

        Raises:
            NotFound: this desk has no such agent.
        """
        return self._runner.run(reading.standings(actor, level))

    def settle(
        self,
        ticket: TicketId | None,
        action: str,
        *,
        amount: Amount = 1,
        actor: Actor,
        subject: str = "",
        customer: CustomerId | None = None,
        reason: str = "",
        or_request: bool = False,
        brief: str = "",
        idempotency_key: str | None = None,
    ) -> Settlement:
        """Give a customer something at once, inside the actor's limits. No race and no split passes them.

        Args:
            ticket: on which ticket; None: for ``customer``, without one.
            action: an action of the configuration.
            amount: in the action's unit: a ``Decimal``, a whole number or text, never a float.
            actor: who gives it.
            subject: what it is about, such as ``order:123``.
            customer: for whom; None: for the ticket's requester.
            reason: why, for people.
            or_request: beyond the limits, ask for approval instead of failing.
            brief: what the approver must know then.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            OutsideAuthority: it needs approval, or it is forbidden; names what to offer instead.
            InvalidInput: no such action, or an amount that cannot be; names the field.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket, customer or agent.
        """
        return self._do(
            cmd.SettleAmount(
                ticket=ticket,
                action=action,
                amount=amount,
                actor=actor,
                subject=subject,
                customer=customer,
                reason=reason,
                ask="if_needed" if or_request else "never",
                brief=brief,
                idempotency_key=idempotency_key,
            )
        )

    def request(
        self,
        ticket: TicketId | None,
        action: str,
        *,
        amount: Amount = 1,
        actor: Actor,
        brief: str,
        subject: str = "",
        customer: CustomerId | None = None,
        reason: str = "",
        to: AgentId | None = None,
        within: timedelta | None = None,
        idempotency_key: str | None = None,
    ) -> Settlement:
        """Ask somebody whose limits suffice to approve what is beyond the actor's.

        If nobody answers in time, ``run_due`` asks the next approvers, and lets it lapse where there are none.

        Args:
            ticket: on which ticket; None: for ``customer``, without one.
            action: an action of the configuration.
            amount: in the action's unit: a ``Decimal``, a whole number or text, never a float.
            actor: who asks.
            brief: what the approver must know.
            subject: what it is about, such as ``order:123``.
            customer: for whom; None: for the ticket's requester.
            reason: why, for people.
            to: one approver; None: all of the first step whose limits suffice.
            within: how long they have to answer; None: as the configuration says.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            OutsideAuthority: nobody can approve it; names what to offer instead.
            InvalidInput: it is inside the limits, or ``to`` cannot approve it.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket, customer or agent.
        """
        return self._do(
            cmd.SettleAmount(
                ticket=ticket,
                action=action,
                amount=amount,
                actor=actor,
                subject=subject,
                customer=customer,
                reason=reason,
                ask="always",
                brief=brief,
                to=to,
                within=within,
                idempotency_key=idempotency_key,
            )
        )

    def approve(
        self, settlement: SettlementId, *, actor: Actor, answer: str = "", idempotency_key: str | None = None
    ) -> Settlement:
        """Approve what was asked for: it is settled under the approver's own limits, which must suffice now.

        Raises:
            InvalidInput: it is not open, the actor was not asked, or asked for it.
            OutsideAuthority: it is beyond the approver's limits now.
            Denied: the access policy refuses.
            NotFound: this desk has no such settlement.
        """
        return self._answer(settlement, actor, answer, idempotency_key, approved=True)

    def refuse(
        self, settlement: SettlementId, *, actor: Actor, answer: str = "", idempotency_key: str | None = None
    ) -> Settlement:
        """Do not approve what was asked for.

        Raises:
            InvalidInput: it is not open, the actor was not asked, or asked for it.
            Denied: the access policy refuses.
            NotFound: this desk has no such settlement.
        """
        return self._answer(settlement, actor, answer, idempotency_key, approved=False)

    def withdraw(
        self, settlement: SettlementId, *, actor: Actor, reason: str = "", idempotency_key: str | None = None
    ) -> Settlement:
        """Ask for it no longer.

        Raises:
            InvalidInput: it is not open.
            Denied: the access policy refuses.
            NotFound: this desk has no such settlement.
        """
        return self._do(
            cmd.WithdrawApproval(settlement=settlement, actor=actor, reason=reason, idempotency_key=idempotency_key)
        )

    def reverse(
        self, settlement: SettlementId, *, actor: Actor, reason: str = "", idempotency_key: str | None = None
    ) -> Settlement:
        """Take back what was settled: the ledger has its room again, once, in the periods in which it was given.

        Raises:
            InvalidInput: it is not settled (any more), or it is about to be carried out.
            Denied: the access policy refuses.
            NotFound: this desk has no such settlement.
        """
        return self._do(
            cmd.ReverseSettlement(settlement=settlement, actor=actor, reason=reason, idempotency_key=idempotency_key)
        )

    def resolve(
        self,
        settlement: SettlementId,
        *,
        done: bool,
        actor: Actor,
        reference: str = "",
        idempotency_key: str | None = None,
    ) -> Settlement:
        """Say whether something was carried out of which nobody knew; if not, the ledger has its room again.

        Raises:
            InvalidInput: its outcome is known.
            Denied: the access policy refuses.
            NotFound: this desk has no such settlement.
        """
        return self._do(
            cmd.ResolveCarrying(
                settlement=settlement, done=done, actor=actor, reference=reference, idempotency_key=idempotency_key
            )
        )

    def grant(
        self,
        agent: AgentId,
        action: str,
        limit: Amount,
        *,
        until: datetime,
        reason: str,
        by: Actor,
        periods: Mapping[Period, Amount] | None = None,
        idempotency_key: str | None = None,
    ) -> Agent:
        """Raise an agent's limits for a while, down to the microsecond; nothing has to run for it to end.

        Args:
            agent: who may give more; a limit of the configuration must be there to be raised.
            action: an action of the configuration.
            limit: for each case, in the action's unit.
            until: the first instant at which it holds no more.
            reason: why, for people.
            by: the agent who grants it, whose own limits are at least that; what was granted to them does not count.
            periods: for the agent in a day, week or month, where the configuration limits that.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            OutsideAuthority: the giver has less than that, or it is above the action's cap.
            InvalidInput: no such action or limit to raise, an end that has passed, or a grant to oneself.
            Denied: the access policy refuses.
            NotFound: this desk has no such agent.
        """
        return results.agent_of(
            self._runner.execute(
                cmd.GrantAuthority(
                    agent=agent,
                    action=action,
                    limit=limit,
                    until=until,
                    reason=reason,
                    actor=by,
                    periods=checks.pairs(periods or {}, "periods"),
                    idempotency_key=idempotency_key,
                )
            )
        )

    def revoke(
        self, agent: AgentId, number: int, *, by: Actor, reason: str = "", idempotency_key: str | None = None
    ) -> Agent:
        """Take a grant back before its end; ``number`` stands in ``agent.grants``.

        Raises:
            InvalidInput: no such grant is in force.
            Denied: the access policy refuses.
            NotFound: this desk has no such agent.
        """
        return results.agent_of(
            self._runner.execute(
                cmd.RevokeAuthority(
                    agent=agent, number=number, actor=by, reason=reason, idempotency_key=idempotency_key
                )
            )
        )

    def get(self, settlement: SettlementId) -> Settlement:
        """The settlement of that id; ``desk.explain`` tells its life.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(reading.get_settlement(settlement))

    def list(
        self,
        *,
        ticket: TicketId | None = None,
        customer: CustomerId | None = None,
        subject: str | None = None,
        action: str | None = None,
        agent: AgentId | None = None,
        state: SettlementState | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Settlement]:
        """A page of settlements, latest first; ``agent`` is who settled it or asked for it.

        ``since`` and ``until`` bound when they began. Customers that were merged count with their survivor.

        Raises:
            InvalidInput: a filter that cannot be, or an action that neither the configuration nor a settlement has.
            NotFound: this desk has no such customer, or agents, and not this one.
        """
        return self._runner.run(
            reading.settlements(
                ticket=ticket,
                customer=customer,
                subject=subject,
                action=action,
                agent=agent,
                state=state,
                since=since,
                until=until,
                limit=limit,
                cursor=cursor,
            )
        )

    def inbox(self, agent: AgentId) -> tuple[Settlement, ...]:
        """The open requests that an agent is asked to answer now, those first that are due first.

        Raises:
            NotFound: this desk has no such agent.
        """
        return self._runner.run(reading.inbox(agent))

    def check(self, config: DeskConfig | None = None) -> tuple[Finding, ...]:
        """Whom a configuration's authority names that does not work here: agents, roles, approvers.

        What is wrong with the configuration by itself ``csdesk.rules.analyse`` tells.

        Args:
            config: the configuration to look at; None: the active one.
        """
        return self._runner.run(reading.check(config))

    def _answer(
        self, settlement: SettlementId, actor: Actor, answer: str, key: str | None, *, approved: bool
    ) -> Settlement:
        return self._do(
            cmd.AnswerApproval(
                settlement=settlement, approved=approved, actor=actor, answer=answer, idempotency_key=key
            )
        )

    def _do(self, command: cmd.Command) -> Settlement:
        return results.settlement_of(self._runner.execute(command))
