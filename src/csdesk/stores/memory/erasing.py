"""What erasing asks of the store beside commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from csdesk.domain.records.messages import media_of
from csdesk.domain.records.queues import media_in
from csdesk.stores.memory.state import DeskState


def media_in_use(desks: Iterable[DeskState], digests: Sequence[str]) -> frozenset[str]:
    """Which of these media any message, asset or inbox item refers to."""
    used: set[str] = set()
    for desk in desks:
        for message in desk.messages.values():
            used |= media_of(message)
        for item in desk.inbox.values():
            used |= media_in(item)
        for asset in desk.assets.values():
            used |= asset.media
    return frozenset(digests) & used


def written_by(desk: DeskState, identities: frozenset[str], after: str, limit: int) -> tuple[tuple[str, ...], str]:
    """The messages with these identities among the next ``limit`` ones; ``after`` counts those that were looked at."""
    start = int(after or 0)
    looked = list(islice(desk.messages.values(), start, start + limit))
    found = tuple(str(one.id) for one in looked if one.identity in identities)
    return found, str(start + len(looked)) if len(looked) == limit else ""
