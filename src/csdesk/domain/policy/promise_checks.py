"""What service levels, escalations and services may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csdesk.domain.policy.condition_checks import check_condition
from csdesk.domain.policy.names import Names
from csdesk.domain.policy.sections.service_levels import SlaPolicy
from csdesk.domain.policy.walking import Path, tests_in
from csdesk.domain.records._settings import refused

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.policy.sections.service_levels import EscalationActions


def check_promises(names: Names, config: DeskConfig) -> None:
    """Refuse service levels, escalations and services that name or measure what is not there."""
    for policy in config.sla:
        _check_service_level(names, policy, "sla", policy.name)
    for one in config.immediacy:
        if one.targets:
            promised = SlaPolicy(name=one.level, calendar=one.calendar, targets=one.targets)
            _check_service_level(names, promised, "immediacy", one.name)
    for escalation in config.escalations:
        check_condition(names, escalation.when, "escalations", escalation.name, "when")
        _check_escalation(names, escalation, "escalations", escalation.name)
    _check_self_service(names, config)


def _check_service_level(names: Names, policy: SlaPolicy, *path: str) -> None:
    check_condition(names, policy.when, *path, "when")
    names.calendar(policy.calendar, *path, "calendar")
    for place, target in enumerate(policy.targets):
        below: Path = (*path, "targets", place)
        check_condition(names, target.when, *below, "when")
        names.calendar(target.calendar, *below, "calendar")
        for number, step in enumerate(target.escalate):
            _check_escalation(names, step, *below, "escalate", number)
        if target.clock == "business" and not (target.calendar or policy.calendar or names.has_default):
            raise refused("working time without a calendar", "name one: calendar = ...", *below, "clock")
        for number, override in enumerate(target.overrides):
            if override.level is not None:
                names.level(override.level, *below, "overrides", number, "level")
            if override.type is not None:
                names.type(override.type, *below, "overrides", number, "type")


def _check_escalation(names: Names, step: EscalationActions, *path: str | int) -> None:
    if step.queue is not None:
        names.queue(step.queue, *path, "queue")
    for place, tag in enumerate(step.tags):
        names.own_tag(tag, *path, "tags", place)


def _check_self_service(names: Names, config: DeskConfig) -> None:
    for service in config.authority.services:
        path = ("authority", "services", service.name, "when")
        check_condition(names, service.when, *path)
        for test, where in tests_in(service.when, path):
            if test.field.startswith("message."):
                remedy = "ask about the ticket or the customer"
                raise refused("there is no message when customers serve themselves", remedy, *where, "field")
