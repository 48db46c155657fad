"""What a text wants done: guards against answering the opposite of what was asked.

The rule: a text takes a *stance* on an action (+1 wants it, -1 does not, or wants its opposite). Two texts with
opposite stances on one action contradict each other, however alike their words. The list is short and built in; it
holds only patterns that are safe to read without grammar. What refuses an action is told by ``negation``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from csdesk.domain.matching.negation import Refusal

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

# What a single character means behind a refusal, at the end of its clause: 不退了.
_SHORTENED: Final = {
    "退": ("refund", "return"),
    "换": ("exchange",),
    "付": ("pay",),
    "发": ("ship",),
    "寄": ("ship",),
    "续": ("renew",),
}
_SHORT: Final = re.compile("([退换付发寄续])(?:了|吧|啦|呗|[,，。.!！ ]|$)")

# Whoever takes back an application does not want what it was for: 取消退款, 退货申请怎么撤销, "cancel my refund".
_DONE: Final = "|".join(one for one, action in _ACTIONS.items() if action not in {"cancel", "close account"})
_REVOKED: Final = (
    re.compile(
        f"(?:取消|撤销|撤消|撤回|终止|停止|中止|放弃|关闭|关掉)(?:我|的|这个|那个|该|自动|申请)*+(?P<action>{_DONE})"
    ),
    re.compile(
        f"(?P<action>{_DONE})(?:申请|请求|单)?(?:了|我|还|想|要|可以|可|能|怎么|如何|怎样)*+(?:取消|撤销|撤消|撤回)"
    ),
    re.compile(rf"\b(?:cancel|revoke|undo|take back)(?: (?:my|the|this|that|a))*+ (?P<action>{_DONE})"),
)

# Pairs that readers tell apart and shared characters do not: a name, and what says either side in Chinese and, from the
# beginning of a word, in English.
_SIDES: Final = (
    ("money", ("退款|退钱", "refund"), ("付款|支付", r"pay(?:ing|ment)?\b")),
    (
        "switch",
        ("开通|开启|启用|打开", "activate|enable|(?:turn|switch)(?:ing)? on"),
        (
            "关闭|停用|禁用|关掉|(?:停止|取消)(?:自动|免密)",
            "deactiv|disable|(?:turn|switch)(?:ing)? off|stop auto",
        ),
    ),
    ("session", ("(?<!退出)登[录陆]", r"log ?in\b|sign in"), ("退出|登出", "log ?out|sign out")),
    ("lock", ("冻结|锁定", r"freeze\b|block\b|lock\b"), ("解冻|解锁", "unfreeze|unblock|unlock")),
    ("subscription", ("(?<!取消)订阅", "subscribe"), ("取消订阅|退订", "unsubscribe")),
    ("funds", ("充值", "deposit|top up"), ("提现", "withdraw")),
    ("amount", ("增加|提高|提升|调高", "increase|raise"), ("减少|降低|调低|下调", "decrease|reduce|lower")),
    ("binding", ("(?<!解除)(?<!取消)绑定", r"link\b"), ("解绑|(?:解除|取消)绑定", "unlink")),
    ("list", ("添加|新增|增加", r"add\b"), ("删除|删掉|移除", "delete|remove")),
    ("shunning", ("(?<!解除)(?<!取消)(?:拉黑|屏蔽)", ""), ("(?:解除|取消)(?:拉黑|屏蔽)|移出黑名单", "")),
)


def _saying(side: tuple[str, str]) -> re.Pattern[str]:
    chinese, english = side
    return re.compile(rf"{chinese}|\b(?:{english})" if english else chinese)


_OPPOSITES: Final = tuple((name, _saying(one), _saying(other)) for name, one, other in _SIDES)

# Every word that some pattern needs; most texts hold none, and the patterns are not tried. English is asked for only
# where a word begins, otherwise every letter of a text would be tried against every word.
_ENGLISH: Final = re.compile(
    "(?<![a-z])(?:{})".format(
        "|".join(
            [*filter(str.isascii, _ACTIONS), *[english for _, *sides in _SIDES for _, english in sides if english]]
        )
    )
)
_CHINESE: Final = re.compile(
    "|".join(
        [
            "[退换付发寄续]",
            *(one for one in _ACTIONS if not one.isascii()),
            *[chinese for _, *sides in _SIDES for chinese, _ in sides],
        ]
    )
)


def stance_of(folded: str, refusals: Iterable[Refusal]) -> Stance:
    """Return the stance of one folded text with what it refuses; an action named on both sides is left out."""
    if not _ENGLISH.search(folded) and (folded.isascii() or not _CHINESE.search(folded)):
        return frozenset()
    sides: dict[str, set[int]] = {}
    for match in _MENTIONED.finditer(folded):
        sides.setdefault(_ACTIONS[match[0]], set()).add(1)
    for action in _unwanted(folded, refusals):
        sides[action] = {-1}
    for name, one, other in _OPPOSITES:
        for side, pattern in ((1, one), (-1, other)):
            if pattern.search(folded):
                sides.setdefault(name, set()).add(side)
    return frozenset((action, side) for action, (side, *more) in sides.items() if not more)


def _unwanted(folded: str, refusals: Iterable[Refusal]) -> Iterator[str]:
    """The actions that a text refuses or takes back."""
    for refusal in refusals:
        if refusal.kind == "denial":
            continue
        if refused := _NAMED.match(refusal.rest):
            yield _ACTIONS[refused[0]]
        elif short := _SHORT.match(refusal.rest):
            yield from _SHORTENED[short[1]]
    for pattern in _REVOKED:
        yield from (_ACTIONS[match["action"]] for match in pattern.finditer(folded))


def contradicts(one: Stance, other: Stance) -> bool:
    """Tell whether the two take opposite sides on some action."""
    return any((action, -side) in other for action, side in one)
