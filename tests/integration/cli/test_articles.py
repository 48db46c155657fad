"""``csdesk articles``."""

import json

import pytest
from typer.testing import CliRunner

from csdesk.cli.app import app

SALE = """---
campaign: 1111
---
# 双十一满减

## 规则
- 一个订单用一次

## 费用
- 参加: 免费
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "sale.md").write_text(SALE, encoding="utf-8")
    CliRunner().invoke(app, ["init", "--db", "shop.db"])
    return lambda *words: CliRunner().invoke(app, ["articles", *words, "--db", "shop.db", "--lang", "en"])


def test_articles_go_into_a_desk_and_out_again(run, tmp_path):
    first = json.loads(run("import", "articles", "--json").stdout)
    assert first == {"desk": "main", "added": 1, "changed": 0, "unchanged": 0}
    assert "1 articles written" in run("export", "out.jsonl").stdout
    assert "0 added, 0 changed, 1 as they were" in run("import", "out.jsonl").stdout
    assert run("export", "out.jsonl").exit_code == 4
    assert run("export", "out.jsonl", "--overwrite").exit_code == 0
    (tmp_path / "again").mkdir()
    assert run("export", "again").exit_code == 0
    assert json.loads(run("import", "again", "--json").stdout)["unchanged"] == 1


def test_search_tells_where_it_stands(run):
    run("import", "articles")
    shown = run("search", "订单用几次")
    assert "一个订单用一次" in shown.stdout
    assert "rules" in shown.stdout
    (hit,) = [json.loads(one) for one in run("search", "双十一满减", "--json").stdout.splitlines()]
    assert (hit["article"], hit["section"]) == ("art_sale", None)
    assert "No article" in run("search", "xyz").stdout


def test_gaps_are_told_and_make_the_command_fail(run):
    assert "Nothing is missing" in run("gaps").stdout
    run("import", "articles")
    shown = run("gaps", "--campaign", "1111")
    assert shown.exit_code == 7
    assert "sections are missing" in shown.stdout
    told = json.loads(run("gaps", "--at", "2026-11-01T00:00+08:00", "--json").stdout)
    assert told["gaps"][0]["sections"] == ["what", "cautions", "steps", "questions"]
    assert [one["problem"] for one in told["gaps"]] == ["missing_sections", "no_phrase"]
    assert json.loads(run("gaps", "--campaign", "618", "--json").stdout)["ok"] is True
