"""Holiday sources answer whole years and say which are known; their libraries may be absent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from types import ModuleType, SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from csdesk.calendars.chinesecalendar_lib import ChineseCalendarLibrary
from csdesk.calendars.holidays_lib import HolidaysLibrary
from csdesk.domain.time import CalendarError, HolidayYear, WorkingCalendar, observe
from csdesk.errors import MissingExtra
from csdesk.ports.holidays import HolidaySource

DAY, NEXT_YEAR, SATURDAY = date(2026, 10, 1), date(2027, 1, 1), date(2026, 10, 10)


class Table(dict[date, str]):
    """As much of the holidays package's table as the source reads."""

    country, start_year, end_year = "XA", 1950, 2100
    estimated_label = "%s (geschätzt)"
    weekend_workdays = frozenset({SATURDAY, date(2027, 1, 2)})

    def tr(self, text: str) -> str:
        return text.replace("geschätzt", "estimated")


def install_holidays(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    def country_holidays(country: str, *, subdiv: str | None, years: int | None = None) -> Table:
        if country == "ZZ":
            raise NotImplementedError
        return table

    monkeypatch.setitem(sys.modules, "holidays", SimpleNamespace(country_holidays=country_holidays))


@pytest.mark.parametrize(
    ("module", "source"), [("holidays", HolidaysLibrary), ("chinese_calendar.constants", ChineseCalendarLibrary)]
)
def test_a_missing_library_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, source: Callable[[], HolidaySource]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    with pytest.raises(MissingExtra, match=r"csdesk\[calendar\]") as caught:
        source()
    assert caught.value.extra == "calendar"


def test_the_dates_of_other_years_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    install_holidays(monkeypatch, Table({DAY: "National Day", NEXT_YEAR: "New Year"}))
    source: HolidaySource = HolidaysLibrary("XA", subdivision="B")
    assert source.year(2026) == HolidayYear(frozenset({DAY}), frozenset({SATURDAY}), known=True)


def test_estimated_and_out_of_range_years_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    install_holidays(monkeypatch, Table({DAY: "Eid (observed, estimated)"}))
    assert not HolidaysLibrary("XA").year(2026).known
    install_holidays(monkeypatch, Table({date(2200, 1, 1): "New Year"}))
    assert not HolidaysLibrary("XA").year(2200).known


def test_china_is_known_only_by_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table({DAY: "National Day", NEXT_YEAR: "New Year"})
    table.country = "CN"
    install_holidays(monkeypatch, table)
    assert not HolidaysLibrary("CN").year(2026).known
    vars(table)["special_public_holidays"] = {2026: ((10, 8, 10, 10),)}
    assert HolidaysLibrary("CN").year(2026).known
    assert not HolidaysLibrary("CN").year(2027).known


def test_a_country_the_package_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    install_holidays(monkeypatch, Table())
    with pytest.raises(ValueError, match="country"):
        HolidaysLibrary("ZZ")


def test_chinese_calendar_knows_the_years_with_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    constants = ModuleType("chinese_calendar.constants")
    vars(constants).update(holidays={DAY: "National Day"}, workdays={SATURDAY: "National Day"})
    monkeypatch.setitem(sys.modules, "chinese_calendar", ModuleType("chinese_calendar"))
    monkeypatch.setitem(sys.modules, "chinese_calendar.constants", constants)
    source: HolidaySource = ChineseCalendarLibrary()
    assert source.year(2026) == HolidayYear(frozenset({DAY}), frozenset({SATURDAY}), known=True)
    assert source.year(2027) == HolidayYear(known=False)


def test_the_real_libraries_agree_on_make_up_days() -> None:
    pytest.importorskip("holidays")
    pytest.importorskip("chinese_calendar")
    one, two = HolidaysLibrary("CN").year(2026), ChineseCalendarLibrary().year(2026)
    assert one.known
    assert two.known
    assert one.working == two.working
    assert one.closed <= two.closed
    assert not HolidaysLibrary("CN").year(2003 + 100).known


def office() -> WorkingCalendar:
    return WorkingCalendar(weekly={"tue": [("09:00", "18:00")], "thu": [("09:00", "18:00")]})


def test_observing_years_closes_opens_and_says_until_when() -> None:
    years = {
        2026: HolidayYear(frozenset({DAY}), frozenset({SATURDAY, date(2026, 10, 8)})),
        2027: HolidayYear(known=True),
        2028: HolidayYear(known=False),
        2029: HolidayYear(known=True),
    }
    calendar = observe(office(), years)
    assert calendar.known_until == date(2027, 12, 31)
    assert calendar.holidays == {DAY}
    assert calendar.dates == ((SATURDAY, (("09:00", "18:00"),)),)  # 8 October is a Thursday, open anyway
    short = observe(office(), years, make_up=[("10:00", "12:00")])
    assert short.is_open(datetime(2026, 10, 10, 11, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert not short.is_open(datetime(2026, 10, 10, 13, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert observe(office(), {2026: HolidayYear(known=False)}).known_until == date(2025, 12, 31)
    assert observe(office(), {}) == office()


def test_a_calendar_keeps_its_own_hours_for_a_make_up_day() -> None:
    own = office().model_copy(update={"dates": {SATURDAY: []}})
    assert observe(own, {2026: HolidayYear(working=frozenset({SATURDAY}))}).dates == own.dates
    round_the_clock = WorkingCalendar(always_open=True)
    assert observe(round_the_clock, {2026: HolidayYear(working=frozenset({SATURDAY}))}).dates == ()


def test_make_up_days_without_hours_are_refused() -> None:
    dates_only = WorkingCalendar(dates={DAY: [("09:00", "18:00")]})
    with pytest.raises(CalendarError) as caught:
        observe(dates_only, {2026: HolidayYear(working=frozenset({SATURDAY}))})
    assert caught.value.field == "make_up"
