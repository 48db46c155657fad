"""Watching the words of people's replies: what the policy refuses is not sent, what it warns of is told."""

from __future__ import annotations

from csdesk.domain.core.conversation import wording
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.policy.sections.wording import WordingPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import Part
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.records.wording import WordingSpot
from csdesk.errors import WordingRefused


def checked(
    work: Workspace, parts: tuple[Part, ...], override: str = "", *, subject: str = ""
) -> tuple[WordingSpot, ...]:
    """What the policy on wording finds in a person's reply.

    Raises:
        WordingRefused: it refuses some of it, and nobody said why it goes out all the same.
    """
    policy = work.policy.config.wording
    spots = wording.spots_in(wording.words_of(parts, subject), policy, work.past.book)
    bad = tuple((one.kind, one.start, one.end, one.instead) for one in spots if _is_refused(policy, one))
    if bad and not override.strip():
        raise WordingRefused(bad)
    return spots


def tell(work: Workspace, ticket: str, message: MessageId, spots: tuple[WordingSpot, ...], override: str = "") -> None:
    """Tell of what was found in a reply that goes out."""
    if not spots:
        return
    overridden = any(_is_refused(work.policy.config.wording, one) for one in spots)
    reason = override if overridden else ""
    work.emit(ticket, ev.WordingFound(message=message, found=spots, overridden=overridden, reason=reason))
    work.tell(
        *[verdict("wording.found", Outcome.NOTED, kind=one.kind, start=one.start, instead=one.instead) for one in spots]
    )


def _is_refused(policy: WordingPolicy, spot: WordingSpot) -> bool:
    return wording.mode_of(policy, spot.kind) == "refuse"
