"""What a use case begins with, reads and writes: attempt, load, commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.matching.articles import ArticleShelf
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.channels import Capabilities
from csdesk.domain.routing.roster import Roster
from csdesk.ports.ids import IdSource
from csdesk.ports.steps._answers import answered

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow


class Scope(NamedTuple):
    """What one attempt at a use case is given: the desk, the present time, the source of ids, the policy last seen.

    ``policy`` only helps to ask for the right things; decisions go by the policy that a load brings.
    """

    desk: str
    keys: ClaimKeys
    now: datetime
    ids: IdSource
    policy: Policy
    channels: Mapping[str, Capabilities]
    bots: tuple[str, ...] = ()
    """The bots that this process has."""
    has_products: bool = False
    """Whether this process can ask a shop about its products."""
    actions: tuple[str, ...] = ()
    """The systems that this process has, which carry out what was settled."""
    has_embedder: bool = False
    """Whether this process can ask what texts mean."""


class Attempt(NamedTuple):
    """Begin an attempt. Number 0 begins at once, later ones after a short random wait; the load budget begins anew."""

    number: int
    loads: int = 2


Phrases = Literal["no", "auto", "yes", "learned", "held"]
"""Whether phrases are wanted: ``auto``: if the policy may answer automatically. ``learned``: with every lesson that was
given so far, where ``yes`` takes those that are known here. ``held``: as ``learned``, if they are at hand already."""


class Load(NamedTuple):
    """One batched read; the reply carries the policy that is active at that moment.

    ``phrases``: whether the reply must carry the phrases too.
    """

    needs: Needs
    phrases: Phrases = "no"
    roster: bool = False
    """Whether the reply must carry the kinds of agents, too."""
    articles: bool = False
    """Whether the reply must carry the articles, too."""


class Loaded(NamedTuple):
    """What a load answers: the snapshot and the compiled policy of its epochs; the phrases if they were asked for."""

    snapshot: Snapshot
    policy: Policy
    phrases: PhraseBook | None = None
    roster: Roster = Roster()
    """The kinds of agents of each queue; nobody unless it was asked for."""
    articles: ArticleShelf | None = None
    """The articles, if they were asked for."""


class Commit(NamedTuple):
    """One transaction."""

    changes: ChangeSet


def attempt(number: int, *, loads: int = 2) -> Flow[Scope]:
    """The scope of an attempt; at most ``loads`` loads follow until the next one."""
    return answered(Attempt(number, loads), Scope, "attempt")


def load(needs: Needs, *, phrases: Phrases = "no", roster: bool = False, articles: bool = False) -> Flow[Loaded]:
    """Everything that ``needs`` names, of one moment."""
    return answered(Load(needs, phrases, roster, articles), Loaded, "load")


def commit(changes: ChangeSet) -> Flow[Committed]:
    """Write all of it, or nothing; an empty change set is not sent."""
    if changes.is_empty:
        return Committed()
    return (yield from answered(Commit(changes), Committed, "commit"))
