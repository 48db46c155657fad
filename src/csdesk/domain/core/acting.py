"""Carrying out the actions of rules and macros. Pure: events are laid into the workspace.

The same list of actions has two ways to fail. A rule that wants what is not possible leaves the ticket alone and says
so in the trace; what a person wants by a macro raises, so that nothing of the macro happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from csdesk.domain.core.casework import flagging, goals, leases, promises, sites, tagging, tickets, transfers
from csdesk.domain.core.casework.tickets import MOVES
from csdesk.domain.core.conversation import reception
from csdesk.domain.core.conversation.outbound import add_note
from csdesk.domain.core.conversation.speaking import filled_in, note_use, speak, template_of, utterance
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, AgentId, MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import Scalar
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.commands import HandBack, StartClock, TransferTicket
from csdesk.domain.records.customers import Attribute, Customer
from csdesk.domain.records.messages import Part, Purpose, TextPart
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Category, Move, Ticket
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.rules import actions as act
from csdesk.domain.sla.clocks import live
from csdesk.errors import BotBarred, IllegalTransition, InvalidInput


@dataclass(slots=True, kw_only=True)
class Acting:
    """Who acts, on which ticket, and what came of it."""

    work: Workspace
    ticket: str
    by: str = ""
    """The name of the rule or macro whose actions are carried out."""
    person: Actor | None = None
    """Who runs the macro; None: rules act."""
    new_ticket: bool = False
    allowance: str | None = None
    """The counter of automatic answers to this sender today; None: rules may not answer here."""
    silent: bool = False
    """Becomes true if no automatic answer is wanted any more."""
    verdicts: list[Verdict] = field(default_factory=list)
    """What was not possible, and alerts."""

    @property
    def name(self) -> str:
        """Who acts, as ``kind:id``."""
        return str(self.person) if self.person is not None else f"rule:{self.by}"

    @property
    def subject(self) -> Ticket:
        """The ticket as it stands now."""
        return self.work.ticket(self.ticket)

    @property
    def customer(self) -> Customer | None:
        """The customer behind the ticket as it stands now."""
        return self.work.person(self.subject.identity)

    def carry_out(self, action: act.Action) -> None:
        """Let an action happen.

        Raises:
            UsageError: it is not possible, and a person wants it.
        """
        try:
            _ACTS[type(action)](self, action)
        except InvalidInput as error:
            if self.person is not None:
                raise
            self.verdicts.append(
                verdict(
                    "rules.impossible", Outcome.REMOVED, rule=self.by, action=action.do, problem=error.params["problem"]
                )
            )


def _set(acting: Acting, name: str, value: Scalar) -> None:
    tickets.set_field(acting.work, acting.subject, name, value)


def _set_type(acting: Acting, action: act.SetType) -> None:
    _set(acting, "type", action.type)
    kind = acting.work.policy.type(action.type)
    if acting.new_ticket:
        if kind.queue is not None:
            _set(acting, "queue", kind.queue)
        if kind.priority is not None:
            _set(acting, "priority", kind.priority)


def _set_site(acting: Acting, action: act.SetSite) -> None:
    sites.place(acting.work, acting.subject, action.site)


def _move(acting: Acting, wanted: Category, name: str, *, reopens: bool = False, span: timedelta | None = None) -> None:
    ticket, work = acting.subject, acting.work
    is_finished = ticket.category in (Category.RESOLVED, Category.CLOSED)
    move = Move.REOPEN if reopens and is_finished else MOVES.get(wanted)
    try:
        if move is None or (wanted is Category.SNOOZED and span is None):  # nobody says until when
            raise IllegalTransition(ticket.id, ticket.category.value, name)
        until = work.time_of(ticket.id) + span if span is not None else None
        tickets.change_status(work, ticket, move, status=name, until=until)
    except IllegalTransition:
        if acting.person is not None:
            raise
        acting.verdicts.append(verdict("rules.illegal", Outcome.REMOVED, status=name, category=ticket.category.value))


def _set_status(acting: Acting, action: act.SetStatus) -> None:
    category, name = acting.work.policy.status(action.status)
    _move(acting, category, name, reopens=category is Category.OPEN and acting.person is not None)


def _snooze(acting: Acting, action: act.Snooze) -> None:
    _move(acting, Category.SNOOZED, "snoozed", span=action.span)


def _reopen(acting: Acting, _: act.Reopen) -> None:
    if not acting.subject.is_live:
        _move(acting, Category.OPEN, "open", reopens=True)


def _close(acting: Acting, action: act.Close) -> None:
    if acting.subject.is_live or acting.person is not None:
        tickets.change_status(acting.work, acting.subject, Move.CLOSE, reason=action.reason)


def _assign(acting: Acting, action: act.Assign) -> None:
    agent = acting.work.find(action.agent)
    if not _works(agent):
        raise InvalidInput("agent", "is unknown or has retired", "choose an agent who works here")
    if not acting.subject.is_live:
        raise InvalidInput("agent", "the ticket is finished", "reopen it first")
    acting.work.loads_shifted = True
    reception.take_from_bot(acting.work, acting.subject, "assigned")
    tickets.assign(acting.work, acting.subject, action.agent, reason=acting.by)


def _unassign(acting: Acting, _: act.Unassign) -> None:
    tickets.assign(acting.work, acting.subject, None, reason=acting.by)


def _transfer(acting: Acting, action: act.Transfer) -> None:
    ticket, work = acting.subject, acting.work
    if acting.person is None:
        if not ticket.is_live or ticket.offer is not None or _is_there(ticket, action):
            return  # finished, asked already, or where it is to go
        if action.agent is not None and not _works(work.find(action.agent)):
            raise InvalidInput("agent", "is unknown or has retired", "choose an agent who works here")
    work.loads_shifted = True
    actor = acting.person if acting.person is not None else Actor.rule(acting.by)
    wanted = TransferTicket(
        ticket=ticket.id,
        queue=action.queue,
        agent=AgentId(action.agent) if action.agent is not None else None,
        department=action.department,
        reason=action.reason,
        brief=action.brief,
        fields=tuple((one.name, one.text) for one in action.fields),
        within=action.within,
        actor=actor,
    )
    transfers.transfer(work, ticket, wanted, work.ids.new(MESSAGE))


def _is_there(ticket: Ticket, action: act.Transfer) -> bool:
    if action.asks:
        return ticket.worker is not None and ticket.worker.id in (action.agent, action.department)
    return ticket.queue == action.queue


def _works(found: object) -> bool:
    return isinstance(found, Agent) and not found.retired


def _hand_off(acting: Acting, action: act.HandOff) -> None:
    ticket, work = acting.subject, acting.work
    bot = work.policy.reception.bot_of(ticket.queue)
    if not (leases.is_with_bot(ticket) or _awaits_bot(ticket, bot)) or not ticket.is_live:
        if acting.person is not None:
            raise InvalidInput("hand_off", "no bot has the ticket", "assign or transfer it")
        return  # people have it, which is what is wanted
    reception.hand_off(
        work, ticket, action.reason, message=ticket.customer_message, brief=action.brief, text=action.text
    )


def _awaits_bot(ticket: Ticket, bot: object) -> bool:
    """True if a bot would take the ticket up with the customer's next message, or with this one."""
    over = ticket.reception is not None and ticket.reception.is_over
    return bot is not None and not over and ticket.worker is None and ticket.offer is None


