"""Running a command about authority: see, ask whether the actor may, decide, commit; again if somebody was faster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from csdesk.domain.authority import excepting, granting, settling
from csdesk.domain.authority.deciding import Ruling, can_approve, fits_step, is_approver
from csdesk.domain.authority.settling import Wish
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import Needs, Snapshot
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Trace
from csdesk.errors import InvalidInput, NotOffered
from csdesk.flows.authority import wishes
from csdesk.flows.authority.attempts import Attempt, check_parties, live, ruled
from csdesk.flows.authority.matters import settlement_in, ticket_in
from csdesk.flows.authority.seeing import LOADS, see
from csdesk.flows.authority.serving import facts_of
from csdesk.flows.permission import require
from csdesk.flows.reading.lists import caused_by, trace_in
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did: the records that it changed or made, as they stand after it."""

    id: str
    duplicate: bool = False
    settlement: Settlement | None = None
    ticket: Ticket | None = None
    agent: Agent | None = None
    trace: Trace = Trace()
    entries: tuple[ev.Entry, ...] = ()


def run_command(command: cmd.AuthorityCommand, run: str, *, dry_run: bool = False) -> Flow[Ran]:
    """Run a command once; ``run`` is the id of the settlement that it may make, fixed before the first attempt.

    Raises:
        OutsideAuthority: it is beyond what the actor may give.
        NotOffered: it is no self-service for this customer now.
        InvalidInput: it cannot be done; names the field.
        Denied: the access policy refuses; the refusal is recorded.
        NotFound: this desk has no such record.
    """
    return (yield from retried(lambda scope: _attempt(command, run, scope, dry_run=dry_run), loads=LOADS))


def subject_of(command: cmd.AuthorityCommand) -> str:
    """The record that a command names; its idempotency key belongs to it."""
    for name in ("settlement", "ticket", "customer", "agent"):
        value = getattr(command, name, None)
        if isinstance(value, str):
            return value
    return ev.DESK


def _attempt(command: cmd.AuthorityCommand, run: str, scope: Scope, *, dry_run: bool) -> Flow[Ran]:
    own = command.idempotency_key
    key = scope.keys.command(run if own is None else f"{command.kind} {subject_of(command)} {own}")
    sight = yield from see(command, key, scope)
    owner = sight.loaded.snapshot.claims.get(key)
    if owner is not None:
        return (yield from _earlier(command, owner, duplicate=owner != run))
    work = workspace(sight.loaded, scope)
    work.begin(run, command.actor)
    yield from require(work, command.actor, command.kind, subject_of(command))
    work.claim(key, run, keep=sight.loaded.policy.config.retention.command_claims)
    main = _decided(Attempt(work, sight, run, scope), command)
    trace = work.end(main)
    changes = work.changes()
    if not dry_run:
        yield from steps.commit(changes)
    return _ran(work, main, run, command, trace, changes.entries)


def _ran(
    work: Workspace, main: str, run: str, command: cmd.AuthorityCommand, trace: Trace, entries: tuple[ev.Entry, ...]
) -> Ran:
    settlement = work.find(run) or work.find(getattr(command, "settlement", ""))
    record = work.find(main)
    named: str | None = getattr(command, "ticket", None)
    if named is not None and not isinstance(record, Ticket):
        record = work.find(ticket_in(work.snapshot, named).id)
    return Ran(
        id=run,
        settlement=settlement if isinstance(settlement, Settlement) else None,
        ticket=record if isinstance(record, Ticket) else None,
        agent=record if isinstance(record, Agent) else None,
        trace=trace,
        entries=entries,
    )


