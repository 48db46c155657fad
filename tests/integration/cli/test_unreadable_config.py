"""Commands over a file whose configuration this release cannot use."""

import json
import sqlite3
from contextlib import closing

import pytest

from csdesk import DeskConfig
from csdesk.cli._failing import Exit


@pytest.fixture
def newer(cli, messages):
    """A desk whose configuration a newer release has changed."""
    assert cli.run("init").exit_code == 0
    assert cli.run("ingest", messages).exit_code == 0
    with closing(sqlite3.connect(cli.db)) as db, db:
        db.execute("UPDATE csdesk_config SET body=json_set(body,'$.futures',json('[1]'))")
    return cli


@pytest.mark.parametrize(
    "words",
    [("show", "1"), ("tickets",), ("tickets", "--queue", "default"), ("search", "退款"), ("config", "--history")],
    ids=" ".join,
)
def test_what_reads_goes_on_and_says_it(newer, words):
    done = newer.run(*words)
    assert (done.exit_code, bool(done.stdout)) == (0, True)
    assert "futures" in done.stderr
    assert "csdesk config --activate FILE" in done.stderr


def test_a_backup(newer, tmp_path):
    assert newer.run("backup", tmp_path / "copy.db").exit_code == 0


def test_the_configuration_as_it_is_stored(newer):
    shown = newer.document("config")
    assert shown["config"] == {"futures": [1]}
    assert shown["digest"] == DeskConfig().digest
    assert shown["problems"][0]["path"] == "futures"
    told = newer.run("config", lang="zh-CN")
    assert '"futures"' in told.stdout
    assert "另一份配置" in told.stderr


def test_a_configuration_that_is_no_json(newer):
    with closing(sqlite3.connect(newer.db)) as db, db:
        db.execute("UPDATE csdesk_config SET body='{'")
    assert newer.document("config")["config"] == "{"
    assert "{" in newer.run("config").stdout


@pytest.mark.parametrize("command", ["work", "ingest"])
def test_what_decides_is_refused_once(newer, messages, command):
    done = newer.run(command, *([messages] if command == "ingest" else []))
    assert done.exit_code == Exit.CONFLICT
    assert done.stderr.count("futures") == 1
    assert "csdesk config --activate FILE" in done.stderr


def test_another_one_is_made_active(newer, tmp_path):
    (tmp_path / "desk.toml").write_text('name = "plain"\n', encoding="utf-8")
    done = newer.run("config", "--activate", tmp_path / "desk.toml")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(newer.run("config", "--json").stdout)["config"] == {"name": "plain"}
    assert newer.run("work").exit_code == 0
