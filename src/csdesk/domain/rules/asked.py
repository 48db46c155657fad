"""What rules ask for: one value for each set of rules that fired.

The rule: a set is a whole number, bit n stands for rule n. What those of a chunk of 32 rules ask for comes again and
again, so it is put together once and remembered by the chunk's bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.rules.actions import Action
from csdesk.domain.rules.language import RulePolicy


@dataclass(frozen=True, slots=True)
class Effect:
    """One action that a rule asks for."""

    rule: str
    action: Action


class RuleResult(NamedTuple):
    """What a rule set asks for: effects in the order of the rules and of their actions."""

    effects: tuple[Effect, ...] = ()
    fired: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    """``rules.fired`` for each rule that fired; a single ``rules.none`` if none did."""


QUIET: Final = RuleResult(verdicts=(verdict("rules.none", Outcome.PASSED),))
"""What rules ask for of which none fires."""


def numbers_of(bits: int) -> list[int]:
    """The numbers of the bits that are set, ascending."""
    if not bits & (bits - 1):
        return [bits.bit_length() - 1] if bits else []
    written = f"{bits:b}"[::-1]
    find, at = written.find, written.index("1")
    found: list[int] = []
    while at >= 0:
        found.append(at)
        at = find("1", at + 1)
    return found


_CHUNK: Final = 32
"""How many rules stand in one chunk of a set: what those that fired ask for is remembered chunk by chunk."""

_MOST_KEPT: Final = 256
"""How many combinations of the rules of a chunk are remembered."""


class Asked:
    """What rules ask for, by the set of those that fired."""

    __slots__ = ("_effects", "_known", "_names", "_size", "_split", "_verdicts")

    def __init__(self, rules: Sequence[RulePolicy]) -> None:
        self._effects = tuple(tuple(Effect(rule.name, action) for action in rule.then) for rule in rules)
        self._names = tuple(rule.name for rule in rules)
        self._verdicts = tuple(verdict("rules.fired", Outcome.CHOSEN, rule=rule.name) for rule in rules)
        chunks = -(-len(rules) // _CHUNK)
        self._known: tuple[dict[int, RuleResult], ...] = tuple({} for _ in range(chunks))
        self._split = Struct(f"<{chunks}I").unpack
        self._size = chunks * _CHUNK // 8

    def by(self, fired: int) -> RuleResult:
        """What the rules ask for whose bits are set."""
        if not fired:
            return QUIET
        if not fired & (fired - 1):
            place, number = divmod(fired.bit_length() - 1, _CHUNK)
            return self._known[place].get(1 << number) or self._chunk(place, 1 << number)
        effects: list[Effect] = []
        names: list[str] = []
        verdicts: list[Verdict] = []
        for place, bits in enumerate(self._split(fired.to_bytes(self._size, "little"))):
            if bits:
                part = self._known[place].get(bits) or self._chunk(place, bits)
                effects += part[0]
                names += part[1]
                verdicts += part[2]
        return RuleResult(tuple(effects), tuple(names), tuple(verdicts))

    def _chunk(self, place: int, bits: int) -> RuleResult:
        """What the rules of one chunk ask for, remembered."""
        known = self._known[place]
        if len(known) >= _MOST_KEPT:
            known.clear()
        found = [place * _CHUNK + number for number in numbers_of(bits)]
        known[bits] = result = RuleResult(
            tuple([effect for number in found for effect in self._effects[number]]),
            tuple([self._names[number] for number in found]),
            tuple([self._verdicts[number] for number in found]),
        )
        return result
