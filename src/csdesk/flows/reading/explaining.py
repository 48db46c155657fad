"""Why a rule fired or did not: the moment of a message or command again, seen by the rules of the present policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from csdesk._nearest import nearest
from csdesk.domain.core.hindsight import Then, customer_then, is_first, ticket_then, timed_then
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.walking import rules_in
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import AuthorKind, Automatic, Direction, Message
from csdesk.domain.records.trace import Outcome, Trace, Verdict, verdict
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.language import RulePolicy, RuleSetPolicy
from csdesk.domain.rules.why import Looking, Reason, reason
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput, NotFound
from csdesk.flows.inbound.reading import MOST_READ
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import entries_of, everything, get_ticket, person, read
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleExplanation:
    """Why a rule fired for one cause, or did not.

    ``fired`` is what the trace of then says; ``holds`` is how the condition comes out for that moment under the policy
    of now (None: something was erased or never kept, and all hangs on it). If the two differ, the policy has changed or
    an ``obstacle`` stood before the rule.
    """

    rule: str
    ticket: str
    cause: str
    """The message or command that is looked at."""
    at: datetime
    fired: bool
    holds: bool | None
    obstacles: tuple[str, ...] = ()
    """Codes of what kept the rule from being tried: see ``why.*`` in the catalogue."""
    stopped_by: str = ""
    """The earlier rule that let this one not be tried; empty: none did."""
    policy_changed: bool = False
    """Was another configuration active then?"""
    condition: Reason | None = None
    """The tests of the rule, each with its outcome and the value seen; None: it has no condition."""

    @property
    def because(self) -> tuple[Reason, ...]:
        """The tests that kept it from firing: those that would have to come out otherwise."""
        return tuple(self.condition.to_blame()) if self.condition is not None else ()

    @property
    def trace(self) -> Trace:
        """The same as verdicts, for ``csdesk.render``."""
        head = verdict("why.fired" if self.fired else "why.not_fired", _outcome(self.fired), rule=self.rule)
        below: list[Verdict] = [verdict(f"why.{code}", Outcome.REMOVED) for code in self.obstacles]
        if self.stopped_by:
            below.append(verdict("why.stopped", Outcome.REMOVED, by=self.stopped_by))
        if self.policy_changed:
            below.append(verdict("why.policy_changed", Outcome.NOTED))
        below.append(
            self.condition.verdict() if self.condition is not None else verdict("why.no_condition", Outcome.PASSED)
        )
        return Trace(verdicts=(head, *below))


def _outcome(holds: bool) -> Outcome:
    return Outcome.CHOSEN if holds else Outcome.REMOVED


def explain_rule(ticket_id: str, rule: str, cause: str | None, viewer: Viewer | None) -> Flow[RuleExplanation]:
    """See ``desk.tickets.explain_rule``."""
    checks.an_id(rule, "rule")
    if cause is not None:
        checks.an_id(cause, "cause")
    personal = checks.may_see_personal(viewer)
    ticket = yield from get_ticket(ticket_id)
    loaded = yield from read(Needs(tickets=(ticket.id,), parties=True))
    policy = loaded.policy
    set_, wanted = _rule(policy, rule)
    stream = yield from entries_of(ticket.id)
    messages = yield from everything(Message, Query(kind="message", where=(("ticket", str(ticket.id)),), limit=1000))
    then = _moment(wanted, cause, stream, messages)
    chosen = then.entry.cause
    customer = person(loaded.snapshot, ticket.identity)
    told = yield from entries_of(customer.id)
    known = customer_then(told, then.entry) or customer
    message = next((one for one in messages if one.id == chosen), None)
    facts = _facts(then, message, known, policy, new_customer=is_first(told, chosen))
    looking = Looking(
        facts,
        {"message": chosen, "ticket": ticket.id, "customer": customer.id},
        personal=personal,
        erased=ticket.erased_at is not None or (message is not None and not message.parts),
        declared=policy.declared,
    )
    found = reason(wanted.when, looking) if wanted.when is not None else None
    holds = found is None or found.holds
    return RuleExplanation(
        rule=rule,
        ticket=ticket.id,
        cause=chosen,
        at=then.entry.at,
        fired=rule in then.fired,
        holds=holds,
        obstacles=tuple(_obstacles(set_, wanted, message, then)),
        stopped_by=_stopper(policy, facts, wanted, message) if holds and wanted.timer is None else "",
        policy_changed=then.entry.epochs.config != loaded.snapshot.epochs.config,
        condition=found,
    )


def _moment(rule: RulePolicy, cause: str | None, stream: tuple[ev.Entry, ...], messages: tuple[Message, ...]) -> Then:
    """When the rule was tried: at the instant it waited for, or at the cause."""
    if rule.timer is not None:
        then = timed_then(stream, rule.name)
        if then is None:
            raise InvalidInput("rule", "has not been due on this ticket yet", "ask again when its time has come")
        return then
    chosen = cause if cause is not None else _latest(rule, stream, messages)
    then = ticket_then(stream, chosen)
    if then is None:
        raise NotFound("cause", chosen)
    return then


def _rule(policy: Policy, name: str) -> tuple[RuleSetPolicy | None, RulePolicy]:
    for rule, path in rules_in(policy.config):
        if rule.name == name:
            sets = (
                [one.rule_set for one in policy.config.scenarios] if path[0] == "scenarios" else policy.config.rule_sets
            )
            return next((one for one in sets if one is not None and one.name == path[1] and len(path) > 2), None), rule
    raise NotFound("rule", name, remedy=nearest(name, (rule.name for rule, _ in rules_in(policy.config))))


def _latest(rule: RulePolicy, stream: tuple[ev.Entry, ...], messages: tuple[Message, ...]) -> str:
    """The last message of a customer; for a rule on changes alone, the last command."""
    said = {one.id for one in messages if one.direction is Direction.IN}
    on_message = "message" in rule.on
    causes = [entry.cause for entry in stream if (entry.cause in said) is on_message]
    if not causes:
        raise InvalidInput("cause", "the ticket has none for this rule", "pass the id of a message or command")
    return causes[-1]


def _facts(then: Then, message: Message | None, customer: Customer, policy: Policy, *, new_customer: bool) -> Facts:
    zone, now = policy.zone, then.entry.at
    inbound = _as_it_came(message, customer) if message is not None and message.direction is Direction.IN else None
    new_ticket = then.before is None and not then.timed
    before = None if then.before is None or then.timed else Facts(None, "", then.before, customer, now=now, zone=zone)
    return Facts(
        inbound,
        fold(inbound.text[:MOST_READ]) if inbound is not None else "",
        then.ticket,
        customer,
        new_ticket=new_ticket,
        new_customer=new_customer,
        now=now,
        zone=zone,
        before=before,
        actor=then.entry.actor,
        calendars=policy.service.times,
        origin=message.origin if message is not None else None,
    )


def _as_it_came(message: Message, customer: Customer) -> InboundMessage:
    identity = customer.identity(message.identity or "")
    return InboundMessage(
        account=message.account,
        dedupe_key=message.id,
        conversation=message.id,  # erased ones have lost theirs, and no condition asks for it
        sender=Sender(kind=identity.kind if identity is not None else "external", external_id=message.id),
        subject=message.subject,
        parts=message.parts,
        sent_at=message.sent_at,
        author="customer" if message.author is AuthorKind.CUSTOMER else "elsewhere",
        automatic=message.automatic,
    )


def _obstacles(set_: RuleSetPolicy | None, rule: RulePolicy, message: Message | None, then: Then) -> list[str]:
    found: list[str] = []
    if not rule.enabled or (set_ is not None and not set_.enabled):
        found.append("disabled")
    if not rule.is_active(then.entry.at) or (set_ is not None and not set_.is_active(then.entry.at)):
        found.append("not_active")
    if rule.timer is None and ("message" if message is not None else "change") not in rule.on:
        found.append("not_on")
    if message is not None and (message.author is not AuthorKind.CUSTOMER or message.automatic is not Automatic.NO):
        found.append("not_human")
    return found


def _stopper(policy: Policy, facts: Facts, rule: RulePolicy, message: Message | None) -> str:
    """The earlier rule of its set that fires and stops; empty if none does."""
    fired = policy.rules.evaluate(facts, "message" if message is not None else "change").fired
    own = next((set_ for set_, one in policy.rules.plan if one.name == rule.name), None)
    if own is None or rule.name in fired:
        return ""
    for set_, one in takewhile(lambda earlier: earlier[1].name != rule.name, policy.rules.plan):
        if set_ is own and one.name in fired and (one.stop or set_.mode == "first"):
            return one.name
    return ""
