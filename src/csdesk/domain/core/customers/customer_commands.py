"""What each command does to its customer. Pure: events are laid into the workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from csdesk.domain.core.casework import flagging
from csdesk.domain.core.casework.tagging import check_wish, sync_tags, tag_customer, untag_customer
from csdesk.domain.core.customers.customer_links import merge_customers, unmerge_customers
from csdesk.domain.core.customers.identity import known_identity, link_identity
from csdesk.domain.core.customers.profiling import filled
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.customers import Attribute, Customer
from csdesk.domain.records.tags import TagSource
from csdesk.errors import InvalidInput, sentence


def _set_profile(work: Workspace, customer: Customer, command: cmd.SetProfile) -> None:
    if command.dedicated_agent:
        _check_dedicated(work, command.dedicated_agent)
    if command.name is not None and command.name != customer.name:
        work.emit(customer.id, ev.CustomerNamed(name=command.name))
    placed = {
        name: value
        for name in ("level", "stage", "language", "dedicated_agent")
        if (value := getattr(command, name)) is not None and value != getattr(customer, name)
    }
    if placed:
        work.emit(customer.id, ev.CustomerPlaced(**placed))
    if command.attributes:
        values = tuple(
            Attribute(name=name, value=value, source=command.source, at=work.now, confidence=command.confidence)
            for name, value in command.attributes
        )
        work.emit(customer.id, ev.AttributesSet(attributes=values))


def _fill_profile(work: Workspace, customer: Customer, command: cmd.FillProfile) -> None:
    values = filled(customer, command.values, work.now)
    if values:
        work.emit(customer.id, ev.AttributesSet(attributes=values))


def _check_dedicated(work: Workspace, agent: str) -> None:
    known = work.find(agent)
    if not isinstance(known, Agent):
        raise InvalidInput(
            "dedicated_agent", sentence("no agent {agent!r}", agent=agent), "pass the id of one: desk.agents.list()"
        )
    if known.retired:
        raise InvalidInput("dedicated_agent", "has retired", "choose an agent who still works here")


def _tag(work: Workspace, customer: Customer, command: cmd.TagCustomer) -> None:
    names = (*command.add, *command.remove)
    check_wish(command.actor, names, command.source, work.now, command.expires_at)
    told = tag_customer(work, customer, command.add, command.source, expires_at=command.expires_at)
    untag_customer(work, work.customer(customer.id), command.remove, command.source)
    work.tell(*told)


def _sync(work: Workspace, customer: Customer, command: cmd.SyncTags) -> None:
    check_wish(command.actor, (), TagSource.SYNC, work.now)
    sync_tags(work, customer, command.namespace, command.tags)


_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Of what customers did: an earlier instant is a mistake, and some have no day in the zone of the desk."""


def _record(work: Workspace, customer: Customer, command: cmd.RecordAct) -> None:
    at = command.at or work.now
    if at > work.now:
        raise InvalidInput("at", "lies in the future", "record what happened when it has happened")
    if at < _EARLIEST:
        raise InvalidInput("at", "lies before 1970", "pass when it happened")
    event = ev.CustomerActed(
        did=command.did,
        at=at,
        day=work.policy.day_of(at),
        amount=command.amount,
        reference=command.reference,
        product=command.product,
    )
    work.emit(customer.id, event)


def _link(work: Workspace, customer: Customer, command: cmd.LinkIdentity) -> None:
    known = known_identity(work, command.identity)
    if known is None:
        link_identity(work, customer, command.identity)
        return
    holder = work.person(known)
    if holder is None or holder.id != customer.id:
        raise InvalidInput("identity", "belongs to another customer", "merge the two customers instead")


def _block(work: Workspace, customer: Customer, command: cmd.BlockCustomer) -> None:
    if not command.blocked:
        if customer.block is not None:
            work.emit(customer.id, ev.CustomerUnblocked())
        return
    if command.until is not None and command.until <= work.now:
        raise InvalidInput("until", "lies in the past", "pass an instant after now, or nothing to block for good")
    work.emit(customer.id, ev.CustomerBlocked(reason=command.reason, until=command.until))


# ``Any``: each function takes the command of its own row; the table is private to ``run`` and walked by a test.
_RUNS: Final[dict[type, Callable[[Workspace, Customer, Any], None]]] = {
    cmd.SetProfile: _set_profile,
    cmd.FillProfile: _fill_profile,
    cmd.TagCustomer: _tag,
    cmd.SyncTags: _sync,
    cmd.FlagCustomer: flagging.flag,
    cmd.RecordAct: _record,
    cmd.LinkIdentity: _link,
    cmd.MergeCustomers: merge_customers,
    cmd.UnmergeCustomers: unmerge_customers,
    cmd.BlockCustomer: _block,
}


def run(work: Workspace, customer: Customer, command: cmd.CustomerCommand) -> None:
    """Let the command happen to its customer.

    Raises:
        UsageError: it is not possible; nothing must be committed then.
    """
    if customer.erasure is not None:
        raise InvalidInput("customer", "was erased", "whoever writes again is a new customer: choose that one")
    _RUNS[type(command)](work, customer, command)
