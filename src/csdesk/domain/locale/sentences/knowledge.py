"""Sentences of articles, products and good cases."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # Articles
    "is no name of an article": "不是知识文章的名称",
    "neither id nor title says which article": "id 和 title 都没有写，不知道是哪篇文章",
    "the section {name} is written and said not to be needed": "章节 {name} 已有内容，却又标为不需要",
    "give each article its own id": "请为每篇文章设置不同的 id",
    "is no value of an article": "不是文章的属性",
    "use {names}, each with a colon and its value": "请用 {names}，每个名称后写冒号和值",
    "does not end": "没有结束",
    "close it with a line of ---": "请用一行 --- 结束",
    "begin it with - or put it under ## What (是什么)": "请以 - 开头，或放到“## 是什么”下面",
    "stands before the first question": "写在第一个问题之前",
    "write each question as a ### heading": "请把每个问题写成 ### 标题",
    "write jsonl": "请写成 jsonl",
    "use jsonl or md": "请用 jsonl 或 md",
    "Markdown holds one article a file": "每个 Markdown 文件只能有一篇文章",
    "is no field of an article": "不是文章的字段",
    "two articles have one id": "有两篇文章的 id 相同",
    "pass phrase or article, one of them": "请在 phrase 和 article 中传入一个",
    # Products
    "this desk": "本客服台",
    "facts of products": "商品资料",
    "pass products= to open_desk": "请在 open_desk 中传入 products=",
    "is no finite number": "不是有限的数",
    "two facts have one name": "有两项资料同名",
    "{type} tells no facts": "{type} 不能提供商品资料",
    "see csdesk.ports.products": "请参阅 csdesk.ports.products",
    "is the first one": "与第一个相同",
    "name two products": "请指定两个不同的商品",
    # The host's systems
    "orders": "订单",
    "pass business=Business(orders=...) to open_desk": "请在 open_desk 中传入 business=Business(orders=...)",
    "profiles of a CRM": "CRM 客户资料",
    "pass business=Business(crm=...) to open_desk": "请在 open_desk 中传入 business=Business(crm=...)",
    "a staff list": "员工名单",
    "pass business=Business(staff=...) to open_desk": "请在 open_desk 中传入 business=Business(staff=...)",
    "pass csdesk.ports.business.Business(...)": "请传入 csdesk.ports.business.Business(...)",
    "{type} lacks {methods}": "{type} 缺少 {methods}",
    "see csdesk.ports.business": "请参阅 csdesk.ports.business",
    "is blank": "是空白",
    "belongs to another agent": "已属于另一位客服",
    "take it from that one first: desk.agents.find": "请先用 desk.agents.find 找到对方并取消",
    "{count} of {agents} agents would retire": "{agents} 位客服中有 {count} 位将停用",
    "look at them with dry_run=True; if it is right, pass retire_at_most={count}": (
        "请用 dry_run=True 查看名单；确认无误后传入 retire_at_most={count}"
    ),
    # Good cases
    "is no person": "不是人工客服",
    "pass the agent who looked it over": "请传入审阅过的客服",
    "is no answer of a person on this ticket": "不是该工单中人工客服的回复",
    "was promoted before": "此前已收入知识库",
    "change the phrase or article that was made of it": "请修改由它生成的话术或文章",
    "holds what may be personal ({kind})": "可能含有个人信息（{kind}）",
    "take it out, or pass override= with the reason why it may stand there": "请删去，或用 override= 说明保留的原因",
    "is no pair of a field and a number": "不是“字段名加数值”的形式",
    "pass for example ('csat', 4)": "例如传入 ('csat', 4)",
    "is not said": "没有说明",
    "name the field with the least that is good: rating=('csat', 4)": "请写明字段和合格的最低分：rating=('csat', 4)",
    "unknown sign {name!r}": "未知的标志“{name}”",
}
