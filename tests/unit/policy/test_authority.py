"""The authority of a configuration: names, amounts and approvers that fit together, told with their path if not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from csdesk import ConfigError, DeskConfig, InvalidInput
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.money import MOST, exact, shown, smallest
from csdesk.rules import analyse

REFUND: dict[str, Any] = {"name": "refund", "unit": "CNY", "digits": 2}
LIMIT: dict[str, Any] = {"action": "refund", "per_case": "50"}


def config(**authority: Any) -> DeskConfig:
    """A configuration with one action and one limit, and what is given."""
    return DeskConfig(authority={"actions": [REFUND], "limits": [LIMIT], **authority})


def action(**given: Any) -> dict[str, Any]:
    return {"actions": [{**REFUND, **given}]}


def limit(**given: Any) -> dict[str, Any]:
    return {"limits": [{"action": "refund", **given}]}


@pytest.mark.parametrize(
    ("given", "path", "told"),
    [
        (limit(per_case=1.5), "authority.limits.0.per_case", "float"),
        (limit(per_case="nan"), "authority.limits.0.per_case", "finite"),
        (limit(per_case=True), "authority.limits.0.per_case", "bool"),
        (limit(per_case="0"), "authority.limits.0.per_case", "above zero"),
        (limit(per_case="-1"), "authority.limits.0.per_case", "above zero"),
        (limit(per_case="1.005"), "authority.limits.0.per_case", "2 decimal places"),
        (limit(per_case=MOST), "authority.limits.0.per_case", "too great"),
        (limit(), "authority.limits.0", "how much"),
        (limit(never=True, per_case=1), "authority.limits.0", "how much"),
        (limit(unlimited=True, system=True, grade=2), "authority.limits.0", "agents and others"),
        (limit(per_case=1, grade=10), "authority.limits.0.grade", "9"),
        (limit(per_case=1, bots=["nobody"]), "authority.limits.0.bots.0", "unknown bot"),
        (limit(per_agent=[{"period": "year", "amount": 1}]), "authority.limits.0.per_agent.0.period", "unknown"),
        (limit(per_agent=[{"period": "day", "amount": 1}] * 2), "authority.limits.0.per_agent.1.period", "twice"),
        ({"limits": [{"action": "refnud", "per_case": 1}]}, "authority.limits.0.action", "unknown action"),
        ({"roles": ["lead"], **limit(role="leed", per_case=1)}, "authority.limits.0.role", "unknown role"),
        (action(alternatives=["gift"]), "authority.actions.refund.alternatives.0", "unknown alternative"),
        (action(approvers=[{}]), "authority.actions.refund.approvers.0", "nobody is named"),
        (action(approvers=[{"lead": True, "grade": 3}]), "authority.actions.refund.approvers.0", "stand alone"),
        (action(digits=7), "authority.actions.refund.digits", "6"),
        ({"actions": [REFUND, REFUND]}, "authority.actions.refund", "twice"),
        (
            {"actions": [REFUND, {"name": "points", "ledger": "refund", "unit": "points"}]},
            "authority.actions.points.ledger",
            "CNY",
        ),
        ({"calendar": "day"}, "authority.calendar", "unknown calendar"),
        ({"alternatives": [{"name": "gift", "amount": 1}]}, "authority.alternatives.gift.amount", "nothing"),
        ({"alternatives": [{"name": "gift", "action": "none"}]}, "authority.alternatives.gift.action", "unknown"),
        ({"services": [{"name": "s", "action": "none"}]}, "authority.services.s.action", "unknown action"),
        (
            {"services": [{"name": "s", "action": "refund", "amount": 1, "most": 2}]},
            "authority.services.s.most",
            "fixed",
        ),
        (
            {"services": [{"name": "s", "action": "refund", "when": {"field": "ticket.x", "op": "eq", "value": 1}}]},
            "authority.services.s.when.field",
            "unknown field",
        ),
        (
            {
                "services": [
                    {"name": "s", "action": "refund", "when": {"field": "message.length", "op": "gt", "value": 1}}
                ]
            },
            "authority.services.s.when.field",
            "no message",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(given: dict[str, Any], path: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(**given)
    assert caught.value.path == path
    assert told in str(caught.value)
    assert caught.value.remedy


def test_it_survives_its_own_text_and_stands_in_the_schema() -> None:
    given = config(limits=[{**LIMIT, "per_agent": [{"period": "day", "amount": "120.50"}]}])
    assert DeskConfig.from_json(given.canonical_json()) == given
    assert "120.50" in given.canonical_json()
    assert "authority" in DeskConfig.model_json_schema()["properties"]
    assert DeskConfig().canonical_json() == "{}"


def test_amounts_are_exact() -> None:
    assert exact(" 12.50 ") == Decimal("12.50")
    assert smallest("0.01", 2) == 1
    assert smallest(Decimal("1E+2"), 2) == 10_000
    assert smallest(MOST, 0) == MOST
    assert shown(1250, 2) == Decimal("12.50")
    for bad in (0.1, True, None, "1,5", "sNaN", "9" * 50, Decimal("Infinity")):
        with pytest.raises(InvalidInput, match=r"^amount: "):
            smallest(bad, 2)
    for bad in (0, "-0.01", "0.001", MOST, Decimal("1E+30")):
        with pytest.raises(InvalidInput, match=r"^limit: "):
            smallest(bad, 2, "limit")


def test_periods_begin_in_the_zone_of_the_calendar() -> None:
    calendars = [{"name": "cn", "zone": "Asia/Shanghai", "always_open": True}]
    at = datetime(2026, 2, 28, 16, tzinfo=UTC)  # the 1st of March in Shanghai, a Sunday
    for calendar, day, week, month in (("cn", (3, 1), (2, 23), (3, 1)), (None, (2, 28), (2, 23), (2, 1))):
        given = DeskConfig(zone="UTC", calendars=calendars, authority={"calendar": calendar})
        starts = compile_policy(given).authority.starts(at)
        assert [(one.month, one.day) for one in starts.values()] == [day, week, month]


# What `csdesk check` says


def codes(**authority: Any) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in analyse(config(**authority)).findings if "authority" in one.path]


def test_a_sound_configuration_has_no_findings() -> None:
    assert (
        codes(
            actions=[{**REFUND, "approvers": [{"role": "lead"}, {"grade": 5}]}],
            limits=[
                {"action": "refund", "grade": 5, "per_case": 500},
                {"action": "refund", "role": "lead", "per_case": 200},
                LIMIT,
            ],
        )
        == []
    )


def test_limits_that_nobody_meets_are_told() -> None:
    shadowed = [LIMIT, {"action": "refund", "grade": 5, "per_case": 500}]
    assert ("check.limit_shadowed", "authority.limits.1") in codes(limits=shadowed)
    by_grade = [{"action": "refund", "grade": 3, "per_case": 5}, {"action": "refund", "grade": 5, "per_case": 9}]
    assert ("check.limit_shadowed", "authority.limits.1") in codes(limits=by_grade)
    apart = [{"action": "refund", "role": "a", "per_case": 5}, {"action": "refund", "role": "b", "per_case": 9}]
    assert codes(limits=apart) == []
    above = limit(per_case="900")
    capped = {**action(cap_per_case="500"), **above}
    assert ("check.limit_above_cap", "authority.limits.0.per_case") in codes(**capped)
    over = limit(per_case="100", per_agent=[{"period": "day", "amount": "60"}])
    assert ("check.limit_above_period", "authority.limits.0.per_case") in codes(**over)


def test_approvers_who_cannot_approve_more_are_told() -> None:
    weak = {
        "actions": [{**REFUND, "approvers": [{"role": "lead"}]}],
        "limits": [{"action": "refund", "role": "lead", "per_case": 50}, LIMIT],
    }
    assert ("check.approver_too_low", "authority.actions.refund.approvers.0") in codes(**weak)
    nobody = {"actions": [{**REFUND, "approvers": [{"role": "lead"}]}], "limits": [limit(per_case=5)["limits"][0]]}
    assert ("check.approver_too_low", "authority.actions.refund.approvers.0") in codes(**nobody)
    never = {**nobody, "limits": [{"action": "refund", "role": "lead", "never": True}, LIMIT]}
    assert ("check.approver_too_low", "authority.actions.refund.approvers.0") in codes(**never)


def test_actions_and_roles_that_lead_nowhere_are_told() -> None:
    assert ("check.action_nobody_may", "authority.actions.gift") in codes(actions=[REFUND, {"name": "gift"}])
    assert ("check.role_never_used", "authority.roles") in codes(roles=["ghost"])
    service = {"services": [{"name": "s", "action": "refund", "amount": 1}]}
    assert ("check.service_without_limit", "authority.services.s") in codes(**service)
