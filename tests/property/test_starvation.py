"""However many small tickets come, and whoever closes what in which order: everybody's turn comes."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

LEAD = Actor.agent("lead")
WAIT = 5
"""After how many rounds of a minute room is saved."""
STAYS = 3
"""After how many rounds a ticket is one of the next to be closed."""
MOST = 4
"""What an agent can carry at most."""

CONFIG = DeskConfig.model_validate(
    {
        "queues": [{"name": name, "routing": {"save_room_after": f"{WAIT}m"}} for name in "ab"],
        "default_queue": "a",
        "accounts": [{"name": f"{size}-{name}", "queue": name} for name in "ab" for size in ("small", "big")],
        "routing": {"weights": [{"units": 3, "accounts": ["big-a", "big-b"]}]},
    }
)

QUEUES = st.sampled_from((("a",), ("b",), ("a", "b")))
PEOPLE = st.lists(st.tuples(QUEUES, st.integers(3, MOST)), min_size=1, max_size=3)


class Flood:
    """Small tickets without end, and what becomes of big ones among them."""

    def __init__(self, people, draw):
        self.clock = FixedClock()
        self.store = MemoryStore()
        self.desk = open_desk(self.store, config=CONFIG, clock=self.clock, ids=SerialIds())
        self.capacity = {}
        for queues, capacity in people:
            agent = self.desk.agents.add("A", queues=queues, capacity=capacity)
            self.capacity[agent.id] = capacity
        self.draw = draw
        self.numbers = 0
        self.held = {}

    def write(self, account):
        self.numbers += 1
        key = str(self.numbers)
        who = Sender(external_id=key)
        message = InboundMessage(account=account, dedupe_key=key, conversation=key, sender=who, text="hi")
        return self.desk.receive(message).ticket.id

    def tickets(self):
        return self.store.query(self.desk.name, Query(kind="ticket", limit=1000)).items

    def in_hand(self):
        return [one for one in self.tickets() if one.assignee is not None and one.is_live]

    def close_some(self):
        """Everybody ends one ticket, so there is never much room at once: any, but none stays for ever."""
        for agent in self.capacity:
            mine = [one.id for one in self.in_hand() if one.assignee == agent]
            if not mine:
                continue
            for one in mine:
                self.held[one] = self.held.get(one, 0) + 1
            old = [one for one in mine if self.held[one] > STAYS]
            self.desk.tickets.set_status(self.draw(st.sampled_from(old or mine)), "closed", actor=LEAD)
            if self.draw(st.booleans()):
                # Before anybody looks, somebody new may take what became free.
                self.write(f"small-{self.draw(st.sampled_from('ab'))}")

    def round(self, queues):
        for queue in queues:
            self.write(f"small-{queue}")
        self.close_some()
        self.clock.advance(timedelta(minutes=1))
        while self.desk.run_due().more:
            pass
        for agent, capacity in self.capacity.items():
            units = sum(one.units for one in self.in_hand() if one.assignee == agent)
            assert units <= capacity, "above capacity"


# Shrinking would take minutes: what fails is told as it was found.
@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(people=PEOPLE, data=st.data())
def test_nobody_starves(people, data):
    flood = Flood(people, data.draw)
    queues = sorted({queue for given_to, _ in people for queue in given_to})
    for _ in range(sum(capacity for _, capacity in people)):
        flood.write(f"small-{data.draw(st.sampled_from(queues))}")
    old = [flood.write(f"big-{data.draw(st.sampled_from(queues))}") for _ in range(data.draw(st.integers(1, 2)))]
    old += [flood.write(f"small-{queue}") for queue in queues]
    # Whoever is before it, then itself: each waits until one agent has closed everything.
    for _ in range(WAIT + (len(old) + 1) * (MOST + 1)):
        flood.round([queue for queue in queues for _ in people])
    waiting = {one.id for one in flood.tickets() if one.waits is not None}
    assert not waiting & {*old}, "passed by those that came later"
    assert problems_of(flood.store, flood.desk.name) == ()
