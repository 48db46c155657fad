"""Performing steps over a blocking store: what ``Desk`` does, and what ``AsyncDesk`` does in a worker thread.

``advance`` runs a flow up to its end or its next network step, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from csdesk.domain.records.changes import ChangeSet, Committed, Needs
from csdesk.engine import loading
from csdesk.engine.backup import back_up
from csdesk.engine.commits import GroupCommit
from csdesk.engine.core import BLOCK, NUMBERS, DeskCore, wait_before
from csdesk.engine.litter import Litter
from csdesk.engine.media import MediaStep, cannot_erase, look_after
from csdesk.engine.reading import Reading
from csdesk.errors import FlowError
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Reply, Step
from csdesk.ports.store import CommitsTogether, DeskRow, Erasing, LooksAhead, Page, Query, Row, Store

T = TypeVar("T")

NetworkStep = (
    steps.Send
    | steps.Pull
    | steps.Upload
    | steps.Fetch
    | steps.Recall
    | steps.Edit
    | steps.Check
    | steps.Converse
    | steps.Ask
    | steps.Consult
    | steps.AskProducts
    | steps.AskBusiness
    | steps.Encode
    | steps.CarryOut
    | steps.TakeSeat
)
"""The steps that leave the machine."""

_COUNTED: Final = frozenset({steps.Attempt, steps.Load})


@dataclass(frozen=True, slots=True)
class Finished(Generic[T]):
    """A flow came to its end."""

    value: T


class Run(Generic[T]):
    """One flow on its way, with its load budget."""

    __slots__ = ("_flow", "_loads")

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self._loads = 0

    def advance(
        self, perform: Callable[[Step], Reply], reply: Reply = None, error: BaseException | None = None
    ) -> Finished[T] | NetworkStep:
        """Perform local steps from here on; the end of the flow, or the network step it waits for."""
        try:
            step = self._flow.send(reply) if error is None else self._flow.throw(error)
            while type(step) in _PERFORM:
                try:
                    if type(step) in _COUNTED:
                        self._count(step)
                    answer = perform(step)
                except Exception as problem:  # noqa: BLE001  every failure of a step belongs to the flow
                    step = self._flow.throw(problem)
                else:
                    step = self._flow.send(answer)
        except StopIteration as end:
            return Finished(end.value)
        assert isinstance(step, NetworkStep)
        return step

    def step(self, reply: Reply = None, error: BaseException | None = None) -> Step | Finished[T]:
        """Go on to the next step, of whatever kind; for runners that perform one after the other themselves."""
        try:
            step = self._flow.send(reply) if error is None else self._flow.throw(error)
            while True:
                try:
                    if type(step) in _COUNTED:
                        self._count(step)
                except FlowError as problem:
                    step = self._flow.throw(problem)
                else:
                    return step
        except StopIteration as end:
            return Finished(end.value)

    def _count(self, step: Step) -> None:
        if isinstance(step, steps.Attempt):
            self._loads = step.loads
            return
        self._loads -= 1
        if self._loads < 0:
            raise FlowError("a flow asked for one load too many", step="load")

    def close(self) -> None:
        """Let the flow clean up; closing a finished one is fine."""
        self._flow.close()


class LocalEngine:
    """Performs the local steps of a desk."""

    is_hosted: ClassVar[bool] = False
    """True over a host's own connection."""

    def __init__(self, core: DeskCore, store: Store) -> None:
        self.core = core
        self.store = store
        self._write = GroupCommit(store, core.name).commit if isinstance(store, CommitsTogether) else self._alone
        self._litter = Litter()
        # Asked once: a look at a protocol costs more than the look ahead.
        self._ahead = store.outlook if isinstance(store, LooksAhead) else None

    def perform(self, step: Step) -> Reply:
        """The reply to a local step."""
        return _PERFORM[type(step)](self, step)

    def _attempt(self, step: steps.Attempt) -> Reply:
        self._litter.sweep()
        wait = wait_before(step)
        if wait:
            self.core.clock.sleep(wait)
        return self.core.scope()

    def _load(self, step: steps.Load) -> Reply:
        snapshot = self.store.load(self.core.name, step.needs)
        reading = loading.loaded(self.core, step, snapshot)
        if step.phrases == "no" or self.core.has_phrases_of(snapshot.epochs.phrases):
            return self._read(reading)
        with self.core.shelving:
            return self._read(reading)

    def _read(self, reading: Reading[T]) -> T:
        """The end of a reading, with everything it asks for."""
        try:
            asked = next(reading)
            while True:
                asked = reading.send(self._fetched(asked))
        except StopIteration as end:
            found: T = end.value
            return found

    def _fetched(self, asked: Query | None) -> DeskRow | Page[Row]:
        name = self.core.name
        return self.store.open_desk(name, secret=b"") if asked is None else self.store.query(name, asked)

    def _commit(self, step: steps.Commit) -> Reply:
        self._litter.left(len(step.changes.puts))
        return self._write(step.changes)

    def _alone(self, changes: ChangeSet) -> Committed:
        return self.store.commit(self.core.name, changes)

    def _lease(self, step: steps.Lease) -> Reply:
        if not self.core.can_decide:  # whoever cannot decide must not keep work from those who can
            self.perform(steps.Load(Needs()))
            self.core.check_policy()
        return self.store.lease(self.core.name, step.request)

    def _look_ahead(self, step: steps.LookAhead) -> Reply:
        return None if self._ahead is None else self._ahead(self.core.name, step.request)

    def _list(self, step: steps.List) -> Reply:
        return self.store.query(self.core.name, step.query)

    def _count(self, step: steps.Count) -> Reply:
        return self.store.count(self.core.name, step.query)

    def _search(self, step: steps.Search) -> Reply:
        return self.store.search(self.core.name, step.request)

    def _entries(self, step: steps.ReadEntries) -> Reply:
        return self.store.entries(self.core.name, step.consumer, step.limit)

    def _ack(self, step: steps.Ack) -> Reply:
        self.store.ack(self.core.name, step.consumer, step.position)
        return None

    def _number(self, _: steps.TakeNumber) -> Reply:
        number = self.core.take_number()
        return number or self.core.add_numbers(self.store.allocate(self.core.name, NUMBERS, BLOCK))

    def _maintain(self, step: steps.Maintain) -> Reply:
        return self.store.maintain(self.core.name, self.core.clock.now(), step.limit)

    def _backup(self, step: steps.Backup) -> Reply:
        core = self.core
        core.check_open()
        return back_up(
            self.store, core.media, core.media_at, step.target, overwrite=step.overwrite, progress=step.progress
        )

    def _put_media(self, step: steps.PutMedia) -> Reply:
        return self.core.put_media(step.content, step.type, step.name)

    def _look_after_media(self, step: MediaStep) -> Reply:
        return look_after(self.core.media, step)

    def _media_in_use(self, step: steps.MediaInUse) -> Reply:
        return self._erasing().media_in_use(step.digests)

    def _written_by(self, step: steps.WrittenBy) -> Reply:
        return self._erasing().written_by(self.core.name, step.identities, step.after, step.limit)

    def _scrub(self, step: steps.Scrub) -> Reply:
        return self._erasing().scrub(step.limit)

    def _erasing(self) -> Erasing:
        if isinstance(self.store, Erasing):
            return self.store
        raise cannot_erase(self.store)

    def _read_media(self, step: steps.ReadMedia) -> Reply:
        return self.core.read_media(step.ref)

    def _train(self, step: steps.Train) -> Reply:
        return step.book.training()

    def _fuse(self, step: steps.Fuse) -> Reply:
        return self.core.model().fused(step.book)

    def _keep_vectors(self, step: steps.KeepVectors) -> Reply:
        self.core.model().keep(step)
        return None

    def _let_rest(self, step: steps.LetRest) -> Reply:
        self.core.model().let_rest(step)
        return None

    def _parse(self, step: steps.Parse) -> Reply:
        return self.core.channel(step.account).receive(step.request)

    def _show(self, step: steps.Show) -> Reply:
        return self.core.show(step.feed, step.page)


