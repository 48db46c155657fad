"""Profiles: what of an agent decides which tickets fit, as one short text.

Agents who are alike share a profile, and the routing index holds each queue's agents profile by profile. So whether an
agent fits is worked out once for all that are alike, and the best of the fitting ones stand at the heads of a few
lines: the cost grows with the kinds of agents, not with their number.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from csdesk.domain.records.agents import Agent


class Profile(NamedTuple):
    """What agents who are alike share."""

    capacity: int
    weight: int = 1
    grade: int = 1
    skills: tuple[tuple[str, int], ...] = ()
    """Each skill with its level, by name; of a skill named twice the higher level."""
    languages: tuple[str, ...] = ()
    shift: str = ""
    sites: tuple[str, ...] = ()
    """Empty: every site."""

    def level(self, skill: str) -> int:
        """The level of a skill; 0: not known."""
        return dict(self.skills).get(skill, 0)


def profile_of(agent: Agent) -> Profile:
    """The profile of an agent."""
    levels: dict[str, int] = {}
    for skill in agent.skills:
        levels[skill.name] = max(skill.level, levels.get(skill.name, 0))
    languages = tuple(sorted({language.lower() for language in agent.languages}))
    skills, sites = tuple(sorted(levels.items())), tuple(sorted({*agent.sites}))
    return Profile(agent.capacity, agent.weight, agent.grade, skills, languages, agent.shift or "", sites)


_LEAST = Profile(0)


def key_of(agent: Agent) -> str:
    """The profile of an agent as text: alike agents have the same one. It ends with the last value of note."""
    profile = profile_of(agent)
    last = max((place for place in range(1, len(profile)) if profile[place] != _LEAST[place]), default=0)
    return json.dumps(profile[: last + 1], ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def profile_from(key: str) -> Profile:
    """The profile of a text."""
    capacity, *rest = json.loads(key)
    given = dict(zip(Profile._fields[1:], rest, strict=False))
    given["skills"] = tuple((name, level) for name, level in given.get("skills", ()))
    given["languages"] = tuple(given.get("languages", ()))
    given["sites"] = tuple(given.get("sites", ()))
    return Profile(capacity, **given)


def spot_of(text: str) -> int:
    """Where an id stands on the ring of a queue that goes by consistent hash: 1 to 2**32."""
    return int.from_bytes(sha256(text.encode()).digest()[:4]) + 1
