"""By which channel a customer is reached: every way judged by what stands against it, the best one first. Pure.

A way is open if its channel may be used for so urgent a matter, carries what is to be said, and may be written to now,
or as soon as the class of immediacy allows. Ways of the class itself come before those of the ones it falls back on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from csdesk.domain.core.conversation.pieces import Unfit
from csdesk.domain.core.conversation.politeness import Held
from csdesk.domain.ids import CustomerId, TicketId
from csdesk.domain.policy.sections.immediacy import ImmediacyPolicy
from csdesk.domain.records.channels import Capabilities, WindowState
from csdesk.domain.records.customers import Identity
from csdesk.domain.records.durations import format_duration
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, Verdict, verdict

_REMOVED: Final = Outcome.REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to a customer: an identity, and a conversation with it."""

    identity: Identity
    ticket: TicketId | None = None
    """The latest ticket of that conversation: a reply on it goes this way. None: nobody has ever written this way."""
    account: str = ""
    is_open: bool = False
    opens_at: datetime | None = None
    """From when on something may be sent: now or later. None: not by waiting alone."""
    immediacy: str | None = None
    """The class that admits it: the one that was asked for, or one that it falls back on."""
    needs: str = ""
    """What would make it possible, one of ``csdesk.ports.store``'s ``NEEDS``; empty for a way that is open."""
    reasons: tuple[Verdict, ...] = ()
    """Why it is open, or all that stands against it; ``csdesk.render`` makes text of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """By which channels a customer is reached."""

    customer: CustomerId
    immediacy: str | None
    """The class that it was judged by; None: none, any channel will do."""
    ways: tuple[Way, ...]
    """All there are, those that are open first, the best before others."""

    @property
    def best(self) -> Way | None:
        """The way to take; None: no way is open."""
        return next((one for one in self.ways if one.is_open), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of one way."""

    identity: Identity
    ticket: Ticket | None = None
    """The latest ticket of the conversation."""
    able: Capabilities | None = None
    """None: this process has no channel for the account."""
    window: WindowState | None = None
    manners: Unfit | Held | None = None
    """Why such a message must not go, or not yet; None: it may."""


def judged(
    customer: CustomerId, seen: Iterable[Seen], chain: Sequence[ImmediacyPolicy], parts: Sequence[str], now: datetime
) -> Reach:
    """Every way with its verdict, in order; ``chain`` is the class that was asked for with those it falls back on."""
    found = [(place, _way(one, chain, parts, now), one) for place, one in enumerate(seen)]
    ranked = sorted(found, key=lambda each: (not each[1].is_open, _rank(each[1], chain), _latest(each[2]), each[0]))
    return Reach(customer=customer, immediacy=chain[0].name if chain else None, ways=tuple(way for _, way, _ in ranked))


class _Against(NamedTuple):
    """What stands against a way, and what would make it possible; what only holds it up for a while needs nothing."""

    needs: str
    told: Verdict


def _way(seen: Seen, chain: Sequence[ImmediacyPolicy], parts: Sequence[str], now: datetime) -> Way:
    kind, ticket = seen.identity.kind, seen.ticket
    admitting = next((one for one in chain if not one.channels or kind in one.channels), None)
    within = admitting.within if admitting is not None else None
    against: list[_Against] = []
    if chain and admitting is None:
        told = verdict("reach.not_allowed", _REMOVED, immediacy=chain[0].name, channel=kind)
        against.append(_Against("other_recipient", told))
    against += [*_channel(seen, parts), *_manners(seen.manners, within, now)]
    blocking = [one for one in against if one.needs]
    until = seen.manners.until if isinstance(seen.manners, Held) else now
    reasons = tuple(one.told for one in against)
    if not blocking:
        reasons += tuple(_for(seen, chain, admitting))
    return Way(
        identity=seen.identity,
        ticket=ticket.id if ticket is not None else None,
        account=ticket.account if ticket is not None else "",
        is_open=not blocking,
        opens_at=until if all(one.needs == "retry" for one in blocking) else None,
        immediacy=admitting.name if admitting is not None and not blocking else None,
        needs=blocking[0].needs if blocking else "",
        reasons=reasons,
    )


def _channel(seen: Seen, parts: Sequence[str]) -> Iterator[_Against]:
    """What stands against the conversation: that there is none, what the channel cannot carry, its window."""
    ticket, able, window = seen.ticket, seen.able, seen.window
    if ticket is None:
        yield _Against("customer_message", verdict("reach.no_conversation", _REMOVED, channel=seen.identity.kind))
        return
    if able is None:
        yield _Against("channel", verdict("reach.no_channel", _REMOVED, account=ticket.account))
        return
    for part in parts:
        if part not in able.parts:
            yield _Against("other_content", verdict("reach.cannot_carry", _REMOVED, part=part))
    if window is None or window.is_open or set(parts) <= able.outside_window:
        return
    if window.remaining == 0:
        yield _Against("customer_message", verdict("reach.quota_used", _REMOVED))
        return
    needs = "template" if "template" in able.outside_window else "customer_message"
    until = window.open_until.isoformat() if window.open_until is not None else None
    yield _Against(needs, verdict("reach.window_closed", _REMOVED, until=until, wanted=needs))


def _manners(found: Unfit | Held | None, within: timedelta | None, now: datetime) -> Iterator[_Against]:
    """What stands against such a message: consent for good, quiet hours and caps for a while."""
    if isinstance(found, Unfit):
        is_wish = found.reason == "opted_out"
        told = verdict("reach.opted_out", _REMOVED) if is_wish else verdict("reach.no_consent", _REMOVED)
        yield _Against(found.needs, told)
    elif found is not None:
        is_late = within is not None and found.until > now + within
        outcome, until = _REMOVED if is_late else Outcome.NOTED, found.until.isoformat()
        capped = verdict("reach.capped", outcome, until=until)
        quiet = verdict("reach.quiet_hours", outcome, until=until)
        yield _Against("retry" if is_late else "", capped if found.reason == "capped" else quiet)


def _for(seen: Seen, chain: Sequence[ImmediacyPolicy], admitting: ImmediacyPolicy | None) -> Iterator[Verdict]:
    """What speaks for an open way."""
    if admitting is not None and admitting is not chain[0]:
        yield verdict("reach.fallback", Outcome.NOTED, immediacy=chain[0].name, fallback=admitting.name)
    within = admitting.within if admitting is not None else None
    limit = {"within": format_duration(within)} if within is not None else {}
    account = seen.ticket.account if seen.ticket is not None else ""
    yield verdict("reach.open", Outcome.PASSED, channel=seen.identity.kind, account=account, **limit)


def _rank(way: Way, chain: Sequence[ImmediacyPolicy]) -> tuple[int, int]:
    """The place of the class that admits a way, and the place of its channel there."""
    for place, one in enumerate(chain):
        if one.name == way.immediacy:
            kind = way.identity.kind
            return place, one.channels.index(kind) if kind in one.channels else 0
    return len(chain), 0


def _latest(seen: Seen) -> float:
    """Where the customer wrote last comes first."""
    wrote = seen.ticket.customer_at if seen.ticket is not None else None
    return -wrote.timestamp() if wrote is not None else 0.0
