"""Performing steps inside a host's transactions: nothing that the host may roll back outlives the call."""

from __future__ import annotations

from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.changes import Snapshot
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.engine import loading, shelving
from csdesk.engine.articles import articles
from csdesk.engine.core import NUMBERS, DeskCore, saved_years
from csdesk.engine.local import LocalEngine
from csdesk.engine.reading import all_of
from csdesk.errors import TransactionOpen
from csdesk.ports import steps
from csdesk.ports.steps import Reply, Step
from csdesk.ports.store import Hosted, Store


def engine_for(core: DeskCore, store: Store) -> LocalEngine:
    """What performs the steps over that store."""
    return HostedEngine(core, store, store) if isinstance(store, Hosted) else LocalEngine(core, store)


class HostedEngine(LocalEngine):
    """A ``LocalEngine`` for a store that has ``Hosted``'s power.

    Epochs that were rolled back come again with another meaning. So the policy is known by its digest; phrases and
    holidays are kept only if they were read while no transaction was open. Ticket numbers are taken one by one.
    """

    is_hosted = True

    def __init__(self, core: DeskCore, store: Store, host: Hosted) -> None:
        super().__init__(core, store)
        self._host = host

    def perform(self, step: Step) -> Reply:
        """The reply to a local step."""
        match step:
            case steps.Load():
                return self._loaded(step)
            case steps.TakeNumber():
                return self.store.allocate(self.core.name, NUMBERS, 1)
            case steps.Lease() if self._host.in_transaction:
                # Whoever holds work that others may see as theirs does it twice.
                raise TransactionOpen("a lease of due work")
            case _:
                return super().perform(step)

    def _loaded(self, step: steps.Load) -> steps.Loaded:
        snapshot = self.store.load(self.core.name, step.needs)
        policy = self._observing(snapshot, self._policy())
        book: PhraseBook | None = None
        if shelving.is_wanted(self.core, step, policy):
            learned = step.phrases in ("learned", "held")
            known = self._read(shelving.shelf(self.core.shelf, snapshot.epochs.phrases, learned=learned))
            if not self._host.in_transaction:
                self.core.shelf = known
            book = known.book
        if not step.articles:
            return steps.Loaded(snapshot, policy, book)
        found = self._read(articles(self.core.articles, snapshot.epochs.phrases))
        if not self._host.in_transaction:
            self.core.articles = found
        return steps.Loaded(snapshot, policy, book, articles=found.shelf)

    def _policy(self) -> Policy:
        active = self.store.open_desk(self.core.name, secret=b"").config  # the desk is there: it was loaded from
        known = self.core.policy
        is_known = self.core.can_decide and active in {"", known.digest}
        return known if is_known else self._read(loading.fresh_policy(self.core))

    def _observing(self, snapshot: Snapshot, policy: Policy) -> Policy:
        """The policy with the holidays of the snapshot."""
        if snapshot.epochs.calendars == self.core.compiled[1]:
            return policy
        if self._host.in_transaction:
            return policy.observing(saved_years(self._read(all_of(PublicHolidays, "holidays"))))
        return self._read(loading.fresh_holidays(self.core, snapshot))
