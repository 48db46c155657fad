"""Running a command about authority: see, ask whether the actor may, decide, commit; again if somebody was faster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from csdesk.domain.authority import excepting, granting, settling
from csdesk.domain.authority.deciding import Case, Ruling, can_approve, decide, fits_step, is_approver
from csdesk.domain.authority.settling import Wish
from csdesk.domain.core.erasing import is_erased
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import TicketId
from csdesk.domain.policy.authority_book import AuthorityBook
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import ExceptionState, Settlement
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Trace
from csdesk.errors import IllegalTransition, InvalidInput, NotOffered
from csdesk.flows.authority.matters import Matter, settlement_in, ticket_in, wished_on
from csdesk.flows.authority.seeing import LOADS, Sight, see
from csdesk.flows.authority.serving import facts_of
from csdesk.flows.permission import require
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


@dataclass(frozen=True, slots=True)
class _Run:
    """One attempt."""

    work: Workspace
    sight: Sight
    id: str
    scope: Scope

    @property
    def book(self) -> AuthorityBook:
        return self.work.policy.authority

    @property
    def case(self) -> Case:
        assert self.sight.case is not None, "something is to be given"
        return self.sight.case

    @property
    def matter(self) -> Matter:
        assert self.sight.matter is not None, "something is to be given"
        return self.sight.matter

    def ticket_of(self, one: Settlement) -> TicketId | None:
        """The ticket whose timeline tells of a settlement; None: it has none, or nothing may happen there any more."""
        if one.ticket is None:
            return None
        ticket = ticket_in(self.sight.loaded.snapshot, one.ticket)
        return None if is_erased(self.work, ticket) else ticket.id


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
    main = _decided(_Run(work, sight, run, scope), command)
    trace = work.end(main)
    changes = work.changes()
    if not dry_run:
        yield from steps.commit(changes)
    return _ran(work, main, run, command, trace, changes.entries)


def _ran(
    work: Workspace, main: str, run: str, command: cmd.AuthorityCommand, trace: Trace, entries: tuple[ev.Entry, ...]
) -> Ran:
    settlement = work.find(run) or work.find(getattr(command, "settlement", ""))
    ticket, agent = work.find(main), work.find(main)
    return Ran(
        id=run,
        settlement=settlement if isinstance(settlement, Settlement) else None,
        ticket=ticket if isinstance(ticket, Ticket) else None,
        agent=agent if isinstance(agent, Agent) else None,
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
    return Ran(
        id=owner,
        duplicate=duplicate,
        settlement=next(iter(found.settlements.values()), None),
        ticket=ticket_in(found, tickets[0]) if tickets else None,
        agent=found.agents.get(agents[0]) if agents else None,
    )


def _decided(run: _Run, command: cmd.AuthorityCommand) -> str:  # noqa: C901, PLR0911  a line for each kind
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
            ticket = _live(work, ticket_in(work.snapshot, command.ticket), command.kind)
            excepting.ask(work, ticket, command)
            return ticket.id
        case cmd.AnswerException():
            return _answer_exception(run, command)
        case cmd.AnswerAlternative():
            return _take_alternative(run, command)


def _live(work: Workspace, ticket: Ticket, kind: str) -> Ticket:
    if is_erased(work, ticket):
        raise IllegalTransition(ticket.id, "erased", kind)
    return ticket


def _check_parties(run: _Run, kind: str) -> TicketId | None:
    """Refuse to give anything to who was erased."""
    matter = run.matter
    if matter.customer.erasure is not None:
        raise IllegalTransition(matter.customer.id, "erased", kind)
    return _live(run.work, matter.ticket, kind).id if matter.ticket is not None else None


def _ruled(run: _Run) -> Ruling:
    ruling = decide(run.book, run.case)
    run.work.tell(*ruling.decision.trace.verdicts)
    return ruling


# Settling and asking


def _settle(run: _Run, command: cmd.SettleAmount) -> str:
    ticket = _check_parties(run, command.kind)
    ruling = _ruled(run)
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


def _ask(run: _Run, ruling: Ruling, wish: Wish, command: cmd.SettleAmount | None) -> None:
    """Ask the approvers of the decision, or the one who is named.

    Raises:
        OutsideAuthority: nobody's limits suffice.
        InvalidInput: who is named cannot approve it.
    """
    by = ruling.decision.by
    if by is None:
        settling.check_allowed(ruling)
        raise AssertionError("what is allowed is not asked for")
    step, within = by.step, by.within
    to = command.to if command is not None else None
    if to is not None:
        step, within = _step_of(run, run.work.agent(to))
    if command is not None and command.within is not None:
        within = command.within
    settling.begin(run.work, run.id, run.case, wish)
    settling.ask(run.work, run.id, step, run.scope.now + within, to)
    settling.note(run.work, run.id, wish.ticket, wish.by)


def _step_of(run: _Run, agent: Agent) -> tuple[int, timedelta]:
    """The first step at which an agent may approve the case."""
    if agent.retired or not can_approve(run.book, run.case, agent):
        raise InvalidInput("to", "cannot approve it", "choose somebody else whose limits suffice, or leave it out")
    for step, policy in enumerate(run.case.action.approvers, start=1):
        if fits_step(run.case, policy, agent):
            return step, policy.within
    raise InvalidInput("to", "is no approver of this action", "choose one of its approvers, or leave it out")


def _serve(run: _Run, command: cmd.ServeSelf) -> str:
    ticket = _check_parties(run, command.kind)
    service = run.book.service(command.service)
    if not run.book.fits(service, facts_of(run.work.policy, run.matter, command.facts, run.scope.now)):
        raise NotOffered(service.name, run.matter.customer.id)
    ruling = _ruled(run)
    wish = Wish(ticket=ticket, customer=run.matter.customer.id, by=command.actor, service=service.name)
    if ruling.decision.outcome == "needs_approval" and service.otherwise == "request":
        _ask(run, ruling, wish, None)
        return run.id
    settling.check_allowed(ruling)
    settling.begin(run.work, run.id, run.case, wish)
    settling.settle(run.work, run.id, run.case, ruling, ticket)
    return run.id


# Answering


def _answer(run: _Run, command: cmd.AnswerApproval) -> str:
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
    ticket = _check_parties(run, command.kind)
    _check_asked(run, one, agent)
    settling.settle(work, one.id, run.case, _ruled(run), ticket)
    settling.asked_no_more(work, one.id)
    return one.id


def _check_asked(run: _Run, one: Settlement, agent: Agent) -> None:
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


def _withdraw(run: _Run, command: cmd.WithdrawApproval) -> str:
    one = settlement_in(run.work.snapshot, command.settlement)
    settling.check_open(one)
    run.work.emit(one.id, ev.ApprovalWithdrawn(answer=command.reason))
    settling.asked_no_more(run.work, one.id)
    settling.note(run.work, one.id, run.ticket_of(one), command.actor)
    return one.id


# Exceptions


def _answer_exception(run: _Run, command: cmd.AnswerException) -> str:
    ticket = _live(run.work, wished_on(run.work.snapshot, command.ticket), command.kind)
    one = excepting.one_of(ticket, command.number, ExceptionState.ASKED)
    made: str | None = None
    if command.alternative is not None:
        run.book.alternative(command.alternative)
        if run.sight.case is not None:
            settling.check_allowed(_ruled(run))  # what cannot be kept is not offered
    elif run.sight.case is not None:
        made = _given_for(run, command, one.number, None)
    excepting.answer(run.work, ticket.id, one, command, made)
    return ticket.id


def _take_alternative(run: _Run, command: cmd.AnswerAlternative) -> str:
    ticket = _live(run.work, wished_on(run.work.snapshot, command.ticket), command.kind)
    one = excepting.one_of(ticket, command.number, ExceptionState.OFFERED)
    made: str | None = None
    if run.sight.case is not None:
        made = _given_for(run, command, one.number, one.alternative)
    excepting.take(run.work, ticket.id, one, accepted=command.accepted, settlement=made)
    return ticket.id


def _given_for(
    run: _Run,
    command: cmd.AnswerException | cmd.AnswerAlternative,
    number: int,
    alternative: str | None,
) -> str:
    """Settle what was granted, or what the customer took instead."""
    at = _check_parties(run, command.kind)
    ruling = _ruled(run)
    settling.check_allowed(ruling)
    wish = Wish(
        ticket=at,
        customer=run.matter.customer.id,
        by=run.matter.actor,
        reason=command.reason if isinstance(command, cmd.AnswerException) else "",
        exception=number,
        alternative=alternative,
    )
    settling.begin(run.work, run.id, run.case, wish)
    settling.settle(run.work, run.id, run.case, ruling, at)
    return run.id
