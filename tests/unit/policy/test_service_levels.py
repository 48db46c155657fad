"""Calendars and service levels as a configuration states them: what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from csdesk import ConfigError, DeskConfig
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.time.holidays import HolidayYear

OFFICE = {"name": "office", "weekly": {"mon": [["09:00", "18:00"]]}}

FAIR = {"2026-01-01": [["09:00", "10:00"]]}
LATE = {"field": "ticket.tags", "op": "contains", "value": "late"}
VOP = {"level": "vop", "within": "1h"}


def cn(*years: dict[str, Any]) -> dict[str, Any]:
    return {"holidays": [{"name": "CN", "years": years}]}


def level(*targets: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"name": "gold", "targets": targets or ({"metric": "resolution", "within": "1h"},), **values}


def target(**values: Any) -> dict[str, Any]:
    return {"sla": [level({"metric": "resolution", "within": "1h", **values})]}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"calendars": [{**OFFICE, "zone": "Mars/Base"}]}, "calendars.office.zone"),
        ({"calendars": [{**OFFICE, "weekly": {"mon": [["09:00", "08:00"]]}}]}, "calendars.office.weekly.mon[0]"),
        ({"calendars": [{"name": "office"}]}, "calendars.office.weekly"),
        ({"calendars": [{"name": "o", "dates": FAIR, "observes": "CN"}]}, "calendars.o.make_up"),
        ({"calendars": [OFFICE, OFFICE]}, "calendars.office"),
        ({"calendar": "night"}, "calendar"),
        (cn({"year": 2026, "closed": ["2025-01-01"]}), "holidays.CN.years.0.closed"),
        (cn({"year": 2026}, {"year": 2026}), "holidays.CN.years.1"),
        (
            cn({"year": 2026, "closed": ["2026-01-01"], "working": ["2026-01-01"]}),
            "holidays.CN.years.0.working",
        ),
        ({"sla": [level(calendar="night")]}, "sla.gold.calendar"),
        (target(calendar="night"), "sla.gold.targets.0.calendar"),
        (target(clock="business"), "sla.gold.targets.0.clock"),
        ({"calendars": [OFFICE], **target(clock="calendar", calendar="office")}, "sla.gold.targets.0.calendar"),
        (target(step="check"), "sla.gold.targets.0.step"),
        (target(metric="promise"), "sla.gold.targets.0.metric"),
        (target(warn_at=[1.5]), "sla.gold.targets.0.warn_at.0"),
        (target(warn_at=["soon"]), "sla.gold.targets.0.warn_at.0"),
        (target(by_priority={"*": "2h"}), "sla.gold.targets.0.by_priority.*"),
        (target(overrides=[{"within": "1h"}]), "sla.gold.targets.0.overrides.0"),
        ({"levels": [{"name": "vip"}], **target(overrides=[VOP])}, "sla.gold.targets.0.overrides.0.level"),
        (target(overrides=[{"type": "refund", "within": "1h"}]), "sla.gold.targets.0.overrides.0.type"),
        (target(pause_on=["closed"]), "sla.gold.targets.0.pause_on"),
        (target(escalate=[{"tell": ["lead"]}]), "sla.gold.targets.0.escalate.0"),
        (target(escalate=[{"after": "1h"}]), "sla.gold.targets.0.escalate.0"),
        (target(escalate=[{"after": "1h", "queue": "leads"}]), "sla.gold.targets.0.escalate.0.queue"),
        (
            {"sla": [level({"metric": "resolution", "within": "1h"}, {"metric": "resolution", "within": "2h"})]},
            "sla.gold.targets.1.metric",
        ),
        (
            {"escalations": [{"name": "x", "when": LATE, "tell": ["a"]}]},
            "escalations.x.when.value",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_path(given: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DeskConfig(**given)
    assert caught.value.path == path
    assert caught.value.remedy


def test_a_configuration_with_everything_comes_back_from_its_text() -> None:
    config = DeskConfig.model_validate(
        {
            "queues": [{"name": "default"}, {"name": "leads"}],
            "calendars": [{**OFFICE, "observes": "CN", "make_up": [["10:00", "16:00"]], "annual_holidays": ["01-01"]}],
            "holidays": [
                {"name": "CN", "years": [{"year": 2026, "closed": ["2026-01-02"], "working": ["2026-01-04"]}]}
            ],
            "levels": [{"name": "vip"}],
            "sla": [
                level(
                    {
                        "metric": "resolution",
                        "by_priority": {"*": "8h", "urgent": "1h"},
                        "overrides": [{"level": "vip", "within": "30m"}],
                        "warn_at": ["30m", 0.9, 0.5, "2h"],
                        "escalate": [{"after": "2h", "queue": "leads"}, {"left": "10m", "tell": ["lead"]}],
                    },
                    boundary="snap",
                )
            ],
        }
    )
    assert DeskConfig.from_json(config.canonical_json()) == config
    (resolution,) = config.sla[0].targets
    assert [str(mark) for mark in resolution.warn_at] == ["0.5", "0.9", "2:00:00", "0:30:00"]
    assert [step.offset.total_seconds() for step in resolution.escalate] == [-600, 7200]


def test_saved_years_go_before_stated_ones() -> None:
    stated = {"name": "CN", "years": [{"year": 2026, "closed": ["2026-03-02"]}, {"year": 2027}]}
    config = DeskConfig.model_validate({"calendars": [{**OFFICE, "observes": "CN"}], "holidays": [stated]})
    plain = compile_policy(config)
    assert str(plain.service.calendars["office"].known_until) == "2027-12-31"
    assert plain.service.calendars["office"].holidays
    saved = plain.observing({"CN": {2026: HolidayYear()}})
    assert not saved.service.calendars["office"].holidays
    assert plain.service.calendars["office"].holidays