def _hand_back(acting: Acting, action: act.HandBack) -> None:
    ticket = acting.subject
    if acting.person is None and (leases.is_with_bot(ticket) or not ticket.is_live):
        return
    actor = acting.person if acting.person is not None else Actor.rule(acting.by)
    wanted = HandBack(ticket=ticket.id, queue=action.queue, actor=actor)
    try:
        reception.hand_back(acting.work, ticket, wanted, "")
    except BotBarred:
        if acting.person is not None:
            raise
        raise InvalidInput("hand_back", "no bot receives there", "use a queue with a bot, and a type for it") from None


def _source(acting: Acting) -> TagSource:
    return TagSource.HAND if acting.person is not None else TagSource.RULE


def _add_tags(acting: Acting, action: act.AddTags) -> None:
    tickets.tag(acting.work, acting.subject, action.tags, _source(acting))


def _untag(acting: Acting, is_wanted: Callable[[str], bool]) -> None:
    names = [tag.name for tag in acting.subject.tags if is_wanted(tag.name)]
    tickets.untag(acting.work, acting.subject, *names, source=_source(acting))


def _remove_tags(acting: Acting, action: act.RemoveTags) -> None:
    _untag(acting, lambda name: name in action.tags)


def _set_tags(acting: Acting, action: act.SetTags) -> None:
    _untag(acting, lambda name: name not in action.tags)
    tickets.tag(acting.work, acting.subject, action.tags, _source(acting))


