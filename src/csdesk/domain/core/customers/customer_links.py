"""Who is one person: merging customers, taking a merged one out again, and giving an identity another home.

Merging is linking: each customer keeps its identities, and tickets and messages name identities. So whatever came
through them follows by itself when a link is taken back; what was set on the survivor stays there, and is listed.
"""

from __future__ import annotations

from csdesk.domain.core import lineage
from csdesk.domain.core.customers.acts import brought_by, recount
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import CustomerId, IdentityId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer, Identity
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.errors import InvalidInput, NotFound, sentence


def merge_customers(work: Workspace, customer: Customer, command: cmd.MergeCustomers) -> None:
    """Merge the customer into another one, which then speaks for both.

    Raises:
        InvalidInput: it was merged before, or they are one customer.
    """
    into = work.customer(command.into)
    if into.merged_into is not None:
        into = work.customer(into.merged_into)
    if customer.merged_into is not None:
        raise InvalidInput(
            "customer",
            "was merged before",
            sentence("merge its survivor {merged_into} instead", merged_into=customer.merged_into),
        )
    if into.id == customer.id:
        raise InvalidInput("into", "a customer cannot be merged into itself", "choose another customer")
    if into.erasure is not None:
        raise InvalidInput("into", "was erased", "choose another customer")
    # Customers merged into this one before now lead straight to the new survivor: no chains, so no cycles.
    for member in (*customer.members, customer.id):
        work.emit(member, ev.CustomerMerged(into=into.id, evidence=command.evidence))
    event = ev.CustomerAbsorbed(
        customers=(*customer.members, customer.id), evidence=command.evidence, acts=brought_by([customer])
    )
    work.emit(into.id, event)


def unmerge_customers(work: Workspace, customer: Customer, _: cmd.UnmergeCustomers) -> None:
    """Take the customer out of its survivor, with what had been merged into it before.

    Raises:
        InvalidInput: it is not merged.
    """
    if customer.merged_into is None:
        raise InvalidInput("customer", "is not merged", "pass the id of the customer that was merged into another")
    survivor = work.customer(customer.merged_into)
    streams = work.past.streams
    inside = tuple(one for one in lineage.former_customer(streams[customer.id]).members if one in survivor.members)
    work.emit(customer.id, ev.CustomerUnmerged(out_of=survivor.id, members=inside))
    work.tell(verdict("unmerge.customer", Outcome.CHOSEN, customer=customer.id, out_of=survivor.id))
    for one in inside:
        evidence = lineage.former_customer(streams[one]).evidence
        work.emit(one, ev.CustomerMerged(into=customer.id, evidence=evidence))
        work.tell(verdict("unmerge.member", Outcome.NOTED, customer=one, into=customer.id))
    leaving = (customer.id, *inside)
    for key in (one for one in survivor.members if one not in leaving):
        held = lineage.former_customer(streams[key]).members
        gone = tuple(one for one in leaving if one in held)
        if gone:
            work.emit(key, ev.CustomerReleased(customers=gone))
    work.emit(survivor.id, ev.CustomerReleased(customers=leaving))
    recount(work, survivor.id, customer.id)
    for kind, name in lineage.done_to_union(streams[survivor.id], customer.id):
        if _is_held(survivor, kind, name):
            work.tell(verdict("unmerge.kept", Outcome.NOTED, kind=kind, name=name, customer=survivor.id))


def _is_held(customer: Customer, kind: str, name: str) -> bool:
    """True if the customer still has what was once set on it."""
    match kind:
        case "attribute":
            return customer.attribute(name) is not None
        case "tag":
            return any(tag.name == name for tag in customer.tags)
        case "identity":
            return customer.identity(name) is not None
        case _:
            return bool(getattr(customer, name))


def home_of(work: Workspace, identity: str) -> Customer:
    """The customer whose document holds an identity, merged or not.

    Raises:
        NotFound: nobody has it.
    """
    home = work.homes.get(IdentityId(identity))
    if home is None:
        raise NotFound("identity", identity)
    return work.customer(home)


def unlink_identity(work: Workspace, home: Customer, command: cmd.UnlinkIdentity, run: str) -> CustomerId:
    """Give the identity another home, which is returned: the one it came from, or the new customer ``run``.

    Raises:
        InvalidInput: it is the only identity of its customer.
    """
    identity = home.identity(command.identity)
    assert identity is not None
    if home.erasure is not None:
        raise InvalidInput("identity", "belongs to an erased customer", "leave it: it leads to nobody any more")
    if len(home.identities) == 1:
        raise InvalidInput("identity", "is the only one of its customer", "unmerge its customer instead")
    origin = work.find(identity.origin) if identity.origin is not None else None
    back = origin.id if isinstance(origin, Customer) else None
    after = back or CustomerId(run)
    work.emit(home.id, ev.IdentityUnlinked(identity=identity.id, into=after, evidence=command.evidence))
    if back is None:
        traffic = home.source.traffic if home.source is not None else None
        created = ev.CustomerCreated(id=after, language=home.language, account=home.first_account, traffic=traffic)
        work.emit(after, created)
    work.emit(after, _linked(identity, command, origin=None if back is not None else home.id))
    work.add_home(identity.id, after)
    recount(work, home.id, after)
    if back is None:
        work.tell(verdict("unlink.new", Outcome.CHOSEN, identity=identity.id, customer=after))
    else:
        work.tell(verdict("unlink.back", Outcome.CHOSEN, identity=identity.id, customer=after))
    return after


def _linked(identity: Identity, command: cmd.UnlinkIdentity, *, origin: CustomerId | None) -> ev.IdentityLinked:
    return ev.IdentityLinked(
        identity=identity.id,
        identity_kind=identity.kind,
        scope=identity.scope,
        external_id=identity.external_id,
        evidence=command.evidence,
        origin=origin,
    )
