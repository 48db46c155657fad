"""Do chains of rules end? A proof that they do, or a moment that sets off a chain which only the budget ends."""

from __future__ import annotations

from collections.abc import Iterator

from csdesk.domain.analysis.effects import Reach, reaches, readable, settles
from csdesk.domain.analysis.findings import Ends, Finding
from csdesk.domain.analysis.reachable import Rules
from csdesk.domain.analysis.trying import tried
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.rules.language import Trigger


def loops(rules: Rules, policy: Policy, paths: dict[str, str]) -> tuple[Ends, tuple[Finding, ...]]:
    """How chains end, and what was found."""
    if not rules.compiled.has("change"):
        return "none", ()
    given = reaches(rules.plan, policy)
    moving = settles(given)
    involved = _involved(given, moving)
    for number, witness in _starts(rules):
        done = tried(policy, witness, number)
        if done.exhausted:
            going = tuple(dict.fromkeys(done.fired[-2 * len(given) :])) or done.fired
            return "loop", (
                Finding(
                    code="check.loop",
                    path=paths[going[0]],
                    params=(("rules", ", ".join(going)), ("rounds", done.rounds), ("slots", _told(given, moving))),
                    rules=going,
                    witness=witness,
                ),
            )
    if not moving:
        return "proved", ()
    names = tuple(reach.rule.name for reach in involved)
    return "undecided", (
        Finding(
            code="check.loop_undecided",
            path=paths[names[0]],
            params=(("rules", ", ".join(names)), ("slots", _told(given, moving))),
            rules=names,
        ),
    )


def _involved(given: tuple[Reach, ...], moving: frozenset[str]) -> tuple[Reach, ...]:
    return tuple(reach for reach in given if reach.slots & moving)


def _told(given: tuple[Reach, ...], moving: frozenset[str]) -> str:
    """The slots that go on changing, with the values between which they do."""
    found = []
    for slot in sorted(moving):
        values = {readable(slot, value) for reach in given for name, value in reach.writes if name == slot}
        found.append(f"{slot} ({' / '.join(sorted(values))})")
    return "; ".join(found)


def _starts(rules: Rules) -> Iterator[tuple[int, Witness]]:
    """Moments at which a chain may begin: those at which each rule fires, rules on changes first."""
    order: tuple[Trigger, ...] = ("change", "message", "time")
    for on in order:
        for number, (_, rule) in enumerate(rules.plan):
            if on in rule.on:
                found = rules.can_fire(number, on).witness
                if found is not None:
                    yield number, found
