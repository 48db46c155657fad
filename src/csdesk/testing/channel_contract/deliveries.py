"""Items 5 to 10, 21 and 22: what arrives is stored once, in whatever order, under the one who said it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from typing import Literal

import pytest

from csdesk.domain.records.channels import InboundMessage
from csdesk.domain.records.messages import AuthorKind
from csdesk.domain.records.queues import InboxState
from csdesk.errors import StoreError
from csdesk.ports.channel import InboundResult, RawRequest
from csdesk.testing.channel_contract.bench import Bench, ContractBase, shown, skip
from csdesk.testing.channel_contract.rig import ChannelRig
from csdesk.testing.faults import Fault, FaultyStore


class DeliveryPromises(ContractBase):
    """Replays, order, unknown kinds, echoes, batches, pulls, tenants."""

    def test_05_the_same_delivery_is_stored_once(self, rig: ChannelRig, bench: Bench) -> None:
        """The same delivery is stored once."""
        delivery = rig.customer_writes("once", account=rig.account)
        statuses = bench.arrive(delivery, delivery, delivery)
        assert all(200 <= one < 300 for one in statuses)
        _stored(bench, "once")

    def test_05_concurrent_deliveries_are_stored_once(self, rig: ChannelRig, bench: Bench) -> None:
        """Concurrent deliveries are stored once."""
        delivery = rig.customer_writes("once", account=rig.account)
        with ThreadPoolExecutor(4) as pool:
            statuses = [one for got in pool.map(lambda _: bench.arrive(delivery), range(4)) for one in got]
        assert all(200 <= one < 300 for one in statuses)
        bench.settle()
        _stored(bench, "once")

    def test_06_receipts_in_any_order_end_the_same(self, rig: ChannelRig, bench: Bench) -> None:
        """Receipts in any order end the same."""
        ticket = bench.said()
        finals = set()
        count = len(shown(rig.statuses(bench.reply(ticket).message.id), "the provider tells nothing of messages"))
        for order in permutations(range(count)):
            ticket = bench.said(f"hello {order}")
            message = bench.reply(ticket, "x").message
            told = shown(rig.statuses(message.id), "no statuses")
            bench.arrive(*(told[at] for at in order))
            finals.add(next(one.delivery for one in bench.all_messages() if one.id == message.id))
        assert len(finals) == 1

    def test_07_an_unknown_kind_is_kept_with_its_payload(self, rig: ChannelRig, bench: Bench) -> None:
        """An unknown kind is kept with its payload."""
        statuses = bench.arrive(*shown(rig.unknown_kind(), "the rig shows no unknown kind"))
        assert all(200 <= one < 300 for one in statuses)
        items = bench.desk.inbox.list().items
        assert [one.state for one in items] == [InboxState.UNKNOWN], "one UnknownEvent has to bring it to the inbox"
        assert '"raw":""' not in items[0].payload, "UnknownEvent.raw is empty"

    def test_08_a_colleague_elsewhere_is_no_customer(self, rig: ChannelRig, bench: Bench) -> None:
        """A colleague elsewhere is no customer."""
        ticket = bench.said()
        bench.arrive(*shown(rig.colleague_writes("from elsewhere"), "nobody writes elsewhere"))
        found = [one.author for one in bench.messages(ticket) if one.text == "from elsewhere"]
        assert found == [AuthorKind.ELSEWHERE], (
            "it belongs to the customer's ticket: conversation and to (kind, scope, external_id) as the customer's own"
        )

    def test_08_our_own_echo_is_no_second_message(self, rig: ChannelRig, bench: Bench) -> None:
        """Our own echo is no second message."""
        ticket = bench.said()
        sent = bench.reply(ticket)
        bench.arrive(*shown(rig.echoes(sent.message.id), "the provider sends no echoes"))
        assert len(bench.messages(ticket)) == 2, "give the key of send, or the provider_id of its Receipt, in the echo"

    def test_09_one_broken_item_does_not_cost_the_others(self, rig: ChannelRig, bench: Bench) -> None:
        """One broken item does not cost the others."""
        bench.arrive(*shown(rig.batch(("first", "last")), "deliveries hold one message each"))
        assert {one.text for one in bench.all_messages()} == {"first", "last"}

    @pytest.mark.parametrize("how", ["repeat", "empty", "reversed"])
    def test_10_pages_that_misbehave(
        self, rig: ChannelRig, bench: Bench, how: Literal["repeat", "empty", "reversed"]
    ) -> None:
        """Pages that misbehave."""
        texts = {f"text {number}" for number in range(3)}
        arrivals = [rig.customer_writes(one, account=rig.account) for one in sorted(texts)]
        if not rig.misbehave(how):
            skip("nothing is pulled")
        bench.arrive(*arrivals)
        bench.arrive(*arrivals)
        assert sorted(one.text for one in bench.all_messages()) == sorted(texts)

    @pytest.mark.parametrize("at", range(4))
    @pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNKNOWN_DONE, Fault.UNKNOWN_UNDONE])
    def test_10_a_crash_around_the_store_loses_and_doubles_nothing(
        self, rig: ChannelRig, bench: Bench, at: int, fault: Fault
    ) -> None:
        """A crash around the store loses and doubles nothing."""
        calls = iter(range(10_000))
        plan = lambda name: fault if name == "commit" and next(calls) in (at, at + 1) else None  # noqa: E731
        broken = bench.open(wrap=lambda store: FaultyStore(store, plan))
        delivery = rig.customer_writes("kept", account=rig.account)
        with suppress(StoreError):  # then the provider is not acknowledged, and delivers again
            bench.arrive(delivery, desk=broken)
        rig.clock.advance(timedelta(minutes=20))
        bench.arrive(delivery)
        rig.clock.advance(timedelta(minutes=20))
        bench.settle()
        _stored(bench, "kept")

    def test_10_two_processes_that_pull_store_everything_once(self, rig: ChannelRig, bench: Bench) -> None:
        """Two processes that pull store everything once."""
        other = bench.open()
        arrivals = [rig.customer_writes(f"text {number}", account=rig.account) for number in range(5)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda desk: bench.arrive(*arrivals, desk=desk), (bench.desk, other)))
        rig.clock.advance(timedelta(minutes=20))
        bench.settle()
        assert sorted(one.text for one in bench.all_messages()) == [f"text {number}" for number in range(5)]

    def test_10_backlog_is_stored_and_marked(self, rig: ChannelRig, bench: Bench) -> None:
        """Backlog is stored and marked."""
        old = rig.clock.now() - timedelta(days=40)
        bench.arrive(rig.customer_writes("long ago", account=rig.account, sent_at=old))
        _stored(bench, "long ago")
        (message,) = bench.all_messages()
        assert message.backlog or message.sent_at is None

    def test_21_every_event_survives_json_and_has_aware_times(self, rig: ChannelRig, bench: Bench) -> None:
        """Every event survives json and has aware times."""
        arrivals = [rig.customer_writes("one", account=rig.account), *(rig.unknown_kind() or ())]
        checked = 0
        for one in arrivals:
            events = [one] if one is not None and not isinstance(one, RawRequest) else []
            if isinstance(one, RawRequest):
                result = bench.channel.receive(one.model_copy(update={"received_at": rig.clock.now()}))
                assert InboundResult.model_validate_json(result.model_dump_json()) == result
                events = list(result.events)
            for event in events:
                assert type(event).model_validate_json(event.model_dump_json()) == event
                at = event.sent_at if isinstance(event, InboundMessage) else event.occurred_at
                assert at is None or at.tzinfo is not None
            checked += 1
        assert checked

    def test_22_two_accounts_do_not_mix(self, rig: ChannelRig) -> None:
        """Two accounts do not mix."""
        bench = Bench(rig)
        desk = bench.open(rig.account, "second")
        for account in (rig.account, "second"):
            bench.arrive(rig.customer_writes(f"to {account}", account=account), desk=desk, account=account)
        bench.settle(desk)
        told = {(one.account, message.text) for one in bench.tickets(desk) for message in bench.messages(one)}
        assert told == {(one, f"to {one}") for one in (rig.account, "second")}, (
            "an event's account is its channel's own"
        )


def _stored(bench: Bench, text: str) -> None:
    stored = [one.text for one in bench.all_messages()]
    assert stored == [text], (
        f"stored is {stored}: each delivery once, under a dedupe_key that is the same when it comes again"
    )
