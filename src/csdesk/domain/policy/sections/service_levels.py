"""Service levels: which targets hold for which tickets."""

from __future__ import annotations

from csdesk.domain.rules.language import Condition
from csdesk.domain.sla.targets import TargetPolicy, TargetSet

__all__ = ["SlaPolicy", "TargetPolicy"]


class SlaPolicy(TargetSet):
    """Targets with the condition under which they hold; the first policy that fits is taken."""

    when: Condition | None = None
    """None: every ticket fits."""
