"""Suggestions for a person who answers: what is picked teaches, and a mistake is taken back.

    python examples/scripts/agent_assist.py

No desk is needed; Matcher.save and Matcher.load keep what was learnt.
"""

from csdesk.matching import Matcher, Phrase

PHRASES = [
    Phrase("ship", "发货时间", ("什么时候发货", "几天发货"), answer="48 小时内发货。"),
    Phrase("arrive", "退款到账", ("退款多久到账", "退款什么时候到"), answer="1 至 3 个工作日到账。"),
    Phrase("invoice", "开发票", ("可以开发票吗", "发票怎么开"), answer="请在订单页申请。"),
]
DAY = [
    ("我的钱什么时候回来", "arrive"),
    ("钱啥时候回", "arrive"),
    ("钱怎么还没回来", "arrive"),
    ("什么时候发货", "ship"),
]


def main() -> None:
    matcher = Matcher(PHRASES)
    for asked, picked in DAY:
        matches = matcher.match(asked, limit=3)
        best = matches[0]
        because = ", ".join(span.text for span in best.why.spans[:2])
        print(f"{asked}: {best.phrase_id} because of {because}; picked {picked}")
        matcher.learn(asked, picked=picked, shown=[one.phrase_id for one in matches])
    print("now:", matcher.match("钱什么时候回来呀")[0].phrase_id)
    print("unlearnt:", matcher.forget(text="我的钱什么时候回来"), "decision,", matcher.decisions, "left")


if __name__ == "__main__":
    main()
