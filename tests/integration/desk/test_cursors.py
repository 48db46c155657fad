"""A cursor goes through the hands of whoever pages: what they write into it is an error that says so, or a place."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress

import pytest

from csdesk import Actor, InvalidInput, Viewer

PLACES = [
    {},
    {"at": 1},
    [],
    [[]],
    [5],
    ["a", "b"],
    True,
    0,
    -1,
    2**63,
    float("nan"),
    float("inf"),
    None,
    "",
    "\x00",
    "z",
]


def _forged(cursor, place):
    """The cursor with another place in it, in the form of either store."""
    mark, *rest = json.loads(urlsafe_b64decode(cursor))
    values = [[mark, [one, key]] for one in ([place], [None, place], place) for key in ("tkt_1", place)]
    if len(rest) == 2:
        values = [[mark, place, rest[1]], [mark, rest[0], place], [mark, place, place]]
    return [urlsafe_b64encode(json.dumps(one, ensure_ascii=False).encode()).decode() for one in values]


@pytest.mark.parametrize("place", PLACES, ids=repr)
def test_a_forged_place_is_refused_or_is_one(world, place):
    desk = world.open()
    for by in "abc":
        desk.receive(world.said(by=by, text="hello"))
    customer = desk.customers.list(limit=1).items[0].id
    for level in ("gold", "silver"):
        desk.customers.set_profile(customer, level=level, actor=Actor.system())
    lists = [
        *(lambda order=one, **page: desk.tickets.list(order=order, limit=1, **page) for one in ("id", "updated_at")),
        lambda **page: desk.tickets.list(order="priority", descending=False, limit=1, **page),
        lambda **page: desk.tickets.search("hello", limit=1, **page),
        lambda **page: desk.customers.list(limit=1, **page),
        lambda **page: desk.customers.acts(customer, limit=1, **page),
    ]
    for read in lists:
        for cursor in _forged(read().cursor, place):
            with suppress(InvalidInput):
                assert len(read(cursor=cursor).items) <= 1


def test_a_viewer_reads_nothing_out_of_the_order(world):
    desk = world.open()
    for by in "ab":
        desk.receive(world.said(by=by))
    seen = desk.seen_by(Viewer(actor=Actor.agent("temp"), personal=False))
    with pytest.raises(InvalidInput, match=r"^order: unknown value"):
        seen.tickets.list(order="conversation", limit=1)
