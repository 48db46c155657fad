"""``csdesk check``: what it prints and with which code it ends."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from csdesk import ConfigError, DeskConfig
from csdesk.rules import analyse

EXAMPLES = Path(__file__).parent.parent.parent.parent / "examples" / "config"

GOOD = """
[[tags]]
name = "refund"
keywords = ["退款"]

[[rules]]
name = "refund"
when = { field = "ticket.tags", op = "contains", value = "refund" }
then = [{ do = "set_priority", priority = "high" }]
"""
DEAD = """
[[rules]]
name = "dead"
when = { all = [
    { field = "ticket.messages", op = "gt", value = 3 },
    { field = "ticket.messages", op = "lt", value = 3 },
] }
then = [{ do = "set_priority", priority = "low" }]
"""
WIDE = """
[[rules]]
name = "wide"
when = { field = "ticket.messages", op = "ge", value = 0 }
then = [{ do = "set_type", type = "general" }]
"""


def write(tmp_path, text):
    path = tmp_path / "desk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sound_configuration(cli, tmp_path):
    path = write(tmp_path, GOOD)
    done = cli.run("check", path, db="")
    assert done.exit_code == 0
    assert "1 rules, 0 errors" in " ".join(done.output.split())
    written = cli.document("check", path, db="")
    assert (written["ok"], written["rules"], written["findings"]) == (True, 1, [])


def test_what_keeps_it_from_being_loaded_is_told_in_chinese_too(cli, tmp_path):
    path = write(tmp_path, GOOD.replace("set_priority", "set_priorty").replace("then", "thne", 1))
    done = cli.run("check", path, db="", lang="zh-CN")
    assert done.exit_code == 2
    shown = "".join(done.output.split())
    assert "没有这个配置项。处理办法：是否想写“then”？可选：" in shown
    assert "unknown" not in shown


def test_errors_end_with_a_code_of_their_own(cli, tmp_path):
    path = write(tmp_path, GOOD + DEAD)
    done = cli.run("check", path, db="")
    assert done.exit_code == 7
    assert "rules.dead.when" in done.output
    assert "contradicts itself: ticket.messages gt 3 / ticket.messages lt 3" in " ".join(done.output.split())
    written = cli.document("check", path, db="")
    assert not written["ok"]
    assert written["findings"][0]["code"] == "check.contradictory"
    assert "自相矛盾" in cli.run("check", path, db="", lang="zh-CN").output


def test_strict_counts_warnings(cli, tmp_path):
    path = write(tmp_path, GOOD + WIDE)
    assert cli.run("check", path, db="").exit_code == 0
    assert cli.run("check", path, "--strict", db="").exit_code == 7


def test_a_conflict_shows_its_witness(cli, tmp_path):
    path = write(tmp_path, GOOD + DEAD.replace('"lt", value = 3', '"lt", value = 9'))
    done = cli.run("check", path, db="")
    assert "shown by: ticket.messages = 4; ticket.tags = refund" in " ".join(done.output.split())


def test_what_cannot_be_loaded_is_wrong_use(cli, tmp_path):
    done = cli.run("check", write(tmp_path, GOOD.replace('"contains"', '"contain"')), db="")
    assert done.exit_code == 2


@pytest.mark.parametrize(
    "path",
    [files("csdesk.cli.demo").joinpath("shop.toml"), *sorted(EXAMPLES.glob("*.toml"))],
    ids=lambda path: path.name,
)
def test_our_own_configurations_are_sound(path):
    report = analyse(DeskConfig.from_toml(path.read_text(encoding="utf-8")))
    assert not report.errors
    assert report.termination in ("none", "proved")


BROKEN = """
zone = "Asia/Shanghay"
nonsense = 1

[[queues]]
name = "a"
auto_replay = true

