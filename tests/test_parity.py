"""``Desk`` and ``AsyncDesk`` are one desk in two colours."""

import inspect
from functools import cached_property
from importlib import import_module

import pytest

from csdesk.aio.shell import AsyncDesk
from csdesk.desk.shell import Desk

GROUPS = (
    "tickets",
    "customers",
    "tags",
    "segments",
    "agents",
    "bots",
    "channels",
    "assets",
    "replies",
    "learning",
    "inbox",
    "outbox",
    "config",
    "events",
    "sla",
    "articles",
    "products",
    "calendars",
    "authority",
    "self_service",
)
WITHIN = ("drafts", "finding", "holding", "joining", "business", "linking", "exceptions")
"""Groups that hang on another group."""
RENAMED = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
SEEN = {"__enter__", "__exit__", "__aenter__", "__aexit__"}
NEVER_AWAITED = {"seen_by"}
"""What touches no store on either desk."""


def pairs():
    found = [(Desk, AsyncDesk)]
    for group in (*GROUPS, *WITHIN):
        ours, theirs = import_module(f"csdesk.desk.{group}"), import_module(f"csdesk.aio.{group}")
        names = [name for name, thing in vars(ours).items() if is_group(thing, ours)]
        assert names == [name for name, thing in vars(theirs).items() if is_group(thing, theirs)]
        found += [(getattr(ours, name), getattr(theirs, name)) for name in names]
    return found


def is_group(thing, module):
    return inspect.isclass(thing) and thing.__module__ == module.__name__


def members(cls):
    return {
        name: thing
        for name, thing in vars(cls).items()
        if (not name.startswith("_") or name in SEEN) and (inspect.isfunction(thing) or isinstance(thing, property))
    }


@pytest.mark.parametrize(("blocking", "coloured"), pairs(), ids=lambda cls: cls.__name__)
def test_methods_parameters_and_results_are_equal(blocking, coloured):
    ours, theirs = members(blocking), members(coloured)
    assert [RENAMED.get(name, name) for name in ours] == list(theirs)
    for name, method in ours.items():
        twin = theirs[RENAMED.get(name, name)]
        if isinstance(method, property):
            assert inspect.signature(method.fget) == inspect.signature(twin.fget)
            continue
        assert inspect.iscoroutinefunction(twin) is (name not in NEVER_AWAITED), name
        assert not inspect.iscoroutinefunction(method), name
        assert inspect.signature(twin) == inspect.signature(method), name


@pytest.mark.parametrize(("blocking", "coloured"), pairs(), ids=lambda cls: cls.__name__)
def test_both_are_documented(blocking, coloured):
    for cls in (blocking, coloured):
        for name, thing in members(cls).items():
            assert thing.__doc__ or name in SEEN, f"{cls.__name__}.{name}"


@pytest.mark.parametrize("shell", [Desk, AsyncDesk])
def test_every_group_hangs_on_both_desks(shell):
    groups = {name for name, member in vars(shell).items() if isinstance(member, cached_property)}
    assert groups == set(GROUPS)


@pytest.mark.parametrize("shell", [Desk, AsyncDesk], ids=lambda one: one.__name__)
def test_tickets_are_counted_by_what_they_are_listed_by(shell):
    """The filters stand in each signature, so that editors, pages and a misspelt name's TypeError know them."""
    group = import_module(f"csdesk.{'desk' if shell is Desk else 'aio'}.finding").Finding
    listed, counted = ({**inspect.signature(one).parameters} for one in (group.list, group.count))
    paging = {"order", "descending", "limit", "cursor"}
    assert {name: one for name, one in listed.items() if name not in paging} == counted
