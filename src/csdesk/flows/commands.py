"""Running a command: load what it touches, ask whether the actor may, decide, commit.

A command's claim makes it run once. Its owner is the id of what the command makes (or the command's own id), fixed
before the first attempt: when a commit's outcome was unknown, the claim tells on the next attempt that it succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, get_args

from csdesk._sentence import is_a
from csdesk.domain.core import staff
from csdesk.domain.core.macros import permits_of, withheld
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AGENT, ASSET, COMMAND, CUSTOMER, MESSAGE, PHRASE, SETTLEMENT, TICKET, MessageId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Entry
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Trace
from csdesk.errors import InvalidInput
from csdesk.flows import queues
from csdesk.flows.authority.matters import DECIDING
from csdesk.flows.authority.running import run_command
from csdesk.flows.deciding import decide
from csdesk.flows.gathering import gather
from csdesk.flows.needing import command_needs
from csdesk.flows.permission import refuse, require
from csdesk.flows.reading.lists import caused_by, trace_in
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.ids import IdSource
from csdesk.ports.steps import Flow, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did: the records it changed or made, as they stand after it."""

    id: str
    """What the command made (a message, an agent, a phrase), or the command's own id."""
    duplicate: bool = False
    """True if the command had run before under the same idempotency key; nothing was done now."""
    ticket: Ticket | None = None
    new_ticket: Ticket | None = None
    """The ticket that a split made."""
    customer: Customer | None = None
    message: Message | None = None
    agent: Agent | None = None
    phrase: LibraryPhrase | None = None
    asset: Asset | None = None
    holidays: PublicHolidays | None = None
    settlement: Settlement | None = None
    """What was given, asked for, answered or taken back."""
    trace: Trace = Trace()
    entries: tuple[Entry, ...] = ()
    """What happened, record by record; empty for a duplicate."""
    dry_run: bool = False
    """True if nothing of it was stored: the records are as they would be."""


_COMMANDS: tuple[type, ...] = get_args(get_args(cmd.Command)[0])


def result_id(command: cmd.Command, ids: IdSource) -> str:  # noqa: PLR0911  a line for each kind
    """The id of what the command will make, taken before the first attempt."""
    if isinstance(command, cmd.SendReply | cmd.AddNote | cmd.TransferTicket):
        return ids.new(MESSAGE)
    if isinstance(command, cmd.SplitTicket):
        return ids.new(TICKET)
    if isinstance(command, DECIDING):
        return ids.new(SETTLEMENT)
    if isinstance(command, cmd.UnlinkIdentity):
        return ids.new(CUSTOMER)
    if isinstance(command, cmd.SaveAgent) and command.agent is None:
        return ids.new(AGENT)
    if isinstance(command, cmd.SavePhrase | cmd.SaveAsset) and command.id is None:
        known, prefix = (command.phrase, PHRASE) if isinstance(command, cmd.SavePhrase) else (command.asset, ASSET)
        return ids.new(prefix if known is None else COMMAND)
    return ids.new(COMMAND)


def execute(command: cmd.Command, run: str, *, dry_run: bool = False) -> Flow[Done]:
    """Run a command once; ``run`` is its ``result_id``. With ``dry_run`` nothing is stored."""
    if not isinstance(command, _COMMANDS):
        raise InvalidInput("command", is_a(command), "pass a command of csdesk.commands")
    if isinstance(command, cmd.SettleParked):
        yield from queues.discard(command, run)
        return Done(id=run)
    if isinstance(command, cmd.RetryOutbound):
        owner = yield from queues.retry_outbound(command, run)
        return Done(id=owner, duplicate=owner != run)
    if isinstance(command, cmd.AuthorityCommand):
        ran = yield from run_command(command, run, dry_run=dry_run)
        return Done(
            id=ran.id,
            duplicate=ran.duplicate,
            ticket=ran.ticket,
            agent=ran.agent,
            settlement=ran.settlement,
            trace=ran.trace,
            entries=ran.entries,
            dry_run=dry_run,
        )
    return (yield from retried(lambda scope: _attempt(command, run, scope, dry_run=dry_run), loads=3))


def _attempt(command: cmd.Command, run: str, scope: Scope, *, dry_run: bool) -> Flow[Done]:
    key = scope.keys.command(_own_key(command) or run)
    needs = command_needs(command, scope)
    needs = needs._replace(claims=(key, *needs.claims))
    if scope.policy.rules.has("change") and needs.tickets:
        rules = scope.policy.rules
        needs = needs._replace(agents=(*needs.agents, *rules.agents), phrases=(*needs.phrases, *rules.phrases))
    loaded = yield from steps.load(needs)
    owner = loaded.snapshot.claims.get(key)
    if owner is not None:
        return (yield from _earlier(command, owner, scope, duplicate=owner != run))
    loaded, past = yield from gather(command, loaded, needs, scope)
    work = workspace(loaded, scope, past=past)
    work.begin(run, command.actor)
    yield from require(work, command.actor, command.kind, _subject(command))
    if isinstance(command, cmd.MergeTickets):
        yield from require(work, command.actor, command.kind, command.into)
    if isinstance(command, cmd.RunMacro):
        for permit in permits_of(work.policy, command):
            yield from require(work, command.actor, permit, command.ticket)
        denied = withheld(work, command)
        if denied is not None:
            yield from refuse(work, denied, command.ticket)
    work.claim(key, run, keep=loaded.policy.config.retention.command_claims)
    main = decide(work, command, run)
    trace = work.end(main)
    changes = work.changes()
    if not dry_run:
        yield from steps.commit(changes)
    return replace(_done(work, main, run, trace), entries=changes.entries, dry_run=dry_run)


