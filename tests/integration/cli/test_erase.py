"""``csdesk erase``."""

import pytest
import typer

from csdesk.cli import erase


def someone(cli, messages):
    cli.run("init")
    cli.run("ingest", messages)
    return cli.document("show", "1")["customer"]["id"]


def test_erase_tells_what_is_gone(cli, messages):
    customer = someone(cli, messages)
    told = cli.document("erase", customer, "--yes")
    assert (told["customer"], told["state"], told["tickets"], told["identities"]) == (customer, "complete", 1, 1)
    assert cli.lines("search", "A1001") == []
    assert cli.document("show", "1")["ticket"]["subject"] == ""
    assert "退款".encode() not in cli.db.read_bytes()
    assert cli.document("show", "1")["timeline"][0]["erased_at"] >= told["requested_at"]
    assert "[erased]" in cli.run("show", "1").stdout


def test_erase_asks_first(cli, messages, monkeypatch):
    customer = someone(cli, messages)
    refused = cli.run("erase", customer)
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert cli.run("erase", customer, "--json").exit_code == 2
    asked = []
    monkeypatch.setattr(erase, "_can_ask", lambda: True)
    monkeypatch.setattr(typer, "confirm", asked.append)
    assert cli.run("erase", customer).exit_code == 0
    assert len(cli.lines("search", "A1001")) == 1
    monkeypatch.setattr(typer, "confirm", lambda question: not asked.append(question))
    done = cli.run("erase", customer, lang="zh-CN")
    assert (done.exit_code, "已删除" in done.stdout) == (0, True)
    assert "甲" in asked[0]
    assert cli.lines("search", "A1001") == []


def test_erase_says_when_it_is_not_complete(cli, messages):
    messages.write_text(
        '{"id": "1", "from": "wx-1", "text": "' + "long " * 20_000 + '", "at": "2025-03-03T09:00:00+08:00"}\n',
        encoding="utf-8",
    )
    done = cli.run("erase", someone(cli, messages), "--yes")
    assert (done.exit_code, "is being erased" in done.stdout) == (6, True)


@pytest.mark.parametrize("customer", ["cus_00000000000000000000000001", "x"])
def test_erase_of_nobody_is_not_found(cli, messages, customer):
    someone(cli, messages)
    assert cli.run("erase", customer, "--yes").exit_code == 3
