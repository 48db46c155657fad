"""The remedy for an unknown name."""

import pytest

import csdesk
from csdesk import CalendarError, ConfigError, DeskConfig, InvalidInput, NotFound, WorkingCalendar, open_desk
from csdesk._nearest import guess, nearest
from csdesk.rules import AddTags, Condition, F, Rule


def test_the_nearest_name_comes_first_and_then_what_there_is() -> None:
    assert nearest("refnud", ["refund", "repair"]) == "did you mean 'refund'? choose one of: refund, repair"
    assert nearest("zzz", ["refund"]) == "choose one of: refund"
    assert nearest(7, []) == "there are none yet: declare it, or leave it out"
    assert nearest("x", map(str, range(100))).endswith(", ...")
    assert guess("zzz", ["refund"]) == ""


def test_a_zone_with_a_typo_names_the_right_one() -> None:
    with pytest.raises(CalendarError, match="did you mean 'Asia/Shanghai'"):
        WorkingCalendar(zone="Asia/Shanghay", always_open=True)
    with pytest.raises(ConfigError, match="did you mean 'Asia/Shanghai'"):
        DeskConfig(zone="Asia/Shanghay")


@pytest.mark.parametrize(
    ("zone", "meant"),
    [("Asia/Beijing", "Asia/Shanghai"), ("CST", "Asia/Shanghai"), ("GMT+8", "Asia/Shanghai"), ("Mars/Base", "")],
)
def test_a_zone_that_only_sounds_like_another_is_not_guessed(zone: str, meant: str) -> None:
    with pytest.raises(CalendarError) as caught:
        WorkingCalendar(zone=zone, always_open=True)
    assert ("did you mean" in str(caught.value)) == bool(meant)
    assert not meant or f"did you mean '{meant}'" in str(caught.value)


def test_signs_lead_to_the_operators_of_rules() -> None:
    rule = """[[rules]]
name = "long"
when = {{ field = "message.length", op = "{}", value = 100 }}
then = [{{ do = "set_priority", priority = "low" }}]"""
    for sign, meant in ((">=", "ge"), ("==", "eq"), ("!=", "ne")):
        with pytest.raises(ConfigError, match=f"op: unknown value; did you mean '{meant}'"):
            DeskConfig.from_toml(rule.format(sign))


@pytest.mark.parametrize("span", ['"09:00-18:00"', '["09:00-18:00"]'])
def test_hours_are_shown_as_they_are_written(span: str) -> None:
    calendar = f'[[calendars]]\nname = "office"\nzone = "Asia/Shanghai"\nweekly = {{ mon = {span} }}'
    with pytest.raises(ConfigError) as caught:
        DeskConfig.from_toml(calendar)
    written = str(caught.value).rpartition("write ")[2]
    good = written if written.startswith("[[") else f"[{written}]"
    assert DeskConfig.from_toml(calendar.replace(span, good))


def test_an_unknown_calendar_names_the_right_one_in_both_languages() -> None:
    config = DeskConfig.from_toml('[[calendars]]\nname = "office"\nalways_open = true')
    with open_desk("memory://", config=config) as desk, pytest.raises(NotFound) as caught:
        desk.calendars.get("ofice")
    assert str(caught.value) == "no calendar ofice in this desk; did you mean 'office'? choose one of: office"
    assert csdesk.render(caught.value).startswith("本客服台中没有工作日历 ofice")
    assert csdesk.render(NotFound("ticket", "tkt_1"), "en") == "no ticket tkt_1 in this desk"


@pytest.mark.parametrize(
    "url", ["sqlite:///x.db?mode=ro", "sqlite:///:memory:", "sqlite://x.db", "postgres://x", "x.db"]
)
def test_a_url_that_is_no_file_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="url: "):
        open_desk(url)


@pytest.mark.parametrize("channels", [5, "loopback", [5]])
def test_what_are_no_channels_is_refused(channels: object) -> None:
    with pytest.raises(InvalidInput, match="channels: "):
        open_desk("memory://", channels=channels)  # type: ignore[arg-type]


def test_conditions_negated_again_and_again_stay_flat() -> None:
    condition = F.message.text.contains("退款")
    again: Condition = condition
    for _ in range(1000):
        again = ~again
    assert again == condition
    either = condition | F.message.text.contains("退货")
    assert ~~either == either


def test_conditions_nested_too_deep_are_refused_with_the_way_out() -> None:
    condition: Condition = F.message.text.contains("退款")
    for number in range(50):
        one = F.message.text.contains(f"词{number}")
        condition = condition & one if number % 2 else condition | one
    Rule(name="deep", when=condition, then=(AddTags(tags=("退款",)),))
    with pytest.raises(ConfigError, match="nested more than 50 groups deep"):
        _ = condition | F.message.text.contains("退货")
