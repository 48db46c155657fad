"""Business time and service levels at the prompt."""

import pytest

CONFIG = """
[[queues]]
name = "default"

[[holidays]]
name = "CN"
years = [{ year = 2026, closed = ["2026-02-16", "2026-02-17"], working = ["2026-02-14"] }]

[[calendars]]
name = "office"
observes = "CN"

[calendars.weekly]
mon = [["09:00", "18:00"]]
tue = [["09:00", "18:00"]]
wed = [["09:00", "18:00"]]
fri = [["09:00", "18:00"]]

[[sla]]
name = "gold"
targets = [{ metric = "resolution", within = "10h" }]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_adding_shows_make_up_days_and_holidays(cli, config):
    told = cli.document("time", "add", "2026-02-13T17:00", "12h", "--config", config)
    assert told["due"] == "2026-02-18T03:00:00Z"
    assert [one["on"] for one in told["worked"]] == ["2026-02-13", "2026-02-14", "2026-02-18"]
    assert {"on": "2026-02-16", "why": "holiday"} in told["passed"]
    shown = cli.run("time", "add", "2026-02-13T17:00", "1h", "--config", config, "--snap")
    assert "2026-02-14 09:00:00" in shown.stdout


def test_the_account_stands_in_the_order_of_its_days(cli, config):
    shown = cli.run("time", "add", "2026-02-13T17:00", "12h", "--config", config).stdout
    places = [shown.index(day) for day in ("2026-02-13", "2026-02-14", "2026-02-16", "2026-02-18 09:00")]
    assert places == sorted(places)


def test_a_due_date_past_the_known_holidays_says_so(cli, config):
    assert cli.document("time", "add", "2026-12-30T17:00", "12h", "--config", config)["notes"] == ["holidays_unknown"]
    assert "公布" in cli.run("time", "add", "2026-12-30T17:00", "12h", "--config", config, lang="zh-CN").stdout


def test_between_is_signed(cli, config):
    one, two = "2026-02-13T17:00", "2026-02-14T10:00:00+08:00"
    assert cli.document("time", "between", one, two, "--config", config) == {"worked_seconds": 7200}
    assert cli.run("time", "between", two, one, "--config", config).stdout == "-2h\n"


def test_next_tells_openings(cli, config):
    told = cli.document("time", "next", "2026-02-14T20:00", "--config", config)
    assert told == {"open": False, "opens": "2026-02-18T01:00:00Z", "closes": "2026-02-18T10:00:00Z"}
    assert "Open now" in cli.run("time", "next", "2026-02-14T10:00", "--config", config).stdout
    assert cli.run("time", "next", "now", "--config", config).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "soon", "1h"), 2),
        (("add", "2026-02-13T17:00", "a while"), 2),
        (("add", "2026-02-13T17:00", "1h", "--calendar", "night"), 3),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(cli, config, words, code):
    done = cli.run("time", *words, "--config", config)
    assert done.exit_code == code
    assert done.stderr.startswith("csdesk: ")


def test_an_account_of_a_ticket(cli, config, messages):
    cli.run("init")
    cli.run("config", "--activate", config)
    cli.run("ingest", messages)
    told = cli.document("sla", "explain", "1")
    (clock,) = told["clocks"]
    assert (clock["metric"], clock["calendar"], clock["lines"][0]["kind"]) == ("resolution", "office", "began")
    assert "resolution" in cli.run("sla", "explain", "1").stdout
    assert cli.run("sla", "explain", "99").exit_code == 3
