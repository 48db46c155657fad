"""What an analysis says: findings with their witnesses, and how chains of rules end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.records._model import Scalar

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
"""What JSON can say."""


class Level(StrEnum):
    """How bad a finding is. ``error``: proved wrong. ``warning``: likely a slip. ``undecided``: no answer."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    UNDECIDED = "undecided"


CODES: Final[Mapping[str, Level]] = {
    "check.contradictory": Level.ERROR,
    "check.shadowed": Level.ERROR,
    "check.loop": Level.ERROR,
    "check.unreachable": Level.ERROR,
    "check.timed_loop": Level.WARNING,
    "check.dead_part": Level.WARNING,
    "check.vacuous": Level.WARNING,
    "check.never_speaks": Level.WARNING,
    "check.conflict": Level.WARNING,
    "check.same_condition": Level.WARNING,
    "check.overlap": Level.INFO,
    "check.undeclared_field": Level.WARNING,
    "check.tag_never_set": Level.WARNING,
    "check.tag_never_read": Level.INFO,
    "check.tags_exclude": Level.WARNING,
    "check.segment_never_read": Level.INFO,
    "check.segment_empty": Level.ERROR,
    "check.sla_never_used": Level.ERROR,
    "check.queue_never_used": Level.WARNING,
    "check.queue_without_agents": Level.WARNING,
    "check.skill_nobody_has": Level.WARNING,
    "check.skill_unknown": Level.INFO,
    "check.grade_nobody_has": Level.WARNING,
    "check.weight_nobody_carries": Level.WARNING,
    "check.queue_without_site": Level.INFO,
    "check.site_without_queue": Level.WARNING,
    "check.site_without_agents": Level.WARNING,
    "check.site_stuck": Level.WARNING,
    "check.immediacy_never_used": Level.INFO,
    "check.immediacy_promises_nothing": Level.WARNING,
    "check.limit_shadowed": Level.ERROR,
    "check.limit_above_cap": Level.WARNING,
    "check.limit_above_period": Level.WARNING,
    "check.approver_too_low": Level.WARNING,
    "check.action_nobody_may": Level.WARNING,
    "check.service_without_limit": Level.WARNING,
    "check.role_never_used": Level.INFO,
    "check.agent_unknown": Level.WARNING,
    "check.role_nobody_has": Level.WARNING,
    "check.approver_nobody": Level.WARNING,
    "check.undecided": Level.UNDECIDED,
    "check.loop_undecided": Level.UNDECIDED,
    "check.timed_loop_undecided": Level.UNDECIDED,
    "check.too_many_pairs": Level.UNDECIDED,
}
"""Every code of a finding, with its level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found. ``path`` leads to it in the configuration."""

    code: str
    path: str
    params: tuple[tuple[str, Scalar], ...] = ()
    """The parameters of the code's text; ``csdesk.render(finding.code, **dict(finding.params))`` makes it."""
    rules: tuple[str, ...] = ()
    """The rules it is about, the one at ``path`` first."""
    witness: Witness | None = None
    """A moment that shows it, tried on the compiled rules."""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return CODES[self.code]

    def document(self) -> dict[str, JsonValue]:
        """The finding as JSON."""
        found: dict[str, JsonValue] = {
            "level": self.level.value,
            "code": self.code,
            "path": self.path,
            "params": dict(self.params),
            "rules": list(self.rules),
        }
        if self.witness is not None:
            found["witness"] = _shown(self.witness)
        return found


def _shown(witness: Witness) -> dict[str, JsonValue]:
    message = witness.message
    return {
        "on": witness.on,
        "now": witness.now.isoformat(),
        "text": message.text if message is not None else None,
        "subject": message.subject if message is not None else None,
        "values": dict(witness.shown),
    }


Ends = Literal["none", "proved", "loop", "undecided"]
"""How chains of rules end. ``none``: no rule is tried on changes. ``proved``: every chain ends by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that an analysis found, errors first."""

    findings: tuple[Finding, ...] = ()
    rules: int = 0
    """How many rules are in force."""
    termination: Ends = "none"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What is proved wrong."""
        return self.of(Level.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is probably meant otherwise."""
        return self.of(Level.WARNING)

    def of(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level."""
        return tuple(one for one in self.findings if one.level is level)

    def about(self, code: str) -> tuple[Finding, ...]:
        """The findings of one code."""
        return tuple(one for one in self.findings if one.code == code)

    def document(self) -> dict[str, JsonValue]:
        """The report as JSON."""
        return {
            "rules": self.rules,
            "termination": self.termination,
            "counts": {level.value: len(self.of(level)) for level in Level},
            "findings": [one.document() for one in self.findings],
        }
