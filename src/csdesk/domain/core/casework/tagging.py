"""Whether a tag is set or taken: precedence of sources, exclusive groups, external namespaces, expiry.

The rule: sources have an order (``tag_order`` of the configuration). A source never replaces, takes or puts back what
an earlier one set or took. Names with a namespace belong to a system outside: only what it syncs changes them. Of an
exclusive group a record has one tag; a new one takes the place of those that do not count for more. What is decided
here happens by events, which are then simply so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events._base import Gone
from csdesk.domain.records.tags import TagAssignment, TagSource, namespace_of, with_tag, without_tag
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.errors import InvalidInput

R = TypeVar("R", Ticket, Customer)

_TagAssignment = trusted(TagAssignment)
_MACHINES: Final = (ActorKind.SYSTEM, ActorKind.ADAPTER)


class Tagging(NamedTuple):
    """What becomes of tags that somebody wants on a record."""

    fresh: tuple[TagAssignment, ...] = ()
    """Those to set."""
    gone: tuple[str, ...] = ()
    """Those of their groups that make room."""
    refused: tuple[Verdict, ...] = ()
    """Why others are not set."""


def decide(
    policy: Policy,
    record: Ticket | Customer,
    names: tuple[str, ...],
    source: TagSource,
    *,
    at: datetime,
    expires_at: datetime | None = None,
) -> Tagging:
    """What becomes of the tags, in their order: each sees what those before it did."""
    tags = record.tags
    fresh: list[TagAssignment] = []
    gone: list[str] = []
    refused: list[Verdict] = []
    for name in names:
        lasts = policy.tag_lasts(name)
        ends = expires_at if expires_at is not None or lasts is None else at + lasts
        new: TagAssignment = _TagAssignment(name=name, source=source, at=at, expires_at=ends)
        obstacle = _obstacle(policy, record, tags, new)
        if obstacle is not None:
            refused.append(obstacle)
            continue
        if _is_there(tags, new, given=expires_at is not None):
            continue
        for other in _rivals(policy, tags, new):
            gone.append(other.name)
            tags = without_tag(tags, other.name)
        tags = with_tag(tags, new)
        fresh = [one for one in fresh if one.name not in gone and one.name != name] + [new]
    if gone:
        held = {tag.name for tag in record.tags}
        gone = [one for one in dict.fromkeys(gone) if one in held]
    return Tagging(tuple(fresh), tuple(gone), tuple(refused))


def _is_there(tags: tuple[TagAssignment, ...], new: TagAssignment, *, given: bool) -> bool:
    """True if nothing would be another by it: the same source again counts only if it says until when."""
    for old in tags:
        if old.name == new.name:
            return old.source is new.source and not (given and new.expires_at != old.expires_at)
    return False


def _rivals(policy: Policy, tags: tuple[TagAssignment, ...], new: TagAssignment) -> list[TagAssignment]:
    group = policy.tag_group(new.name)
    if group is None:
        return []
    return [tag for tag in tags if tag.name != new.name and policy.tag_group(tag.name) == group]


def _obstacle(
    policy: Policy, record: Ticket | Customer, tags: tuple[TagAssignment, ...], new: TagAssignment
) -> Verdict | None:
    rank = policy.tag_rank(new.source)
    if namespace_of(new.name) and new.source is not TagSource.SYNC:
        return _kept(new.name, "external", TagSource.SYNC)
    for taken in record.withheld:
        if taken.name == new.name and policy.tag_rank(taken.source) > rank:
            return _kept(new.name, "withheld", taken.source)
    for tag in tags:
        if tag.name == new.name and policy.tag_rank(tag.source) > rank:
            return _kept(new.name, "stronger", tag.source)
    for tag in _rivals(policy, tags, new):
        if policy.tag_rank(tag.source) > rank:
            return _kept(new.name, "group", tag.source)
    return None


def _kept(name: str, reason: str, source: TagSource) -> Verdict:
    return verdict("tags.kept", Outcome.SKIPPED, tag=name, reason=reason, source=source.value)


def removable(policy: Policy, record: Ticket | Customer, source: TagSource) -> tuple[str, ...]:
    """The tags of the record that this source may take."""
    rank = policy.tag_rank(source)
    return tuple(
        tag.name
        for tag in record.tags
        if policy.tag_rank(tag.source) <= rank and (source is TagSource.SYNC or not namespace_of(tag.name))
    )


def tag_customer(
    work: Workspace,
    customer: Customer,
    names: tuple[str, ...],
    source: TagSource,
    *,
    expires_at: datetime | None = None,
) -> tuple[Verdict, ...]:
    """Put tags on the customer; the verdicts tell of those that were not set."""
    found = decide(work.policy, customer, names, source, at=work.now, expires_at=expires_at)
    for name in found.gone:
        work.emit(customer.id, ev.CustomerUntagged(tag=name, source=source, why="group"))
    if found.fresh:
        work.emit(customer.id, ev.CustomerTagged(tags=found.fresh))
    return found.refused


def untag_customer(
    work: Workspace, customer: Customer, names: tuple[str, ...], source: TagSource, *, why: Gone = ""
) -> None:
    """Take tags from the customer; those that it does not have, or that count for more, stay as they are."""
    free = removable(work.policy, customer, source)
    for name in dict.fromkeys(names):
        if name in free:
            work.emit(customer.id, ev.CustomerUntagged(tag=name, source=source, why=why))


def sync_tags(work: Workspace, customer: Customer, namespace: str, names: tuple[str, ...]) -> None:
    """Let the customer have exactly these tags of a namespace, as the system outside says."""
    wanted = tuple(f"{namespace}:{name}" for name in names)
    left = tuple(tag.name for tag in customer.tags if namespace_of(tag.name) == namespace and tag.name not in wanted)
    untag_customer(work, customer, left, TagSource.SYNC)
    tag_customer(work, work.customer(customer.id), wanted, TagSource.SYNC)


def expired(record: Ticket | Customer, now: datetime) -> tuple[TagAssignment, ...]:
    """The tags whose time is over."""
    tags = record.tags
    return tuple([tag for tag in tags if tag.expires_at is not None and tag.expires_at <= now]) if tags else ()


def check_wish(
    actor: Actor, names: tuple[str, ...], source: TagSource, now: datetime, expires_at: datetime | None = None
) -> None:
    """Refuse a command's wish about tags that cannot be meant.

    Raises:
        InvalidInput: the source is not the actor's to claim, a name belongs to a system outside, or the end is past.
    """
    if source is TagSource.SYNC and actor.kind not in _MACHINES:
        raise InvalidInput("source", "is for what a system outside says", "use an actor of the system or an adapter")
    for place, name in enumerate(names):
        if name.startswith(":"):
            raise InvalidInput(
                f"tags.{place}", "begins with a colon", "begin with the namespace, or leave the colon out"
            )
        if source is not TagSource.SYNC and namespace_of(name):
            raise InvalidInput(f"tags.{place}", "belongs to a system outside", "change it there, and sync it")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("expires_at", "lies in the past", "pass an instant after now, or nothing")
