"""Items 11 to 18: windows, pieces, sendings that fail, tokens, keys, media, secrets, ends."""

from __future__ import annotations

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from csdesk import DeskConfig
from csdesk.domain.records.messages import Delivery, MediaKind, MediaPart
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.text.graphemes import graphemes
from csdesk.flows.outbound.outgoing import ARRIVED
from csdesk.ports.channel import BlockingChannel, Channel, MediaLimit, OutboundMessage, Sender
from csdesk.testing.channel_contract.bench import AGENT, Bench, ContractBase, ended, shown, skip
from csdesk.testing.channel_contract.rig import ChannelRig, Expected

TEXTS = ("好" * 400, "👨‍👩‍👧‍👦" * 150, "e\u0301" * 700, "一句话。" * 300, "word " * 500)


class SendPromises(ContractBase):
    """What goes out."""

    def test_11_the_window_ends_to_the_second_and_opens_again(self, bench: Bench, rig: ChannelRig) -> None:
        """The window ends to the second and opens again."""
        window = shown(bench.able.window, "the channel has no window")
        ticket = bench.said()
        rig.clock.advance(window)
        assert bench.reply(ticket, "in time").delivery is Delivery.SENT
        rig.clock.advance(timedelta(seconds=1))
        late = bench.reply(ticket, "late").message
        needs = "template" if "template" in bench.able.outside_window else "customer_message"
        assert (late.delivery, late.delivery_needs) == (Delivery.FAILED, needs)
        assert "late" not in self._texts(rig)
        assert bench.reply(bench.said("again"), "open").delivery is Delivery.SENT

    def test_11_the_quota_ends_with_its_last_message(self, bench: Bench) -> None:
        """The quota ends with its last message."""
        most = shown(bench.able.per_message, "the channel has no quota")
        ticket = bench.said()
        got = [bench.reply(ticket, str(number)).delivery for number in range(most + 1)]
        assert got == [Delivery.SENT] * most + [Delivery.FAILED]
        assert bench.reply(bench.said("again"), "open").delivery is Delivery.SENT

    def test_11_the_code_of_an_event_allows_a_greeting(self, bench: Bench, rig: ChannelRig) -> None:
        """The code of an event allows a greeting."""
        arrival, setting = shown(rig.opens(), "the provider gives no codes")
        config = DeskConfig.model_validate({"accounts": [{"name": rig.account, setting: "welcome"}]})
        desk = bench.open(config=config)
        bench.arrive(arrival, desk=desk)
        bench.arrive(arrival, desk=desk)
        assert self._texts(rig) == ["welcome"]

    @pytest.mark.parametrize("text", TEXTS, ids=["chinese", "families", "accents", "sentences", "words"])
    def test_12_long_texts_arrive_whole_and_unbroken(self, bench: Bench, rig: ChannelRig, text: str) -> None:
        """Long texts arrive whole and unbroken."""
        limit = bench.able.text
        sent = bench.reply(bench.said(), text)
        if sent.delivery is Delivery.FAILED:
            assert sent.message.delivery_needs in ("shorter_text", "customer_message")
            return
        texts = self._texts(rig)
        assert "".join("".join(texts).split()) == "".join(text.split())
        assert limit is None or all(limit.holds(one) for one in texts)
        whole = set(graphemes(text))
        assert all(set(graphemes(one)) <= whole | {" "} for one in texts)

    def test_13_a_message_arrives(self, bench: Bench, rig: ChannelRig) -> None:
        """A message arrives."""
        sent = bench.reply(bench.said(), "好的")
        assert sent.delivery in ARRIVED, ended(sent.message)
        assert self._texts(rig) == ["好的"]

    def test_13_each_fault_has_its_consequence(self, rig: ChannelRig) -> None:
        """Each fault has its consequence."""
        if not rig.faults:
            skip("the rig shows no faults")
        rig.close()
        for fault, expected in rig.faults.items():
            fresh = self.make_rig()
            try:
                self._check_fault(fresh, fault, expected)
            finally:
                fresh.close()

    def _check_fault(self, rig: ChannelRig, fault: str, expected: Expected) -> None:
        bench = Bench(rig)
        ticket = bench.said()
        rig.fail(fault)
        message = bench.reply(ticket, "x").message
        after = bench.later_state(message)
        told = f"{fault}: {ended(after)}; the rig expects {expected}"
        if expected == "unknown":
            assert after.delivery is Delivery.UNKNOWN, told
        elif expected in ("once", "retry"):
            assert after.delivery in ARRIVED, told
            assert self._texts(rig) == ["x"], told
        else:
            assert (after.delivery, after.delivery_needs) == (Delivery.FAILED, expected), told

    def test_14_ten_who_find_the_token_dead_fetch_one(self, bench: Bench, rig: ChannelRig) -> None:
        """Ten who find the token dead fetch one."""
        tickets = [bench.said(f"hello {number}", customer=f"c{number}") for number in range(10)]
        if not rig.revoke(askers=10):
            skip("the channel has no token that ends")
        before = rig.token_calls()
        with ThreadPoolExecutor(10) as pool:
            sent = list(pool.map(lambda one: bench.reply(one, "x").delivery, tickets))
        assert sent == [Delivery.SENT] * 10
        assert rig.token_calls() == before + 1

    def test_15_a_retry_carries_the_same_key(self, bench: Bench, rig: ChannelRig) -> None:
        """A retry carries the same key."""
        if bench.able.idempotency != "key":
            skip("the channel takes no key")
        lost = [name for name, expected in rig.faults.items() if expected == "once"]
        if not lost:
            skip("the rig shows no fault after which a sending is in doubt")
        ticket = bench.said()
        rig.fail(lost[0])
        message = bench.reply(ticket, "x").message
        bench.later_state(message)
        assert [key for key, _ in self._arrived(rig)] == [message.id]

    def test_16_media_that_are_too_large_never_leave(self, bench: Bench) -> None:
        """Media that are too large never leave."""
        most = bench.able.media_bytes
        every = (MediaLimit(media=MediaKind.FILE, most=most),) if most and not bench.able.media else bench.able.media
        limit = next((one for one in every if one.most < 60_000_000), None)
        if limit is None:
            skip("the channel declares no limit for media")
        type_ = next(iter(limit.types), "application/octet-stream")
        ticket = bench.said()
        for size, fits in ((limit.most, True), (limit.most + 1, False)):
            ref = bench.desk._core.media.put(io.BytesIO(b"x" * size), type=type_, name="a")  # noqa: SLF001
            part = MediaPart(media=limit.media, ref=ref, type=type_)
            sent = bench.desk.reply(ticket.id, [part], actor=AGENT)
            assert (sent.delivery is Delivery.SENT) is fits

    def test_16_an_uploaded_id_that_died_is_uploaded_once_more(self, bench: Bench, rig: ChannelRig) -> None:
        """An uploaded id that died is uploaded once more."""
        if bench.able.media_by != "upload" or not rig.forget_uploads():
            skip("nothing is uploaded")
        ticket = bench.said()
        ref = bench.desk._core.media.put(io.BytesIO(b"x" * 100), type="text/plain", name="a.txt")  # noqa: SLF001
        part = MediaPart(media=MediaKind.FILE, ref=ref)
        bench.desk.reply(ticket.id, [part], actor=AGENT)
        rig.forget_uploads()
        assert bench.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
        assert rig.uploads() == 2

    def test_16_media_of_customers_are_named_and_typed_by_us(self, bench: Bench, rig: ChannelRig) -> None:
        """Media of customers are named and typed by us."""
        told = rig.media_arrives(b"<html><script>", type="image/png", name="../../etc/passwd")
        bench.arrive(*shown(told, "customers send no media"))
        (part,) = [one for message in bench.all_messages() for one in message.parts if isinstance(one, MediaPart)]
        assert part.ref is not None
        assert (part.ref.type, part.problem) == ("application/octet-stream", "type_mismatch")
        assert "/" not in part.ref.name

    def test_17_no_secret_shows(self, bench: Bench, rig: ChannelRig, caplog: pytest.LogCaptureFixture) -> None:
        """No secret shows."""
        if not rig.secrets():
            skip("the channel has no secret")
        with caplog.at_level(logging.DEBUG):
            ticket = bench.said()
            self_told = [repr(bench.channel), str(bench.channel)]
            for fault in (*rig.faults, None):
                rig.fail(*([fault] if fault is not None else []))
                self_told.append(repr(bench.later_state(bench.reply(ticket, "x").message)))
                rig.clock.advance(timedelta(minutes=20))
            bench.settle()
        told = [*self_told, caplog.text, *(repr(one) for one in bench.desk.outbox.list().items)]
        told += [repr(one) for one in bench.desk.events.read("contract", limit=1000)]
        for secret in rig.secrets():
            assert not any(secret in one for one in told), "it shows in a repr, an error, the log or the events"

    def test_18_an_exchange_that_is_dropped_leaves_no_half_state(self, bench: Bench, rig: ChannelRig) -> None:
        """An exchange that is dropped leaves no half state."""
        ticket = bench.said()
        channel = bench.channel
        if isinstance(channel, Channel) and not isinstance(channel, BlockingChannel):
            exchange = channel.send(self._outbound(bench, ticket, "dropped"))
            next(exchange, None)  # one that has nobody to talk to ends at once
            exchange.close()
        sent = bench.reply(ticket, "whole")
        assert sent.delivery is Delivery.SENT, ended(sent.message)
        assert self._texts(rig) == ["whole"]

    def test_18_a_desk_may_be_closed_twice(self, bench: Bench) -> None:
        """A desk may be closed twice."""
        bench.said()
        bench.desk.close()
        bench.desk.close()

    def _outbound(self, bench: Bench, ticket: Ticket, text: str) -> OutboundMessage:
        from csdesk.domain.records.messages import TextPart

        return OutboundMessage(
            key="msg_0000000000000000000000dr0p",
            account=bench.rig.account,
            conversation=ticket.conversation,
            to=Sender(external_id=ticket.conversation),
            parts=(TextPart(text=text),),
            occurred_at=bench.rig.clock.now(),
        )

    def _arrived(self, rig: ChannelRig) -> list[tuple[str, str]]:
        return list(shown(rig.arrived(), "nobody can tell what arrived"))

    def _texts(self, rig: ChannelRig) -> list[str]:
        return [text for _, text in self._arrived(rig)]
