"""``desk.config``, as coroutines."""

from __future__ import annotations

from csdesk.aio._groups import Group
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ConfigRow
from csdesk.flows import policies
from csdesk.flows.reading import lists
from csdesk.ports.store import Page, Query


class Config(Group):
    """The policy in force. From an activation on, no process commits a decision made under another one."""

    async def get(self) -> DeskConfig:
        """The active configuration.

        Raises:
            ConfigUnreadable: this release cannot use it; its text stands in ``history``.
        """
        return await self._runner.run(policies.active())

    async def activate(self, config: DeskConfig, *, actor: Actor | None = None) -> bool:
        """Make a configuration the active one; False if it was already.

        Raises:
            Denied: the actor may not.
            ConfigUnreadable: this release cannot use the active one, and so cannot tell whether the actor may; without
                an actor (the system) it is replaced.
        """
        return await self._runner.run(policies.activate(config, actor or Actor.system(), self._runner.command_id()))

    async def history(self, *, limit: int = 50, cursor: str | None = None) -> Page[ConfigRow]:
        """Every configuration that was ever active, the latest activation first."""
        query = Query(kind="config", order="activated_at", descending=True, limit=limit, after=cursor)
        return await self._runner.run(lists.page_of(ConfigRow, query))
