"""Customers that were merged, and identities that were linked, come apart again."""

from __future__ import annotations

import pytest
from tests.integration.merging.conftest import LIN, Counter

from csdesk import (
    Evidence,
    InvalidInput,
    NotFound,
    Sender,
    VersionConflict,
)


def test_an_unmerged_customer_has_its_own_again(at: Counter) -> None:
    a, b = at.say("a"), at.say("b")
    at.desk.customers.tag(a.customer.id, "vip", actor=LIN)
    before = at.desk.customers.get(a.customer.id)
    at.desk.customers.merge(a.customer.id, b.customer.id, actor=LIN)
    at.say("a")
    at.desk.customers.tag(b.customer.id, "late", actor=LIN)
    at.desk.customers.set_profile(b.customer.id, name="Bo", level="gold", attributes={"size": "L"}, actor=LIN)
    at.desk.customers.block(b.customer.id, actor=LIN)
    at.desk.customers.link(b.customer.id, Sender(kind="phone", external_id="1"), actor=LIN)
    done = at.desk.customers.unmerge(a.customer.id, actor=LIN, idempotency_key="once")
    own = {name: value for name, value in before if name != "version"}
    assert {name: value for name, value in done.customer if name != "version"} == own
    assert (done.attributes, done.tags, done.fields) == (("size",), ("late",), ("name", "level", "block"))
    assert done.identities == (done.survivor.identities[-1].id,)
    assert done.survivor.members == ()
    assert at.desk.customers.of(a.ticket.identity) == done.customer
    assert len(at.desk.customers.timeline(a.customer.id).items) == 2
    assert len(at.desk.customers.timeline(b.customer.id).items) == 1
    assert at.desk.customers.unmerge(a.customer.id, actor=LIN, idempotency_key="once") == done
    with pytest.raises(InvalidInput, match="not merged"):
        at.desk.customers.unmerge(a.customer.id, actor=LIN)


def test_chains_of_customers_come_apart_too(at: Counter) -> None:
    a, b, c = (one.customer for one in (at.say("a"), at.say("b"), at.say("c")))
    at.desk.customers.merge(a.id, b.id, actor=LIN, evidence=Evidence.VERIFIED)
    at.desk.customers.merge(b.id, c.id, actor=LIN)
    done = at.desk.customers.unmerge(b.id, actor=LIN)
    assert done.customer.members == (a.id,)
    assert done.survivor.members == ()
    assert at.desk.customers.get(a.id).id == b.id
    at.desk.customers.merge(b.id, c.id, actor=LIN)
    alone = at.desk.customers.unmerge(a.id, actor=LIN)
    assert alone.survivor.members == (b.id,)
    at.desk.customers.merge(a.id, c.id, actor=LIN)
    assert at.desk.customers.unmerge(b.id, actor=LIN).customer.members == ()
    assert at.desk.customers.get(a.id).id == c.id


def test_an_unlinked_identity_takes_its_tickets_along(at: Counter) -> None:
    a = at.say("a")
    at.desk.customers.link(a.customer.id, Sender(kind="email", external_id="b@example.org"), actor=LIN)
    theirs = at.say("b")
    assert theirs.customer.id == a.customer.id
    identity = theirs.ticket.identity
    after = at.desk.customers.unlink(identity, actor=LIN, evidence=Evidence.VERIFIED, idempotency_key="once")
    assert after.id != a.customer.id
    (moved,) = after.identities
    assert (moved.id, moved.external_id, moved.evidence) == (identity, "b@example.org", Evidence.VERIFIED)
    assert moved.origin == a.customer.id
    assert at.desk.customers.of(identity) == after
    assert at.desk.customers.find("b@example.org", kind="email") == after
    assert [one.id for one in at.desk.customers.brief(after.id).open_tickets] == [theirs.ticket.id]
    assert len(at.desk.customers.get(a.customer.id).identities) == 1
    again = at.say("b")
    assert again.customer.id == after.id
    assert at.desk.customers.unlink(identity, actor=LIN, idempotency_key="once") == after


def test_an_identity_goes_back_to_where_it_came_from(at: Counter) -> None:
    a = at.say("a").customer
    at.desk.customers.link(a.id, Sender(kind="phone", external_id="1"), actor=LIN)
    identity = at.desk.customers.get(a.id).identities[-1].id
    fresh = at.desk.customers.unlink(identity, actor=LIN)
    with pytest.raises(InvalidInput, match="only one"):
        at.desk.customers.unlink(identity, actor=LIN)
    at.desk.customers.link(fresh.id, Sender(kind="phone", external_id="2"), actor=LIN)
    with pytest.raises(VersionConflict):
        at.desk.customers.unlink(identity, actor=LIN, expected_version=1)
    home = at.desk.customers.unlink(identity, actor=LIN, expected_version=2)
    assert home.id == a.id
    back = home.identity(identity)
    assert back is not None
    assert back.origin is None
    with pytest.raises(NotFound, match="identity"):
        at.desk.customers.unlink("idn_00000000000000000000000000", actor=LIN)
