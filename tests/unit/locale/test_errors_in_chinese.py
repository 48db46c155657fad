"""Errors as they are really raised, told in Chinese: nothing of csdesk's own words stays English."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from csdesk import Actor, Desk, DeskConfig, InboundMessage, Sender, WorkingCalendar, open_desk, render
from csdesk.channels.email.servers import ImapServer
from csdesk.channels.loopback import LoopbackChannel
from csdesk.channels.telegram import Telegram
from csdesk.domain.locale import en, zh_cn
from csdesk.domain.text.templates import Template
from csdesk.errors import BusinessSystem, ChannelError, CsdeskError, Disposition, RequestRejected, WordingRefused
from csdesk.matching import Matcher, Phrase
from csdesk.parsing.phrases import read
from csdesk.parsing.telegram.errors import refusal
from csdesk.stores.sqlite.errors import translated
from csdesk.testing import FixedClock

from .sites import read_all

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
RULE = '[[rules]]\nname = "r"\nthen = [{do = "close"}]\n'
MATCHES = '[rules.when]\nfield = "message.text"\nop = "matches"\nvalue = "(a+)+"'
MEI = Actor.agent("mei")
WEB = LoopbackChannel("web")


def told(call: Callable[[], object]) -> str:
    with pytest.raises(CsdeskError) as caught:
        call()
    return render(caught.value, "zh-CN")


CONFIGURATIONS = {
    'zone = "Asia/Shanghay"': (
        "配置项 zone 有误：不是时区。处理办法：是否想写“Asia/Shanghai”？请使用 IANA 时区名，例如 Asia/Shanghai"
    ),
    'default_queue = "vp"\n[[queues]]\nname = "vip"': (
        "配置项 default_queue 有误：没有名为“vp”的队列。处理办法：是否想写“vip”？可选：vip"
    ),
    '[[queues]]\nname = "a"\n[[queues]]\nname = "a"': "配置项 queues.a 有误：名称重复。处理办法：请各取不同的名称",
    "automatic_per_day = -1": ("配置项 automatic_per_day 有误：应不小于 0。处理办法：请传入符合文档所述类型和范围的值"),
    '[retention]\ninbound_claims = "1m"': (
        "配置项 retention.inbound_claims 有误：太短。处理办法：至少保留 1d：重复投递的消息还需要它们"
    ),
    f"{RULE}{MATCHES}": ("配置项 rules.r.when.value 有误：被重复的组内还有重复或多选。处理办法：请不要嵌套"),
    '[contact]\nquiet_from = "22:00"': (
        "配置项 contact 有误：免打扰时段缺少一端。处理办法：请同时设置 quiet_from 和 quiet_until，或都不设"
    ),
    "a = 1\nb = 2": "配置项 a 有误：没有这个配置项。处理办法：",
}


@pytest.mark.parametrize("toml", CONFIGURATIONS)
def test_configurations(toml: str) -> None:
    assert told(lambda: DeskConfig.from_toml(toml)).startswith(CONFIGURATIONS[toml])


def test_further_problems_are_counted() -> None:
    assert told(lambda: DeskConfig.from_toml("a = 1\nb = 2\nc = 3")).endswith("（另有 2 处问题）")


VALUES: dict[str, tuple[Callable[[], object], str]] = {
    "url": (
        lambda: open_desk("postgres://db"),
        "url：不是存储的 URL。处理办法：请用 memory:// 或 sqlite:///file.db",
    ),
    "part": (
        lambda: open_desk("memory://", clock=5),  # type: ignore[arg-type]
        "clock：类型是 int。处理办法：请传入 csdesk.testing.FixedClock() 或其他 Clock，或不传",
    ),
    "channels": (
        lambda: open_desk("memory://", channels=[WEB, WEB]),
        "channels：两个渠道使用同一账号“web”。处理办法：请各用各的",
    ),
    "member": (
        lambda: Sender(external_id=5),  # type: ignore[arg-type]
        "Sender.external_id：应为文本。处理办法：请传入 str",
    ),
    "calendar": (
        lambda: WorkingCalendar(zone="Asia/Shanghai", weekly={"mon": [("18:00", "09:00")]}),
        (
            "工作日历，weekly.mon[0]：结束于 09:00，不晚于开始的 18:00。"
            '处理办法：请把结束时间写晚些，过了午夜加 24 小时："26:00" 即次日 02:00'
        ),
    ),
    "csv": (
        lambda: read("id,title\na,b,c", "csv"),
        "第 2 行：单元格比列多。处理办法：含逗号的单元格请加引号",
    ),
    "jsonl": (
        lambda: read('{"id": "a", "title": "b", "valid_from": "x"}', "jsonl"),
        "第 1 行的 valid_from：不是时间。处理办法：请写成 2026-06-18T00:00:00+08:00 的形式",
    ),
    "template": (
        lambda: Template.parse("{{ name | shout }}"),
        "name：没有过滤器 shout。处理办法：可用：",
    ),
    "phrases": (
        lambda: Matcher([Phrase(id="a", title="退款"), Phrase(id="a", title="退货")]),
        "phrases：有两条使用同一 id“a”。处理办法：请给每条话术各自的 id",
    ),
    "imap": (
        lambda: ImapServer(host="h", user="u", password="p", page_size=0),
        "imap.page_size：超出允许范围。处理办法：请传入 1 到 1000 封邮件，至少 1 字节",
    ),
    "token": (
        lambda: Telegram("tg", token="x", polling=True),
        "token：不是机器人的令牌。处理办法：请传入 BotFather 给出的令牌，例如 123456:ABC…",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_values(case: str) -> None:
    call, chinese = VALUES[case]
    assert told(call).startswith(chinese)


def asked(desk: Desk) -> str:
    message = InboundMessage(account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="x"), text="hi")
    ticket = desk.receive(message).ticket
    assert ticket is not None
    return ticket.id


COMMANDS: dict[str, tuple[Callable[[Desk, str], object], str]] = {
    "tickets.get": (lambda desk, ticket: desk.tickets.get("tkt_0"), "本客服台中没有工单 tkt_0"),
    "queue": (
        lambda desk, ticket: desk.tickets.transfer(ticket, queue="defualt", brief="b", actor=MEI),
        "queue：没有队列“defualt”。处理办法：是否想写“default”？可选：default",
    ),
    "snooze": (
        lambda desk, ticket: desk.tickets.set_status(ticket, "snoozed", actor=MEI),
        "until：搁置必须有截止时间。处理办法：请传入 until=，带时区的 datetime",
    ),
    "priority": (
        lambda desk, ticket: desk.tickets.set_field(ticket, "priority", "huge", actor=MEI),
        "value：不是优先级。处理办法：请用 low、normal、high 或 urgent",
    ),
    "merge": (
        lambda desk, ticket: desk.tickets.merge(ticket, ticket, actor=MEI),
        "into：工单不能与自己合并。处理办法：请选择另一张工单",
    ),
    "calendar": (
        lambda desk, ticket: desk.calendars.get("office"),
        "本客服台中没有工作日历 office。处理办法：目前还没有任何一个：请先声明，或不要填写",
    ),
    "type": (
        lambda desk, ticket: desk.tickets.get(5),  # type: ignore[arg-type]
        "ticket：类型是 int。处理办法：请传入 str",
    ),
    "limit": (
        lambda desk, ticket: desk.tickets.list(limit=0),
        "limit：超出允许范围。处理办法：请传入 1 到 ",
    ),
    "phrase": (
        lambda desk, ticket: desk.replies.send(ticket, "phr_none", actor=MEI),
        "本客服台中没有话术 phr_none",
    ),
    "actor": (
        lambda desk, ticket: desk.tickets.lease(ticket, actor=Actor.system()),
        "actor：系统不能领取工单。处理办法：请传入 Actor.agent(...) 或 Actor.bot(...)，或指定部门",
    ),
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk("memory://", clock=FixedClock(), channels=[WEB]) as desk:
        yield desk


@pytest.mark.parametrize("case", COMMANDS)
def test_commands(case: str, desk: Desk) -> None:
    call, chinese = COMMANDS[case]
    ticket = asked(desk)
    assert told(lambda: call(desk, ticket)).startswith(chinese)


def test_a_closed_ticket(desk: Desk) -> None:
    ticket = asked(desk)
    desk.tickets.set_status(ticket, "closed", actor=MEI)
    until = FixedClock().now() + timedelta(days=1)
    assert told(lambda: desk.tickets.set_status(ticket, "snoozed", until=until, actor=MEI)) == (
        f"工单 {ticket} 当前状态为“已关闭”，不能执行 snooze"
    )


def test_what_channels_and_stores_refuse() -> None:
    said = refusal("tg", {"error_code": 403, "description": "Forbidden: bot was blocked by the user"}, 403, safe=False)
    assert render(said) == ("渠道账号 tg 出错：客户已拉黑机器人（后续处理：收件人已无法收到），渠道错误码 403.blocked")
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert render(translated(full)) == "存储繁忙：磁盘已满；请腾出空间后重试"
    assert render(RequestRejected("bad_signature")) == "回调请求被拒绝：签名不符"
    foreign = ChannelError("kf", "这里的平台说中文", disposition="operator")
    assert render(foreign) == "渠道账号 kf 出错：这里的平台说中文（后续处理：需管理员处理）"


def test_places_of_wording_are_told_one_by_one() -> None:
    error = WordingRefused((("forbidden", 0, 2, "很抱歉"), ("cold", 5, 7, "")))
    assert error.params["places"] == "forbidden at 0-2 (say: 很抱歉), cold at 5-7"
    assert "位置 0-2（禁用语，建议改为：很抱歉）、位置 5-7（冷漠用语）" in render(error)


def test_a_problem_in_a_trace_is_told_too() -> None:
    known = {"rule": "r", "action": "reply", "problem": "no queue 'vp'"}
    assert render("rules.impossible", rule="r", action="reply", problem="the customer is blocked").endswith(
        "：客户已被拉黑"
    )
    assert render("rules.impossible", **known).endswith("：没有队列“vp”")


def words_given() -> dict[str, set[str]]:
    """The words that the source passes first to each function."""
    found: dict[str, set[str]] = {}
    for module in read_all().modules:
        for node in module.around:
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(word)), *_]):
                    found.setdefault(name, set()).add(word)
    return found


def test_words_of_fixed_sets_have_their_words() -> None:
    given = words_given()
    assert zh_cn.DISPOSITIONS.keys() == {*get_args(Disposition)}
    assert zh_cn.SYSTEMS.keys() == {*get_args(BusinessSystem)}
    assert given["RequestRejected"] <= zh_cn.REASONS.keys() & en.REASONS.keys()
    for function in ("NotFound", "VersionConflict", "unknown"):
        assert given[function] <= zh_cn.KINDS.keys(), function
