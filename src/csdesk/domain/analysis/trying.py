"""Trying a witness: the rules at work on it, as they would be on a real message or change."""

from __future__ import annotations

from itertools import count

from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.core.acting import Acting
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.ruling import Ruled, apply_rules, go_on
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Snapshot
from csdesk.domain.rules.facts import Facts


class _Ids:
    """Ids that count: a try is thrown away."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self, prefix: str) -> str:
        """The next id."""
        return f"{prefix}try{next(self._numbers):023}"

    def salt(self) -> str:
        """Any salt will do."""
        return "0" * 16


def bench(policy: Policy, witness: Witness) -> Workspace:
    """A workspace that holds a witness, and nothing else."""
    agents = {name: Agent(id=AgentId(name), name=name, created_at=witness.now) for name in policy.rules.agents}
    snapshot = Snapshot(
        tickets={witness.ticket.id: witness.ticket},
        customers={witness.customer.id: witness.customer},
        homes={witness.ticket.identity: witness.customer.id},
        agents=agents,
    )
    return Workspace(snapshot, policy, ClaimKeys(b"try"), witness.now, _Ids())


def both_act(policy: Policy, witness: Witness, first: int, second: int) -> bool:
    """True if of two timed rules that are due at that moment the second one acts after the first has."""
    work, facts = bench(policy, witness), witness.facts()
    work.begin("try", Actor.system())
    acting = Acting(work=work, ticket=witness.ticket.id, allowance="try")
    go_on(acting, facts, policy.rules.evaluate_one(first, facts), policy.config.rule_budget)
    after = Facts(
        None,
        "",
        work.ticket(witness.ticket.id),
        work.customer(witness.customer.id),
        now=witness.now,
        zone=witness.zone,
        actor=witness.actor,
        calendars=witness.calendars,
    )
    return bool(policy.rules.evaluate_one(second, after).fired)


def tried(policy: Policy, witness: Witness, number: int = -1) -> Ruled:
    """What the rules of a policy do at that moment, all rounds of it; ``number`` is the rule whose time has come."""
    work = bench(policy, witness)
    work.begin("try", witness.actor or Actor.system())
    acting = Acting(
        work=work,
        ticket=witness.ticket.id,
        new_ticket=witness.new_ticket,
        allowance="try" if witness.on != "change" else None,
    )
    facts = witness.facts()
    if witness.on == "time" and number >= 0:
        return go_on(acting, facts, policy.rules.evaluate_one(number, facts), policy.config.rule_budget)
    return apply_rules(acting, facts, witness.on)
