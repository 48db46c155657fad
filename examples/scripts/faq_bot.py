"""A bot that answers what it is sure of and hands the rest to people.

    python examples/scripts/faq_bot.py

In real use, leave the threshold at 0.95 and call optimize() once the phrases are in.
"""

from csdesk.matching import Matcher, Phrase

PHRASES = [
    Phrase("ship", "发货时间", ("什么时候发货", "几天发货", "今天下单什么时候发"), answer="48 小时内发货。"),
    Phrase("refund", "申请退款", ("怎么退款", "我要退款", "如何申请退款"), answer="在订单页点“申请退款”。"),
    Phrase("keep", "取消退款", ("不要退款了", "怎么取消退款申请"), answer="在退款页点“撤销申请”。"),
    Phrase("track", "Track a parcel", ("where is my parcel", "track my order"), answer="See “My orders”."),
]


def main() -> None:
    matcher = Matcher(PHRASES, threshold=0.7)
    for asked in ["請問怎麼退款？", "我不想退款了", "Where is my parcle?", "已经退款了", "今天天气怎么样"]:
        decision = matcher.decide(asked)
        said = matcher.get(decision.phrase_id or "").answer if decision.action == "auto_reply" else "(a person answers)"
        print(f"{asked}  {decision.action}, {decision.reason}: {said}")


if __name__ == "__main__":
    main()
