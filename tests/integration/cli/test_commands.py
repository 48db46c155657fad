"""The commands, one after the other, as a person would use them."""

import json

import pytest

from csdesk import DeskConfig, open_desk
from csdesk.domain.records.tags import TagSource


@pytest.fixture
def filled(cli, messages):
    cli.run("init")
    cli.run("ingest", messages)
    return cli


def test_init_makes_a_desk_once(cli):
    first = cli.document("init")
    again = cli.document("init")
    assert (first["made"], again["made"]) == (True, False)
    assert first["config"] == again["config"]
    assert cli.document("init", "--desk", "second")["made"] is True


def test_init_says_what_next(cli):
    told = cli.run("init").stdout
    assert f"csdesk ingest mail.mbox --db {cli.db}" in told
    assert "接下来" in cli.run("init", lang="zh-CN").stdout


def test_the_example_configuration_is_written_and_used(cli):
    made = cli.document("init", "--example")
    assert (cli.folder / "csdesk.toml").read_text(encoding="utf-8").startswith("# The policy of a desk.")
    active = cli.document("config")
    assert active["digest"] == made["config"]
    assert [queue["name"] for queue in active["config"]["queues"]] == ["general", "pre-sale", "after-sale"]


def test_ingest_counts_and_a_second_time_changes_nothing(cli, messages):
    cli.run("init")
    first = cli.document("ingest", messages)
    assert (first["stored"], first["duplicate"], first["problems"]) == (3, 0, 0)
    before = cli.lines("tickets")
    second = cli.document("ingest", messages)
    assert (second["stored"], second["duplicate"], second["problems"]) == (0, 3, 0)
    assert cli.lines("tickets") == before


def test_ingest_reads_a_folder_of_mails_with_their_attachments(cli):
    folder = cli.folder / "mails"
    folder.mkdir()
    (folder / "a.eml").write_bytes(
        b"From: Buyer <buyer@example.com>\r\nTo: help@shop.example\r\nMessage-ID: <1@example.com>\r\n"
        b"Subject: Broken cup\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nIt came broken.\r\n"
        b'--x\r\nContent-Type: image/png; name="cup.png"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment; filename="cup.png"\r\n\r\naGVsbG8=\r\n--x--\r\n'
    )
    cli.run("init")
    done = cli.document("ingest", folder, "--account", "shop-mail", "--own-address", "help@shop.example")
    assert (done["stored"], done["attachments"]) == (1, 1)
    with open_desk(f"sqlite:///{cli.db}") as desk:
        ticket = desk.tickets.numbered(1)
        (message,) = [one.message for one in desk.tickets.timeline(ticket.id) if one.message]
    (media,) = [part for part in message.parts if part.kind == "media"]
    assert (ticket.account, media.name, media.ref.size) == ("shop-mail", "cup.png", 5)


def test_the_accounts_of_one_file_are_kept_apart(cli):
    rows = [{"id": str(n), "from": "u1", "account": f"shop-{n % 2}", "text": "hello"} for n in range(4)]
    path = cli.folder / "two.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    cli.run("init")
    assert cli.document("ingest", path)["stored"] == 4
    assert sorted((one["account"], one["messages"]) for one in cli.lines("tickets")) == [("shop-0", 2), ("shop-1", 2)]


def test_tickets_are_rows_with_stable_keys(filled):
    rows = filled.lines("tickets")
    assert {one["number"] for one in rows} == {1, 2}
    refund = next(one for one in rows if one["number"] == 1)
    assert list(refund) == [
        "number", "id", "subject", "customer", "customer_id", "category", "status", "queue", "account", "origin",
        "worker", "worker_id", "priority", "language", "site", "tags", "flags", "goal", "goal_state", "messages",
        "next_due", "breached", "created_at", "updated_at", "erased_at",
    ]  # fmt: skip
    assert refund["customer"] == "甲"
    assert refund["subject"] == "我要退款，订单 A1001"
    assert refund["messages"] == 2


def test_tickets_whose_clocks_are_due_first_come_first(cli):
    first = {"field": "ticket.account", "op": "eq", "value": "two"}
    levels = [
        {"name": name, "targets": [{"metric": "resolution", "within": within}], **others}
        for name, within, others in (("slow", "9h", {"when": {"all": [first]}}), ("quick", "2h", {}))
    ]
    rows = [{"id": one, "from": one, "account": one, "text": "hello"} for one in ("two", "one", "three")]
    path = cli.folder / "due.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    cli.run("init")
    with open_desk(f"sqlite:///{cli.db}", config=DeskConfig.model_validate({"sla": levels}), activate=True):
        pass
    cli.run("ingest", path)
    found = cli.lines("tickets", "--due", "--category", "new")
    assert [one["account"] for one in found] == ["one", "three", "two"]
    assert found[0]["next_due"] <= found[1]["next_due"] < found[2]["next_due"]


