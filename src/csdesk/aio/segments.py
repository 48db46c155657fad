"""``desk.segments``, as coroutines."""

from __future__ import annotations

from csdesk.aio._groups import Group
from csdesk.domain.ids import CustomerId
from csdesk.domain.policy.config import SegmentPolicy
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.customers import Customer
from csdesk.flows.reading import segments
from csdesk.flows.reading.segments import SegmentExplanation
from csdesk.ports.store import Page


class Segments(Group):
    """Groups of customers that a condition of the configuration describes; who belongs to them follows by itself."""

    async def list(self) -> tuple[SegmentPolicy, ...]:
        """The segments of the configuration in force."""
        return await self._runner.run(segments.all_segments())

    async def members(self, segment: str, *, limit: int = 50, cursor: str | None = None) -> Page[Customer]:
        """A page of the customers that belong to a segment, those first who came first.

        Right after the configuration changed, ``run_due`` may not have looked at everybody yet.

        Raises:
            InvalidInput: the configuration has no such segment.
        """
        return await self._runner.run(segments.members(segment, limit, cursor))

    async def count(self, segment: str) -> int:
        """How many customers belong to a segment.

        Raises:
            InvalidInput: the configuration has no such segment.
        """
        return await self._runner.run(segments.count_members(segment))

    async def explain(self, customer: CustomerId, segment: str, *, viewer: Viewer | None = None) -> SegmentExplanation:
        """Why a customer belongs to a segment now, or does not: each test with its outcome and the value seen.

        Personal values are shown only to a ``viewer`` who may see them.

        Raises:
            NotFound: this desk has no such customer.
            InvalidInput: the configuration has no such segment.
        """
        return await self._runner.run(segments.explain_segment(customer, segment, viewer))
