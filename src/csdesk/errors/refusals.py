"""What the desk refuses now, though it was said well: who may do what, and to what, in which state."""

from __future__ import annotations

from typing import Literal

from csdesk._sentence import Sentence, sentence
from csdesk.errors._roots import UsageError


class IllegalTransition(UsageError):
    """A ticket cannot go where the command wants it."""

    code = "error.illegal_transition"
    status_hint = 409

    def __init__(self, ticket: str, state: str, command: str) -> None:
        super().__init__(
            f"ticket {ticket} is {state}: {command} is not possible from there",
            ticket=ticket,
            state=state,
            command=command,
        )


class WordingRefused(UsageError):
    """The policy on wording refuses words of a reply.

    ``places`` names each of them: its kind, where it begins and ends in the reply's text, and how to say it better.
    """

    code = "error.wording_refused"
    status_hint = 422

    def __init__(self, places: tuple[tuple[str, int, int, str], ...]) -> None:
        told = sentence("{places}", places=tuple(_place(*one) for one in places))
        super().__init__(
            f"the reply says what the desk's wording policy refuses: {told}; "
            "change it, or pass override= with the reason",
            places=told,
        )
        self.places = places


def _place(kind: str, start: int, end: int, instead: str) -> Sentence:
    if instead:
        return sentence("{kind} at {start}-{end} (say: {instead})", kind=kind, start=start, end=end, instead=instead)
    return sentence("{kind} at {start}-{end}", kind=kind, start=start, end=end)


class Denied(UsageError):
    """The actor may not run the command; the refusal is recorded as an event."""

    code = "error.denied"
    status_hint = 403

    def __init__(self, actor: str, command: str, reason: str) -> None:
        super().__init__(f"{actor} may not run {command}: {reason}", actor=actor, command=command, reason=reason)


class OutsideAuthority(UsageError):
    """It goes beyond what the actor may give customers.

    ``outcome`` says whether somebody can approve it (``needs_approval``) or not (``forbidden``); ``alternatives`` are
    the names of what to offer instead. ``desk.authority.decide`` tells which limits stand in the way.
    """

    code = "error.outside_authority"
    status_hint = 403

    def __init__(
        self,
        actor: str,
        action: str,
        amount: str,
        *,
        outcome: Literal["needs_approval", "forbidden"],
        alternatives: tuple[str, ...] = (),
    ) -> None:
        reason = "needs_approval" if outcome == "needs_approval" else "nobody_approves"
        offers = ", ".join(alternatives)
        told = "ask for approval: desk.authority.request" if outcome == "needs_approval" else "nobody can approve it"
        super().__init__(
            f"{action} of {amount} is beyond what {actor} may give; {told}"
            + (f"; offer instead: {offers}" if offers else ""),
            actor=actor,
            action=action,
            amount=amount,
            reason=reason,
            alternatives=offers,
        )
        self.outcome = outcome
        self.alternatives = alternatives


class NotOffered(UsageError):
    """Customers may not do this by themselves now: the condition of the self-service action does not hold for them."""

    code = "error.not_offered"
    status_hint = 403

    def __init__(self, service: str, customer: str) -> None:
        super().__init__(
            f"{service} is not offered to customer {customer} now; desk.self_service.offered tells why",
            service=service,
            customer=customer,
        )


class StaleWorker(UsageError):
    """The command comes from a worker that no longer holds the ticket (its fencing number is old)."""

    code = "error.stale_worker"
    status_hint = 409

    def __init__(self, ticket: str, given: int, current: int, holder: str = "") -> None:
        held = f"{holder} works on it under {current}" if holder else "nobody works on it now"
        super().__init__(
            f"ticket {ticket}: the lease under {given} is over, {held}; load the ticket again, and take a lease anew "
            "if you still want to work on it",
            ticket=ticket,
            given=given,
            current=current,
            holder=holder or None,
        )


class LeaseHeld(UsageError):
    """Somebody works on the ticket, so that nobody else may. ``until`` in the params is ISO 8601, None: no end."""

    code = "error.lease_held"
    status_hint = 409

    def __init__(self, ticket: str, holder: str, until: str | None) -> None:
        told = f" until {until}" if until is not None else ""
        super().__init__(
            f"ticket {ticket}: {holder} works on it{told}; wait, or take over with take_over=True and a reason",
            ticket=ticket,
            holder=holder,
            until=until,
        )


class BotBarred(UsageError):
    """A bot may not work on the ticket: its queue or type bars bots, people have it, or it was handed off to them."""

    code = "error.bot_barred"
    status_hint = 403

    def __init__(self, ticket: str, bot: str, reason: str) -> None:
        super().__init__(
            f"ticket {ticket}: no bot may work on it ({reason}); leave it to people, or let one of them hand it back",
            ticket=ticket,
            bot=bot,
            reason=reason,
        )
