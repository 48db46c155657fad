"""The entry point of the command line: what it says with and without its extra."""

import os
import subprocess
import sys

import pytest

import csdesk
from csdesk import cli


def test_the_module_runs_as_a_command():
    done = subprocess.run([sys.executable, "-m", "csdesk", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"csdesk {csdesk.__version__}\n"


def test_the_installed_command_prints_the_version(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["csdesk", "--version"])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert leaving.value.code == 0
    assert capsys.readouterr().out == f"csdesk {csdesk.__version__}\n"


def test_without_the_extra_it_names_the_extra(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "csdesk.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert cli.main() == 2
    assert "pip install 'csdesk[cli]'" in capsys.readouterr().err


def test_another_missing_module_is_not_blamed_on_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "csdesk.cli.app", None)
    with pytest.raises(ModuleNotFoundError, match=r"csdesk\.cli\.app"):
        cli.main()


def test_a_terminal_that_cannot_show_chinese_shows_its_numbers(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "csdesk", "init", "--db", str(tmp_path / "发票.db")]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert b"\\u53d1\\u7968.db" in done.stdout
