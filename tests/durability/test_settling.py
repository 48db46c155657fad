"""Threads and processes that settle at once: together they never pass a limit, and they reach it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.processes import Process

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.errors import OutsideAuthority
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("settle.py")
CONFIG = DeskConfig.from_toml(
    """
[[authority.actions]]
name = "refund"
unit = "CNY"
digits = 2
[[authority.limits]]
action = "refund"
per_case = "60"
per_agent = [{ period = "month", amount = "40" }]
"""
)


def _said(by: str) -> InboundMessage:
    return InboundMessage(account="web", dedupe_key=by, conversation=by, sender=Sender(external_id=by), text="refund")


def _sum(desk: Any, **where: Any) -> int:
    return sum(one.amount for one in desk.authority.list(limit=1000, **where).items if one.counts)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_eight_threads(kind: str, tmp_path: Path) -> None:
    store = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "desk.db", synchronous="NORMAL")
    with open_desk(store, config=CONFIG) as desk:
        agents = [desk.agents.add(f"A{number}").id for number in range(4)]
        tickets = [desk.receive(_said(f"c{number}")).ticket for number in range(2)]

        def work(number: int) -> int:
            done = 0
            for turn in range(6):
                actor = Actor.agent(agents[(number + turn) % 4])
                ticket = tickets[number % 2]
                assert ticket is not None
                try:
                    desk.authority.settle(ticket.id, "refund", amount="5", actor=actor, subject="order:1")
                except OutsideAuthority:
                    continue
                done += 1
            return done

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(work, range(8))) == 12  # 60 of one order, over two tickets
        assert _sum(desk, subject="order:1") == 6000
        for agent in agents:
            assert _sum(desk, agent=agent) <= 4000
        assert problems_of(store) == ()
    store.close()


def test_three_processes(tmp_path: Path) -> None:
    database = tmp_path / "desk.db"
    with open_desk(f"sqlite:///{database}", config=CONFIG, synchronous="NORMAL") as desk:
        agents = [desk.agents.add(f"A{number}").id for number in range(3)]
        ticket = desk.receive(_said("li")).ticket
        assert ticket is not None
        workers = [Process(CHILD, database, agent, ticket.id, 10) for agent in agents]
        done = [worker.end() for worker in workers]
        assert [one.returncode for one in done] == [0, 0, 0], [one.stderr for one in done]
        assert sum(int(one.stdout) for one in done) == 12
        assert _sum(desk, subject="order:1") == 6000
        for agent in agents:
            assert _sum(desk, agent=agent) <= 4000
