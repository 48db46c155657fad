"""The Chinese catalogue."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # 判定
    "dedupe.new": "首次收到这条消息",
    "dedupe.replay": "这条消息已处理过，不再重复处理",
    "identity.known": "老客户，按已有身份识别",
    "identity.created": "首次来访，已新建客户档案",
    "identity.linked": "新的联系方式已关联到已有客户",
    "identity.blocked": "客户已被拉黑，消息只保存，不再往下处理",
    "window.open": "仍在可回复时段内[，截止 {until}]",
    "window.closed": "已过可回复时段，须等客户再次来消息才能回复",
    "time.clamped": "消息自带的发送时间不可信，已校正[ {seconds} 秒]",
    "time.skew": "系统时钟早于工单的最近一次记录，已按该记录的时间顺延[ {seconds} 秒]",
    "thread.hint": "凭回信地址中的签名找到工单",
    "thread.reference": "根据所引用的消息找到工单",
    "thread.conversation": "该会话已有处理中的工单",
    "thread.none": "没有可归入的工单",
    "thread.stranger": "发信人不是工单[ {ticket} ]的参与人，线索不予采信",
    "thread.merged": "原工单已被合并，转入合并后的工单[ {into}]",
    "thread.reopened": "客户再次来消息，工单[ {ticket} ]重新打开",
    "thread.follow_up": "已过重开期限，另建跟进工单，关联原工单[ {ticket}]",
    "ticket.opened": "已新建工单[ {ticket}]",
    "read.language": "识别出消息语言[：{language}]",
    "read.tags": "按关键词打标签[：{tags}]",
    "rules.fired": "命中规则[“{rule}”][：{rules}]",
    "rules.none": "没有命中任何规则",
    "rules.alert": "触发告警“{alert}”[（规则“{rule}”）]",
    "rules.illegal": "工单当前为 {category}，无法按规则改为“{status}”",
    "inbox.waits": "同一会话的前一条消息尚待处理，本条排队等候",
    "clocks.started": "SLA 开始计时，适用“{policy}”[：{clocks}]",
    "clocks.none": "没有适用的 SLA",
    "route.kept": "仍由原处理人跟进[（{worker}）]",
    "route.assigned": "分配给客服 {agent}，分配前负载 {load}[，队列“{queue}”]",
    "route.no_candidate": "队列“{queue}”暂时没有可接单的客服",
    "route.full": "客服均已满负荷，工单在队列中等待",
    "reply.off": "未开启自动回复",
    "reply.skipped": "不自动回复：{reason}",
    "reply.auto": "已用话术 {phrase} 自动回复，置信度 {confidence}",
    "reply.hand_over": "转人工处理：{reason}",
    "reply.none": "没有合适的话术",
    "parked": "处理时出错，消息已暂存，待人工处理[（{error}）]",
    "record": "相关记录[：{id}]",
    # 错误
    "error": "csdesk 出错",
    "error.usage": "调用方式有误",
    "error.invalid_input": "{field} 的值不可用：{problem}。处理办法：{remedy}",
    "error.config": "配置项 {path} 有误：{problem}。处理办法：{remedy}",
    "error.config_mismatch": (
        "服务台“{desk}”正在使用配置 {active}，打开时给出的却是 {given}；"
        "要启用新配置请传 activate=True，要沿用现有配置请传 config=None"
    ),
    "error.illegal_transition": "工单 {ticket} 当前状态为 {state}，不能执行 {command}",
    "error.denied": "{actor} 无权执行 {command}：{reason}",
    "error.stale_worker": "工单 {ticket} 已换人处理：令牌 {given} 已失效，当前为 {current}；请重新加载工单",
    "error.missing_extra": "{feature} 需要 {package}，请安装 csdesk 的可选组件 {extra}",
    "error.unsupported": "{thing} 不支持该功能（{feature}）；{remedy}",
    "error.desk_closed": "服务台“{desk}”已关闭，请重新打开",
    "error.flow": "内部流程违反约定，这是 csdesk 或扩展的缺陷",
    "error.remote": "渠道方拒绝请求或发生故障",
    "error.channel": "渠道账号 {account} 出错：{problem}（后续处理：{disposition}）[，渠道错误码 {provider_code}]",
    "error.store": "存储拒绝操作或发生故障，未写入任何内容",
    "error.not_found": "本服务台中没有这条记录：{kind} {key}",
    "error.version_conflict": "{kind} {key} 已被他人修改，版本不再是 {expected}；请重新加载后再试",
    "error.claim_taken": "唯一键 {key} 已被 {owner} 占用",
    "error.guard_failed": "计数器 {counter} 再加 {amount} 将超过上限 {limit}",
    "error.schema_too_new": "{thing} 的数据版本为 {found}，当前 csdesk 最高支持 {known}；请升级 csdesk",
    "error.store_busy": "存储繁忙或被锁定，请稍后重试",
    "error.commit_unknown": "无法确认提交是否成功，请查询对应的唯一键后再决定",
    "error.store_damaged": "这不是 csdesk 的存储，或存储已损坏",
}

REASONS: Final[dict[str, str]] = {
    # 权限
    "refused": "授权规则禁止",
    "not_granted": "未获授权",
    # 自动回复
    "not_human": "对方是自动发出的消息",
    "backlog": "消息送达时已经太旧",
    "forbidden": "规则禁止自动回复，或工单已结束",
    "answered": "客服已经回复",
    "session": "本次会话已自动回复过",
    "daily_limit": "今天对该客户的自动回复已达上限",
    "no_match": "没有匹配的话术",
    "low_score": "最佳话术的置信度不够",
    "close_call": "前两条话术难分高下",
    "confident": "置信度足够，但不允许自动发送",
}
