"""Articles in Markdown and JSON Lines, to records and back."""

import pytest

from csdesk import Article, ArticleFee, ArticleQuestion
from csdesk.errors import InvalidInput
from csdesk.parsing.articles import read, write

TEXT = """---
campaign: 1111
valid_from: 2026-11-01T00:00:00+08:00
tags: 大促, 新客
not_needed: cautions
---
# 双十一满减

## 是什么

全场满三百减五十。

只有三天。

## 规则

- 一个订单用一次
* 不与会员折扣同享

## 费用
- 参加：免费
- 运费: ¥12 一单

## 步骤

1. 领券
2、下单

## 常见问题

### 什么时候开始？
十一月一日零点。

- 以北京时间为准

### 可以退吗？
"""


def test_markdown_in_chinese_words_is_an_article():
    (found,) = read(TEXT, "md", name="sale")
    assert (found.id, found.title, found.campaign, found.tags) == ("sale", "双十一满减", "1111", ("大促", "新客"))
    assert found.what == "全场满三百减五十。\n\n只有三天。"
    assert found.rules == ("一个订单用一次", "不与会员折扣同享")
    assert found.fees == (ArticleFee(what="参加", price="免费"), ArticleFee(what="运费", price="¥12 一单"))
    assert found.steps == ("领券", "下单")
    assert found.questions == (
        ArticleQuestion(question="什么时候开始？", answer="十一月一日零点。\n\n- 以北京时间为准"),
        ArticleQuestion(question="可以退吗？"),
    )
    assert (found.missing, found.not_needed) == ((), ("cautions",))
    assert found.valid_from is not None
    assert read(write([found], "md"), "md", name="sale") == [found]
    assert read(TEXT.replace("\n", "\r\n"), "md", name="sale") == [found]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("---\ncampaign: x\n", "front matter"),
        ("---\nnothing\n---\n# T\n", "line 2"),
        ("---\nprice: 3\n---\n# T\n", "line 2"),
        ("# T\n## Rulez\n", "line 2"),
        ("# T\nloose text\n", "line 2"),
        ("# T\n## Rules\nno list\n", "line 3"),
        ("# T\n## Questions\nno heading\n", "line 3"),
        ("## Rules\n- a\n", "x.title"),
        ("---\nretired: perhaps\n---\n# T\n", "retired"),
        ("---\nvalid_from: soon\n---\n# T\n", "x.valid_from"),
        ("---\nnot_needed: rules\n---\n# T\n## Rules\n- a\n", "x"),
    ],
)
def test_what_is_no_article_is_told_with_its_place(text, field):
    with pytest.raises(InvalidInput) as refused:
        read(text, "md", name="x")
    assert refused.value.field == field


def test_json_lines_keep_everything_and_name_the_line_that_is_wrong():
    (found,) = read(TEXT, "md", name="sale")
    assert read(write([found], "jsonl"), "jsonl") == [found]
    for line, field in (
        ('{"id": "a"}', "line 1.title"),
        ('{"id":"a","title":"b","prize":1}', "line 1.prize"),
        ("[", "line 1"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read(line, "jsonl")
        assert refused.value.field == field


@pytest.mark.parametrize(
    "given", [{"what": "## Rules"}, {"rules": ("two\nlines",)}, {"title": "a\nb"}, {"tags": ("a,b",)}]
)
def test_what_markdown_would_part_is_refused_rather_than_lost(given):
    article = Article(**{"id": "x", "title": "T", **given})
    with pytest.raises(InvalidInput, match="Markdown would part"):
        write([article], "md")
    assert read(write([article], "jsonl"), "jsonl") == [article]


def test_forms_that_are_none():
    with pytest.raises(InvalidInput, match="form"):
        read("", "csv")
    with pytest.raises(InvalidInput, match="form"):
        write([], "toml")
    with pytest.raises(InvalidInput, match="one article a file"):
        write([], "md")
