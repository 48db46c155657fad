"""What customers wish and policy refuses, and what is offered instead."""

from decimal import Decimal

import pytest
from tests.integration.desk.authority.conftest import Shop

from csdesk import InvalidInput
from csdesk.domain.records.authority import ExceptionState
from csdesk.errors import OutsideAuthority


def test_a_wish_is_granted_under_the_limits_of_who_grants_it(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    asked = exceptions.ask(shop.ticket.id, "过期也想退款", action="refund", amount="100", subject="order:1")
    (one,) = asked.exceptions
    assert (one.wish, one.state, one.is_open) == ("过期也想退款", ExceptionState.ASKED, True)
    with pytest.raises(OutsideAuthority):
        exceptions.grant(shop.ticket.id, actor=shop.me)
    (done,) = exceptions.grant(shop.ticket.id, actor=shop.lead, reason="老客户").exceptions
    assert (done.state, done.answered_by, done.reason) == (ExceptionState.GRANTED, str(shop.lead), "老客户")
    settled = shop.desk.authority.get(done.settlement)
    assert (settled.value, settled.exception, settled.subject) == (Decimal(100), 1, "order:1")
    with pytest.raises(InvalidInput, match="no exception is asked"):
        exceptions.refuse(shop.ticket.id, actor=shop.me, reason="no")


def test_something_else_is_offered_and_taken(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    exceptions.ask(shop.ticket.id, "wants 500", action="refund", amount="500", idempotency_key="w")
    exceptions.ask(shop.ticket.id, "wants 500", action="refund", amount="500", idempotency_key="w")
    with pytest.raises(InvalidInput, match="voucher"):
        exceptions.offer(shop.ticket.id, "vocher", actor=shop.me)
    offered = exceptions.offer(shop.ticket.id, "voucher", actor=shop.me, reason="policy")
    assert [one.state for one in offered.exceptions] == [ExceptionState.OFFERED]
    assert shop.desk.authority.list().items == ()
    taken = exceptions.accept(shop.ticket.id, idempotency_key="yes")
    assert exceptions.accept(shop.ticket.id, idempotency_key="yes").exceptions == taken.exceptions
    (settled,) = shop.desk.authority.list(ticket=shop.ticket.id).items
    assert (settled.action, settled.value, settled.alternative, settled.under) == (
        "voucher",
        Decimal(20),
        "voucher",
        str(shop.me),
    )
    with pytest.raises(InvalidInput, match="no exception is offered"):
        exceptions.accept(shop.ticket.id)


def test_a_wish_is_answered_where_it_stands_after_a_merge_too(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    other = shop.desk.receive(shop.world.said("me too", conversation="second")).ticket
    exceptions.ask(other.id, "wants 100", action="refund", amount="100")
    shop.desk.tickets.merge(other.id, shop.ticket.id, actor=shop.me)
    (done,) = exceptions.grant(other.id, actor=shop.lead).exceptions
    assert done.state is ExceptionState.GRANTED
    assert shop.desk.authority.get(done.settlement).ticket == shop.ticket.id
    shop.refused("201", by=shop.lead)
    exceptions.ask(other.id, "and more")  # nothing is open there any more: it stands with the survivor
    assert [one.wish for one in shop.desk.tickets.get(shop.ticket.id).exceptions] == ["and more"]


def test_what_cannot_be_given_is_not_offered(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    exceptions.ask(shop.ticket.id, "wants more")
    shop.settle(20, action="voucher")
    with pytest.raises(OutsideAuthority):
        exceptions.offer(shop.ticket.id, "voucher", actor=shop.me)
    exceptions.offer(shop.ticket.id, "express", actor=shop.me)  # costs nothing of the ledger
    (one,) = exceptions.decline(shop.ticket.id).exceptions
    assert (one.state, one.settlement) == (ExceptionState.DECLINED, None)


def test_a_refusal_says_why(shop: Shop) -> None:
    exceptions = shop.desk.authority.exceptions
    exceptions.ask(shop.ticket.id, "wants all")
    with pytest.raises(InvalidInput, match="reason"):
        exceptions.refuse(shop.ticket.id, actor=shop.me, reason=" ")
    (one,) = exceptions.refuse(shop.ticket.id, actor=shop.me, reason="worn").exceptions
    assert (one.state, one.reason) == (ExceptionState.REFUSED, "worn")