def test_tickets_of_a_site_and_those_below_it(cli):
    sites = [{"name": "north"}, {"name": "harbin", "parent": "north"}, {"name": "south"}]
    accounts = [{"name": "one", "site": "harbin"}, {"name": "two", "site": "south"}]
    rows = [{"id": one, "from": one, "account": one, "text": "hello"} for one in ("one", "two")]
    path = cli.folder / "sites.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    cli.run("init")
    with open_desk(f"sqlite:///{cli.db}", config=DeskConfig(sites=sites, accounts=accounts), activate=True):
        pass
    cli.run("ingest", path)
    assert [one["site"] for one in cli.lines("tickets", "--site", "north")] == ["harbin"]
    assert [one["site"] for one in cli.lines("tickets", "--site", "south")] == ["south"]
    done = cli.run("tickets", "--site", "nort")
    assert done.exit_code != 0
    assert "north" in done.output + done.stderr


def test_tickets_are_filtered(filled):
    with open_desk(f"sqlite:///{filled.db}") as desk:
        agent = desk.agents.add("Maple 枫", queues=["default"])
        desk.tickets.assign(desk.tickets.numbered(2).id, agent.id, actor=_system())
        desk.tickets.tag(desk.tickets.numbered(1).id, "shop:vip", actor=_system(), source=TagSource.SYNC)
    assert [one["number"] for one in filled.lines("tickets", "--assignee", "Maple 枫")] == [2]
    assert [one["number"] for one in filled.lines("tickets", "--tag", "shop:vip")] == [1]
    assert filled.lines("tickets", "--category", "closed") == []
    assert len(filled.lines("tickets", "--queue", "default", "--limit", "1")) == 1
    table = filled.run("tickets", "--limit", "1").stdout
    assert "1 of 2" in table


def _system():
    from csdesk import Actor

    return Actor.system("test")


@pytest.mark.parametrize("named", ["1", "#1", "id"])
def test_show_tells_everything_of_a_ticket(filled, named):
    if named == "id":
        named = next(one["id"] for one in filled.lines("tickets") if one["number"] == 1)
    shown = filled.document("show", named)
    assert shown["ticket"]["number"] == 1
    assert shown["customer"]["name"] == "甲"
    assert [one["text"] for one in shown["timeline"] if one["kind"] == "message"] == ["我要退款，订单 A1001", "在吗"]
    assert len(shown["why"]) == 1
    assert any("first contact" in line for line in shown["why"][0]["lines"])
    assert len(filled.document("show", named, "--all")["why"]) == 2


def test_show_speaks_both_languages(filled):
    chinese, english = (filled.run("show", 1, lang=lang).stdout for lang in ("zh-CN", "en"))
    assert "首次来访" in chinese
    assert "适配器 " in chinese
    assert "first contact" in english
    assert "adapter " in english


def test_search_finds_both_languages_and_other_forms(filled):
    assert [one["number"] for one in filled.lines("search", "退款")] == [1]
    assert [one["number"] for one in filled.lines("search", "退款 a1001")] == [1]
    assert [one["number"] for one in filled.lines("search", "Parcel")] == [2]
    assert filled.lines("search", "nothing like it") == []
    assert "Nothing found" in filled.run("search", "nothing").stdout


def test_text_of_customers_is_never_markup(cli):
    path = cli.folder / "odd.jsonl"
    path.write_text(
        json.dumps({"from": "u", "name": "[red]x", "text": "[/bold] [link=x]y \u001b[31mred"}), encoding="utf-8"
    )
    cli.run("init")
    cli.run("ingest", path)
    assert "[/bold]" in cli.run("tickets").stdout
    shown = cli.run("show", 1).stdout
    assert "[link=x]y" in shown
    assert "\u001b[31m" not in shown


def test_work_does_what_is_due(filled):
    done = filled.document("work", "--max-time", "5")
    assert done["indexed"] == 3
    assert done["more"] is False
    assert filled.document("work")["indexed"] == 0


def test_work_says_what_it_cannot_send(filled):
    with open_desk(f"sqlite:///{filled.db}") as desk:
        desk.reply(desk.tickets.numbered(1).id, "好的", actor=_system(), deliver=False)
    assert filled.document("work")["outbox_waiting"] == 1
    assert "1 replies wait" in filled.run("work").stdout


def test_config_is_checked_activated_and_listed(filled):
    path = filled.folder / "policy.toml"
    path.write_text('name = "next"\nlocale = "en"\n', encoding="utf-8")
    checked = filled.document("config", "--check", path)
    assert checked["usable"] is True
    changed = filled.document("config", "--activate", path)
    assert changed == {"desk": "main", "digest": checked["digest"], "changed": True}
    assert filled.document("config", "--activate", path)["changed"] is False
    assert filled.lines("config", "--history")[0]["digest"] == checked["digest"]
    assert filled.document("config")["config"] == {"name": "next", "locale": "en"}


def test_every_command_prints_a_table_for_people(filled):
    for words in (["tickets"], ["show", 1], ["search", "退款"], ["work"], ["config"], ["config", "--history"]):
        for lang in ("en", "zh-CN"):
            done = filled.run(*words, lang=lang)
            assert (done.exit_code, done.stderr) == (0, ""), words
            assert done.stdout.strip()
