"""Whose a conversation is that began without a name: nobody's, until the first user of the host signs in to it.

What was given out before, such as a token that stayed on a shared computer, then opens it no more. Counters tell: one
for the conversation, one for each who signed in to it. If two do at the same instant both are refused from then on, so
it is never open to two.
"""

from __future__ import annotations

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.records import channels as ch
from csdesk.domain.records.changes import Needs, Snapshot
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def holders(keys: ClaimKeys, held: ch.Held | ch.Feed) -> tuple[str, ...]:
    """The counters that tell it: of everybody who signed in, and of the one who asks."""
    if held.by is None:
        return ()
    everybody = keys.counter("signed", held.account, held.conversation)
    return (everybody, keys.counter("signed-by", held.account, held.conversation, held.by))


def is_open_to(snapshot: Snapshot, counters: tuple[str, ...]) -> bool:
    """True if nobody else has signed in."""
    return len({snapshot.counters.get(one, 0) for one in counters}) <= 1


def hold(held: ch.Held, scope: Scope) -> Flow[bool]:
    """False if somebody else has signed in; else note that this one has, if it is one."""
    counters = holders(scope.keys, held)
    loaded = yield from steps.load(Needs(counters=counters))
    if not is_open_to(loaded.snapshot, counters):
        return False
    if held.by and not loaded.snapshot.counters.get(counters[0], 0):
        work = workspace(loaded, scope)
        for one in counters:
            work.add(one, 1)
        yield from steps.commit(work.changes())
    return True
