import json
from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

from csdesk.cli.app import app


class Cli:
    """Runs the command line in this process."""

    def __init__(self, folder):
        self.folder = folder
        self.db = folder / "shop.db"
        self.runner = CliRunner()

    def run(self, *words, db=None, lang="en"):
        options = [] if db == "" else ["--db", str(db or self.db)]
        return self.runner.invoke(app, [*map(str, words), *options, "--lang", lang])

    def document(self, *words, **options):
        done = self.run(*words, "--json", **options)
        return json.loads(done.stdout)

    def lines(self, *words, **options):
        done = self.run(*words, "--json", **options)
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Cli(tmp_path)


@pytest.fixture
def messages(tmp_path):
    """A file of three messages of two customers, in the simple form of JSON Lines."""
    at = datetime(2025, 3, 3, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    rows = [
        {"id": "1", "from": "wx-1", "name": "甲", "text": "我要退款，订单 A1001", "at": at.isoformat()},
        {"id": "2", "from": "wx-2", "text": "where is my parcel", "at": at.isoformat()},
        {"id": "3", "from": "wx-1", "text": "在吗", "at": (at + timedelta(minutes=1)).isoformat()},
    ]
    path = tmp_path / "messages.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
