import pytest

from csdesk.domain.matching.guards import reading_of
from csdesk.domain.matching.stance import Stance, contradicts


def stance_of(folded: str) -> Stance:
    return reading_of(folded).stance


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("不要退款", "我要退款"),
        ("先别发货", "什么时候发货"),
        ("怎么退款", "怎么付款"),
        ("如何开通免密支付", "关闭免密"),
        ("取消订阅", "订阅会员"),
        ("please don't cancel my order", "how to cancel an order"),
        ("how do i sign in", "sign out of all devices"),
        ("unfreeze my account", "freeze my account"),
        ("拒绝退款", "我要退款"),
        ("我没申请退款", "怎么退款"),
        ("i no longer need a refund", "refund please"),
        ("please stop the refund", "where is my refund"),
        ("can i order without paying", "pay now"),
    ],
)
def test_opposites_contradict(one: str, other: str) -> None:
    assert contradicts(stance_of(one), stance_of(other))
    assert contradicts(stance_of(other), stance_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("能不能退款", "我要退款"),
        ("怎么还不发货", "什么时候发货"),
        ("付款后怎么退款", "怎么退款"),
        ("my refund is not here", "refund status"),
        ("i do not see a way to pay", "how to pay"),
        ("你好", "怎么退款"),
        ("blogging in", "log out"),
        ("要不要退款", "怎么退款"),
        ("why did you not ship", "when do you ship"),
    ],
)
def test_no_contradiction(one: str, other: str) -> None:
    assert not contradicts(stance_of(one), stance_of(other))
