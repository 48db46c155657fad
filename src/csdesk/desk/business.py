"""What ``desk.customers`` asks the host's own systems: orders, and the CRM."""

from __future__ import annotations

from datetime import datetime, timedelta

from csdesk.desk._groups import CustomerGroup
from csdesk.domain.ids import CustomerId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.business import Order
from csdesk.flows import business
from csdesk.flows.business import ProfileFilled
from csdesk.flows.reading import customer_briefs
from csdesk.flows.reading.customer_briefs import CustomerBrief


class Business(CustomerGroup):
    """Customers as the host's systems know them."""

    def brief(self, customer: CustomerId, *, orders: bool = False) -> CustomerBrief:
        """The customer at a glance: open tickets, how many there were, the last words.

        With ``orders`` your system of orders is asked for the last ten. If it fails, ``orders_missing`` says why, and
        the rest is told all the same.

        Raises:
            NotFound: this desk has no such customer.
            UnsupportedFeature: the desk was opened without a system of orders (``business``).
        """
        return self._runner.run(business.brief(customer) if orders else customer_briefs.brief(customer))

    def orders(
        self,
        customer: CustomerId,
        *,
        since: datetime | None = None,
        limit: int = 50,
        within: timedelta = business.WITHIN,
    ) -> tuple[Order, ...]:
        """The customer's orders, newest first, as your system tells them now; nothing of it is stored.

        It is asked by every identity of the customer and of those merged into it, except those that somebody only
        claims to have (``Evidence.CLAIMED``).

        Args:
            customer: whose.
            since: orders placed earlier are left out; None: all count.
            limit: how many at most, 1 to 200.
            within: how long the system has, 5 minutes at most; a blocking one has to look at the deadline itself.

        Raises:
            NotFound: this desk has no such customer.
            BusinessUnavailable: the system failed, was late, or told something else than orders.
            UnsupportedFeature: the desk was opened without a system of orders (``business``).
        """
        return self._runner.run(business.orders_of(customer, since, limit, within))

    def order(self, ref: str, *, within: timedelta = business.WITHIN) -> Order:
        """The order that your system calls so, whoever placed it, as it is now.

        Raises:
            NotFound: the system has no such order.
            BusinessUnavailable: it failed, was late, or told another order.
            UnsupportedFeature: the desk was opened without a system of orders (``business``).
        """
        return self._runner.run(business.order(ref, within))

    def fill_profile(
        self,
        customer: CustomerId,
        *,
        dry_run: bool = False,
        within: timedelta = business.WITHIN,
        actor: Actor | None = None,
    ) -> ProfileFilled:
        """Ask your CRM about the customer, and take over what nobody else said who counts for as much.

        A value is set where the customer has none of that name, where the same source set the one there (and not of a
        later time), or where that one is less sure. What the CRM leaves out stays.

        Args:
            customer: who; merged customers count as one.
            dry_run: True: nothing is stored.
            within: how long the CRM has, 5 minutes at most.
            actor: None: the system.

        Raises:
            NotFound: this desk has no such customer.
            BusinessUnavailable: the CRM failed, was late, or broke its contract; nothing was changed.
            UnsupportedFeature: the desk was opened without a CRM (``business``).
        """
        return self._runner.run(business.fill_profile(customer, actor, within, dry_run=dry_run))
