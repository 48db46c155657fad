"""Take a spreadsheet of phrases over: read it, see what should be mended, save a matcher that is ready to answer.

    python examples/scripts/import_phrases.py phrases.csv library.bin

Without a spreadsheet it makes a small one. Its columns: id, title, questions (parted by |), keywords, answer.
"""

import sys
from pathlib import Path

from csdesk.matching import Matcher, read_phrases

SAMPLE = """id,title,questions,keywords,answer
refund,申请退款,怎么退款|我要退款|如何申请退款,退款,在订单页点“申请退款”。
money,退钱,怎么退款|把钱退给我,,在订单页点“申请退款”。
ship,发货时间,什么时候发货|几天发货,发货,48 小时内发货。
vip,会员积分,,积分,在“我的”里查看。
"""


def main() -> None:
    if len(sys.argv) == 3:
        source, target = Path(sys.argv[1]), Path(sys.argv[2])
    else:
        source, target = Path("phrases.csv"), Path("library.bin")
        source.write_text(SAMPLE, encoding="utf-8")
    matcher = Matcher(read_phrases(source))
    for flaw in matcher.lint():
        print(f"{flaw.problem}: {flaw.phrase_id}" + (f" and {flaw.other_id}" if flaw.other_id else ""))
    matcher.optimize()
    matcher.save(target)
    print(f"{len(Matcher.load(target))} phrases in {target}")


if __name__ == "__main__":
    main()
