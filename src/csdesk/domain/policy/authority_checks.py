"""What must fit together in the authority of a configuration: names, amounts and their decimal places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from csdesk.domain.policy.sections.authority import ActionPolicy, AuthorityPolicy, LimitPolicy, PeriodLimit
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.records.money import MOST
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig

_Path = tuple[str | int, ...]


def check_authority(config: DeskConfig) -> None:
    """Raise the first inconsistency, as a validator's error with its path."""
    given = config.authority
    actions = {one.name: one for one in given.actions}
    if given.calendar is not None and given.calendar not in {one.name for one in config.calendars}:
        raise unknown("calendar", given.calendar, (one.name for one in config.calendars), "authority", "calendar")
    _check_ledgers(given)
    _check_names(config, actions)
    for amount, action, path in _amounts(given, actions):
        _check_amount(amount, action, path)


def _check_ledgers(given: AuthorityPolicy) -> None:
    first: dict[str, ActionPolicy] = {}
    for one in given.actions:
        other = first.setdefault(one.book, one)
        if (other.unit, other.digits) != (one.unit, one.digits):
            problem = sentence(
                "its ledger counts {unit} with {digits} decimal places, like {name!r}",
                unit=other.unit,
                digits=other.digits,
                name=other.name,
            )
            raise refused(problem, "give both one unit and digits, or ledgers of their own", *_at(one), "ledger")


def _at(action: ActionPolicy) -> _Path:
    return ("authority", "actions", action.name)


def _check_names(config: DeskConfig, actions: dict[str, ActionPolicy]) -> None:
    given = config.authority
    alternatives = {one.name for one in given.alternatives}
    levels, bots = {one.name for one in config.levels}, {one.name for one in config.bots}
    for action in given.actions:
        for place, name in enumerate(action.alternatives):
            _known("alternative", name, alternatives, *_at(action), "alternatives", place)
        for place, approver in enumerate(action.approvers):
            _role(given, approver.role, *_at(action), "approvers", place, "role")
    for place, limit in enumerate(given.limits):
        path = ("authority", "limits", place)
        _known("action", limit.action, actions, *path, "action")
        _role(given, limit.role, *path, "role")
        for number, bot in enumerate(limit.bots):
            _known("bot", bot, bots, *path, "bots", number)
        for number, level in enumerate(limit.levels if levels else ()):
            _known("level", level, levels, *path, "levels", number)
    for one in given.alternatives:
        if one.action is not None:
            _known("action", one.action, actions, "authority", "alternatives", one.name, "action")
    for service in given.services:
        _known("action", service.action, actions, "authority", "services", service.name, "action")


def _known(kind: str, name: str, names: Iterable[str], *path: str | int) -> None:
    if name not in names:
        raise unknown(kind, name, names, *path)


def _role(given: AuthorityPolicy, name: str | None, *path: str | int) -> None:
    if name is not None and given.roles and name not in given.roles:
        raise unknown("role", name, given.roles, *path)


def _amounts(
    given: AuthorityPolicy, actions: dict[str, ActionPolicy]
) -> Iterator[tuple[Decimal | None, ActionPolicy, _Path]]:
    for action in given.actions:
        yield action.cap_per_case, action, (*_at(action), "cap_per_case")
        yield from _in_periods(action.cap_per_customer, action, (*_at(action), "cap_per_customer"))
    for place, limit in enumerate(given.limits):
        yield from _of_limit(limit, actions[limit.action], ("authority", "limits", place))
    for one in given.alternatives:
        if one.action is not None:
            yield one.amount, actions[one.action], ("authority", "alternatives", one.name, "amount")
    for service in given.services:
        path = ("authority", "services", service.name)
        yield service.amount, actions[service.action], (*path, "amount")
        yield service.most, actions[service.action], (*path, "most")


def _of_limit(
    limit: LimitPolicy, action: ActionPolicy, path: _Path
) -> Iterator[tuple[Decimal | None, ActionPolicy, _Path]]:
    yield limit.per_case, action, (*path, "per_case")
    yield from _in_periods(limit.per_agent, action, (*path, "per_agent"))
    yield from _in_periods(limit.per_customer, action, (*path, "per_customer"))


def _in_periods(
    limits: tuple[PeriodLimit, ...], action: ActionPolicy, path: _Path
) -> Iterator[tuple[Decimal | None, ActionPolicy, _Path]]:
    for place, one in enumerate(limits):
        yield one.amount, action, (*path, place, "amount")


def _check_amount(amount: Decimal | None, action: ActionPolicy, path: _Path) -> None:
    if amount is None:
        return
    scaled = amount.scaleb(action.digits)
    if scaled != scaled.to_integral_value():
        problem = sentence("{name!r} has {digits} decimal places", name=action.name, digits=action.digits)
        raise refused(problem, "round it, or raise digits", *path)
    if scaled > MOST:
        raise refused("it is too great", sentence("write at most {most}", most=MOST // 10**action.digits), *path)
