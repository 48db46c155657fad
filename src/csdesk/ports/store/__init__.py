"""The storage contract: few methods, each one round trip on a networked store.

A store keeps desks side by side; every call names its desk. What is durable, atomic and unique is promised here once
and checked by ``csdesk.testing.StoreContract``, for csdesk's own stores and for anybody's.

What every store promises:

* ``commit`` is all or nothing, and durable when it returns. After ``CommitUnknown`` nobody knows; the claims tell.
* ``load`` answers from one moment: no half of somebody's commit is ever seen.
* Claims are unique per desk. Required ones fail the commit, first-wins ones are answered with their owner.
* A record's columns always equal its document; its version is the one that was put.
* Entries get positions that only grow in the order in which commits become visible: a reader that has seen a position
  never misses a smaller one later.
* Errors are csdesk's own (``csdesk.errors``), the driver's behind them as ``__cause__``. A call for a desk that was
  never opened raises ``NotFound`` (kind ``desk``); limits and counts below 1 raise ``InvalidInput``.

How one ``ChangeSet`` is read:

* Its puts, claims, moves and deltas count in this order of kinds, and within a kind in the order of the tuple: a later
  one sees what an earlier one of the same commit did. If several would fail, any of their errors is raised.
* Taking a claim that its owner holds already keeps it, with the new ``expires_at``. A move keeps ``expires_at``. An
  expired claim is free only after ``maintain`` removed it; until then ``load`` shows it.
* A mark (``seen``) of a customer that does not exist after the puts is dropped.
* Rows in ``outbox``, ``due`` and ``inbox`` replace those with the same key. Removals come before them: what is done and
  planned again in one commit stays planned. Removing what is not there is fine.
* Each name in ``bumps`` adds one to its epoch. A ``config`` row is kept under its digest (a digest activated again: one
  row, the new instant) and becomes the desk's; it bumps nothing by itself.
* ``strips`` name entries of earlier commits; a position that no entry has is passed over.

How ``Needs`` are followed: what is named by id brings the same as what a claim leads to. An identity brings its home
(the customer whose document holds it), a customer its survivor, a ticket its survivor, a message its ticket. With
``parties`` every ticket in the snapshot, survivors included, brings the home of its ``identity``. A counter that never
changed may be missing from the snapshot: read it as 0. An agent's load is the counter ``load/<agent id>``. Candidates
are ordered by load, then by the last commit that added to it (never: first), then by id.

The values that the methods take and give stand here too, so that an author needs this one module.
"""

from __future__ import annotations

from csdesk.domain.records.changes import (
    AgentGroup,
    Burden,
    Candidate,
    CandidateNeed,
    ChangeSet,
    Claim,
    ClaimMode,
    ClaimMove,
    Committed,
    ConfigRow,
    Delta,
    EpochName,
    Needs,
    Put,
    RankOrder,
    Seen,
    Snapshot,
    Stored,
    Strip,
    WaitingLine,
)
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem
from csdesk.ports.store.contract import AsyncStore, DeskRow, Leased, LeaseRequest, Maintained, Store
from csdesk.ports.store.powers import (
    Backup,
    BackupReport,
    CommitsTogether,
    Erasing,
    Hosted,
    LooksAhead,
    Outlook,
    OutlookRequest,
    Progress,
    Scrubbed,
)
from csdesk.ports.store.queries import (
    QUERY_COLUMNS,
    TIME_COLUMN,
    Page,
    Query,
    Row,
    Scalar,
    SearchHit,
    SearchRequest,
    Where,
)

__all__ = [
    "QUERY_COLUMNS",
    "TIME_COLUMN",
    "AgentGroup",
    "AsyncStore",
    "Backup",
    "BackupReport",
    "Burden",
    "Candidate",
    "CandidateNeed",
    "ChangeSet",
    "Claim",
    "ClaimMode",
    "ClaimMove",
    "CommitsTogether",
    "Committed",
    "ConfigRow",
    "Delta",
    "DeskRow",
    "DueItem",
    "Entry",
    "EpochName",
    "Epochs",
    "Erasing",
    "Hosted",
    "InboxItem",
    "LeaseRequest",
    "Leased",
    "LooksAhead",
    "Maintained",
    "Needs",
    "OutboxItem",
    "Outlook",
    "OutlookRequest",
    "Page",
    "Progress",
    "Put",
    "Query",
    "RankOrder",
    "Row",
    "Scalar",
    "Scrubbed",
    "SearchHit",
    "SearchRequest",
    "Seen",
    "Snapshot",
    "Store",
    "Stored",
    "Strip",
    "WaitingLine",
    "Where",
]
