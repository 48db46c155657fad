"""Both catalogues have a text for every code that the source can say, and for no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import csdesk.domain.time.errors
import csdesk.errors
from csdesk.domain.analysis.findings import CODES
from csdesk.domain.authority import verdicts
from csdesk.domain.locale import en, zh_cn
from csdesk.domain.locale.render import parameters, render
from csdesk.domain.records.trace import Outcome, Trace, verdict
from csdesk.errors import ConfigError, CsdeskError, CsdeskWarning, Denied, InvalidInput

SOURCE = Path(csdesk.errors.__file__).parent.parent

# Codes that no module of this package says yet; a code leaves the list with the first module that does.
PLANNED = frozenset(
    {
        *("dedupe.new", "dedupe.replay"),
        *("identity.known", "identity.created", "identity.linked", "identity.blocked"),
        *("window.open", "window.closed", "time.clamped", "time.skew"),
        *("thread.hint", "thread.reference", "thread.conversation", "thread.none", "thread.stranger"),
        *("thread.merged", "thread.reopened", "thread.follow_up", "ticket.opened"),
        *("read.language", "read.tags", "rules.alert", "rules.illegal", "clocks.started", "clocks.none"),
        *("route.kept", "route.assigned", "route.no_candidate", "route.full"),
        *("route.offered", "route.is_offered"),
        *("reply.off", "reply.skipped", "reply.auto", "reply.hand_over", "reply.none"),
        *("inbox.waits", "parked", "record"),
        *("why.all", "why.any", "why.none", "why.test", "why.test_hidden", "why.test_absent"),  # named by a table
        *("why.in_segment", "why.not_in_segment"),
        *("why.fired", "why.not_fired", "why.disabled", "why.not_active", "why.not_on", "why.not_human"),
    }
)


INBOX = {"error.unexpected", "error.waits", "inbox.unknown"}
"""What the inbox says of items that no error of csdesk's brought there."""


def error_codes() -> Iterator[str]:
    waiting: list[type[CsdeskError | CsdeskWarning]] = [CsdeskError, CsdeskWarning]
    while waiting:
        cls = waiting.pop()
        yield cls.code
        waiting += cls.__subclasses__()


@cache
def verdict_codes() -> frozenset[str]:
    """Every text given as the first argument of ``verdict(...)`` or ``say(...)``, or as ``code=`` of a verdict."""
    found: set[str] = set()
    for path in (one for one in SOURCE.rglob("*.py") if not {"testing", "cli"} & {*one.parts}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = node.args[:1] if name in ("verdict", "say") else []
            given += [one.value for one in node.keywords if one.arg == "code" and name == "Verdict"]
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return frozenset(found)


@pytest.mark.parametrize("texts", [zh_cn.TEXTS, en.TEXTS], ids=["zh-CN", "en"])
def test_every_code_has_a_text_and_no_text_is_left_over(texts: dict[str, str]) -> None:
    said = {*error_codes(), *verdict_codes(), *CODES, *verdicts.CODES, *INBOX}
    assert said - texts.keys() == set()
    assert texts.keys() - said - PLANNED == set()


def test_both_catalogues_use_the_same_parameters() -> None:
    assert zh_cn.TEXTS.keys() == en.TEXTS.keys()
    assert zh_cn.REASONS.keys() == en.REASONS.keys()
    for code, text in zh_cn.TEXTS.items():
        assert parameters(text) == parameters(en.TEXTS[code]), code


def test_error_texts_ask_only_for_what_the_errors_carry() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (SOURCE / "errors").glob("*.py")]
    for cls in (node for one in sources for node in ast.parse(one).body if isinstance(node, ast.ClassDef)):
        error = getattr(csdesk.errors, cls.name)
        if not issubclass(error, Exception):
            continue
        code: str = error.code
        calls = [node for node in ast.walk(cls) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        carried = {one.arg for call in calls if call.func.attr == "__init__" for one in call.keywords}  # type: ignore[attr-defined]
        assert parameters(en.TEXTS[code]) <= (carried or {"problem"}), code


@pytest.mark.parametrize("texts", [zh_cn.TEXTS, en.TEXTS], ids=["zh-CN", "en"])
def test_texts_are_whole(texts: dict[str, str]) -> None:
    for code, text in texts.items():
        assert text.strip() == text, code
        for marks in ("{}", "[]"):
            assert text.count(marks[0]) == text.count(marks[1]), code


def test_chinese_texts_are_chinese() -> None:
    assert all(any("\u4e00" <= one <= "\u9fff" for one in text) for text in zh_cn.TEXTS.values())


def test_a_trace_is_a_tree_of_lines() -> None:
    trace = Trace(
        verdicts=(
            verdict("rules.fired", Outcome.PASSED, verdict("rules.fired", Outcome.CHOSEN, rule="urgent")),
            verdict("route.assigned", Outcome.CHOSEN, agent="agt_1", load=2),
        )
    )
    assert render(trace, "zh-CN").splitlines() == [
        "+ 命中规则",
        "  * 命中规则“urgent”",
        "* 分配给客服 agt_1，分配前负载 2",
    ]
    assert render(trace.verdicts[1], "en") == "* assigned to agt_1, whose load was 2"


def test_what_is_missing_is_left_out_or_marked() -> None:
    assert render("route.assigned", "en", agent="a") == "assigned to a, whose load was —"
    assert render("route.assigned", "en", agent="a", load=0, queue="q") == "assigned to a, whose load was 0, in queue q"
    assert render("parked", "zh-CN") == "处理时出错，消息已暂存，待人工处理"
    assert render("no.such.code", "en", a=1) == "no.such.code (a=1)"
    assert render("no.such.code") == "no.such.code"


def test_values_are_shown_as_they_are() -> None:
    assert render("rules.fired", "en", rule="[x] {rules}", rules="y") == "rules fired: [x] {rules}: y"
    assert render("reply.auto", "en", phrase="p", confidence=0.91234) == "answered with phrase p, confidence 0.91"


def test_reasons_are_said_in_words() -> None:
    assert render("reply.skipped", "zh-CN", reason="backlog") == "不自动回复：消息送达时已经太旧"
    assert render("reply.skipped", "en", reason="another") == "no automatic reply: another"
    assert render(Denied("bot:b", "reply", "not_granted"), "zh-CN") == "bot:b 无权执行 reply：未获授权"


def test_errors_are_rendered_from_their_parameters() -> None:
    error = ConfigError("rules.r.op", "unknown value", "choose one of: eq")
    assert render(error, "en") == "setting rules.r.op: unknown value; choose one of: eq"
    assert render(error) == "配置项 rules.r.op 有误：取值未知。处理办法：可选：eq"


def test_another_language_is_refused() -> None:
    with pytest.raises(InvalidInput, match="zh-CN, en"):
        render("parked", "fr")  # type: ignore[arg-type]