def _earlier(command: cmd.AuthorityCommand, owner: str, *, duplicate: bool) -> Flow[Ran]:
    """What the run that owns the claim made, as it stands now."""
    settlements = (owner, *((command.settlement,) if hasattr(command, "settlement") else ()))
    tickets: tuple[str, ...] = tuple(filter(None, (getattr(command, "ticket", None),)))
    agents: tuple[str, ...] = tuple(filter(None, (getattr(command, "agent", None),)))
    loaded = yield from steps.load(Needs(settlements=settlements, tickets=tickets, agents=agents))
    found = loaded.snapshot
    entries = () if duplicate else (yield from caused_by(owner))
    return Ran(
        id=owner,
        duplicate=duplicate,
        settlement=next(iter(found.settlements.values()), None),
        ticket=_answered_on(found, command, tickets[0]) if tickets else None,
        agent=found.agents.get(agents[0]) if agents else None,
        trace=trace_in(entries),
        entries=entries,
    )


def _answered_on(found: Snapshot, command: cmd.AuthorityCommand, named: str) -> Ticket:
    """The ticket that the command changed: a wish is answered where it stands, though that ticket was merged."""
    ticket = found.tickets.get(named)
    if isinstance(command, cmd.AnswerException | cmd.AnswerAlternative) and ticket is not None and ticket.exceptions:
        return ticket
    return ticket_in(found, named)


def _decided(run: Attempt, command: cmd.AuthorityCommand) -> str:  # noqa: C901, PLR0911  a line for each kind
    """Decide; the id of the record that the trace belongs to."""
    work = run.work
    match command:
        case cmd.SettleAmount():
            return _settle(run, command)
        case cmd.ServeSelf():
            return _serve(run, command)
        case cmd.AnswerApproval():
            return _answer(run, command)
        case cmd.WithdrawApproval():
            return _withdraw(run, command)
        case cmd.ReverseSettlement():
            one = settlement_in(work.snapshot, command.settlement)
            settling.reverse(work, one, command.reason, run.ticket_of(one), command.actor)
            return one.id
        case cmd.ResolveCarrying():
            one = settlement_in(work.snapshot, command.settlement)
            given = {"done": command.done, "reference": command.reference}
            settling.resolve(work, one, **given, ticket=run.ticket_of(one), by=command.actor)  # type: ignore[arg-type]
            return one.id
        case cmd.GrantAuthority():
            granting.grant(work, command)
            return command.agent
        case cmd.RevokeAuthority():
            granting.revoke(work, command, run.scope.now)
            return command.agent
        case cmd.AskException():
            ticket = live(work, ticket_in(work.snapshot, command.ticket), command.kind)
            excepting.ask(work, ticket, command)
            return ticket.id
        case cmd.AnswerException():
            return wishes.answer_exception(run, command)
        case cmd.AnswerAlternative():
            return wishes.take_alternative(run, command)


# Settling and asking


def _settle(run: Attempt, command: cmd.SettleAmount) -> str:
    ticket = check_parties(run, command.kind)
    ruling = ruled(run)
    wish = Wish(
        ticket=ticket,
        customer=run.matter.customer.id,
        by=command.actor,
        reason=command.reason,
        brief=command.brief,
    )
    if ruling.decision.is_allowed and command.ask == "always":
        raise InvalidInput("amount", "is inside the limits", "settle it: desk.authority.settle")
    if ruling.decision.is_allowed or command.ask == "never":
        settling.check_allowed(ruling)
        settling.begin(run.work, run.id, run.case, wish)
        settling.settle(run.work, run.id, run.case, ruling, ticket)
    else:
        _ask(run, ruling, wish, command)
    return run.id


def _ask(run: Attempt, ruling: Ruling, wish: Wish, command: cmd.SettleAmount | None) -> None:
    """Ask the approvers of the decision, or the one who is named.

    Raises:
        OutsideAuthority: nobody's limits suffice.
        InvalidInput: who is named cannot approve it.
    """
    by, to = ruling.decision.by, command.to if command is not None else None
    is_barred = ruling.decision.trace.find("authority.never") is not None
    if to is not None and not is_barred:
        step, within = _step_of(run, run.work.agent(to))  # whose own limits may go beyond those of the step
    elif by is not None:
        step, within = by.step, by.within
    else:
        settling.check_allowed(ruling)
        raise AssertionError("what is allowed is not asked for")
    if command is not None and command.within is not None:
        within = command.within
    settling.begin(run.work, run.id, run.case, wish)
    settling.ask(run.work, run.id, step, run.scope.now + within, to)
    settling.note(run.work, run.id, wish.ticket, wish.by)


