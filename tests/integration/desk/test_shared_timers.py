"""Several who drain the same timers at the same time: each effect once, all of them, in the order of their instants."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

from csdesk import Desk, DeskConfig, open_desk
from csdesk.domain.records.changes import ChangeSet, Put
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.domain.records.tickets import AppliedSla
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock
from csdesk.testing import builders as build

HOUR = timedelta(hours=1)
TICKETS = 150
DRAINERS = 4
TARGET = {"metric": "resolution", "within": "2h", "warn_at": [0.5, 0.75], "escalate": [{"after": "1h", "tell": ["a"]}]}
CONFIG = DeskConfig.model_validate({"sla": [{"name": "gold", "targets": [TARGET]}]})


def clock_of(number: int) -> Clock:
    """Due one after the other, a second apart."""
    begun = build.at(number)
    return Clock(
        metric=Metric.RESOLUTION,
        policy="gold",
        amount=2 * HOUR,
        started_at=begun,
        due_at=begun + 2 * HOUR,
        warn_on=(0.5, 0.75),
        warn_at=begun + HOUR,
        escalate_on=(HOUR,),
        escalate_at=begun + 3 * HOUR,
    )


def opened(path: Path, clock: FixedClock) -> Desk:
    return open_desk(SqliteStore(path, synchronous="NORMAL"), config=CONFIG, clock=clock)


def fill(desk: Desk) -> None:
    tickets = [
        build.ticket(
            number, clocks=(clock_of(number),), sla=AppliedSla(policy="gold"), category="open", queue="default"
        )
        for number in range(1, TICKETS + 1)
    ]
    desk._store.commit(desk.name, ChangeSet(puts=tuple(Put(one, 0) for one in tickets)))


def test_each_effect_happens_once_whoever_drains(tmp_path: Path) -> None:
    clock = FixedClock()
    clock.set(build.at(0))
    desks = [opened(tmp_path / "desk.db", clock) for _ in range(DRAINERS)]
    fill(desks[0])
    clock.set(build.at(0) + 30 * HOUR)
    together = Barrier(DRAINERS)

    def drain(desk: Desk) -> int:
        together.wait()
        woken = 0
        while True:
            report = desk.run_due(60)
            woken += report.tickets
            if not report.more:
                return woken

    with ThreadPoolExecutor(DRAINERS) as pool:
        woken = list(pool.map(drain, desks))
    assert sum(woken) == TICKETS
    for number in range(1, TICKETS + 1):
        query = Query(kind="entry", where=(("subject", build.ticket(number).id),), order="position", limit=100)
        events = [event for one in desks[0]._store.query(desks[0].name, query).items for event in one.events]
        assert [event.kind for event in events] == [
            "sla.warned", "sla.warned", "sla.breached", "sla.escalated", "ticket.escalated"
        ]  # fmt: skip
        begun = build.at(number)
        assert [event.at for event in events[:4]] == [
            begun + HOUR,
            begun + 1.5 * HOUR,
            begun + 2 * HOUR,
            begun + 3 * HOUR,
        ]
    assert desks[0].run_due().tickets == 0
    for desk in desks:
        desk.close()
        desk._store.close()
