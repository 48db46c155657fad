"""Ids of the running system: valid, in order, never the same twice."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from csdesk.system import ids as module
from csdesk.system.ids import SystemIds

AT_MS = 1_780_000_000_000
IS_ID = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time in milliseconds, as its one item."""
    now = [AT_MS]
    monkeypatch.setattr(module.time, "time_ns", lambda: now[0] * 1_000_000)
    return now


def _number(made: str) -> int:
    number = 0
    for character in made.partition("_")[2]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(character)
    return number


def test_an_id_is_a_uuid_of_version_7_with_its_moment(clock: list[int]) -> None:
    source = SystemIds()
    for _ in range(3):
        made = source.new("tkt_")
        assert IS_ID.fullmatch(made)
        number = _number(made)
        assert number >> 80 == clock[0]
        assert number >> 76 & 15 == 7
        assert number >> 62 & 3 == 2
        clock[0] += 5


def test_ids_grow_within_a_millisecond_beyond_one_and_when_the_clock_goes_back(clock: list[int]) -> None:
    source = SystemIds()
    made = [source.new("msg_") for _ in range(50)]
    clock[0] -= 10_000
    made += [source.new("msg_") for _ in range(50)]
    clock[0] += 10_001
    made += [source.new("msg_") for _ in range(50)]
    assert made == sorted(set(made))


def test_a_millisecond_that_is_used_up_borrows_the_next_one(clock: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COUNT_BITS", 3)
    source = SystemIds()
    made = [source.new("msg_") for _ in range(100)]
    assert made == sorted(set(made))
    assert _number(made[-1]) >> 80 > AT_MS
    assert clock == [AT_MS]


def test_two_sources_and_many_threads_never_make_the_same_id(clock: list[int]) -> None:
    del clock
    sources = (SystemIds(), SystemIds())
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: sources[number % 2].new("msg_"), range(2000)))
    assert len(set(made)) == 2000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_goes_on_with_other_ids(clock: list[int]) -> None:
    del clock
    source = SystemIds()
    source.new("msg_")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, source.new("msg_").encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    assert IS_ID.fullmatch(theirs)
    assert theirs != source.new("msg_")


def test_salts_and_secrets_differ() -> None:
    source = SystemIds()
    assert len({source.salt() for _ in range(20)}) == 20
    assert len(source.salt()) == 16
    assert len({source.secret() for _ in range(20)}) == 20
