"""Items 1 to 4: who may speak to the address, and what malformed requests do."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from types import CodeType, FunctionType
from typing import Final

import pytest

from csdesk.errors import InvalidInput
from csdesk.ports.channel import RawRequest
from csdesk.testing.channel_contract.bench import Bench, ContractBase, shown, skip
from csdesk.testing.channel_contract.rig import ChannelRig

MALFORMED: Final = {
    "empty": b"",
    "truncated": b'{"a": {"b": [1, 2',
    "not text": b"\xff\xfe\x00\x01\x80",
    "deep": b"[" * 100_000,
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml>&b;</xml>',
    "large": b"x" * 10_000_000,
    "null": b"null",
    "number": b"7",
}


class RequestPromises(ContractBase):
    """Signatures, malformed input, comparison, handshake."""

    def test_01_a_good_signature_is_taken(self, rig: ChannelRig, bench: Bench) -> None:
        """A good signature is taken."""
        good = shown(rig.signed(), "the rig shows no signed request")
        self._taken(bench, self._timed(good, rig))

    def test_01_a_changed_request_is_refused(self, rig: ChannelRig, bench: Bench) -> None:
        """A changed request is refused."""
        changed = list(rig.tampered())
        if not changed:
            skip("the rig shows no signed request")
        for one in changed:
            self._refused(bench, self._timed(one, rig))

    def test_01_a_stale_or_future_request_is_refused(self, rig: ChannelRig, bench: Bench) -> None:
        """A stale or future request is refused."""
        tolerance = shown(rig.tolerance, "the time of a request is not signed")
        now = rig.clock.now()
        for beyond in (tolerance + timedelta(seconds=2), -tolerance - timedelta(seconds=2)):
            self._refused(bench, self._timed(shown(rig.signed(at=now + beyond), "no signed request"), rig))

    def test_01_each_secret_of_a_rotation_is_good(self, rig: ChannelRig, bench: Bench) -> None:
        """Each secret of a rotation is good."""
        requests = list(rig.rotated())
        if not requests:
            skip("the channel has one secret at a time")
        for one in requests:
            self._taken(bench, self._timed(one, rig))

    def test_01_an_empty_secret_is_refused_when_it_is_made(self, rig: ChannelRig) -> None:
        """An empty secret is refused when it is made."""
        attempts = list(rig.without_secrets())
        if not attempts:
            skip("the channel has no secret")
        for make in attempts:
            with pytest.raises(InvalidInput):
                make()

    @pytest.mark.parametrize("kind", sorted(MALFORMED))
    def test_02_malformed_input_is_refused_or_kept_and_never_raises(
        self, rig: ChannelRig, bench: Bench, kind: str
    ) -> None:
        """Malformed input is refused or kept and never raises."""
        good = rig.signed() or RawRequest(method="POST", url="/hook")
        for body in (MALFORMED[kind], MALFORMED[kind] + good.body[: len(good.body) // 2]):
            result = bench.channel.receive(self._timed(good.model_copy(update={"body": body}), rig))
            assert result.rejected is not None or rig.signed() is None
            assert 200 <= result.reply.status < 500, f"answered {result.reply.status}: it is the sender's fault"

    def test_03_signatures_are_compared_in_constant_time(self, rig: ChannelRig, bench: Bench) -> None:
        """Signatures are compared in constant time."""
        shown(rig.signed(), "nothing is signed")
        assert "compare_digest" in names_used_by(bench.channel), "nothing of the adapter uses compare_digest"

    def test_04_the_handshake_is_answered_byte_for_byte(self, rig: ChannelRig, bench: Bench) -> None:
        """The handshake is answered byte for byte."""
        request, body = shown(rig.handshake(), "the provider does not check the address")
        answer = bench.desk.handle(rig.account, request)
        assert (answer.status, answer.body) == (200, body)

    def test_24_whatever_is_changed_in_a_payload_nothing_else_is_raised(self, rig: ChannelRig) -> None:
        """Whatever is changed in a payload nothing else is raised."""
        payloads = list(rig.payloads())
        if not payloads:
            skip("the rig shows no payload")
        rng = random.Random(24)  # noqa: S311  seeded changes
        for payload in payloads:
            for _ in range(rig.changes):
                rig.mutated(mutation(payload, rng))

    def _timed(self, request: RawRequest, rig: ChannelRig) -> RawRequest:
        return request.model_copy(update={"received_at": rig.clock.now()})

    def _taken(self, bench: Bench, request: RawRequest) -> None:
        rejected = bench.channel.receive(request).rejected
        assert rejected is None, f"a request with a good signature is rejected as {rejected.code}"

    def _refused(self, bench: Bench, request: RawRequest) -> None:
        result = bench.channel.receive(request)
        assert result.rejected is not None, "receive took it: changed, or too old or new for its signature"
        assert 400 <= result.reply.status < 500, f"what is refused is answered with {result.reply.status}, not with 4xx"
        assert (result.events, result.pulls) == ((), ()), "what is refused brings something along"


def mutation(payload: bytes, rng: random.Random) -> bytes:
    """The payload with a few pieces cut out, doubled or replaced."""
    changed = bytearray(payload)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        span = rng.choice((0, 1, 1, 2, 8, 64))
        fresh = rng.choice((b"", b"\x00", b"\xff", b'"', b"{", b"]", b"null", b"-1", b"1e999", changed[at : at + 40]))
        changed[at : at + span] = fresh
    return bytes(changed)


def names_used_by(channel: object) -> set[str]:
    """The names that the methods of a channel, and the modules around it, use in their code."""
    package = type(channel).__module__
    home = package.rpartition(".")[0] or package
    codes = [one.__code__ for one in vars(type(channel)).values() if isinstance(one, FunctionType)]
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(f"{home}."):
            codes += [one.__code__ for one in vars(module).values() if isinstance(one, FunctionType)]
            for cls in [one for one in vars(module).values() if isinstance(one, type)]:
                codes += [one.__code__ for one in vars(cls).values() if isinstance(one, FunctionType)]
    return {name for code in codes for name in _names_in(code)}


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for one in code.co_consts:  # generators and comprehensions
        if isinstance(one, CodeType):
            yield from _names_in(one)