# ``Any``: each method takes the step of its own row; a test walks the table.
# ruff: noqa: SLF001
_PERFORM: Final[dict[type[Step], Callable[[LocalEngine, Any], Reply]]] = {
    steps.Attempt: LocalEngine._attempt,
    steps.Load: LocalEngine._load,
    steps.Commit: LocalEngine._commit,
    steps.Lease: LocalEngine._lease,
    steps.LookAhead: LocalEngine._look_ahead,
    steps.List: LocalEngine._list,
    steps.Count: LocalEngine._count,
    steps.Search: LocalEngine._search,
    steps.ReadEntries: LocalEngine._entries,
    steps.Ack: LocalEngine._ack,
    steps.TakeNumber: LocalEngine._number,
    steps.Maintain: LocalEngine._maintain,
    steps.Backup: LocalEngine._backup,
    steps.PutMedia: LocalEngine._put_media,
    steps.DeleteMedia: LocalEngine._look_after_media,
    steps.ListMedia: LocalEngine._look_after_media,
    steps.TidyMedia: LocalEngine._look_after_media,
    steps.MediaInUse: LocalEngine._media_in_use,
    steps.WrittenBy: LocalEngine._written_by,
    steps.Scrub: LocalEngine._scrub,
    steps.ReadMedia: LocalEngine._read_media,
    steps.Train: LocalEngine._train,
    steps.Fuse: LocalEngine._fuse,
    steps.KeepVectors: LocalEngine._keep_vectors,
    steps.LetRest: LocalEngine._let_rest,
    steps.Parse: LocalEngine._parse,
    steps.Show: LocalEngine._show,
}
