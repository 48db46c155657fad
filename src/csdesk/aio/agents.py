"""``desk.agents``, as coroutines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from csdesk.aio._groups import Group
from csdesk.domain.ids import AgentId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent, Presence, Skill
from csdesk.domain.records.changes import AgentGroup
from csdesk.flows import results
from csdesk.flows.reading import known_names, lists, staffing
from csdesk.flows.reading.checks import several
from csdesk.flows.reading.lists import AgentLoad, filters
from csdesk.flows.reading.staffing import Availability
from csdesk.flows.routing import syncing
from csdesk.flows.routing.syncing import StaffSync
from csdesk.ports.store import Page, Query


class Agents(Group):
    """The people who answer."""

    async def add(  # noqa: PLR0913  one for each thing to know of an agent
        self,
        name: str,
        *,
        queues: Sequence[str] = (),
        skills: Sequence[Skill] = (),
        languages: Sequence[str] = (),
        grade: int = 1,
        capacity: int = 10,
        weight: int = 1,
        shift: str = "",
        sites: Sequence[str] = (),
        presence: Presence = Presence.ONLINE,
        roles: Sequence[str] = (),
        lead: str = "",
        external_id: str = "",
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Agent:
        """Add an agent: grade 1 to 9, capacity in units of work at once (0 to 1 000 000).

        ``weight`` (1 to 100) is the share of work in queues that go by weight; ``shift`` names the calendar of the
        agent's working time, empty: the hours of the queue; ``sites`` are those that the agent works for, empty: all.
        ``roles`` and ``lead`` (who leads the team) are what the configuration's authority asks for; by ``external_id``,
        what your staff system calls the agent, ``find`` finds the agent again.

        Raises:
            InvalidInput: a value is out of its range, a name is not in the configuration, or another agent has the
                ``external_id``.
        """
        return await self._do(
            cmd.SaveAgent(
                name=name,
                queues=several(queues, "queues"),
                skills=several(skills, "skills"),
                languages=several(languages, "languages"),
                grade=grade,
                capacity=capacity,
                weight=weight,
                shift=shift,
                sites=several(sites, "sites"),
                presence=presence,
                roles=several(roles, "roles"),
                lead=lead,
                external_id=external_id or None,
                actor=actor or Actor.system(),
                idempotency_key=idempotency_key,
            )
        )

    async def change(
        self,
        agent: AgentId,
        *,
        name: str | None = None,
        queues: Sequence[str] | None = None,
        skills: Sequence[Skill] | None = None,
        languages: Sequence[str] | None = None,
        grade: int | None = None,
        capacity: int | None = None,
        weight: int | None = None,
        shift: str | None = None,
        sites: Sequence[str] | None = None,
        retired: bool | None = None,
        actor: Actor | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Agent:
        """Change an agent; None leaves a value as it is, an empty ``shift`` takes the shift away."""
        return await self._do(
            cmd.SaveAgent(
                agent=agent,
                name=name,
                queues=None if queues is None else several(queues, "queues"),
                skills=None if skills is None else several(skills, "skills"),
                languages=None if languages is None else several(languages, "languages"),
                grade=grade,
                capacity=capacity,
                weight=weight,
                shift=shift,
                sites=None if sites is None else several(sites, "sites"),
                retired=retired,
                actor=actor or Actor.system(),
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def set_presence(self, agent: AgentId, presence: Presence, *, actor: Actor | None = None) -> Agent:
        """Let an agent come or go; only those online are given work automatically."""
        return await self._do(cmd.SaveAgent(agent=agent, presence=presence, actor=actor or Actor.agent(agent)))

    async def set_skills(self, agent: AgentId, skills: Sequence[Skill], *, actor: Actor | None = None) -> Agent:
        """Let an agent have these skills and no others."""
        given = several(skills, "skills")
        return await self._do(cmd.SaveAgent(agent=agent, skills=given, actor=actor or Actor.system()))

    async def set_roles(
        self, agent: AgentId, roles: Sequence[str], *, lead: str | None = None, actor: Actor | None = None
    ) -> Agent:
        """Let an agent have these roles and no others; ``lead`` names who leads the team (empty: nobody).

        Roles and leads are what the configuration's authority asks for; None leaves the lead as it is.

        Raises:
            InvalidInput: the agent would lead the own team.
        """
        given = several(roles, "roles")
        return await self._do(cmd.SaveAgent(agent=agent, roles=given, lead=lead, actor=actor or Actor.system()))

    async def set_shift(self, agent: AgentId, shift: str, *, actor: Actor | None = None) -> Agent:
        """Let an agent work by a calendar of the configuration; empty: by the hours of the queue.

        Raises:
            InvalidInput: the configuration has no such calendar.
        """
        return await self._do(cmd.SaveAgent(agent=agent, shift=shift, actor=actor or Actor.system()))

    async def available(self, *, queue: str | None = None, ticket: TicketId | None = None) -> tuple[Availability, ...]:
        """Who of a queue could be given work now, or that ticket; of everybody else why not. All agents are looked at.

        The best comes first: with a ticket, the one that routing would choose if it were the ticket's turn.

        Raises:
            InvalidInput: give one of ``queue`` and ``ticket``; or there is no such queue.
        """
        return await self._runner.run(staffing.available(queue, ticket))

    async def groups(self, queue: str | None = None) -> tuple[AgentGroup, ...]:
        """How many agents of each kind belong to each queue, whether they take work now or not; without the retired.

        Raises:
            InvalidInput: the configuration has no such queue, and nobody is left in it.
        """
        return await self._runner.run(staffing.groups(queue))

    async def get(self, agent: AgentId) -> AgentLoad:
        """The agent of that id, with the present load.

        Raises:
            NotFound: this desk has none.
        """
        return await self._runner.run(lists.get_agent(agent))

    async def set_external_id(self, agent: AgentId, external_id: str, *, actor: Actor | None = None) -> Agent:
        """Say what your staff system calls an agent, who follows it from the next ``sync`` on; empty: no longer.

        Raises:
            InvalidInput: another agent is called so.
        """
        return await self._do(cmd.SaveAgent(agent=agent, external_id=external_id, actor=actor or Actor.system()))

    async def find(self, external_id: str) -> Agent | None:
        """The agent whom your staff system calls so; None: it is nobody here."""
        return await self._runner.run(syncing.find(external_id))

    async def sync(
        self,
        *,
        departments: Mapping[str, Sequence[str]] | None = None,
        retire_at_most: int | None = None,
        dry_run: bool = False,
        within: timedelta = syncing.WITHIN,
        actor: Actor | None = None,
    ) -> StaffSync:
        """Let the agents be those of your staff system; whoever has no ``external_id`` stays as they are.

        Who is new is added, offline; who changed is changed; who is gone or not active retires, so that their work
        goes to others; who is back works again. The desk keeps what the list does not say: skills, shifts, roles,
        limits.

        Args:
            departments: the queues of each department of the list; None: departments say nothing.
            retire_at_most: how many may retire at once; None: half of those who follow the list, rounded down.
            dry_run: True: nothing is stored, and any number may retire in the result.
            within: how long the staff system has.
            actor: None: the system.

        Raises:
            BusinessUnavailable: it failed, was late, broke its contract, or told nobody; nothing was changed.
            InvalidInput: too many would retire, and nothing was changed; or there is no such queue.
            UnsupportedFeature: the desk was opened without a staff system (``business``).
        """
        return await self._runner.run(syncing.sync(departments, retire_at_most, within, actor, dry_run=dry_run))

    async def list(
        self,
        *,
        queue: str | None = None,
        presence: Presence | None = None,
        retired: bool | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Agent]:
        """A page of agents, in the order in which they were added.

        Raises:
            InvalidInput: the configuration has no such queue, and nobody is left in it.
        """
        where = filters(queue=queue, presence=presence, retired=retired)
        return await self._runner.run(
            known_names.listed(Agent, Query(kind="agent", where=where, limit=limit, after=cursor))
        )

    async def _do(self, command: cmd.Command) -> Agent:
        return results.agent_of(await self._runner.execute(command))
