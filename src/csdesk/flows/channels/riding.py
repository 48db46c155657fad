"""Changes that go with another flow's commit: so that a page and its cursor are stored together.

The flow knows nothing of its rider. Its commits pass through ``on``; the rider is added to each until one succeeds.
"""

from __future__ import annotations

from typing import TypeVar

from csdesk.domain.records.changes import ChangeSet
from csdesk.errors import ClaimTaken
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Reply, Step

T = TypeVar("T")


class Rider:
    """Changes that want to be committed once, with whatever is committed last.

    ``lost`` says that somebody else changed what they rest on: then they are left out, and what was to be stored with
    them is stored without.
    """

    def __init__(self, changes: ChangeSet) -> None:
        self._changes = changes
        self._arrived = changes.is_empty
        self.lost: bool = False

    def on(self, flow: Flow[T]) -> Flow[T]:
        """The flow, with the rider in its commits until one goes through."""
        reply: Reply = None
        error: BaseException | None = None
        try:
            while True:
                step = flow.send(reply) if error is None else flow.throw(error)
                reply, error = None, None
                try:
                    reply = yield from self._performed(step)
                except Exception as problem:  # noqa: BLE001  every failure of a step belongs to the flow
                    error = problem
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()

    def _performed(self, step: Step) -> Flow[Reply]:
        if not isinstance(step, steps.Commit) or self._arrived or self.lost:
            return (yield step)
        try:
            reply = yield steps.Commit(joined(step.changes, self._changes))
        except ClaimTaken as error:
            if error.key not in self._keys():
                raise
            self.lost = True
            return (yield step)
        self._arrived = True
        return reply

    def _keys(self) -> frozenset[str]:
        taken = {one.key for one in self._changes.claims}
        return frozenset(taken | {one.key for one in self._changes.moves})

    def alone(self) -> Flow[None]:
        """Commit the rider by itself, if nothing took it along.

        Raises:
            StoreError: it could not be committed.
        """
        if self._arrived or self.lost:
            return
        try:
            yield from steps.commit(self._changes)
        except ClaimTaken:
            self.lost = True
        else:
            self._arrived = True


def joined(first: ChangeSet, second: ChangeSet) -> ChangeSet:
    """Both in one transaction; ``first`` says which configuration it rests on."""
    added = second._asdict()
    both = {name: (*mine, *added[name]) for name, mine in first._asdict().items() if isinstance(mine, tuple)}
    return first._replace(**both)  # type: ignore[arg-type]  # each field keeps the type of its items
