"""Macros: the actions of rules, run by a person with one command. All of them happen, or none."""

from __future__ import annotations

from csdesk.domain.core.acting import Acting
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.rules.actions import NAMING, PERMITS, Action, SendPhrase
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import Facts
from csdesk.errors import Denied, InvalidInput, sentence


def run_macro(work: Workspace, ticket: Ticket, command: cmd.RunMacro, _: str) -> None:
    """Let the actions of a macro happen to a ticket.

    Raises:
        NotFound: the configuration has no such macro.
        UsageError: the macro is not for this ticket, or an action is not possible.
    """
    macro = work.policy.macro(command.macro)
    customer = work.person(ticket.identity)
    if customer is not None:
        facts = Facts(
            None,
            "",
            ticket,
            customer,
            now=work.time_of(ticket.id),
            zone=work.policy.zone,
            actor=command.actor,
            calendars=work.policy.service.times,
        )
        if not list(Conditions([macro.when], work.policy.declared).holding(facts)):
            raise InvalidInput(
                "macro",
                sentence("{name!r} is not for this ticket", name=macro.name),
                "see its condition, or use another",
            )
    acting = Acting(work=work, ticket=ticket.id, by=macro.name, person=command.actor)
    for action in macro.then:
        acting.carry_out(action)
    work.tell(*acting.verdicts)


def withheld(work: Workspace, command: cmd.RunMacro) -> Denied | None:
    """Why the actor may not run the macro: it is for certain agents or queues, and not for them; None: it is."""
    macro = work.policy.macro(command.macro)
    if not macro.agents and not macro.queues:
        return None
    known = work.find(command.actor.id) if command.actor.kind is ActorKind.AGENT else None
    works_there = isinstance(known, Agent) and not {*known.queues}.isdisjoint(macro.queues)
    if works_there or (known is not None and command.actor.id in macro.agents):
        return None
    return Denied(str(command.actor), command.kind, "for_others")


def permits_of(policy: Policy, command: cmd.RunMacro) -> tuple[str, ...]:
    """The commands that the actor must be allowed, each once.

    Raises:
        NotFound: the configuration has no such macro.
    """
    return tuple(dict.fromkeys(PERMITS[type(action)] for action in policy.macro(command.macro).then))


def agents_of(policy: Policy, command: cmd.RunMacro) -> tuple[str, ...]:
    """The agents to whom a macro gives tickets, and the one who runs it, where it matters who that is."""
    actions = _actions(policy, command.macro)
    found = {AgentId(one.agent) for one in actions if isinstance(one, NAMING) and one.agent is not None}
    is_for_some = any(one.agents or one.queues for one in policy.config.macros if one.name == command.macro)
    if command.actor.kind is ActorKind.AGENT and (is_for_some or phrases_of(policy, command.macro)):
        found.add(AgentId(command.actor.id))
    return tuple(sorted(found))


def phrases_of(policy: Policy, name: str) -> tuple[str, ...]:
    """The phrases that a macro sends; none if there is no such macro."""
    return tuple(sorted({action.phrase for action in _actions(policy, name) if isinstance(action, SendPhrase)}))


def _actions(policy: Policy, name: str) -> list[Action]:
    return [action for one in policy.config.macros if one.name == name for action in one.then]
