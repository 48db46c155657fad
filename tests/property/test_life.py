"""The same life of a desk over both stores: equal in all that can be seen, and sound after every deed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import many
from tests.databases import store_at
from tests.property.awaited import opening
from tests.property.life import DEEDS, QUEUES, WORDS, NothingYet, Side, check_sent, everything, pages

from csdesk import open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.tickets import Category
from csdesk.engine import core, local
from csdesk.errors import CsdeskError, FlowError
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import AwaitedStore
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


@contextmanager
def _one_by_one() -> Iterator[None]:
    """Processes take ticket numbers one at a time: in blocks, each would count on in its own."""
    with patch.object(core, "BLOCK", 1), patch.object(local, "BLOCK", 1):
        yield


@contextmanager
def _lives(kind: str) -> Iterator[tuple[Side, ...]]:
    """A desk over a store in memory, and others that have to live the same life."""
    memory, same = MemoryStore(), MemoryStore()
    with TemporaryDirectory() as folder, asyncio.Runner() as loop:
        path = Path(folder, "desk.db")
        no_gaps = _one_by_one() if kind == "two processes" else nullcontext()

        def file() -> SqliteStore:
            return store_at(path, synchronous="NORMAL")

        def at_path(_store: Any, **given: Any) -> Desk:
            return open_desk(f"sqlite:///{path}", synchronous="NORMAL", **given)

        others: dict[str, Callable[[], list[Side]]] = {
            "file": lambda: [Side(file)],
            "steps awaited": lambda: [Side(lambda: same, opening(loop, AwaitedStore))],
            "file in threads": lambda: [Side(file, opening(loop))],
            "two processes": lambda: [Side(file, at_path, processes=2)],
            "two names in a file": lambda: [Side(file, name="main"), Side(file, name="other")],
        }
        with no_gaps, ExitStack() as opened:
            sides = [Side(lambda: memory), *others[kind]()]
            for side in sides:
                opened.enter_context(closing(side))
                side.erases = kind != "steps awaited"
                side.teaches = kind != "two processes"
            yield tuple(sides)


@settings(max_examples=many(8), suppress_health_check=list(HealthCheck))
@given(LIVES)
def test_both_stores_live_the_same_life(life):
    _live("file", life)


@pytest.mark.parametrize("kind", ["steps awaited", "file in threads", "two processes", "two names in a file"])
@settings(max_examples=many(3), suppress_health_check=list(HealthCheck))
@given(life=LIVES)
def test_every_way_to_open_a_desk_leads_to_the_same_life(kind, life):
    _live(kind, life)


def _live(kind: str, life: Any) -> None:
    with _lives(kind) as sides:
        one, *others = sides
        for name, numbers in life:
            said = _done(one, name, numbers)
            assert problems_of(one.store) == (), name
            for other in others:
                other.turn = sum(numbers) % other.processes
                assert _done(other, name, numbers) == said, name
        kept, lists = _kept(one), _lists(one)
        for other in others:
            assert problems_of(other.store, other.name) == ()
            assert _kept(other) == kept
            assert _lists(other) == lists
        for side in sides:
            check_sent(side)


def _kept(side: Side) -> dict[str, str]:
    return {kind: _OWN.sub("", repr(rows)) for kind, rows in everything(side).items()}


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
