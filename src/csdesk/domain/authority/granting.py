"""Grants: an agent's limits raised for a while, by somebody who has as much. Pure."""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.authority.deciding import who_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.authority_book import AuthorityBook, Limits
from csdesk.domain.policy.authority_book import smallest as in_unit
from csdesk.domain.policy.sections.authority import ActionPolicy
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import AuthorityGrant, Period, PeriodAmount
from csdesk.domain.records.money import shown, smallest
from csdesk.errors import InvalidInput, OutsideAuthority, sentence


def grant(work: Workspace, command: cmd.GrantAuthority) -> AuthorityGrant:
    """Raise an agent's limits for a while.

    Raises:
        InvalidInput: nothing to raise, an end that has passed, or the actor is no agent or the agent.
        OutsideAuthority: the actor has less than that.
    """
    book = work.policy.authority
    action = book.action(command.action)
    taker = work.agent(command.agent)
    if command.until <= work.now:
        raise InvalidInput("until", "lies in the past", "pass an instant after now")
    if command.actor.kind is not ActorKind.AGENT:
        raise InvalidInput("actor", "is no agent", "authority is granted by an agent who has it: by=Actor.agent(...)")
    if command.actor.id == taker.id:
        raise InvalidInput("actor", "is the agent", "nobody grants to themselves")
    if taker.retired:
        raise InvalidInput("agent", "has retired", "choose an agent who still works here")
    own = _limits(book, action, taker)
    if own is None or own.never:
        problem = sentence("has no limit of {action} to raise", action=action.name)
        raise InvalidInput("agent", problem, "give one in the configuration")
    made = AuthorityGrant(
        number=max((one.number for one in taker.grants), default=0) + 1,
        action=action.name,
        limit=smallest(command.limit, action.digits, "limit"),
        periods=_periods(command, action),
        since=work.now,
        until=command.until,
        by=str(command.actor),
    )
    _check_has_it(work, book, action, command, made)
    event = ev.AuthorityGranted(
        grant=made, action=action.name, until=made.until, by=made.by, reason=command.reason.strip()
    )
    work.emit(taker.id, event)
    return made


def _periods(command: cmd.GrantAuthority, action: ActionPolicy) -> tuple[PeriodAmount, ...]:
    if len({period for period, _ in command.periods}) < len(command.periods):
        raise InvalidInput("periods", "a period stands twice", "give each period once")
    return tuple(
        PeriodAmount(period=period, amount=smallest(amount, action.digits, f"periods.{period}"))
        for period, amount in command.periods
    )


def _limits(book: AuthorityBook, action: ActionPolicy, agent: Agent) -> Limits | None:
    return book.limits(action.name, who_of(Actor.agent(agent.id), agent))


def _check_has_it(
    work: Workspace, book: AuthorityBook, action: ActionPolicy, command: cmd.GrantAuthority, made: AuthorityGrant
) -> None:
    """What the configuration gives the giver counts, not what was granted to them: raises do not breed raises."""
    giver = _limits(book, action, work.agent(command.actor.id))
    has = giver is not None and not giver.never and (giver.per_case is None or giver.per_case >= made.limit)
    over_time: dict[Period, int] = dict(giver.per_agent) if giver is not None else {}
    has = has and all(one.period not in over_time or over_time[one.period] >= one.amount for one in made.periods)
    cap = action.cap_per_case
    has = has and (cap is None or made.limit <= in_unit(cap, action.digits))
    if not has:
        amount = f"{shown(made.limit, action.digits):f} {action.unit}"
        raise OutsideAuthority(str(command.actor), action.name, amount, outcome="forbidden")


def revoke(work: Workspace, command: cmd.RevokeAuthority, now: datetime) -> None:
    """Take a raise back.

    Raises:
        InvalidInput: the agent has no such raise (any more).
    """
    agent = work.agent(command.agent)
    held = [one.number for one in agent.grants if one.until > now]
    if command.number not in held:
        problem = sentence("no grant {number} is in force", number=command.number)
        remedy = sentence("in force: {numbers}", numbers=tuple(map(str, held)))
        raise InvalidInput("number", problem, remedy if held else "none is in force")
    work.emit(agent.id, ev.AuthorityRevoked(number=command.number, reason=command.reason))
