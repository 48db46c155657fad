"""``desk.authority.exceptions``."""

from __future__ import annotations

from decimal import Decimal

from csdesk.desk._groups import TicketGroup
from csdesk.domain.ids import TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.authority import ExceptionAnswer
from csdesk.domain.records.tickets import Ticket

Amount = Decimal | int | str
"""An exact amount in an action's unit; a float is refused."""


class Exceptions(TicketGroup):
    """What customers wish and policy refuses, and what is offered instead. They stand on their ticket."""

    def ask(
        self,
        ticket: TicketId,
        wish: str,
        *,
        action: str | None = None,
        amount: Amount | None = None,
        subject: str = "",
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Write down that the customer wishes something that policy refuses; it is the last of ``ticket.exceptions``.

        With an ``action`` and an ``amount`` granting it settles that, under the limits of who grants it.

        Raises:
            InvalidInput: no such action, or an amount that cannot be.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket.
        """
        return self._do(
            cmd.AskException(
                ticket=ticket,
                wish=wish,
                action=action,
                amount=amount,
                subject=subject,
                actor=actor or Actor.system(),
                idempotency_key=idempotency_key,
            )
        )

    def grant(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        reason: str = "",
        number: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Grant the wish; what it names is settled under the actor's limits.

        Args:
            ticket: on which ticket.
            actor: who grants it.
            reason: why, for people.
            number: which of ``ticket.exceptions``; None: the latest that is asked.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            InvalidInput: no exception is asked.
            OutsideAuthority: it is beyond the actor's limits.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket.
        """
        return self._answer(ticket, "granted", actor, reason, number, idempotency_key)

    def refuse(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        reason: str,
        number: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Refuse the wish, with the reason.

        Raises:
            InvalidInput: no exception is asked, or no reason is given.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket.
        """
        return self._answer(ticket, "refused", actor, reason, number, idempotency_key)

    def offer(
        self,
        ticket: TicketId,
        alternative: str,
        *,
        actor: Actor,
        reason: str = "",
        number: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Offer something of the configuration instead. What the actor could not give now cannot be offered.

        Raises:
            InvalidInput: no exception is asked, or no such alternative.
            OutsideAuthority: it is beyond the actor's limits.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket.
        """
        return self._answer(ticket, "offered", actor, reason, number, idempotency_key, alternative)

    def accept(
        self,
        ticket: TicketId,
        *,
        number: int | None = None,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """The customer takes what was offered: it is settled under the limits of who offered it.

        Raises:
            InvalidInput: nothing is offered.
            OutsideAuthority: those limits have been used up meanwhile.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket.
        """
        return self._take(ticket, number, actor, idempotency_key, accepted=True)

    def decline(
        self,
        ticket: TicketId,
        *,
        number: int | None = None,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """The customer does not take what was offered.

        Raises:
            InvalidInput: nothing is offered.
            Denied: the access policy refuses.
            NotFound: this desk has no such ticket.
        """
        return self._take(ticket, number, actor, idempotency_key, accepted=False)

    def _answer(
        self,
        ticket: TicketId,
        outcome: ExceptionAnswer,
        actor: Actor,
        reason: str,
        number: int | None,
        key: str | None,
        alternative: str | None = None,
    ) -> Ticket:
        return self._do(
            cmd.AnswerException(
                ticket=ticket,
                number=number,
                outcome=outcome,
                alternative=alternative,
                reason=reason,
                actor=actor,
                idempotency_key=key,
            )
        )

    def _take(
        self, ticket: TicketId, number: int | None, actor: Actor | None, key: str | None, *, accepted: bool
    ) -> Ticket:
        return self._do(
            cmd.AnswerAlternative(
                ticket=ticket,
                number=number,
                accepted=accepted,
                actor=actor or Actor.system(),
                idempotency_key=key,
            )
        )