def _own_key(command: cmd.Command) -> str | None:
    """The caller's key, apart from the same key of another kind of command or for another record."""
    if command.idempotency_key is None:
        return None
    return _key_of(command.kind, _subject(command), command.idempotency_key)


def _key_of(kind: str, subject: str, idempotency_key: str) -> str:
    return f"{kind} {subject} {idempotency_key}"


def earlier_reply(ticket: TicketId, idempotency_key: str) -> Flow[Done | None]:
    """The reply that was stored under that key, as it stands now; None: none was, so its words may be worked out."""
    scope = yield from steps.attempt(0)
    kind: str = cmd.SendReply.model_fields["kind"].default
    key = scope.keys.command(_key_of(kind, ticket, idempotency_key))
    owner = (yield from steps.load(Needs(claims=(key,)))).snapshot.claims.get(key)
    if owner is None:
        return None
    message = MessageId(owner)
    found = (yield from steps.load(Needs(tickets=(ticket,), messages=(message,), parties=True))).snapshot
    return Done(id=owner, duplicate=True, ticket=found.tickets.get(ticket), message=found.messages.get(message))


_DESKS_OWN: Final[Mapping[type, tuple[str, ...]]] = {
    cmd.SavePhrase: ("phrase",),
    cmd.RetireArticle: ("article",),
    cmd.SaveAsset: ("asset",),
}


def _subject(command: cmd.Command) -> str:
    names = ("ticket", "customer", "identity", "agent", *_DESKS_OWN.get(type(command), ()))
    for name in names:
        value = getattr(command, name, None)
        if isinstance(value, str):
            return value
    return ev.DESK


def _earlier(command: cmd.Command, owner: str, scope: Scope, *, duplicate: bool) -> Flow[Done]:
    """The outcome of the run that owns the claim, with the records as they stand now."""
    kinds = {MESSAGE: "messages", TICKET: "tickets", AGENT: "agents", PHRASE: "phrases", ASSET: "assets"}
    made = kinds.get(owner[: len(MESSAGE)])
    wanted: dict[str, tuple[str, ...]] = {made: (owner,)} if made is not None else {}
    if isinstance(command, cmd.SavePhrase) and command.id is not None:
        wanted["phrases"] = (command.id,)
    if isinstance(command, cmd.SaveAsset) and command.id is not None:
        wanted["assets"] = (command.id,)
    for name in ("ticket", "customer", "agent", "phrase", "asset"):
        value = getattr(command, name, None)
        if isinstance(value, str) and (name != "phrase" or isinstance(command, cmd.SavePhrase)):
            wanted[f"{name}s"] = (*wanted.get(f"{name}s", ()), value)
    if isinstance(command, cmd.UnlinkIdentity):
        wanted["identities"] = (command.identity,)
    if isinstance(command, cmd.AddCustomer):
        wanted["claims"] = command_needs(command, scope).claims
    if isinstance(command, cmd.SaveHolidays):
        wanted["holidays"] = (staff.holidays_id(scope.keys, command.place),)
    loaded = yield from steps.load(Needs(parties=True, **wanted))  # type: ignore[arg-type]
    found = loaded.snapshot
    entries = () if duplicate else (yield from caused_by(owner))
    home = next(iter(found.homes.values()), None) if isinstance(command, cmd.AddCustomer | cmd.UnlinkIdentity) else None
    return Done(
        id=owner,
        duplicate=duplicate,
        ticket=found.tickets.get(getattr(command, "ticket", "")),
        new_ticket=found.tickets.get(owner),
        customer=found.customers.get(home or str(getattr(command, "customer", ""))),
        message=found.messages.get(owner),
        agent=next(iter(found.agents.values()), None) if isinstance(command, cmd.SaveAgent) else None,
        phrase=next(iter(found.phrases.values()), None),
        asset=next(iter(found.assets.values()), None),
        holidays=next(iter(found.holidays.values()), None),
        trace=trace_in(entries),
        entries=entries,
    )


def _done(work: Workspace, main: str, run: str, trace: Trace) -> Done:
    record, made = work.find(main), work.find(run)
    return Done(
        id=run,
        ticket=record if isinstance(record, Ticket) else None,
        new_ticket=made if isinstance(made, Ticket) else None,
        customer=record if isinstance(record, Customer) else None,
        message=made if isinstance(made, Message) else None,
        agent=record if isinstance(record, Agent) else None,
        phrase=record if isinstance(record, LibraryPhrase) else None,
        asset=record if isinstance(record, Asset) else None,
        holidays=record if isinstance(record, PublicHolidays) else None,
        trace=trace,
    )
