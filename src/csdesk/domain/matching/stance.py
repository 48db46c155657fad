"""What a text wants done: guards against answering the opposite of what was asked.

The rule: a text takes a *stance* on an action (+1 wants it, -1 does not, or wants its opposite). Two texts with
opposite stances on one action contradict each other, however alike their words. The list is short and built in; it
holds only patterns that are safe to read without grammar. What refuses an action is told by ``negation``.
"""

import re
from collections.abc import Iterable
from typing import Final

from csdesk.domain.matching.negation import refusals_in

Stance = frozenset[tuple[str, int]]
"""Pairs of an action and +1 or -1; an action stands in it at most once."""

_ACTIONS: Final = {
    "退款": "refund", "退钱": "refund", "退货": "return", "换货": "exchange", "发货": "ship", "付款": "pay",
    "取消": "cancel", "注销": "close account", "续费": "renew", "开票": "invoice", "升级": "upgrade",
    "refund": "refund", "return": "return", "exchange": "exchange", "ship": "ship", "pay": "pay", "cancel": "cancel",
    "renew": "renew", "upgrade": "upgrade", "subscribe": "subscribe",
}  # fmt: skip
_ACTION: Final = "|".join(sorted(_ACTIONS, key=len, reverse=True))
_MENTIONED: Final = re.compile(f"(?<![a-z])(?:{_ACTION})")
_NAMED: Final = re.compile(_ACTION)

# Pairs that readers tell apart and shared characters do not: (name, one side, other side).
_OPPOSITES: Final = tuple(
    (name, re.compile(one), re.compile(other))
    for name, one, other in (
        ("money", "退款|退钱|\\brefund", "付款|支付|\\bpay(?:ing|ment)?\\b"),
        (
            "switch",
            "开通|开启|启用|\\bactivate|\\benable|\\bturn on",
            "关闭|停用|禁用|\\bdeactivate|\\bdisable|\\bturn off",
        ),
        ("session", "登录|登陆|\\blog ?in\\b|\\bsign in", "退出|登出|\\blog ?out|\\bsign out"),
        ("lock", "冻结|锁定|\\bfreeze\\b|\\bblock\\b", "解冻|解锁|\\bunfreeze|\\bunblock"),
        ("subscription", "(?<!取消)订阅|\\bsubscribe", "取消订阅|退订|\\bunsubscribe"),
        ("funds", "充值|\\bdeposit|\\btop up", "提现|\\bwithdraw"),
        ("amount", "增加|提高|\\bincrease|\\braise", "减少|降低|\\bdecrease|\\breduce|\\blower"),
    )
)


# Every word that some pattern needs; most texts hold none, and the patterns are not tried.
_TRIGGER: Final = re.compile(
    _ACTION + "|退钱|支付|开通|开启|启用|关闭|停用|禁用|登录|登陆|退出|登出|冻结|锁定"
    "|解冻|解锁|订阅|退订|充值|提现|增加|提高|减少|降低"
    "|activate|enable|disable|turn o|log ?in|log ?out|sign |freeze|block|deposit|top up|withdraw|increase|raise"
    "|decrease|reduce|lower"
)


def stance_of(folded: str) -> Stance:
    """Return the stance of one folded text; an action named on both sides is left out."""
    if not _TRIGGER.search(folded):
        return frozenset()
    sides: dict[str, set[int]] = {}
    for match in _MENTIONED.finditer(folded):
        sides.setdefault(_ACTIONS[match[0]], set()).add(1)
    for refusal in refusals_in(folded):
        if refused := _NAMED.match(refusal.rest):
            sides[_ACTIONS[refused[0]]] = {-1}
    for name, one, other in _OPPOSITES:
        for side, pattern in ((1, one), (-1, other)):
            if pattern.search(folded):
                sides.setdefault(name, set()).add(side)
    return frozenset((action, side) for action, (side, *more) in sides.items() if not more)


def common_stance(folded_texts: Iterable[str]) -> Stance:
    """Return the stance of a phrase from its texts: what some of them say and none contradicts."""
    stances = frozenset[tuple[str, int]]().union(*map(stance_of, folded_texts))
    return frozenset((action, side) for action, side in stances if (action, -side) not in stances)


def contradicts(one: Stance, other: Stance) -> bool:
    """Tell whether the two take opposite sides on some action."""
    return any((action, -side) in other for action, side in one)