def _tag_customer(acting: Acting, action: act.TagCustomer) -> None:
    customer = acting.customer
    if customer is not None:
        acting.verdicts.extend(tagging.tag_customer(acting.work, customer, action.tags, _source(acting)))


def _untag_customer(acting: Acting, action: act.UntagCustomer) -> None:
    customer = acting.customer
    if customer is not None:
        tagging.untag_customer(acting.work, customer, action.tags, _source(acting))


def _flag_customer(acting: Acting, action: act.FlagCustomer) -> None:
    customer = acting.customer
    if customer is not None:
        _flag(acting, customer, action)


def _lift_flag(acting: Acting, action: act.LiftFlag) -> None:
    customer = acting.customer
    if customer is not None:
        flagging.lift(acting.work, customer, action.flag)


def _flag_ticket(acting: Acting, action: act.FlagTicket) -> None:
    if _flag(acting, acting.subject, action):
        tickets.match_again(acting.work, acting.subject, "ticket.flags")


def _lift_ticket_flag(acting: Acting, action: act.LiftTicketFlag) -> None:
    if flagging.lift(acting.work, acting.subject, action.flag):
        tickets.match_again(acting.work, acting.subject, "ticket.flags")


def _flag(acting: Acting, record: Ticket | Customer, action: act.FlagTicket | act.FlagCustomer) -> bool:
    return flagging.flag_once(acting.work, record, action.flag, reason=action.reason, span=action.span, by=acting.name)


def _set_goal(acting: Acting, action: act.SetGoal) -> None:
    if acting.subject.category is Category.MERGED:
        raise InvalidInput("set_goal", "the ticket was merged", "set it on its survivor")
    if acting.person is not None or not goals.was_reached(acting.subject, action.goal, acting.work.now):
        goals.aim(acting.work, acting.subject, action.goal, action.span, by=acting.name)


def _place_customer(acting: Acting, action: act.PlaceCustomer) -> None:
    customer = acting.customer
    given = {"level": action.level, "stage": action.stage, "language": action.language}
    if customer is not None:
        placed = {name: one for name, one in given.items() if one is not None and one != getattr(customer, name)}
        if placed:
            acting.work.emit(customer.id, ev.CustomerPlaced.model_validate(placed))


def _set_customer_field(acting: Acting, action: act.SetCustomerField) -> None:
    customer, name = acting.customer, action.name.removeprefix("x.")
    if customer is None:
        return
    known = customer.attribute(name)
    if (known.value if known is not None else None) != action.value:
        value = Attribute(name=name, value=action.value, source="rule", at=acting.work.now)
        acting.work.emit(customer.id, ev.AttributesSet(attributes=(value,)))


def _block(acting: Acting, action: act.BlockCustomer) -> None:
    customer = acting.customer
    if customer is not None and customer.block is None:
        until = acting.work.now + action.span if action.span is not None else None
        acting.work.emit(customer.id, ev.CustomerBlocked(reason=action.reason, until=until))


def _note(acting: Acting, action: act.Note) -> None:
    parts = (TextPart(text=action.text),)
    add_note(acting.work, acting.subject, utterance(acting.work, acting.by, acting.person, parts))


