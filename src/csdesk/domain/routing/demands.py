"""What a ticket asks of whoever gets it, and why a kind of agent does not fit.

A *wish* is a demand with an end: from its instant on it is dropped. A soft one gives way as soon as nobody meets it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from csdesk.domain.routing.profiles import Profile


class Demand(NamedTuple):
    """A skill at that level, that grade, that language, or one of those sites (with commas between them)."""

    kind: Literal["skill", "grade", "language", "site"]
    name: str = ""
    level: int = 1

    @property
    def told(self) -> str:
        """The demand in a word or two, as a trace tells it."""
        return {"skill": f"{self.name} {self.level}", "grade": str(self.level)}.get(self.kind, self.name)


class Wish(NamedTuple):
    """A demand that may be dropped."""

    demand: Demand
    until: datetime | None = None
    """When it is dropped; None: never, unless it is soft."""
    soft: bool = False
    """True: it gives way at once where nobody meets it."""


def is_met(demand: Demand, profile: Profile) -> bool:
    """True if agents of that profile meet the demand.

    Who belongs to no site works for every one.

    A language is met by the same one or by its base: who speaks ``zh`` takes ``zh-TW``, and the other way round.
    """
    if demand.kind == "skill":
        return profile.level(demand.name) >= demand.level
    if demand.kind == "grade":
        return profile.grade >= demand.level
    if demand.kind == "site":
        return not profile.sites or not set(profile.sites).isdisjoint(demand.name.split(","))
    wanted = demand.name.lower()
    base = wanted.partition("-")[0]
    return any(one in (wanted, base) or (one.partition("-")[0] == wanted) for one in profile.languages)


def firm_at(wishes: tuple[Wish, ...], now: datetime) -> tuple[Demand, ...]:
    """What has to be met at an instant."""
    return tuple(one.demand for one in wishes if not one.soft and (one.until is None or now < one.until))


def wished_at(wishes: tuple[Wish, ...], now: datetime) -> tuple[Demand, ...]:
    """What is asked for first at an instant: all that has not been dropped by then."""
    return tuple(one.demand for one in wishes if one.until is None or now < one.until)


def dropped_at(wishes: tuple[Wish, ...], now: datetime) -> tuple[Demand, ...]:
    """What was dropped because nobody came in time."""
    return tuple(one.demand for one in wishes if one.until is not None and one.until <= now)
