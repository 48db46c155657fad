"""``desk.tags``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from csdesk.desk._groups import Group
from csdesk.domain.ids import CustomerId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.customers import Customer
from csdesk.flows import results
from csdesk.flows.reading import tag_reports
from csdesk.flows.reading.checks import several
from csdesk.flows.reading.tag_reports import Polarity, TagCount


class Tags(Group):
    """Tags that come from outside, and what tags say. ``desk.tickets.tag`` and ``desk.customers.tag`` set them."""

    def sync(
        self,
        customer: CustomerId,
        namespace: str,
        tags: Sequence[str],
        *,
        actor: Actor | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Let a customer have exactly these tags of a namespace: what the shop or another system says of them.

        They are stored as ``namespace:tag``. Nobody else sets or takes them: not people, not rules.

        Args:
            customer: whose tags they are.
            namespace: names the system outside, such as ``shop``.
            tags: without the namespace; what is missing is taken.
            actor: the system or an adapter; None: the system.
            expected_version: the version that the customer must be at.
            idempotency_key: makes a second run return the first one's outcome.
        """
        return results.customer_of(
            self._runner.execute(
                cmd.SyncTags(
                    customer=customer,
                    namespace=namespace,
                    tags=several(tags, "tags"),
                    actor=actor or Actor.system("sync"),
                    expected_version=expected_version,
                    idempotency_key=idempotency_key,
                )
            )
        )

    def top(
        self,
        since: datetime,
        until: datetime,
        *,
        polarity: Polarity = "negative",
        by: str | None = None,
        limit: int = 20,
    ) -> tuple[TagCount, ...]:
        """The tags of a polarity that were put on tickets in a stretch of time and are still there, most first.

        All tickets that have such a tag are passed over, and those that changed since then are read.

        Args:
            since: the beginning of the stretch.
            until: its end, which no longer belongs to it.
            polarity: as the configuration says of each tag.
            by: count for each value of it: ``type``, ``queue``, ``account``, ``language``, ``site``, ``x.<field>``.
            limit: how many rows at most (1 to 1000).
        """
        return self._runner.run(tag_reports.top_tags(polarity, since, until, by, limit))