def _step_of(run: Attempt, agent: Agent) -> tuple[int, timedelta]:
    """The first step at which an agent may approve the case."""
    if agent.retired or not can_approve(run.book, run.case, agent):
        raise InvalidInput("to", "cannot approve it", "choose somebody else whose limits suffice, or leave it out")
    for step, policy in enumerate(run.case.action.approvers, start=1):
        if fits_step(run.case, policy, agent):
            return step, policy.within
    raise InvalidInput("to", "is no approver of this action", "choose one of its approvers, or leave it out")


def _serve(run: Attempt, command: cmd.ServeSelf) -> str:
    ticket = check_parties(run, command.kind)
    service = run.book.service(command.service)
    if not run.book.fits(service, facts_of(run.work.policy, run.matter, command.facts, run.scope.now)):
        raise NotOffered(service.name, run.matter.customer.id)
    ruling = ruled(run)
    wish = Wish(ticket=ticket, customer=run.matter.customer.id, by=command.actor, service=service.name)
    if ruling.decision.outcome == "needs_approval" and service.otherwise == "request":
        _ask(run, ruling, wish, None)
        return run.id
    settling.check_allowed(ruling)
    settling.begin(run.work, run.id, run.case, wish)
    settling.settle(run.work, run.id, run.case, ruling, ticket)
    return run.id


# Answering


def _answer(run: Attempt, command: cmd.AnswerApproval) -> str:
    work = run.work
    one = settlement_in(work.snapshot, command.settlement)
    settling.check_open(one)
    if command.actor.kind is not ActorKind.AGENT:
        raise InvalidInput("actor", "is no agent", "an approver is a person: pass actor=Actor.agent(...)")
    agent = work.agent(command.actor.id)
    if one.agent == agent.id:
        raise InvalidInput("actor", "asked for it", "nobody approves what they asked for")
    if agent.retired:
        raise InvalidInput("actor", "has retired", "choose an agent who still works here")
    if not command.approved:
        _check_asked(run, one, agent)
        work.emit(one.id, ev.ApprovalRefused(by=str(command.actor), answer=command.answer))
        settling.asked_no_more(work, one.id)
        settling.note(work, one.id, run.ticket_of(one), command.actor)
        return one.id
    ticket = check_parties(run, command.kind)
    _check_asked(run, one, agent)
    settling.settle(work, one.id, run.case, ruled(run), ticket)
    settling.asked_no_more(work, one.id)
    return one.id


def _check_asked(run: Attempt, one: Settlement, agent: Agent) -> None:
    """Refuse answers of who was not asked. Somebody of a later step may go ahead of those who were.

    Raises:
        InvalidInput: the agent is none of the approvers.
    """
    asking, action = one.asking, run.book.action(one.action)
    assert asking is not None, "it is open"
    if asking.to == agent.id:
        return
    asker = run.work.find(one.agent) if one.agent is not None else None
    for step, policy in enumerate(action.approvers, start=1):
        is_turn = step > asking.step or (step == asking.step and asking.to is None)
        if is_turn and is_approver(policy, agent, asker if isinstance(asker, Agent) else None):
            return
    raise InvalidInput("actor", "was not asked", "the action's approvers answer: desk.authority.inbox")


def _withdraw(run: Attempt, command: cmd.WithdrawApproval) -> str:
    one = settlement_in(run.work.snapshot, command.settlement)
    settling.check_open(one)
    run.work.emit(one.id, ev.ApprovalWithdrawn(answer=command.reason))
    settling.asked_no_more(run.work, one.id)
    settling.note(run.work, one.id, run.ticket_of(one), command.actor)
    return one.id
