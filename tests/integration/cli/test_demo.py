"""The demo: its numbers fit together, it repeats itself, and it leaves a desk that the other commands open."""

import json
import re
from collections import Counter
from importlib.resources import files

import pytest

from csdesk import open_desk
from csdesk.cli.demo.material import ACCOUNTS, mails, phrases, policy, questions

DATE = ("--date", "2025-03-03")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A whole day, played once for all tests of this module."""
    from typer.testing import CliRunner

    from csdesk.cli.app import app

    db = tmp_path_factory.mktemp("demo") / "demo.db"
    done = CliRunner().invoke(app, ["demo", "--db", str(db), "--json", "--lang", "en", *DATE])
    assert (done.exit_code, done.stderr) == (0, "")
    return db, json.loads(done.stdout)


@pytest.fixture
def figures(played):
    return played[1]


def test_every_channel_brings_messages(figures):
    came = figures["came"]
    assert set(came["accounts"]) == set(ACCOUNTS)
    assert all(states["stored"] > 20 for states in came["accounts"].values())
    assert came["messages"] == sum(sum(states.values()) for states in came["accounts"].values())
    assert came["messages"] == sum(came[state] for state in ("stored", "duplicate", "blocked", "parked", "waiting"))
    assert came["stored"] >= len(questions())


def test_what_was_scripted_happens(figures):
    came, moves = figures["came"], figures["moves"]
    assert came["duplicate"] > 0
    assert (came["blocked"], came["parked"], came["waiting"], came["released"]) == (1, 1, 1, 2)
    assert came["other_events"] == 3  # a bounce, a code that was scanned, and a message taken back
    assert figures["delivery"]["undelivered"] == 1
    assert figures["delivery"]["delivered"] > 0
    assert moves["snoozed"] == moves["woken"] >= 1
    assert min(moves[name] for name in ("reassigned", "resolved", "reopened", "closed")) >= 1


def test_sessions_before_buying_have_a_goal_and_rules_remind(played):
    db, figures = played
    goals = figures["goals"]
    assert min(goals.values()) >= 1
    with open_desk(f"sqlite:///{db}") as desk:
        flagged = [one for one in desk.tickets.list(tag="投诉", limit=500).items if one.flags]
        assert {flag.name for one in flagged for flag in one.flags} <= {"handle-with-care"}
        timed = [event for entry in entries(desk) for event in entry.events if event.kind == "rules.timed"]
    assert sum(one.fired for one in timed if one.rule == "still-there") > 10


def entries(desk):
    while found := desk.events.read("test", limit=1000):
        yield from found
        desk.events.ack("test", found[-1].position)


def test_people_give_on_the_spot_and_ask_for_more(played):
    db, figures = played
    given = figures["given"]
    assert min(given[name] for name in ("on_the_spot", "approved", "refused", "instead")) >= 1
    assert given.keys() <= {"on_the_spot", "approved", "refused", "instead", "amount", "requested", "lapsed"}
    with open_desk(f"sqlite:///{db}") as desk:
        counted = [one for one in desk.authority.list(limit=1000).items if one.counts]
    assert sum(one.value for one in counted) == given["amount"]
    assert max(one.value for one in counted) <= 300


def test_articles_stand_behind_answers_and_say_what_is_not_ready(played):
    db, figures = played
    told = {one["title"]: one for one in figures["articles"]}
    assert set(told) == {"退换货规则", "发货与运费", "Refunds"}
    assert min(one["shown"] for one in told.values()) > 10
    assert (told["退换货规则"]["missing"], told["退换货规则"]["behind"]) == ([], 0)
    assert told["发货与运费"]["missing"] == ["cautions", "steps"]
    assert (told["发货与运费"]["version"], told["发货与运费"]["behind"]) == (2, told["发货与运费"]["phrases"])
    with open_desk(f"sqlite:///{db}") as desk:
        found = desk.replies.suggest_for("退货的运费谁来出").suggestions[0]
        assert found.article is not None
        assert found.article.title == "退换货规则"
        assert desk.articles.search("多少钱包邮")[0].article.title == "发货与运费"


def test_every_ticket_is_in_one_state_and_languages_add_up(figures):
    found, came = figures["found"], figures["came"]
    assert sum(found["categories"].values()) == found["tickets"]
    assert sum(found["languages"].values()) == came["stored"] + 1  # and the parked one, when it was tried again
    assert {"zh", "en"} <= set(found["languages"])
    assert {"退款", "投诉", "物流"} <= set(found["tags"])
    assert found["tickets"] <= came["stored"] + came["released"]


def test_everybody_gets_work_and_all_three_ways_of_answering_occur(figures):
    got, answered = figures["got"], figures["answered"]
    assert len(got) == 6
    assert all(agent["assigned"] > 0 and agent["answered"] > 0 for agent in got)
    assert sum(agent["answered"] for agent in got) == answered["by_suggestion"] + answered["by_hand"]
    assert min(answered.values()) > 0


def test_suggestions_are_real_and_say_why(figures):
    told = figures["suggested"]
    assert {one["taken"] for one in told} == {True, False}
    assert len({one["phrase"] for one in told}) == len(told) >= 6
    assert {one["phrase"] for one in told} <= {one.title for one in phrases()}
    assert all(any(part in one["question"].lower() for part in one["because"]) for one in told if one["taken"])
    assert all(0 <= one["confidence"] <= 1 for one in told)


def test_a_bot_receives_in_web_chat_and_hands_off(figures):
    assert min(figures["bot"].values()) > 5


def test_promises_are_warned_of_and_broken(figures):
    late = figures["late"]
    assert late["warned"] > 0
    assert late["breached"] >= len(late["still_late"])
    assert late["breached"] > 0


def test_the_complaint_is_explained(figures):
    told = "\n".join(figures["explained"]["lines"])
    for said in ("first delivery", "known customer", "complaints", "under vip", "assigned to"):
        assert said in told
    assert "agt_" not in told


def test_the_other_commands_open_the_desk(played, cli):
    db, figures = played
    rows = cli.lines("tickets", "--limit", "1000", db=db)
    assert len(rows) == figures["found"]["tickets"]
    assert Counter(one["category"] for one in rows) == figures["found"]["categories"]
    shown = cli.document("show", figures["explained"]["number"], db=db)
    assert shown["ticket"]["priority"] == "urgent"
    assert shown["customer"]["level"] == "vip"
    assert shown["customer"]["tickets"] == 2  # a mail and a WeCom message, one customer
    assert cli.lines("search", "退款", db=db)
    assert cli.document("config", db=db)["config"]["name"] == policy().name


def test_equal_seeds_make_equal_days_and_others_do_not(cli):
    def day(seed, number):
        told = cli.document("demo", "--share", "0.04", "--seed", str(seed), *DATE, db=cli.folder / f"{number}.db")
        del told["db"]
        return json.dumps(told, sort_keys=True)

    first, again, other = day(3, 1), day(3, 2), day(4, 3)
    assert re.sub(r"tkt_[0-9a-z]{26}", "", first) == re.sub(r"tkt_[0-9a-z]{26}", "", again)
    assert first != other


def test_without_keep_nothing_stays(cli):
    told = cli.document("demo", "--no-keep", "--share", "0.02", *DATE)
    assert told["db"] is None
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_report_for_people(cli, lang):
    done = cli.run("demo", "--share", "0.02", *DATE, lang=lang)
    assert done.exit_code == 0
    heads = {"en": ("Who came", "What is late", "Why one ticket"), "zh-CN": ("来了多少", "哪些超时了", "一张工单")}
    for head in heads[lang]:
        assert head in done.stdout
    assert "csdesk show" in done.stdout
    assert str(cli.db) in done.stdout


def test_every_line_of_the_data_names_a_source_of_the_notice():
    notice = files("csdesk.cli.demo").joinpath("data", "NOTICE").read_text(encoding="utf-8")
    sources = {one.source for one in questions()}
    assert sources == {"clinc150", "banking77", "crosswoz", "zh_shop"}
    for source in sources:
        assert f"\n{source}\n" in notice
    assert {one.synthetic for one in questions() if one.source == "zh_shop"} == {True}
    assert {one.synthetic for one in questions() if one.source != "zh_shop"} == {False}
    texts = [one.text for one in questions()]
    assert len(texts) == len(set(texts)) > 400


def test_the_licence_of_crosswoz_lies_beside_it():
    text = files("csdesk.cli.demo").joinpath("data", "LICENSE-Apache-2.0.txt").read_text(encoding="utf-8")
    assert "Apache License" in text


def test_addresses_are_reserved_for_examples():
    domains = {one.sender.partition("@")[2] for one in mails()}
    reserved = {"example.com", "example.org", "example.net"}  # and all of .example, RFC 2606
    assert all(domain in reserved or domain.endswith(".example") for domain in domains)


def test_phrases_speak_both_languages():
    assert Counter(one.language for one in phrases()).keys() == {"zh", "en"}
    assert any(one.auto_reply for one in phrases())
