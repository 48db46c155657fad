"""``desk.self_service``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from csdesk.aio._groups import Group
from csdesk.domain.ids import CustomerId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records._model import Scalar
from csdesk.domain.records.actors import Actor, Viewer
from csdesk.domain.records.authority import Settlement
from csdesk.flows import results
from csdesk.flows.authority import serving
from csdesk.flows.authority.serving import ServiceOffer
from csdesk.flows.reading import checks

Amount = Decimal | int | str
"""An exact amount in an action's unit; a float is refused."""


class SelfService(Group):
    """What customers may do by themselves: the catalogue of the configuration, under the desk's own limits."""

    async def offered(
        self,
        *,
        customer: CustomerId | None = None,
        ticket: TicketId | None = None,
        subject: str = "",
        facts: Mapping[str, Scalar] | None = None,
        viewer: Viewer | None = None,
    ) -> tuple[ServiceOffer, ...]:
        """Every self-service action, in the order of the configuration, with why this customer may use it now or not.

        Nothing is written. Personal values in the reasons are shown only to a ``viewer`` who may see them.

        Args:
            customer: who; None: the ticket's requester.
            ticket: on which ticket, if there is one.
            subject: what it is about, such as ``order:123``; empty: nothing yet.
            facts: what you know of the subject; conditions read it as ``ticket.x.<name>``.
            viewer: who reads the reasons.

        Raises:
            InvalidInput: nobody is named, or the customer is not the ticket's requester.
            NotFound: this desk has no such record.
        """
        return await self._runner.run(serving.offered(ticket, customer, subject, facts or {}, viewer))

    async def run(
        self,
        service: str,
        *,
        customer: CustomerId | None = None,
        ticket: TicketId | None = None,
        subject: str = "",
        amount: Amount | None = None,
        facts: Mapping[str, Scalar] | None = None,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Settlement:
        """Let a customer do something now; ``run_due`` then lets your system carry it out, if the action has one.

        Args:
            service: a self-service action of the configuration.
            customer: who; None: the ticket's requester.
            ticket: on which ticket, if there is one.
            subject: what it is about, such as ``order:123``.
            amount: in the action's unit, where the configuration leaves it open.
            facts: what you know of the subject; conditions read it as ``ticket.x.<name>``.
            actor: who pressed the button; None: the customer, or the system for a ticket.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            NotOffered: its condition does not hold for this customer now.
            OutsideAuthority: it is beyond the desk's own limits, and nobody is asked for it.
            InvalidInput: no such service, no subject, or an amount that cannot be.
            Denied: the access policy refuses.
            NotFound: this desk has no such record.
        """
        return results.settlement_of(
            await self._runner.execute(
                cmd.ServeSelf(
                    service=service,
                    customer=customer,
                    ticket=ticket,
                    subject=subject,
                    amount=amount,
                    facts=checks.pairs(facts or {}, "facts"),
                    actor=actor or serving.who_serves(customer),
                    idempotency_key=idempotency_key,
                )
            )
        )
