"""Words after an answer that say it did not help, and words that say it did."""

import pytest

from csdesk.domain.text import fold
from csdesk.domain.text.unsolved import says_unsolved


@pytest.mark.parametrize(
    "text",
    [
        "还是不行", "还是没收到啊", "没用", "没有解决我的问题", "不是这个意思", "不是我要的", "答非所问",
        "链接点不开", "找不到你说的按钮", "我要人工", "請轉人工", "有人吗", "你是机器人吧", "依然打不开",
        "It doesn't work", "that didn't help", "still not working", "still can't log in",
        "not what I asked", "I already tried that", "wrong answer", "let me speak to someone",
        "the link is broken", "same problem",
    ],
)  # fmt: skip
def test_it_did_not_help(text: str) -> None:
    assert says_unsolved(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "好的", "谢谢", "解决了", "已经解决了，谢谢", "可以了", "不用人工了，搞定了", "那多久能到",
        "怎么开发票", "ok", "thanks, it works now", "where is my parcel", "never mind, solved",
        "能快一点吗", "what about size L",
    ],
)  # fmt: skip
def test_nothing_says_so(text: str) -> None:
    assert not says_unsolved(fold(text))
