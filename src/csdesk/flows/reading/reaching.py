"""By which channel a customer is reached now: what is stored of every way to them, and the judgement over all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.core.conversation.pieces import Unfit
from csdesk.domain.core.conversation.politeness import Held, caps_of, consent, held, is_unasked
from csdesk.domain.core.conversation.windows import opening_of
from csdesk.domain.core.customers.reaching import Reach, Seen, judged
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.immediacy import chain_of
from csdesk.domain.policy.sections.immediacy import ImmediacyPolicy
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer, Identity
from csdesk.domain.records.messages import Purpose
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput, sentence
from csdesk.flows.outbound import outgoing
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import get_customer, identities_of, page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query

MOST_TICKETS: Final = 200
"""How many of a customer's tickets, latest first, are looked through for conversations."""
_PARTS: Final = frozenset({"text", "html", "media", "link", "menu", "location", "contact", "template"})


def reachable(
    customer_id: str, immediacy: str | None, purpose: Purpose, parts: Sequence[str], *, automatic: bool
) -> Flow[Reach]:
    """All ways to a customer, the best first.

    Raises:
        NotFound: this desk has no such customer.
        InvalidInput: there is no such class of immediacy, or kind of part.
    """
    checks.an_id(customer_id, "customer")
    checks.a_word(purpose, Purpose, "purpose")
    if immediacy is not None:
        checks.an_id(immediacy, "immediacy")
    wanted = checks.several(parts, "parts")
    for part in wanted:
        if checks.an_id(part, "parts") not in _PARTS:
            raise InvalidInput("parts", sentence("no part {part!r}", part=part), nearest(part, _PARTS))
    customer = yield from get_customer(customer_id)
    tickets = yield from _tickets(customer)
    scope = yield from steps.attempt(0)
    chain = _chain(scope.policy, immediacy, tickets)
    seen: tuple[Seen, ...] = ()
    for identity in (yield from _identities(customer)):
        for ticket in _conversations(identity, tickets) or (None,):
            seen += ((yield from _seen(customer, identity, ticket, purpose, automatic=automatic)),)
    return judged(customer.id, seen, chain, wanted, scope.now)


def _tickets(customer: Customer) -> Flow[tuple[Ticket, ...]]:
    identities = yield from identities_of(customer)
    if not identities:
        return ()
    where = (("identity", identities),)
    page = yield from page_of(Ticket, Query(kind="ticket", where=where, descending=True, limit=MOST_TICKETS))
    return page.items


def _identities(customer: Customer) -> Flow[tuple[Identity, ...]]:
    """All identities that still lead somewhere, of merged customers too."""
    found = list(customer.identities)
    if customer.members:
        yield from steps.attempt(0)
        loaded = yield from steps.load(Needs(customers=tuple(customer.members)))
        found += [one for member in customer.members for one in loaded.snapshot.customers[member].identities]
    return tuple(one for one in found if one.external_id)


def _conversations(identity: Identity, tickets: tuple[Ticket, ...]) -> tuple[Ticket, ...]:
    """The latest ticket of each conversation with an identity."""
    found: dict[tuple[str, str], Ticket] = {}
    for one in tickets:
        if one.identity == identity.id and one.merged_into is None and one.erased_at is None:
            found.setdefault((one.account, one.conversation), one)
    return tuple(found.values())


def _chain(policy: Policy, name: str | None, tickets: tuple[Ticket, ...]) -> tuple[ImmediacyPolicy, ...]:
    """The class that is asked for; None: that of the type of the latest live ticket, if any."""
    known = {one.name for one in policy.config.immediacy}
    if name is not None and name not in known:
        problem = sentence("no class of immediacy {name!r}", name=name)
        raise InvalidInput("immediacy", problem, nearest(name, known))
    if name is None:
        live = next((one for one in tickets if one.is_live), None)
        name = policy.type(live.type).immediacy if live is not None else None
    return chain_of(policy.config, name) if name is not None else ()


def _seen(
    customer: Customer, identity: Identity, ticket: Ticket | None, purpose: Purpose, *, automatic: bool
) -> Flow[Seen]:
    scope = yield from steps.attempt(0)
    able = scope.channels.get(ticket.account) if ticket is not None else None
    if ticket is None or able is None:
        return Seen(identity=identity, ticket=ticket)
    window = yield from outgoing.window(ticket.id)
    manners = yield from _manners(customer, ticket, purpose, automatic=automatic)
    return Seen(identity=identity, ticket=ticket, able=able, window=window, manners=manners)


def _manners(customer: Customer, ticket: Ticket, purpose: Purpose, *, automatic: bool) -> Flow[Unfit | Held | None]:
    """What the sending itself would say of such a message: consent, quiet hours, caps."""
    scope = yield from steps.attempt(0)
    config, now = scope.policy.config, scope.now
    refused = consent(purpose, customer, config.contact, now, automatic=automatic)
    if refused is not None:
        return refused
    if not is_unasked(purpose, opening_of(ticket), config.session_gap, now, automatic=automatic):
        return None
    zone = scope.policy.contact_zone(ticket.site)
    caps = caps_of(scope.keys, purpose, customer.id, config.contact, now, zone)
    loaded = yield from steps.load(Needs(counters=tuple(one.counter for one in caps)))
    return held(config.contact, caps, loaded.snapshot.counters, now, zone)
