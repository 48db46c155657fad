"""What a command says when it fails, and with which code it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from csdesk import open_desk
from csdesk.cli._failing import Exit, code_of
from csdesk.cli._words import WORDS, default_locale, word
from csdesk.cli.app import app
from csdesk.errors import ChannelError, Denied, InvalidInput, MissingExtra, NotFound, StoreBusy, VersionConflict


def run(*words, **environment):
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "csdesk", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8", **environment},
    )


def test_a_missing_file_is_not_made(tmp_path):
    db = tmp_path / "none.db"
    done = run("tickets", "--db", db)
    assert done.returncode == Exit.NOT_FOUND
    assert done.stdout == ""
    assert f"no desk file {db}" in done.stderr
    assert f"csdesk init --db {db}" in done.stderr
    assert not db.exists()


def test_the_language_of_errors_follows_the_environment(tmp_path):
    done = run("tickets", "--db", tmp_path / "none.db", LC_ALL="zh_CN.UTF-8")
    assert "没有客服台文件" in done.stderr


def test_an_error_of_the_library_is_told_in_the_language_of_the_command(cli, tmp_path):
    other = tmp_path / "other.db"
    other.write_text("this is no database" * 100)
    assert "the file is no SQLite database; give the path of a csdesk store" in cli.run("tickets", db=other).stderr
    assert "不是 SQLite 数据库；请给出 csdesk 存储的路径" in cli.run("tickets", db=other, lang="zh-CN").stderr
    cli.run("init")
    assert "本客服台中没有工单 99" in cli.run("show", "99", lang="zh-CN").stderr


def test_a_missing_desk_is_not_made(cli):
    cli.run("init")
    for _ in range(2):
        done = cli.run("tickets", "--desk", "other")
        assert done.exit_code == Exit.NOT_FOUND
        assert "holds no desk named other" in done.stderr
        assert f"csdesk init --db {cli.db} --desk other" in done.stderr


@pytest.mark.parametrize("named", ["99", "tkt_00000000000000000000000000"])
def test_a_missing_ticket(cli, named):
    cli.run("init")
    done = cli.run("show", named)
    assert done.exit_code == Exit.NOT_FOUND
    assert f"no ticket {named}" in done.stderr
    assert "csdesk tickets" in done.stderr


def test_a_missing_agent_names_those_who_are_there(cli):
    cli.run("init")
    done = cli.run("tickets", "--assignee", "nobody")
    assert done.exit_code == Exit.NOT_FOUND
    assert "choose one of: none" in done.stderr


def test_wrong_use(cli):
    cli.run("init")
    assert cli.run("tickets", "--limit", "0").exit_code == Exit.USAGE
    assert cli.run("tickets", "--category", "odd").exit_code == Exit.USAGE
    assert cli.run("nonsense").exit_code == Exit.USAGE
    source = cli.folder / "x.jsonl"
    source.write_text("")
    done = cli.run("ingest", source, "--kind", "fax")
    assert done.exit_code == Exit.USAGE
    assert "mbox" in done.stderr


def test_a_broken_configuration_names_the_path(cli):
    path = cli.folder / "broken.toml"
    path.write_text('default_queue = "nowhere"\n', encoding="utf-8")
    for words in (["config", "--check", path], ["init", "--config", path]):
        done = cli.run(*words)
        assert done.exit_code == Exit.USAGE
        assert "default_queue" in done.stderr
    assert not cli.db.exists()


def test_another_configuration_is_a_conflict(cli):
    path = cli.folder / "other.toml"
    path.write_text('name = "other"\n', encoding="utf-8")
    cli.run("init")
    done = cli.run("init", "--config", path)
    assert done.exit_code == Exit.CONFLICT
    assert "csdesk config --activate" in done.stderr


def test_nothing_is_overwritten(cli):
    (cli.folder / "csdesk.toml").write_text("mine")
    done = cli.run("init", "--example")
    assert done.exit_code == Exit.CONFLICT
    assert (cli.folder / "csdesk.toml").read_text() == "mine"
    cli.run("init")
    assert cli.run("demo").exit_code == Exit.CONFLICT


@pytest.mark.parametrize("command", ["init", "demo"])
def test_a_missing_folder_is_not_made(cli, command):
    done = cli.run(command, db=cli.folder / "none" / "shop.db")
    assert done.exit_code == Exit.NOT_FOUND
    assert f"mkdir -p {cli.folder / 'none'}" in done.stderr
    assert not (cli.folder / "none").exists()


def test_a_file_that_is_no_desk(cli):
    cli.db.write_bytes(b"something else entirely, and long enough to be looked at" * 100)
    done = cli.run("tickets")
    assert done.exit_code == Exit.STORE
    assert str(cli.db) in done.stderr
    assert "csdesk init" in done.stderr


def test_a_source_that_is_partly_broken(cli):
    path = cli.folder / "partly.jsonl"
    path.write_text('{"from": "a", "text": "hello"}\nnot json\n', encoding="utf-8")
    cli.run("init")
    done = cli.run("ingest", path)
    assert done.exit_code == Exit.PARTLY
    assert "partly.jsonl#2: not_json" in done.stdout
    assert "1 could not be taken in" in done.stderr
    assert cli.document("ingest", path)["problem_list"][0]["where"] == "partly.jsonl#2"


def test_a_message_that_breaks_the_pipeline_is_parked(cli, messages, monkeypatch):
    from csdesk.flows.inbound import reading

    read = reading.read

    def breaking(case, *rest):
        if "parcel" in case.message.text:
            raise RuntimeError("broken")
        return read(case, *rest)

    monkeypatch.setattr(reading, "read", breaking)
    cli.run("init")
    done = cli.run("ingest", messages)
    assert done.exit_code == Exit.PARTLY
    assert "1 could not be taken in" in done.stderr
    assert "msg_" in done.stdout
    with open_desk(f"sqlite:///{cli.db}") as desk:
        assert [one.state for one in desk.inbox.list().items] == ["parked"]
    assert "RuntimeError" in done.stdout
    (row,) = cli.lines("inbox", "--state", "parked")
    assert (row["error"], row["params"], row["kind"]) == ("error.unexpected", {"type": "RuntimeError"}, "RuntimeError")
    assert "处理消息的步骤出错（RuntimeError）" in " ".join(cli.run("inbox", lang="zh-CN").stdout.split())
    assert "a step failed on the message with RuntimeError" in " ".join(cli.run("inbox").stdout.split())
    again = cli.run("ingest", messages)
    assert again.exit_code == Exit.OK


def test_an_empty_inbox_says_so(cli):
    cli.run("init")
    assert "收件箱是空的" in cli.run("inbox", lang="zh-CN").stdout
    assert cli.lines("inbox") == []


def test_a_missing_source(cli):
    cli.run("init")
    done = cli.run("ingest", cli.folder / "none.mbox")
    assert done.exit_code == Exit.NOT_FOUND
    assert "none.mbox" in done.stderr


def test_a_search_names_agents_as_lists_do(cli):
    cli.run("init")
    with open_desk(f"sqlite:///{cli.db}") as desk:
        desk.agents.add("Mei")
    for option in ("--agent", "--by"):
        done = cli.run("search", "hello", option, "Mei")
        assert (done.exit_code, done.stdout) == (0, "Nothing found.\n")
        done = cli.run("search", "hello", option, "Nobody")
        assert done.exit_code == Exit.NOT_FOUND
        assert "choose one of: Mei" in done.stderr


@pytest.mark.parametrize(("text", "hinted"), [("退", True), ("退款", False), ("x", False)])
def test_one_chinese_character_is_too_little_to_search_for(cli, text, hinted):
    cli.run("init")
    assert ("two Chinese characters" in cli.run("search", text).stdout) == hinted


def test_a_reader_that_has_seen_enough_is_no_bug(cli, messages):
    cli.run("init")
    cli.run("ingest", messages)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as out:
        words = [sys.executable, "-m", "csdesk", "tickets", "--json", "--db", str(cli.db)]
        done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, check=False, cwd=Path(__file__).parents[3])
    assert (done.returncode, done.stderr) == (Exit.UNREAD, b"")


def test_a_missing_customer_tells_where_ids_are(cli):
    cli.run("init")
    done = cli.run("erase", "wx-1001")
    assert done.exit_code == Exit.NOT_FOUND
    assert "no customer wx-1001" in done.stderr
    assert "csdesk tickets --json shows customer_id" in done.stderr


@pytest.mark.parametrize(
    "words", [("phrases", "lint", "no.csv"), ("match", "--library", "no.csv", "--queries", "no.csv")]
)
def test_a_missing_file_is_not_looked_for_in_the_desk(cli, words):
    done = cli.run(*words, db="")
    assert done.exit_code == Exit.NOT_FOUND
    assert done.stderr.splitlines() == ["csdesk: there is no file or folder no.csv"]


def test_a_file_that_may_not_be_written(cli, monkeypatch):
    cli.run("init")
    monkeypatch.setattr("csdesk.stores.sqlite.connection.os.access", lambda path, mode: mode != os.W_OK)
    done = cli.run("tickets")
    assert done.exit_code == Exit.STORE
    assert f"{cli.db} cannot be written; check its permissions" in done.stderr
    assert "csdesk init" not in done.stderr, "making another desk is no remedy"


@pytest.mark.parametrize("words", [(), ("tickets",), ("phrases", "lint")])
def test_help_has_a_short_name(words):
    done = CliRunner().invoke(app, [*words, "-h"])
    assert done.exit_code == 0
    assert "Usage:" in done.stdout


def test_an_unexpected_error_shows_no_traceback_unless_asked(cli, monkeypatch):
    cli.run("init")
    monkeypatch.setattr("csdesk.desk.config.Config.get", lambda self: 1 / 0)
    done = cli.run("config")
    assert done.exit_code == Exit.UNEXPECTED
    assert "ZeroDivisionError" in done.stderr
    assert "CSDESK_TRACEBACK=1" in done.stderr
    monkeypatch.setenv("CSDESK_TRACEBACK", "1")
    assert isinstance(cli.run("config").exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("x", "is odd", "pass another"), Exit.USAGE),
        (MissingExtra("email", "nh3", "mail"), Exit.USAGE),
        (NotFound("ticket", "1"), Exit.NOT_FOUND),
        (VersionConflict("ticket", "1", expected=1), Exit.CONFLICT),
        (Denied("agent:a", "reply", "refused"), Exit.CONFLICT),
        (StoreBusy("busy"), Exit.STORE),
        (ChannelError("a", "odd", disposition="retry"), Exit.UNEXPECTED),
    ],
)
def test_each_kind_of_error_has_its_code(error, code):
    assert code_of(error) == code


def test_the_help_lists_the_exit_codes():
    told = " ".join(run("--help", COLUMNS="200").stdout.split())
    for code in Exit:
        assert f" {code.value} " in told


def test_without_the_extra_the_command_names_it(tmp_path):
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('No module named typer', name='typer')\n")
    paths = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH", ""))))
    done = run("tickets", PYTHONPATH=paths)
    assert done.returncode == Exit.USAGE
    assert "pip install 'csdesk[cli]'" in done.stderr


def test_texts_take_the_same_parameters_in_both_languages():
    import re

    for key, texts in WORDS.items():
        english, chinese = (set(re.findall(r"\{(\w+)\}", text)) for text in texts)
        assert english == chinese, key


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN", "LC_ALL": "en_US"}, "en"),
        ({}, "en"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(monkeypatch, environment, locale):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_locale() == locale


def test_an_unknown_text_is_shown_as_its_key():
    assert word("no.such.key", "en") == "no.such.key"
