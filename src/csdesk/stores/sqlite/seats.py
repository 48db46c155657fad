"""Seats: the agents of each queue in the order in which they get work."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import RankOrder
from csdesk.domain.routing.profiles import key_of, spot_of
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.values import marks

_LINES: Final = {order: place for place, order in enumerate(RankOrder)}

_FIRST: Final = (
    "INSERT INTO csdesk_seat(desk,agent,queue,load,assigned,capacity,open) VALUES(?,?,'',0,0,0,0)"
    " ON CONFLICT DO NOTHING"
)
_SEAT: Final = (
    "INSERT INTO csdesk_seat(desk,agent,queue,load,assigned,capacity,open,profile,line,rank)"
    " SELECT desk,agent,?,load,assigned,?,?,?,?,CASE ? WHEN 0 THEN load ELSE ? END"
    " FROM csdesk_seat WHERE desk=? AND agent=? AND queue=''"
    " ON CONFLICT(desk,agent,queue) DO UPDATE SET capacity=excluded.capacity, open=excluded.open,"
    " profile=excluded.profile"
)
_LEFT: Final = "DELETE FROM csdesk_seat WHERE desk=? AND agent=? AND queue<>'' AND queue NOT IN ({})"
_ORDERS: Final = "SELECT orders FROM csdesk_config WHERE desk=? AND digest=(SELECT config FROM csdesk_desk WHERE pk=?)"
_ANY_WORK: Final = (
    "UPDATE csdesk_seat SET assigned=(SELECT one.assigned FROM csdesk_seat AS one WHERE one.desk=csdesk_seat.desk"
    " AND one.agent=csdesk_seat.agent AND one.queue='') WHERE desk=? AND line=? AND queue NOT IN ({})"
)
"""Where a queue no longer goes by turn, work that was given in any queue counts again."""
_BY_LOAD: Final = "UPDATE csdesk_seat SET line=0, rank=load WHERE desk=? AND line<>0"
_BY_TURN: Final = "UPDATE csdesk_seat SET line=?, rank=0 WHERE desk=? AND queue=?"
_ON_RING: Final = "UPDATE csdesk_seat SET line=?, rank=? WHERE desk=? AND agent=? AND queue=?"
_MEMBERS: Final = "SELECT agent FROM csdesk_seat WHERE desk=? AND queue=?"


def seat(execute: Execute, desk: int, agent: Agent) -> None:
    """Make an agent's seats equal to the document; the load of each is the load of the first."""
    queues = agent.queues
    execute(_FIRST, (desk, agent.id))
    execute(_LEFT.format(marks(len(queues))), (desk, agent.id, *queues))
    if not queues:
        return
    row = execute(_ORDERS, (desk, desk)).fetchone()
    orders = dict(orders_of(row[0])) if row is not None else {}
    # Who has retired is of no kind, and counts nowhere.
    profile, is_open, spot = "" if agent.retired else key_of(agent), int(agent.takes_work), spot_of(agent.id)
    for queue in queues:
        order = orders.get(queue, RankOrder.LOAD)
        line = _LINES[order]
        rank = spot if order is RankOrder.RING else 0
        execute(_SEAT, (queue, agent.capacity, is_open, profile, line, line, rank, desk, agent.id))


def arrange(execute: Execute, desk: int, orders: Iterable[tuple[str, RankOrder]]) -> None:
    """Let the agents of each queue stand in its order."""
    orders = tuple(orders)
    by_turn = [queue for queue, order in orders if order is RankOrder.TURN]
    execute(_ANY_WORK.format(marks(len(by_turn))), (desk, _LINES[RankOrder.TURN], *by_turn))
    execute(_BY_LOAD, (desk,))
    for queue, order in orders:
        if order is RankOrder.RING:
            for (agent,) in execute(_MEMBERS, (desk, queue)).fetchall():
                execute(_ON_RING, (_LINES[order], spot_of(agent), desk, agent, queue))
        elif order is not RankOrder.LOAD:
            execute(_BY_TURN, (_LINES[order], desk, queue))


def orders_of(text: str) -> tuple[tuple[str, RankOrder], ...]:
    """The orders of queues, as a configuration's row keeps them."""
    return tuple((queue, RankOrder(order)) for queue, order in json.loads(text)) if text else ()


def orders_text(orders: tuple[tuple[str, RankOrder], ...]) -> str:
    """The same as text; empty: every queue goes by load."""
    return json.dumps(orders, ensure_ascii=False) if orders else ""
