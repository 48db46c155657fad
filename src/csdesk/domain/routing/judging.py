"""Judging every agent by itself: the long way round. It explains, and it checks what the index gives at once."""

from __future__ import annotations

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.routing.profiles import key_of
from csdesk.domain.routing.roster import lacking
from csdesk.domain.routing.search import Search, Stage


def reason_why_not(agent: Agent, load: int, search: Search, stage: Stage) -> str:
    """The first reason of ``judged``; ``full`` only if there is no other, and empty if there is none."""
    return next((str(one.param("reason")) for one in judged(agent, load, search, stage)), "")


def judged(agent: Agent, load: int, search: Search, stage: Stage) -> tuple[Verdict, ...]:
    """Everything for which an agent cannot be given a ticket in a stage; empty: the agent can."""
    told: list[Verdict] = []
    if agent.retired:
        told.append(_because("retired"))
    elif not agent.takes_work:
        told.append(_because("absent" if agent.is_absent else "presence", agent.presence.value))
    if stage.queue not in agent.queues:
        told.append(_because("elsewhere", stage.queue))
    lack = lacking(key_of(agent), search.demands, stage.off, search.room)
    if lack is not None:
        told.append(_because(*lack))
    if agent.id in search.asked:
        told.append(_because("asked"))
    if search.room <= agent.capacity < load + search.room:
        told.append(_because("full", f"{load}/{agent.capacity}"))
    return tuple(told)


def _because(reason: str, what: str = "") -> Verdict:
    return verdict("route.not_now", Outcome.REMOVED, reason=reason, what=what)