def _promise(acting: Acting, action: act.Promise) -> None:
    ticket = acting.subject
    if acting.person is None and any(clock.name == action.name for clock in live(ticket, Metric.PROMISE)):
        return
    if not ticket.is_live and acting.person is None:
        raise InvalidInput("promise", "the ticket is finished", "reopen it first")
    wanted = StartClock(
        ticket=ticket.id,
        metric=Metric.PROMISE,
        name=action.name,
        within=action.within,
        calendar=action.calendar,
        warn=action.warn,
    )
    promises.start_clock(acting.work, ticket, wanted, "")


def _speak(acting: Acting, parts: tuple[Part, ...], purpose: Purpose) -> MessageId:
    said = utterance(acting.work, acting.by, acting.person, parts, purpose)
    speak(acting.work, acting.subject, said, allowance=acting.allowance, by_rule=acting.person is None)
    acting.silent = True
    return said.id


def _reply(acting: Acting, action: act.Reply) -> None:
    _speak(acting, (TextPart(text=action.text),), action.purpose)


def _send_phrase(acting: Acting, action: act.SendPhrase) -> None:
    phrase, text = filled_in(acting.work, acting.subject, action.phrase, acting.person)
    message = _speak(acting, (TextPart(text=text),), action.purpose)
    note_use(acting.work, acting.subject, phrase, message, by_rule=acting.person is None)


def _send_template(acting: Acting, action: act.SendTemplate) -> None:
    _speak(acting, (template_of(acting.work, acting.subject, action),), action.purpose)


def _no_auto_reply(acting: Acting, _: act.NoAutoReply) -> None:
    acting.silent = True


def _alert(acting: Acting, action: act.Alert) -> None:
    acting.work.emit(acting.ticket, ev.AlertRaised(name=action.name, rule=acting.by))
    acting.verdicts.append(verdict("rules.alert", Outcome.NOTED, alert=action.name, rule=acting.by))


def _notify(acting: Acting, action: act.Notify) -> None:
    ticket = acting.subject
    to = {"assignee": ticket.assignee or ticket.queue, "queue": ticket.queue}.get(action.to, action.to)
    acting.work.emit(ticket.id, ev.ActionRequested(what="notify", name=action.name, to=to, by=acting.by))


def _call(acting: Acting, action: act.Call) -> None:
    acting.work.emit(acting.ticket, ev.ActionRequested(what="call", name=action.name, by=acting.by))


# ``Any``: each function takes the action of its own row; the table is private to ``carry_out`` and walked by a test.
_ACTS: Final[dict[type, Callable[[Acting, Any], None]]] = {
    act.SetPriority: lambda acting, action: _set(acting, "priority", action.priority),
    act.SetType: _set_type,
    act.SetQueue: lambda acting, action: _set(acting, "queue", action.queue),
    act.SetSite: _set_site,
    act.SetStatus: _set_status,
    act.SetField: lambda acting, action: _set(acting, action.name, action.value),
    act.SetLanguage: lambda acting, action: _set(acting, "language", action.language),
    act.AddTags: _add_tags,
    act.RemoveTags: _remove_tags,
    act.SetTags: _set_tags,
    act.Assign: _assign,
    act.Unassign: _unassign,
    act.Transfer: _transfer,
    act.HandOff: _hand_off,
    act.HandBack: _hand_back,
    act.Snooze: _snooze,
    act.Resolve: lambda acting, _: _move(acting, Category.RESOLVED, "resolved"),
    act.Reopen: _reopen,
    act.Close: _close,
    act.TagCustomer: _tag_customer,
    act.UntagCustomer: _untag_customer,
    act.FlagCustomer: _flag_customer,
    act.LiftFlag: _lift_flag,
    act.FlagTicket: _flag_ticket,
    act.LiftTicketFlag: _lift_ticket_flag,
    act.SetGoal: _set_goal,
    act.PlaceCustomer: _place_customer,
    act.SetCustomerField: _set_customer_field,
    act.BlockCustomer: _block,
    act.Note: _note,
    act.Reply: _reply,
    act.SendPhrase: _send_phrase,
    act.SendTemplate: _send_template,
    act.Promise: _promise,
    act.NoAutoReply: _no_auto_reply,
    act.Alert: _alert,
    act.Notify: _notify,
    act.Call: _call,
}
