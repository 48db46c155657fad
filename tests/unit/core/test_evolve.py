"""Folding by hand: what seldom happens, and the keys of claims."""

import pytest

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.conversation.windows import opening_of
from csdesk.domain.core.evolve import evolve, fold
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import Snapshot
from csdesk.domain.records.tickets import Link, LinkKind
from csdesk.errors import NotFound
from csdesk.testing import SerialIds, builders
from csdesk.testing.clocks import START


def test_links_are_added():
    ticket = builders.ticket(1)
    link = Link(kind=LinkKind.PROBLEM, ticket=builders.ticket(2).id)
    assert evolve(ticket, ev.LinksChanged(added=(link,)), START).links == (link,)


def test_what_happens_to_a_message_leaves_its_ticket_as_it_is():
    ticket = builders.ticket(1)
    assert evolve(ticket, ev.RawRemoved(message=builders.serial(MESSAGE, 1)), START) is ticket


def test_nothing_folds_to_nothing():
    assert fold(()) is None


def test_a_window_opens_with_the_first_message_of_the_customer():
    silent = builders.ticket(1, customer_at=None)
    assert opening_of(silent, None) is None
    assert opening_of(silent, builders.ticket(2, customer_at=START)).at == START


@pytest.mark.parametrize("read", ["ticket", "customer", "message", "agent", "phrase"])
def test_a_workspace_tells_what_it_does_not_have(read):
    keys = ClaimKeys(b"x" * 32)
    work = Workspace(Snapshot(), compile_policy(DeskConfig()), keys, START, SerialIds())
    with pytest.raises(NotFound, match=read):
        getattr(work, read)("none")
    assert work.find("none") is None


def test_keys_tell_parts_kinds_and_desks_apart():
    one, two = ClaimKeys(b"x" * 32), ClaimKeys(b"y" * 32)
    made = [
        one.inbound("a", "bc"),
        one.inbound("ab", "c"),
        two.inbound("a", "bc"),
        one.outbound("a", "bc"),
        one.mail("a", "bc"),
        one.conversation("a", "bc"),
        one.parked("a", "bc"),
        one.effect("a", "bc"),
        one.identity("email", "a", "bc"),
        one.identity("external", "a", "bc"),
        one.command("abc"),
        one.cursor("abc"),
    ]
    assert len(set(made)) == len(made)
    assert all("bc" not in key.split("/")[1] or len(key.split("/")[1]) == 22 for key in made)
    assert one.mail("a", " <bc> ") == one.mail("a", "bc")
    assert one.identity("email", "", " A@X ") == one.identity("email", "", "a@x")
    assert one.identity("external", "", "A") != one.identity("external", "", "a")
    assert one.inbound("a", "\ud800") != one.inbound("a", "\udfff")