[[rules]]
name = "r"
when = { field = "message.txt", op = "contains", value = "x" }
then = [{ do = "add_tag", tags = ["x"] }, { do = "add_tags" }]
"""


def test_everything_that_keeps_it_from_loading_is_told_at_once(cli, tmp_path):
    path = write(tmp_path, BROKEN)
    paths = [
        "nonsense",
        "queues.a.auto_replay",
        "rules.r.when.field",
        "rules.r.then.0.do",
        "rules.r.then.1.tags",
        "zone",
    ]
    done = cli.run("check", path, db="")
    assert done.exit_code == 2
    assert [line.split()[-1] for line in done.output.splitlines() if line.startswith("error")] == paths
    assert "6 problems" in " ".join(done.output.split())  # lines break where the path lets them
    with pytest.raises(ConfigError, match=r"nonsense.*and 5 more") as caught:
        DeskConfig.from_toml(BROKEN)
    assert [one.path for one in caught.value.problems] == paths
    written = cli.run("check", path, "--json", db="")
    assert [one["path"] for one in json.loads(written.output)["problems"]] == paths


STAFFED = """
default_queue = "a"

[[queues]]
name = "a"

[[queues]]
name = "b"

[[accounts]]
name = "mail"
queue = "b"

[[levels]]
name = "vip"
grade = 5

[[routing.needs]]
name = "japanese"
skills = [{ name = "japanese", level = 2 }, { name = "refund" }, { name = "hotline", relax_after = "5m" }]
"""


def test_what_the_agents_of_a_desk_cannot_do(cli, tmp_path):
    from csdesk import Skill, open_desk

    path = write(tmp_path, STAFFED)
    db = tmp_path / "desk.db"
    with open_desk(f"sqlite:///{db}", config=DeskConfig.from_toml(STAFFED)) as desk:
        desk.agents.add("Ann", queues=["a"], skills=[Skill(name="japanese"), Skill(name="refund")])
    alone = json.loads(cli.run("check", path, "--json", db="").output)
    assert [one["code"] for one in alone["findings"] if one["level"] == "warning"] == []
    done = cli.run("check", path, "--json", "--strict", "--db", db, db="")
    assert done.exit_code == 7
    found = json.loads(done.output)["findings"]
    assert [(one["code"], one["path"]) for one in found] == [
        ("check.queue_without_agents", "queues.b"),
        ("check.skill_nobody_has", "routing.needs.japanese.skills"),
        ("check.grade_nobody_has", "levels.vip.grade"),
        ("check.skill_unknown", "routing.needs.japanese.skills"),
    ]


def test_queues_that_overflow_in_a_circle_are_refused():
    queues = [{"name": one, "routing": {"overflow": [{"queue": other, "after": "1m"}]}} for one, other in ("ab", "bc")]
    queues.append({"name": "c", "routing": {"overflow": [{"queue": "a", "when": ["nobody"]}]}})
    with pytest.raises(ConfigError, match=r"queues\.a\.routing\.overflow: .*a -> b -> c -> a"):
        DeskConfig(queues=queues, default_queue="a")


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"routing": {"needs": [{"name": "n"}]}}, r"routing\.needs\.n: a need that asks for nothing"),
        (
            {"routing": {"needs": [{"name": "n", "grade": 2, "queues": ["defautl"]}]}},
            r"needs\.n\.queues\.0: .*'default'",
        ),
        (
            {
                "routing": {
                    "needs": [
                        {"name": "n", "grade": 2, "when": {"field": "message.text", "op": "contains", "value": "x"}}
                    ]
                }
            },
            r"needs\.n\.when\.field: routing looks at a ticket again",
        ),
        (
            {"queues": [{"name": "default", "routing": {"stratgey": "weighted"}}]},
            r"stratgey: unknown setting.*strategy",
        ),
        ({"queues": [{"name": "default", "routing": {"hours": "day"}}]}, r"queues\.default\.routing\.hours"),
        ({"queues": [{"name": "default", "routing": {"overflow": [{"queue": "x"}]}}]}, r"no occasion to help out"),
        ({"routing": {"weights": [{"units": 2, "types": ["refnud"]}]}, "types": [{"name": "refund"}]}, r"'refund'"),
    ],
)
def test_routing_that_cannot_be_is_refused_with_its_path(section, problem):
    with pytest.raises(ConfigError, match=problem):
        DeskConfig(**section)
