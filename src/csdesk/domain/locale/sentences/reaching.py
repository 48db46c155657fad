"""Sentences about sites, the immediacy of matters, assets, and what rules hand on."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # Sites
    "no visible character": "没有可见字符",
    "write it out, or leave it out": "请写出来，或不要填写",
    "it falls back on itself": "以自身作为后备",
    "name other sites": "请填写其他站点",
    "a site stands twice": "有站点重复出现",
    "keep one title for each": "每种语言保留一个名称",
    "reads know no sites": "读取操作不区分站点",
    "grant them apart, or leave the sites out": "请单独授权读取，或不要填写站点",
    "add {site!r} to the sites of the queue, or name another queue": "请把“{site}”加入该队列的站点，或改用其他队列",
    "queue {queue!r} does not serve the site": "队列“{queue}”不服务该站点",
    "sites lie in each other: {circle}": "站点互为上级：{circle}",
    "take one parent out": "请去掉其中一个上级",
    "{place!r} stands for site {site!r} too": "“{place}”也指向站点“{site}”",
    "let one site have it, or write more of it": "请只保留在一个站点，或写得更具体",
    "no site {site!r}": "没有站点“{site}”",
    # Immediacy
    "a channel stands twice": "有渠道重复出现",
    "{level!r} is a service level of [[sla]]": "“{level}”已是 [[sla]] 中的服务等级",
    "give that one another name": "请为它另取名称",
    "classes fall back on each other: {circle}": "时效等级互为后备：{circle}",
    "take one fallback out": "请去掉其中一个后备",
    "no class of immediacy {name!r}": "没有时效等级“{name}”",
    "no part {part!r}": "没有消息内容类型“{part}”",
    # Assets
    "is no name of an asset": "不是资料的名称",
    "a new asset needs one": "新资料必须填写",
    "there is an asset {key!r} already": "已有资料“{key}”",
    "change it, or choose another id": "请修改它，或另选 id",
    "is not valid before {since}": "{since} 之前无效",
    "wait, or change valid_from": "请等待，或修改 valid_from",
    "is not valid since {until}": "自 {until} 起无效",
    "save a new version, or change valid_until": "请保存新版本，或修改 valid_until",
    "asset {asset!r} has no version {version}": "资料“{asset}”没有版本 {version}",
    "name one that it has": "请填写已有的版本",
    "a file without its bytes: make it with desk.assets.file()": "文件没有内容：请用 desk.assets.file() 生成",
    "a variant that says nothing": "有一种形式没有任何内容",
    "is empty or more than a gigabyte": "为空或超过 1 GB",
    "pass the bytes of the file": "请传入文件内容",
    "is not what the bytes are": "与文件内容不符",
    "leave it out, or pass the right one": "请不要填写，或填写正确的类型",
    # Transfers by rules
    "a heading stands twice": "有栏目重复出现",
    "the brief lacks {names}, which [transfer] asks for": "交接说明缺少 [transfer] 所要求的：{names}",
    'say it: fields = [{ name = "...", text = "..." }]': '请写明：fields = [{ name = "...", text = "..." }]',
}
