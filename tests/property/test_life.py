"""The same life of a desk over both stores: equal in all that can be seen, and sound after every deed."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import many
from tests.property.life import DEEDS, QUEUES, WORDS, NothingYet, Side, everything, pages

from csdesk.domain.records.tickets import Category
from csdesk.errors import CsdeskError, FlowError
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing.audit import problems_of

NUMBERS = st.integers(0, 999)
OFTEN = ("receive", "receive", "receive", "reply", "mark", "mark", "hold", "join", "know", "wait", "run_due", "run_due")
LIVES = st.lists(
    st.tuples(st.sampled_from((*DEEDS, *OFTEN)), st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS)),
    min_size=20,
    max_size=45,
)
_OWN = re.compile(r"salt='[a-z0-9]*'|trace=Trace\(verdicts=\(\)\)|trace=None|indexed=\d+|more=\w+|cursor='[^']*'")
"""What each store may say in its own way: pages, what it has indexed, and the salts of nothing."""


@settings(max_examples=many(8), suppress_health_check=list(HealthCheck))
@given(LIVES)
def test_both_stores_live_the_same_life(life):
    memory = MemoryStore()
    with (
        TemporaryDirectory() as folder,
        closing(SqliteStore(Path(folder, "desk.db"), synchronous="NORMAL")) as file,
    ):
        sides = Side(lambda: memory), Side(lambda: file)
        for name, numbers in life:
            one, other = (_done(side, name, numbers) for side in sides)
            assert one == other, name
            assert problems_of(memory) == (), name
        assert problems_of(file) == ()
        kept = [{kind: _OWN.sub("", repr(rows)) for kind, rows in everything(side).items()} for side in sides]
        assert kept[0] == kept[1]
        assert _lists(sides[0]) == _lists(sides[1])
        for side in sides:
            _check_sent(side)
            side.desk.close()
            side.store.close()


def _done(side: Side, name: str, numbers: tuple[int, int, int, int]) -> str:
    """What came of it; what was refused has left nothing behind."""
    before = everything(side) if isinstance(side.store, MemoryStore) else None
    refused = None
    try:
        done: Any = DEEDS[name](side, *numbers)
    except NothingYet:
        return ""
    except CsdeskError as error:
        refused = error
    if refused is None:
        return _OWN.sub("", repr(done))
    assert not isinstance(refused, FlowError), refused
    assert before is None or everything(side) == before, refused
    return f"{type(refused).__name__}: {refused}"


def _lists(side: Side) -> list[list[str]]:
    """The lists and searches, which are the same whatever the size of their pages, and as long as they are counted."""
    tickets = side.desk.tickets
    filters: list[dict[str, Any]] = [{}, *({"category": one} for one in Category), *({"queue": one} for one in QUEUES)]
    filters += [{"assignee": one} for one in side.agents] + [{"tag": "t1"}]
    filters += [{"customer": one.id} for one in side.all("customer")]
    found = []
    for given_ in filters:
        listed = _paged(lambda size, after, where=given_: tickets.list(limit=size, cursor=after, **where))
        assert tickets.count(**given_) == len(listed)
        found.append([one.id for one in listed])
    for order in ("number", "priority", "updated_at"):
        ordered = _paged(lambda size, after, by=order: tickets.list(limit=size, cursor=after, order=by))
        found.append([one.id for one in ordered])
    for word in WORDS:
        hits = _paged(lambda size, after, text=word: tickets.search(text, limit=size, cursor=after))
        found.append([one.message.id for one in hits])
        assert set(found[-1]) == {one.id for one in side.all("message") if word in _said(one)}
    return found


def _paged(read: Any) -> list[Any]:
    whole, *parts = ([*pages(lambda after, size=size: read(size, after))] for size in (1000, 1, 2, 7))
    assert all(part == whole for part in parts)
    return whole


def _said(message: Any) -> str:
    return " ".join([message.subject, *(getattr(part, "text", "") for part in message.edited or message.parts)])


def _check_sent(side: Side) -> None:
    """Nothing was handed over again that the provider had taken, unless somebody sent it again while in doubt."""
    for channel in side.channels:
        taken = Counter(channel.taken)
        assert side.was_in_doubt or all(count == 1 for count in taken.values()), taken
