"""``walk`` and ``awalk`` give what a list holds, once, whatever the size of its pages."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk import InvalidInput, awalk, open_async_desk, open_desk, walk


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 7), st.integers(1, 8))
def test_everything_comes_once_in_the_order_of_the_list(agents, limit):
    with open_desk("memory://") as desk:
        added = [desk.agents.add(f"agent {number}").id for number in range(agents)]
        assert [one.id for one in walk(desk.agents.list, limit=limit)] == added
        assert [one.id for one in walk(desk.agents.list, presence="offline", limit=limit)] == []


def test_a_page_is_read_when_it_is_wanted():
    read = []
    with open_desk("memory://") as desk:
        for name in "abc":
            desk.agents.add(name)

        def pages(*, cursor=None):
            read.append(cursor)
            return desk.agents.list(limit=1, cursor=cursor)

        walking = walk(pages)
        assert read == []
        next(walking)
        assert read == [None]
        assert len(list(walking)) == 2
        assert len(set(read)) == 3


def test_lists_of_an_async_desk_are_walked_too():
    async def main():
        async with await open_async_desk("memory://") as desk:
            added = [(await desk.agents.add(name)).id for name in "abc"]
            assert [one.id async for one in awalk(desk.agents.list, limit=2)] == added
            with pytest.raises(InvalidInput, match=r"^read: gives no pages; .* for awalk"):
                list(walk(desk.agents.list))
            with pytest.raises(InvalidInput, match="gives no pages"):
                [one async for one in awalk(desk.config.get)]

    asyncio.run(main())


def test_what_is_no_list_is_told():
    async def main(desk):
        with pytest.raises(InvalidInput, match=r"^read: awaits nothing; .* for walk"):
            [one async for one in awalk(desk.agents.list)]

    with open_desk("memory://") as desk:
        with pytest.raises(InvalidInput, match="gives no pages"):
            list(walk(desk.config.get))
        asyncio.run(main(desk))
